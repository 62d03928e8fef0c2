"""Every command explains itself, and every command that is named anywhere exists."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from dataledger.cli.command import Command, GlobalOption, Group
from dataledger.cli.main import main

SOURCES = Path(__file__).resolve().parents[3] / "src" / "dataledger"


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(path), command
    if isinstance(command, Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from walk(found, (*path, name))


COMMANDS = dict(walk(main))


def find(words: list[str]) -> click.Command:
    """Return the command that the first words of a command line name."""
    command: click.Command = main
    while isinstance(command, Group) and words:
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            break
        command, words = found, words[1:]
    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_describes_itself_and_shows_examples(name: str) -> None:
    command = COMMANDS[name]
    assert isinstance(command, Command | Group)
    help_text = command.get_help(click.Context(command, info_name=f"dataledger {name}"))
    assert "Examples:" in help_text
    assert "Global options:" in help_text
    assert command.help is not None
    assert len(command.help) > 40 or command.help.endswith(".")
    assert command.examples


@pytest.mark.parametrize("name", [name for name in COMMANDS if name])
def test_the_list_of_commands_shows_whole_sentences(name: str) -> None:
    assert not COMMANDS[name].get_short_help_str(limit=62).endswith("..."), COMMANDS[name].help


@pytest.mark.parametrize("name", COMMANDS)
def test_global_options_are_the_same_everywhere(name: str) -> None:
    options = [p.name for p in COMMANDS[name].params if isinstance(p, GlobalOption)]
    assert options == ["profile", "account", "home", "passphrase_file", "as_json"]


@pytest.mark.parametrize(
    ("name", "example"),
    [(n, e) for n, c in COMMANDS.items() for e in getattr(c, "examples", [])],
)
def test_every_example_is_a_command_line_that_parses(name: str, example: str) -> None:
    for line in example.split("&&"):
        program, *words = shlex.split(line.partition(">")[0])
        assert program == "dataledger"
        command = find(list(words))
        assert not isinstance(command, Group), f"{name}: {line} names no command"
        depth = next(n for n in range(len(words)) if find(words[: n + 1]) is command) + 1
        context = click.Context(command)
        parser = command.make_parser(context)
        parser.parse_args(list(words[depth:]))


def test_every_command_that_a_message_names_exists() -> None:
    named = set()
    for path in SOURCES.rglob("*.py"):
        text = re.sub(r'"\s*\n\s*f?"', "", path.read_text())
        named |= set(re.findall(r"`dataledger ((?:[a-z-]+ ?)+)", text))
    assert len(named) >= 10
    for words in named:
        command = find(words.split())
        assert command is not main, f"there is no command `dataledger {words}`"
        if isinstance(command, Group):
            last = words.split()[-1]
            assert command.name == last, f"there is no command `dataledger {words}`"


def test_the_documentation_names_every_command() -> None:
    text = (SOURCES.parents[1] / "docs" / "cli.md").read_text()
    for name, command in COMMANDS.items():
        if not isinstance(command, Group):
            first, *rest = name.split()
            assert re.search(rf"`(?:[a-z-]+ )*{rest[-1] if rest else first}", text), name
