"""`dataledger audit datasets` and `search`: the directory of datasets."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from dataledger.cli.auditing import Asking, Part, asks, lists, refuse_both_forms
from dataledger.cli.command import command, pass_session
from dataledger.cli.parameters import LowerNameType
from dataledger.cli.session import Session

if TYPE_CHECKING:
    from dataledger.index.audit import DatasetFilter

_ORDER = LowerNameType("order", "registered", "updated")

_OPTIONS = {
    "stage": click.option("--stage", help="Only at this stage, such as PUBLISHED."),
    "policy": click.option("--policy", metavar="NUMBER", help="Only under this policy."),
    "owner": click.option("--owner", metavar="ORGANISATION", help="Only of this organisation."),
    "sector": click.option("--sector", help="Only with this sector in the description."),
    "region": click.option("--region", help="Only with this region."),
    "quality": click.option("--quality", help="Only of this quality."),
    "licence": click.option("--licence", help="Only under this licence."),
    "recalled": click.option(
        "--recalled/--not-recalled", default=None, help="Whether some version was recalled."
    ),
    "suspended": click.option(
        "--suspended/--not-suspended", default=None, help="Whether a regulator froze it."
    ),
    "updated_since": click.option(
        "--updated-since", metavar="TIME", help="Only with an event since then."
    ),
    "registered_since": click.option(
        "--since", "registered_since", metavar="TIME", help="Registered then or later."
    ),
    "registered_until": click.option(
        "--until", "registered_until", metavar="TIME", help="Registered then or before."
    ),
}


def filters(function: Callable[..., object]) -> Callable[..., object]:
    """Add the options that narrow a list of datasets; the command gets them as `wanted`."""

    @wraps(function)
    def gathered(*args: Any, **given: Any) -> object:
        return function(*args, wanted={name: given.pop(name) for name in _OPTIONS}, **given)

    decorated: Callable[..., object] = gathered
    for option in reversed(_OPTIONS.values()):
        decorated = option(decorated)
    return decorated


def _filter(wanted: dict[str, Any], text: str | None = None) -> "DatasetFilter":
    from dataledger.index.audit import DatasetFilter

    return DatasetFilter(**wanted, text=text)


@command(
    "datasets",
    examples=[
        "dataledger audit datasets --stage PUBLISHED --sector transport",
        "dataledger audit datasets --owner acme --order updated --csv",
    ],
)
@filters
@click.option("--text", metavar="WORDS", help="Only with these words in slug or description.")
@click.option(
    "--order",
    type=_ORDER,
    default="registered",
    show_default=True,
    metavar="registered|updated",
    help="Newest first, by what.",
)
@lists
@asks
@pass_session
def datasets(
    session: Session,
    *,
    wanted: dict[str, Any],
    text: str | None,
    order: Any,
    part: Part,
    asking: Asking,
) -> None:
    """List datasets by stage, owner, sector, region, and more."""
    from dataledger.cli.render.audit import DATASETS
    from dataledger.cli.render.rows import PageView

    refuse_both_forms(session, part)
    with asking.audit(session) as index:
        page = index.datasets(_filter(wanted, text), order=order, **part.page)
    session.show(PageView("datasets", page, DATASETS, "There is no such dataset.", part.as_csv))


@command(
    "search",
    examples=[
        "dataledger audit search 'air quality'",
        "dataledger audit search roads --region north --json",
    ],
)
@click.argument("words", nargs=-1, required=True)
@filters
@lists
@asks
@pass_session
def search(
    session: Session,
    *,
    words: tuple[str, ...],
    wanted: dict[str, Any],
    part: Part,
    asking: Asking,
) -> None:
    """Find datasets by words in slugs and descriptions.

    All words must occur; the last one may be the beginning of a word. Words in slugs count most,
    then those in titles.
    """
    from dataledger.cli.render.audit import DATASETS
    from dataledger.cli.render.rows import PageView

    refuse_both_forms(session, part)
    with asking.audit(session) as index:
        page = index.search(" ".join(words), _filter(wanted), **part.page)
    session.show(PageView("datasets", page, DATASETS, "Nothing was found.", part.as_csv))
