"""The demo as a story: one line or two for each event, in chapters, on 80 columns."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from textwrap import wrap

from dataledger.cli.render.screen import Branch, Cell, Screen, Styled
from dataledger.cli.render.words import size_text
from dataledger.contracts.event_words import capabilities_text
from dataledger.demo.events import (
    Administered,
    Chapter,
    ClaimVerified,
    ContractDeployed,
    Event,
    OrganisationJoined,
    PolicyPublished,
    StageReached,
    StepRefused,
    TaintedVersion,
    TamperDetected,
    VersionRecalled,
    VersionRecorded,
    WorkDone,
    Written,
)
from dataledger.demo.result import DemoResult

WIDTH = 80
_INDENT = "    "


def draw_story(screen: Screen, story: Iterable[Event | DemoResult]) -> None:
    """Draw what happens as it happens, and the summary at last."""
    # Tables need their rows together; everything else is drawn at once.
    for kind, group in groupby(story, type):
        if kind is ContractDeployed:
            _draw_contracts(screen, group)
        elif kind is OrganisationJoined:
            _draw_organisations(screen, group)
        else:
            for event in group:
                _draw(screen, event)
                sys.stdout.flush()  # through a pipe, too, it is told as it happens


def _draw(screen: Screen, event: Event | DemoResult) -> None:
    match event:
        case Chapter():
            screen.line("")
            screen.line(Styled(event.title, "bold cyan"))
            _paragraph(screen, event.text, style="dim")
            screen.line("")
        case PolicyPublished():
            _done(screen, [f"Policy {event.id} is published:"], event.written)
            _paragraph(screen, " → ".join(event.stages), indent=_INDENT)
        case VersionRecorded():
            _draw_version(screen, event)
        case WorkDone():
            _draw_work(screen, event)
        case StageReached():
            step: list[Cell] = (
                ["plans", event.dataset, "at", Styled(event.to_stage, "bold")]
                if event.from_stage is None
                else ["takes it from", event.from_stage, "to", Styled(event.to_stage, "bold")]
            )
            _done(screen, [Styled(event.organisation, "bold"), *step], event.written)
        case StepRefused():
            _draw_refusal(screen, event)
        case Administered():
            _done(screen, [event.what], event.written)
        case ClaimVerified():
            screen.success(Styled(event.claim, "bold"))
            _paragraph(screen, event.finding, indent=_INDENT)
        case TamperDetected():
            screen.success(
                Styled("Detected:", "bold"),
                event.changed_file,
                f"(the bit was in byte {event.offset_bytes:,})",
            )
            _paragraph(screen, event.message, indent=_INDENT)
        case VersionRecalled():
            _draw_recall(screen, event)
        case DemoResult():
            _draw_summary(screen, event)
        case _:
            raise AssertionError(f"{type(event).__name__} is drawn with others of its kind")


def _draw_contracts(screen: Screen, events: Iterable[object]) -> None:
    screen.table(
        ["contract", "address", "code"],
        (
            [event.name, event.address, size_text(event.code_bytes)]
            for event in events
            if isinstance(event, ContractDeployed)
        ),
        empty="",
    )
    screen.line("")


def _draw_organisations(screen: Screen, events: Iterable[object]) -> None:
    screen.table(
        ["organisation", "may act as", "key", "gas"],
        (
            [
                Styled(event.slug, "bold"),
                capabilities_text(event.capabilities),
                _short(event.key),
                "" if event.written is None else f"{event.written.gas_used:,}",
            ]
            for event in events
            if isinstance(event, OrganisationJoined)
        ),
        empty="",
    )
    screen.line("")


def _draw_version(screen: Screen, event: VersionRecorded) -> None:
    files = "1 file" if event.file_count == 1 else f"{event.file_count} files"
    size = f"{files}, {size_text(event.size_bytes)}"
    _done(screen, [event.dataset, f"version {event.version}:", size], event.written)
    for parent in event.parents:
        relation = parent.relation.name.replace("_", " ").lower()
        source = f"version {parent.version} of {parent.dataset}"
        screen.line(Styled(f"{_INDENT}{relation}", "cyan"), _of(relation), source)
    screen.line(Styled(f"{_INDENT}content root {_short(str(event.content_root))}", "dim"))


def _of(relation: str) -> str:
    return "" if relation.endswith((" from", " on")) else "from"


def _draw_work(screen: Screen, event: WorkDone) -> None:
    screen.line(" ", Styled(event.organisation, "bold"), "runs", event.tool)
    counts = (f"{count:,} {name.replace('_', ' ')}" for name, count in event.counts.items())
    _paragraph(screen, ", ".join(counts), indent=_INDENT)
    screen.line(Styled(f"{_INDENT}evidence {_short(str(event.evidence))}", "dim"))


def _draw_refusal(screen: Screen, event: StepRefused) -> None:
    screen.failure(Styled(event.organisation, "bold"), "tries to", f"{event.attempt}.")
    screen.line(Styled(f"{_INDENT}{event.error}", "bold red"))
    _paragraph(screen, event.message, indent=_INDENT)
    sent = f"Sent regardless: mined and reverted, {event.written.gas_used:,} gas; nothing changed."
    screen.line(Styled(f"{_INDENT}{sent}", "dim"))


def _draw_recall(screen: Screen, event: VersionRecalled) -> None:
    what = f"recalls version {event.version} of {event.dataset}"
    _done(screen, [Styled(event.organisation, "bold"), what], event.written)
    _paragraph(
        screen, f"{event.severity.name}: {event.reason}. It is now {event.stage}.", indent=_INDENT
    )
    screen.line("")
    root = (event.dataset, event.version)
    screen.tree(_branch([Styled(_version(root), "bold red"), "recalled"], (root,), event.tainted))
    screen.line("")
    screen.success("The contract confirmed each of these paths.")


def _branch(
    label: Sequence[Cell], path: tuple[tuple[str, int], ...], tainted: Sequence[TaintedVersion]
) -> Branch:
    children = (item for item in tainted if item.path[:-1] == path)
    return Branch(
        label,
        [
            _branch([_version(c.path[-1]), Styled("tainted", "red")], c.path, tainted)
            for c in children
        ],
    )


def _version(named: tuple[str, int]) -> str:
    return f"{named[0]} version {named[1]}"


def _draw_summary(screen: Screen, result: DemoResult) -> None:
    screen.line("")
    screen.line(Styled("What the chain holds now", "bold cyan"))
    screen.line("")
    screen.table(
        ["from", "to", "by", "gas", "transaction"],
        (
            [
                stage.from_stage or "",
                Styled(stage.to_stage, "bold"),
                stage.organisation,
                f"{stage.written.gas_used:,}",
                _short(stage.written.transaction_hash),
            ]
            for stage in result.stages
        ),
        empty="",
    )
    screen.line("")
    screen.table(
        ["refused", "because", "gas lost"],
        (
            [refusal.organisation, Styled(refusal.error, "red"), f"{refusal.written.gas_used:,}"]
            for refusal in result.refused
        ),
        empty="",
    )
    screen.line("")
    screen.table(
        ["dataset", "stage", "versions", "events", "head"],
        (
            [
                Styled(dataset.name, "bold"),
                dataset.stage,
                len(dataset.versions),
                dataset.event_count,
                _short(f"0x{dataset.head.hex()}"),
            ]
            for dataset in result.datasets
        ),
        empty="",
    )
    screen.line("")
    screen.success(
        f"Everything was as it must be, in {sum(result.chapter_seconds.values()):.1f} s."
    )
    if result.kept_at is not None:
        screen.hint(f"Left behind, its devnet running: {result.kept_at}")
        for command in _commands(result):
            screen.line(f"{_INDENT}{command}")


def _commands(result: DemoResult) -> Iterator[str]:
    yield f"dataledger dataset history {result.recalled.dataset} --home {result.kept_at}"
    yield f"dataledger devnet erase --home {result.kept_at}"


def _done(screen: Screen, parts: Sequence[Cell], written: Written) -> None:
    screen.success(*parts, Styled(f"({written.gas_used:,} gas)", "dim"))


def _paragraph(screen: Screen, text: str, *, indent: str = "", style: str = "") -> None:
    for line in wrap(text, WIDTH - len(indent), break_on_hyphens=False):
        screen.line(Styled(f"{indent}{line}", style))


def _short(text: str) -> str:
    """Return the ends of a hash or an address; `--json` has the whole."""
    prefix, colon, digits = text.rpartition(":")
    return f"{prefix}{colon}{digits[:8]}…{digits[-6:]}"
