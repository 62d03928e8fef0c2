"""What a configuration would serve, and all that is wrong with it; nothing is changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from dataledger.errors import ChainError, DataLedgerError, NodeConfigError
from dataledger.ledger import Ledger
from dataledger.node.config import NodeConfig
from dataledger.node.holdings import HeldDataset, Holdings
from dataledger.node.kinds import KINDS


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that keeps the node from serving all that it should."""

    about: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class NodeCheck:
    """What was found."""

    listen: str
    uses_tls: bool
    operator: str
    owner: str
    """The slug of the operator's organisation; empty where it has none."""
    held: tuple[HeldDataset, ...]
    kinds: tuple[str, ...]
    """The formats of work that can be done with what is installed."""
    missing: tuple[tuple[str, tuple[str, ...]], ...]
    """Formats that cannot be done, and what each lacks: no fault, unless they are wanted."""
    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def check_node(ledger: Ledger, config: NodeConfig) -> NodeCheck:
    """Return what the node of a configuration would serve, and each thing that is wrong.

    Args:
        ledger: Its signer is the configuration's account.
        config: The configuration.

    Raises:
        NodeConfigError: the ledger has no signer.
        ChainError: the chain cannot be used.
    """
    if ledger.signer is None:
        raise NodeConfigError("The node has no account that signs.", remedy="Name one.")
    operator, owner = ledger.signer.address, ""
    findings: list[Finding] = []
    with _found(findings, "account"):
        owner = str(ledger.organisations.get(ledger.members.get(operator).org).slug)
    held: list[HeldDataset] = []
    for entry in config.datasets:
        with _found(findings, f"dataset {entry.dataset}"):
            held += Holdings.load(ledger, replace(config, datasets=(entry,))).datasets
    if not config.datasets:
        findings.append(
            Finding("datasets", "No dataset is configured.", "Add [[datasets]] for each.")
        )
    elif not findings:
        # Each by itself is well; only all together show what is there twice.
        with _found(findings, "datasets"):
            held = list(Holdings.load(ledger, config).datasets)
    if config.tls is not None:
        with _found(findings, "tls"):
            config.tls.check()
    lacking = {name: kind.missing() for name, kind in KINDS.items()}
    return NodeCheck(
        listen=f"{config.host}:{config.port}",
        uses_tls=config.tls is not None,
        operator=operator,
        owner=owner,
        held=tuple(held),
        kinds=tuple(name for name, lacks in lacking.items() if not lacks),
        missing=tuple((name, lacks) for name, lacks in lacking.items() if lacks),
        findings=tuple(findings),
    )


@contextmanager
def _found(findings: list[Finding], about: str) -> Iterator[None]:
    """Turn what is wrong into a finding. Without the chain, nothing can be found."""
    try:
        yield
    except ChainError:
        raise
    except DataLedgerError as error:
        findings.append(Finding(about, str(error), error.remedy))
