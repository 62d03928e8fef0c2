"""The index as commands open it: synced first, or as it is where the chain cannot be reached."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataledger.cli.session import Session
from dataledger.errors import ChainError, InvalidArgument

if TYPE_CHECKING:
    from dataledger.index.audit import Audit
    from dataledger.index.store import Store
    from dataledger.ledger import Ledger

Command = Callable[..., object]

INDEX_VARIABLE = "DATALEDGER_INDEX"
DEFAULT_LIMIT = 50


@dataclass(frozen=True, slots=True)
class Asking:
    """Which index is asked, and whether it is brought up to date first."""

    url: str | None
    sync: bool

    @contextmanager
    def store(self, session: Session) -> "Iterator[Store]":
        """Offer the index's database, synced if that was asked for and the chain can be reached.

        Raises:
            ChainError: the chain cannot be reached, and there is no index yet.
            HistoryBroken: the chain's logs are not what the contracts hold.
            IndexUnusable: the database fails, or is of another chain.
        """
        with ExitStack() as stack:
            store = self._synced(session, stack) if self.sync else None
            yield stack.enter_context(self._as_it_is(session)) if store is None else store

    @contextmanager
    def audit(self, session: Session) -> "Iterator[Audit]":
        """Offer the questions of audit. Raises as `store` does."""
        from dataledger.index.audit import Audit

        with self.store(session) as store:
            yield Audit(store)

    def _synced(self, session: Session, stack: ExitStack) -> "Store | None":
        """Return the index after a sync; None where the chain fails, and an index is there."""
        from dataledger.index.index import Index

        try:
            ledger: Ledger = stack.enter_context(session.reading())
            index = stack.enter_context(Index.open(ledger, self.url))
            index.sync()
        except ChainError as error:
            if not self._is_there(session):
                raise
            self._require_same_chain(session)
            note_offline(session, error)
            return None
        return index.store

    def _as_it_is(self, session: Session) -> "Store":
        from dataledger.index.store import Store, sqlite_url

        return Store(self.url or sqlite_url(self._path(session)))

    def _is_there(self, session: Session) -> bool:
        return self.url is not None or self._path(session).exists()

    def _require_same_chain(self, session: Session) -> None:
        """Return only if the index has something, and is of the profile's chain."""
        from dataledger.chain.profile import Profile
        from dataledger.index.audit.reading import reading
        from dataledger.index.cursor import Pins, claim

        with self._as_it_is(session) as store:
            with reading(store):
                pass
            claim(store, Pins.of(Profile.load(session.profile, session.home)))

    def _path(self, session: Session) -> Path:
        from dataledger.chain.home import home_directory
        from dataledger.chain.profile import Profile
        from dataledger.index.index import path_in

        home = session.home or home_directory()
        return path_in(home, Profile.load(session.profile, home))


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a list is wanted, and whether as CSV."""

    limit: int
    after: str | None
    as_csv: bool

    @property
    def page(self) -> dict[str, Any]:
        """The arguments of the question."""
        return {"limit": self.limit, "after": self.after}


def note_offline(session: Session, error: ChainError) -> None:
    """Say on standard error that the answer is of the index as it was left."""
    if not session.as_json:
        from dataledger.cli.render.screen import Screen

        screen = Screen(to_stderr=True)
        screen.warning(str(error), "The index answers as it was last synced.")


def asks(function: Command) -> Command:
    """Add the options that say which index to ask; the command gets them as `asking`."""

    @wraps(function)
    def gathered(*args: Any, index_url: str | None, sync: bool, **given: Any) -> object:
        return function(*args, asking=Asking(index_url, sync), **given)

    return _with(
        gathered,
        click.option(
            "--index",
            "index_url",
            metavar="URL",
            envvar=INDEX_VARIABLE,
            help="sqlite:////path or postgresql://…  [default: a file in the home]",
        ),
        click.option(
            "--sync/--no-sync",
            default=True,
            show_default=True,
            help="Whether the index is brought up to date first.",
        ),
    )


def lists(function: Command) -> Command:
    """Add the options of lists; the command gets them as `part`."""

    @wraps(function)
    def gathered(*args: Any, limit: int, after: str | None, as_csv: bool, **given: Any) -> object:
        return function(*args, part=Part(limit, after, as_csv), **given)

    return _with(
        gathered,
        click.option(
            "--limit",
            type=int,
            metavar="N",
            default=DEFAULT_LIMIT,
            show_default=True,
            help="At most so many rows, up to 1,000.",
        ),
        click.option("--after", metavar="TOKEN", help="Go on where a page ended: its `next`."),
        click.option("--csv", "as_csv", is_flag=True, help="Answer with CSV, one row for each."),
    )


def period(function: Command) -> Command:
    """Add the options `since` and `until`."""
    return _with(
        function,
        click.option("--since", metavar="TIME", help="Not before: a time, or block:N."),
        click.option("--until", metavar="TIME", help="Not after: a time, or block:N."),
    )


at_option = click.option("--at", metavar="TIME", help="As of then: a time, or block:N.")


def refuse_both_forms(session: Session, part: Part) -> None:
    """Return only if at most one machine-readable form was asked for."""
    if session.as_json and part.as_csv:
        raise InvalidArgument(
            "The answer cannot be both JSON and CSV.", remedy="Leave out --json or --csv."
        )


def _with(function: Command, *options: Callable[[Command], Command]) -> Command:
    command = function
    for option in reversed(options):
        command = option(command)
    return command
