"""`dataledger demo`: the main job, end to end."""

import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from dataledger.cli.command import command, pass_session
from dataledger.cli.session import Session

_ENDINGS = (signal.SIGTERM, signal.SIGHUP)


@command("demo", examples=["dataledger demo", "dataledger demo --json", "dataledger demo --keep"])
@click.option("--keep", is_flag=True, help="Leave the demo's chain and data behind.")
@pass_session
def demo(session: Session, *, keep: bool) -> None:
    """Show a dataset's whole life on a development chain of its own.

    Six organisations take air quality readings from plan to publication. Forbidden steps are tried
    and refused; an outsider checks every claim; a flipped bit is found; a consumer is answered by
    data that it never sees; a recall reaches what others built; an auditor asks an index of it all,
    and takes away evidence. Everything is really done, in a temporary directory that is gone
    afterwards.

    It always uses keys, profile and home of its own.
    """
    for name in ("profile", "account", "home", "passphrase_file"):
        if getattr(session, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"The demo makes its own: it takes no {option}.")
    from dataledger.demo import DemoResult, run

    with _ending_in_order(), closing(run(keep=keep, announce=session.announce)) as story:
        if session.as_json:
            result = next(event for event in story if isinstance(event, DemoResult))
            from dataledger.cli.render.document import json_text

            click.echo(json_text(result.to_json()))
            return
        from dataledger.cli.render.screen import Screen
        from dataledger.cli.render.story import draw_story

        draw_story(Screen(), story)


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """End on SIGTERM and SIGHUP as on Ctrl-C: the devnet runs on its own, and must be stopped."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
