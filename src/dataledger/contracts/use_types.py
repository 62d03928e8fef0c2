"""The enums and structs of the contract `DataUse` as frozen values; `types` says how they are kept.

Costs are whole numbers: `micro` counts millionths of epsilon, or of rho under zCDP, and
`delta_pico` counts 10^-12 of delta.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from dataledger.contracts.identifiers import (
    Address,
    Commitment,
    DatasetId,
    GrantId,
    OrgId,
    ProjectId,
    RunId,
    keccak256,
)
from dataledger.errors import InvalidArgument
from dataledger.hashing import Digest, Hash32

MAX_PURPOSE = 255
MAX_OWN_STAGE = 29
COSIGNED_FROM = 2
"""The level of a dataset from which on its grants need a co-signature."""

_COST_LIMIT = 2**64


class Composition(IntEnum):
    """What costs count, and so how they add up."""

    NONE = 0
    """Nothing: not differentially private, exact."""
    BASIC = 1
    """Epsilon and delta: both add up."""
    ZCDP = 2
    """Rho of zero-concentrated differential privacy; there is no delta."""


class GrantState(IntEnum):
    """How far a request has come."""

    NONE = 0
    REQUESTED = 1
    GRANTED = 2
    REFUSED = 3
    REVOKED = 4


class RunState(IntEnum):
    """How far a run has come."""

    NONE = 0
    RESERVED = 1
    SETTLED = 2


class Outcome(IntEnum):
    """Whether an answer left the owner."""

    RELEASED = 0
    FAILED = 1


@dataclass(frozen=True, slots=True)
class Cost:
    """A privacy loss.

    Raises:
        InvalidArgument: a part does not fit its field.
    """

    micro: int = 0
    delta_pico: int = 0

    def __post_init__(self) -> None:
        if not all(0 <= part < _COST_LIMIT for part in (self.micro, self.delta_pico)):
            raise InvalidArgument(
                f"A cost cannot be {self.micro} millionths and {self.delta_pico} · 10^-12.",
                remedy="Give whole numbers from 0 to 2^64 - 1.",
            )

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.micro + other.micro, self.delta_pico + other.delta_pico)

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.micro - other.micro, self.delta_pico - other.delta_pico)

    def is_within(self, limit: "Cost") -> bool:
        """Whether neither part is greater than that of `limit`."""
        return self.micro <= limit.micro and self.delta_pico <= limit.delta_pico


NO_COST = Cost()


@dataclass(frozen=True, slots=True)
class Project:
    """A project as the contract keeps it. `applicant` is None where there is none."""

    applicant: OrgId | None
    approved_by: OrgId | None
    valid_until_unix: int
    ended: bool
    purposes: int
    """Bit n: purpose n; see `numbers_in`."""


@dataclass(frozen=True, slots=True)
class Request:
    """What an applicant asks for under a project."""

    project: ProjectId
    dataset: DatasetId
    version: int
    """0: every version."""
    purpose: int
    terms: Digest
    """SHA-256 of the ODRL policy that is asked for."""
    code: Digest | None = None
    """SHA-256 of the algorithm to be run; None: declared queries only."""
    number: int = 0
    """Tells apart requests that are otherwise the same."""


@dataclass(frozen=True, slots=True)
class Quorum:
    """Who must sign receipts: `threshold` of the executors, which stand in ascending order."""

    threshold: int = 0
    executors: tuple[Address, ...] = ()

    @classmethod
    def of(cls, threshold: int, executors: Iterable[Address]) -> "Quorum":
        """Return the quorum with these executors, whatever their order.

        Raises:
            InvalidArgument: the threshold cannot be met, or an executor stands there twice.
        """
        ordered = tuple(sorted(executors, key=lambda key: int(key, 16)))
        if len(set(ordered)) != len(ordered):
            raise InvalidArgument(
                "An executor stands twice in the quorum.", remedy="Name each of them once."
            )
        if not min(1, len(ordered)) <= threshold <= len(ordered):
            raise InvalidArgument(
                f"{threshold} of {len(ordered)} executors cannot sign.",
                remedy="Let at least one executor sign, and at most all; or name none at all.",
            )
        return cls(threshold, ordered)


NO_QUORUM = Quorum()


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a use is granted."""

    terms: Digest
    """SHA-256 of the ODRL policy that is granted."""
    valid_until_unix: int
    """First second after the grant."""
    stages: int
    """Bit n: usable while the dataset is at stage n; see `bitmap_of`."""
    code: Digest | None
    """SHA-256 of the one algorithm that may be run; None: declared queries only."""
    composition: Composition
    """What the limit counts; NONE for an exact use."""
    limit: Cost
    quorum: Quorum = NO_QUORUM


