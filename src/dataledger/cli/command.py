"""Commands and groups: lazily loaded, with examples, and with the same global options everywhere.

Global options may stand before or after the name of a subcommand; the last one wins.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from dataledger.cli.session import Session
from dataledger.errors import shown

F = TypeVar("F", bound=Callable[..., object])


class Command(click.Command):
    """A command with global options and examples."""

    def __init__(self, *args: Any, examples: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += global_options()
        self.examples = examples

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options first."""
        _write_options(self, ctx, formatter)

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        _write_examples(self.examples, formatter)


class Group(click.Group):
    """A group whose commands are imported when they are called, or listed.

    `lazy` gives for each command's name where it stands, as `module:attribute`.
    """

    def __init__(
        self, *args: Any, examples: Sequence[str], lazy: Mapping[str, str] = {}, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.params += global_options()
        self.examples = examples
        self.lazy = lazy

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the commands' names in the order in which they were named."""
        return [*self.lazy, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported if need be; None where there is none of that name."""
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, attribute = self.lazy[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that `args` names."""
        name = args[0]
        if self.get_command(ctx, name) is None:
            raise click.UsageError(_no_such_command(self, ctx, name), ctx)
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands first, and then the options."""
        self.format_commands(ctx, formatter)
        _write_options(self, ctx, formatter)

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        _write_examples(self.examples, formatter)


def command(name: str, *, examples: Sequence[str]) -> Callable[[Callable[..., object]], Command]:
    """Make a function a command of its own. Its docstring is the help."""
    return click.command(name, cls=Command, examples=examples)


def group(
    name: str, *, examples: Sequence[str], lazy: Mapping[str, str] = {}
) -> Callable[[Callable[..., object]], Group]:
    """Make a function a group of commands. Its docstring is the help."""
    return click.group(name, cls=Group, examples=examples, lazy=lazy)


def subcommand(
    parent: Group, name: str, *, examples: Sequence[str]
) -> Callable[[Callable[..., object]], Command]:
    """Make a function a command of the group `parent`. Its docstring is the help."""

    def decorate(function: Callable[..., object]) -> Command:
        made = command(name, examples=examples)(function)
        parent.add_command(made)
        return made

    return decorate


def pass_session(function: F) -> F:
    """Call the function of a command with the session first."""
    decorate = click.make_pass_decorator(Session, ensure=True)
    return cast("F", decorate(function))


class GlobalOption(click.Option):
    """An option of every command, which sets an attribute of the session."""


def global_options() -> list[click.Option]:
    """Return the options that every command and group has."""

    def remember(ctx: click.Context, option: click.Parameter, value: object) -> None:
        if value is not None and value is not False and option.name is not None:
            setattr(ctx.ensure_object(Session), option.name, value)

    def option(*names: str, **attributes: Any) -> GlobalOption:
        return GlobalOption(names, expose_value=False, callback=remember, **attributes)

    folder = click.Path(file_okay=False, path_type=Path)
    file = click.Path(dir_okay=False, path_type=Path)
    return [
        option("--profile", metavar="NAME", help="The chain to use.  [default: devnet]"),
        option("--account", metavar="NAME", help="The account that signs."),
        option("--home", type=folder, help="Where profiles and accounts are kept."),
        option("--passphrase-file", type=file, help="Holds the account's passphrase."),
        option("--json", "as_json", is_flag=True, help="Answer with one JSON object."),
    ]


def _no_such_command(owner: Group, ctx: click.Context, name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, owner.list_commands(ctx))
    question = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"{ctx.command_path} has no command {shown(name)}.{question}"


def _write_options(
    owner: click.Command, ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    own = [p for p in owner.get_params(ctx) if not isinstance(p, GlobalOption)]
    everywhere = [p for p in owner.get_params(ctx) if isinstance(p, GlobalOption)]
    for title, params in (("Options", own), ("Global options", everywhere)):
        records = [record for p in params if (record := p.get_help_record(ctx)) is not None]
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def _write_examples(examples: Sequence[str], formatter: click.HelpFormatter) -> None:
    with formatter.section("Examples"):
        for example in examples:
            formatter.write(f"  {example}\n")
