"""The demo as a story: one line or two for each event, in chapters, on 80 columns."""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from textwrap import shorten, wrap

from dataledger.cli.render.screen import Branch, Cell, Screen, Styled
from dataledger.cli.render.words import size_text
from dataledger.contracts.event_words import capabilities_text
from dataledger.demo.events import (
    Administered,
    Chapter,
    ClaimVerified,
    ContractDeployed,
    DatasetDescribed,
    Event,
    EvidenceRefused,
    EvidenceVerified,
    ImpactFound,
    IndexHeld,
    OrganisationJoined,
    PolicyPublished,
    QueryAnswered,
    SearchAnswered,
    StageReached,
    StepRefused,
    TaintedVersion,
    TamperDetected,
    TimelineTold,
    UseAgreed,
    UseRefusedFor,
    VersionExported,
    VersionRecalled,
    VersionRecorded,
    WorkDone,
    Written,
)
from dataledger.demo.result import DemoResult

WIDTH = 80
_INDENT = "    "
_HASH = re.compile("0x[0-9a-f]{64}")


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
            _draw_use(screen, event)


def _draw_use(screen: Screen, event: Event) -> None:
    """Draw what a consumer was granted, was answered, and was refused."""
    match event:
        case UseAgreed():
            granted = f"may use it for {event.purpose}:"
            limit = f"ε {event.epsilon} in all"
            _done(screen, [Styled(event.organisation, "bold"), granted, limit], event.written)
            screen.line(Styled(f"{_INDENT}project “{event.project}”", "dim"))
        case QueryAnswered():
            screen.success(Styled(f"The node answers {event.value}:", "bold"), event.question)
            finding = (
                f"{event.low} to {event.high} with a confidence of {event.confidence}. "
                f"It cost ε {event.epsilon}; ε {event.epsilon_left} is left."
            )
            _paragraph(screen, finding, indent=_INDENT)
            receipt = f"receipt of run {_short(str(event.run))}, answer {_short(str(event.output))}"
            screen.line(Styled(f"{_INDENT}{receipt}", "dim"))
        case UseRefusedFor():
            screen.failure(Styled(event.organisation, "bold"), f"{event.attempt}.")
            screen.line(Styled(f"{_INDENT}{event.error}", "bold red"))
            _paragraph(screen, event.message, indent=_INDENT)
        case _:
            _draw_answer(screen, event)


def _draw_answer(screen: Screen, event: Event) -> None:
    """Draw what the auditor found and took away."""
    match event:
        case DatasetDescribed():
            said = "describes it:", Styled(event.title, "bold")
            _done(screen, [Styled(event.organisation, "bold"), *said], event.written)
        case IndexHeld():
            screen.success(
                Styled("The index is what the chain holds:", "bold"),
                f"{event.events} events, {event.datasets} datasets",
            )
        case TimelineTold():
            _draw_timeline(screen, event)
        case ImpactFound():
            _draw_impact(screen, event)
        case SearchAnswered():
            screen.success(
                Styled(f"“{event.word}” finds it by its description:", "bold"), event.dataset
            )
        case EvidenceVerified():
            _draw_evidence(screen, event)
        case EvidenceRefused():
            check = Styled(event.check, "bold red")
            screen.failure(f"{event.attempt}: refused by the check", check)
            message = _HASH.sub(lambda found: _short(found[0]), event.message)
            _paragraph(screen, message, indent=_INDENT)
        case VersionExported():
            _draw_export(screen, event)
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


def _draw_timeline(screen: Screen, event: TimelineTold) -> None:
    screen.success(
        Styled(f"Who did what to version {event.version},", "bold"),
        f"among {event.event_count} events that lead to the contract's head:",
    )
    width = max((len(entry.organisation) for entry in event.entries), default=0)
    for entry in event.entries:
        who = f"{_INDENT}{entry.organisation:<{width}}"
        # What anybody may write there ends with the line; `--json` has the whole.
        text = shorten(entry.text, WIDTH - len(who) - 1, placeholder=" …")
        screen.line(Styled(who, "cyan"), text)


def _draw_impact(screen: Screen, event: ImpactFound) -> None:
    screen.success(
        Styled(f"The recall taints {len(event.tainted)} versions,", "bold"),
        "as the contract confirms by each path:",
    )
    beginnings = {tainted.path[:-1] for tainted in event.tainted}
    for tainted in event.tainted:
        if tainted.path not in beginnings:
            path = " → ".join(f"{dataset}@{version}" for dataset, version in tainted.path)
            _paragraph(screen, path, indent=_INDENT)


def _draw_evidence(screen: Screen, event: EvidenceVerified) -> None:
    screen.success(
        Styled("The evidence holds", "bold"),
        f"by the hash of block {event.block_number}, without a node:",
    )
    finding = (
        f"{len(event.checks)} checks passed: these {event.event_count} events and no others, "
        f"{event.document_count} documents that they name"
    )
    _paragraph(screen, finding, indent=_INDENT)


def _draw_export(screen: Screen, event: VersionExported) -> None:
    screen.success(
        Styled(f"Exported as {event.format.title()}:", "bold"),
        f"{event.proven} parts proven, {event.asserted} asserted, {event.missing} missing",
    )


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
        for command in _commands(result.kept_at, result):
            screen.line(f"{_INDENT}{command}")


def _commands(home: Path, result: DemoResult) -> Iterator[str]:
    yield f"dataledger dataset history {result.recalled.dataset} --home {home}"
    yield f"dataledger audit timeline {result.recalled.dataset} --home {home}"
    bundle = home.parent / result.audited.evidence.file
    yield f"dataledger evidence verify {bundle} --on-chain --home {home}"
    yield f"dataledger devnet erase --home {home}"


def _done(screen: Screen, parts: Sequence[Cell], written: Written) -> None:
    screen.success(*parts, Styled(f"({written.gas_used:,} gas)", "dim"))


def _paragraph(screen: Screen, text: str, *, indent: str = "", style: str = "") -> None:
    for line in wrap(text, WIDTH - len(indent), break_on_hyphens=False):
        screen.line(Styled(f"{indent}{line}", style))


def _short(text: str) -> str:
    """Return the ends of a hash or an address; `--json` has the whole."""
    prefix, colon, digits = text.rpartition(":")
    return f"{prefix}{colon}{digits[:8]}…{digits[-6:]}"