@dataclass(frozen=True, slots=True)
class Grant:
    """A request and what became of it, as the contract keeps it.

    Of what there is none, there is None: no such request, where there is no owner.
    """

    state: GrantState
    owner: OrgId | None
    applicant: OrgId | None
    version: int
    purpose: int
    stages: int
    valid_until_unix: int
    composition: Composition
    cosigned_by: OrgId | None
    level: int
    """How sensitive the dataset was when its use was granted."""
    dataset: DatasetId
    project: ProjectId
    limit: Cost
    counted: Cost
    code: Digest | None
    quorum: Hash32
    """keccak256(abi.encode(quorum)); zero where no executor must sign."""
    terms: Hash32
    """keccak256(abi.encode(terms)); zero before the grant."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent on a dataset, and what is counted: open reservations and settled costs."""

    composition: Composition
    total: Cost
    per_consumer: Cost
    counted: Cost


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a run is going to do, said before it touches the data."""

    grant: GrantId
    run: RunId
    version: int
    """The version that is going to be read."""
    code: Digest
    """SHA-256 of the algorithm or of the declared query."""
    cost: Cost


@dataclass(frozen=True, slots=True)
class Run:
    """A run. `cost` is what was reserved; once it is settled, what was spent."""

    state: RunState
    cost: Cost


@dataclass(frozen=True, slots=True)
class Input:
    """A version that a run read, with the ledger's commitment to it."""

    dataset: DatasetId
    version: int
    commitment: Commitment


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a run; executors sign `receipt_struct_hash`, within the contract's domain."""

    grant: GrantId
    run: RunId
    code: Digest
    environment: Digest
    inputs: tuple[Input, ...]
    """First the granted dataset in the version reserved, then versions of other datasets."""
    output: Digest | None
    """SHA-256 of what was released; None where nothing was."""
    spent: Cost
    outcome: Outcome


RECEIPT_TYPES = {
    "Receipt": (
        *(("grant", "bytes32"), ("run", "bytes32"), ("code", "bytes32")),
        *(("environment", "bytes32"), ("inputs", "Input[]"), ("output", "bytes32")),
        *(("spent", "Cost"), ("outcome", "uint8")),
    ),
    "Cost": (("micro", "uint64"), ("deltaPico", "uint64")),
    "Input": (("dataset", "bytes32"), ("version", "uint32"), ("commitment", "bytes32")),
}
"""The EIP-712 types of a receipt, of which `Receipt` is the primary one."""


def receipt_message(receipt: Receipt) -> dict[str, object]:
    """Return what executors sign, as the EIP-712 message of `RECEIPT_TYPES`."""
    return {
        "grant": receipt.grant.value,
        "run": receipt.run.value,
        "code": receipt.code.value,
        "environment": receipt.environment.value,
        "inputs": [
            {"dataset": i.dataset.value, "version": i.version, "commitment": i.commitment}
            for i in receipt.inputs
        ],
        "output": bytes(32) if receipt.output is None else receipt.output.value,
        "spent": {"micro": receipt.spent.micro, "deltaPico": receipt.spent.delta_pico},
        "outcome": int(receipt.outcome),
    }


def project_id(
    chain_id: int, data_use: Address, applicant: OrgId, document: Digest, purposes: int
) -> ProjectId:
    """Return the id under which `applicant` proposes a project to the contract at `data_use`."""
    words = (_word(chain_id), _padded(data_use), _word(applicant), document.value, _word(purposes))
    return ProjectId(keccak256(b"".join(words)))


def grant_id(chain_id: int, data_use: Address, request: Request) -> GrantId:
    """Return the id that a request has, and the grant that it leads to."""
    words = (
        *(_word(chain_id), _padded(data_use), request.project.value, request.dataset.value),
        *(_word(request.version), _word(request.purpose), request.terms.value),
        bytes(32) if request.code is None else request.code.value,
        _word(request.number),
    )
    return GrantId(keccak256(b"".join(words)))


def bitmap_of(numbers: Iterable[int], *, highest: int) -> int:
    """Return the number whose bit n is set for each n given.

    Raises:
        InvalidArgument: one of them is not in 0 to `highest`.
    """
    bitmap = 0
    for number in numbers:
        if not 0 <= number <= highest:
            raise InvalidArgument(
                f"{number} is out of range.", remedy=f"Give numbers from 0 to {highest}."
            )
        bitmap |= 1 << number
    return bitmap


def numbers_in(bitmap: int) -> tuple[int, ...]:
    """Return the numbers of the bits that are set, lowest first."""
    return tuple(n for n in range(bitmap.bit_length()) if bitmap >> n & 1)


def _word(number: int) -> bytes:
    return number.to_bytes(32)


def _padded(address: Address) -> bytes:
    return bytes.fromhex(address[2:]).rjust(32, b"\0")
