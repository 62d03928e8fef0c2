"""Every error that DataLedger raises on purpose: one tree, drawn here.

Each error says what is wrong (`str(error)`) and what to do next (`error.remedy`). The branches are
the exit codes of the command line.

    DataLedgerError
    ├── UsageError (2)                  the input must change
    │   ├── InvalidArgument             a value is out of range or of the wrong form
    │   │   ├── InvalidAddress          not a 20-byte account or contract address
    │   │   ├── InvalidDigest           not `algorithm:hex` of the right length
    │   │   ├── InvalidIdentifier       not an organisation, dataset, version or policy id
    │   │   ├── InvalidPath             a file path that breaks the path rules
    │   │   └── InvalidSlug             a dataset or organisation slug that breaks the slug rule
    │   ├── CanonicalisationError       not strict JSON, or not in its canonical form (RFC 8785)
    │   │   ├── ManifestError           not a valid manifest
    │   │   ├── DescriptionError        not a valid description of a dataset
    │   │   ├── ProofFormatError        not a valid proof file
    │   │   ├── EvidenceError           not a valid bundle, presentation or pins
    │   │   ├── ActivityError           not a valid activity record
    │   │   └── UseDocumentError        not a valid document about the use of data
    │   ├── SourceNotFound              the data to read is not there
    │   ├── SourceUnreadable            the data to read is there, but may not or cannot be read
    │   ├── RecordError                 a file does not hold valid records of its format
    │   ├── OutputExists                a file to write is already there
    │   ├── OutputUnwritable            a file cannot be written where it should be
    │   ├── QueryError                  declared work that is malformed, or not bounded
    │   ├── ProfileError                a chain profile is missing or malformed
    │   ├── NodeConfigError             the configuration of an owner's node is malformed
    │   ├── PolicyError                 a lifecycle policy is malformed or contradicts itself
    │   ├── KeystoreError               an account's key file is missing or malformed
    │   │   └── WrongPassphrase         the passphrase does not open the key file
    │   ├── SecretError                 a dataset's secret is missing, malformed or not private
    │   ├── TypedDataError              an EIP-712 message does not match its types exactly
    │   ├── NotFound                    there is nothing under that id or name
    │   ├── DependencyMissing           an optional package or an outside tool is not installed
    │   └── ClusterError                a compute cluster does not answer, or loses its workers
    ├── CheckFailed (1)                 a check said no
    │   ├── SourceChanged               files changed while they were being read
    │   ├── UnsafeFile                  a symbolic link, FIFO, socket or device among the data
    │   ├── ManifestMismatch            the data differs from its manifest
    │   ├── CommitmentMismatch          a version or activity record differs from the chain
    │   ├── ProofInvalid                an inclusion or consistency proof does not lead to the root
    │   ├── HistoryBroken               events do not recompute a dataset's head
    │   ├── SignatureInvalid            a signature is not by the signer it names
    │   ├── ClaimRefused                a version claims less than its data's change deserves
    │   ├── Conflict                    an id is already taken by different content
    │   ├── NodeRefused                 an owner's node refused a request; carries its reason
    │   ├── AnswerWithheld              a run ended, and its answer must not leave the node
    │   ├── PresentationRefused         a presentation is for somebody else, or has expired
    │   └── Refused                     a contract refused; carries the decoded custom error
    └── ChainError (3)                  the chain cannot be used as asked
        ├── ConnectionFailed            no node answers
        ├── NodeError                   a node answers with an error, or with nonsense
        │   └── RequestRefused          a node answers a request with a JSON-RPC error
        ├── Reverted                    a contract reverted; carries what it returned, undecoded
        ├── WrongChain                  chain id or genesis block differ from the profile
        ├── ContractMismatch            no contract, or other code, at the profile's address
        ├── TransactionError            about one transaction; carries its hash
        │   ├── TransactionPending      sent, not mined within the time given
        │   ├── TransactionLost         sent, and no longer known to any node
        │   ├── TransactionRejected     no node will ever take it; carries the node's words
        │   └── TransactionFailed       mined and reverted, without a custom error to decode
        ├── OwnerNodeError              an owner's node does not answer, or with nonsense
        ├── NonceConflict               another writer used this key's next nonce
        ├── OutboxError                 the outbox file is locked, damaged or of another chain
        ├── IndexUnusable               the index's database fails, or is of another chain
        └── DevnetError                 the local development chain does not start, stop or answer
"""

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, ClassVar

SHOWN_CHARACTERS = 200
LISTED_PHRASES = 10


class ExitCode(IntEnum):
    """What a process tells its caller. Stable: scripts depend on it."""

    OK = 0
    CHECK_FAILED = 1
    USAGE = 2
    CHAIN = 3


def shown(value: object) -> str:
    """Return an untrusted value as it may stand in a message or on a terminal.

    One line, quoted as Python quotes it: control characters, line breaks, bidirectional controls
    and undecodable bytes are escaped. At most `SHOWN_CHARACTERS` characters and an ellipsis.
    """
    text = repr(value[: SHOWN_CHARACTERS + 1] if isinstance(value, str | bytes) else value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def listed(phrases: Sequence[str]) -> str:
    """Return the phrases as one: the first `LISTED_PHRASES`, and how many more there are."""
    rest = len(phrases) - LISTED_PHRASES
    more = [f"and {rest} more"] if rest > 0 else []
    return ", ".join([*phrases[:LISTED_PHRASES], *more])


class DataLedgerError(Exception):
    """The root of the tree; raised only through a subclass.

    `str(error)` is the message: what is wrong, with the offending value passed through `shown`.
    Neither message nor remedy may hold a secret: both reach terminals and logs.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.CHECK_FAILED
    code: ClassVar[str] = "data-ledger-error"
    """Stable name for programs: the class name in kebab case, such as `source-changed`."""

    remedy: str
    """What to do next, as an instruction."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception's own pickling calls the class with `args` alone, without the keywords; errors
        # cross process borders when files are hashed in parallel.
        return _restore, (type(self), self.args), self.__dict__


def _restore(error_class: type[DataLedgerError], args: tuple[str, ...]) -> DataLedgerError:
    return error_class.__new__(error_class, *args)


# ------------------------------------------------------------------------------------ usage


class UsageError(DataLedgerError):
    """The input cannot be used; nothing was changed."""

    exit_code = ExitCode.USAGE


class InvalidArgument(UsageError):
    """A value is out of range or of the wrong form."""


class InvalidAddress(InvalidArgument):
    """Not a 20-byte account or contract address, or one whose checksum is wrong."""


class InvalidDigest(InvalidArgument):
    """Not a digest: unknown algorithm, wrong length, or not lowercase hexadecimal."""


class InvalidIdentifier(InvalidArgument):
    """Not an organisation, dataset, version or policy id."""


class InvalidPath(InvalidArgument):
    """A file path breaks the path rules, or collides with another one."""


class InvalidSlug(InvalidArgument):
    """A dataset or organisation slug breaks the slug rule."""


class CanonicalisationError(UsageError):
    """Not strict JSON, or not in its canonical form (RFC 8785)."""


class ManifestError(CanonicalisationError):
    """Not a valid manifest."""


class DescriptionError(CanonicalisationError):
    """Not a valid description of a dataset, nor a file that one can be read from."""


class ProofFormatError(CanonicalisationError):
    """Not a valid proof file. A well-formed proof of something untrue is `ProofInvalid`."""


class EvidenceError(CanonicalisationError):
    """Not a valid evidence bundle, presentation or pins.

    What a bundle fails to show is no error.
    """


class ActivityError(CanonicalisationError):
    """Not a valid activity record."""


class UseDocumentError(CanonicalisationError):
    """Not a valid document about the use of data: of a project, its terms, or what code ran on."""


class SourceNotFound(UsageError):
    """The data to read is not there."""


class SourceUnreadable(UsageError):
    """The data to read is there, but permissions or the storage prevent reading it."""


class RecordError(UsageError):
    """A file does not hold valid records of its format: torn, not UTF-8, or too long."""


class OutputExists(UsageError):
    """A file to write is already there and was left as it is."""


class OutputUnwritable(UsageError):
    """A file cannot be written where it should be: no directory, no permission, no space."""


class QueryError(UsageError):
    """Declared work is malformed, or what one person changes in its answer is not bounded."""


class ProfileError(UsageError):
    """A chain profile is missing, malformed, or incomplete."""


class NodeConfigError(UsageError):
    """The configuration of an owner's node is missing or malformed."""


class PolicyError(UsageError):
    """A lifecycle policy is malformed or contradicts itself."""


class KeystoreError(UsageError):
    """An account's key file is missing, malformed, or readable by others."""


class WrongPassphrase(KeystoreError):
    """The passphrase does not open the key file."""


class SecretError(UsageError):
    """A dataset's secret is missing, malformed, or readable by others."""


class TypedDataError(UsageError):
    """An EIP-712 message does not match its types exactly, and was not signed."""


class NotFound(UsageError):
    """There is no organisation, dataset, version, policy or file under that id or name."""


class DependencyMissing(UsageError):
    """An optional package or an outside tool is not installed."""


class ClusterError(UsageError):
    """A compute cluster does not answer, has no workers, or loses them again and again."""


# ------------------------------------------------------------------------------------ checks


class CheckFailed(DataLedgerError):
    """A check said no."""

    exit_code = ExitCode.CHECK_FAILED


class SourceChanged(CheckFailed):
    """Files were added, removed, or altered while they were being read."""


class UnsafeFile(CheckFailed):
    """A symbolic link, FIFO, socket or device stands among the data."""


class ManifestMismatch(CheckFailed):
    """The data differs from its manifest."""


class CommitmentMismatch(CheckFailed):
    """A version or activity record differs from the one that the chain commits to."""


class ProofInvalid(CheckFailed):
    """An inclusion or consistency proof does not lead to the root it claims."""


class HistoryBroken(CheckFailed):
    """Events do not recompute a dataset's head: one is missing, moved, or altered."""


class SignatureInvalid(CheckFailed):
    """A signature is malformed, expired, or not by the signer it names."""


class ClaimRefused(CheckFailed):
    """A version, or a level such as minor, claims less than the change of its data deserves."""


class Conflict(CheckFailed):
    """An id that a write chose for itself is already taken by different content."""


class NodeRefused(CheckFailed):
    """An owner's node refused a request, and computed nothing."""

    reason: str
    """Why, as one word for programs: a custom error's name, or a word of the node such as
    `replayed`, `rate-limited`, `wrong-purpose`."""

    def __init__(self, message: str, *, remedy: str, reason: str) -> None:
        super().__init__(message, remedy=remedy)
        self.reason = reason


class AnswerWithheld(CheckFailed):
    """A run ended, has cost what it reserved, and its answer must not leave the node."""


class PresentationRefused(CheckFailed):
    """A presentation is for another verifier, has expired, or is not by the data's owner."""


class Refused(CheckFailed):
    """A contract refused a call and changed nothing. The message says why in words."""

    error_name: str
    """Name of the Solidity custom error."""

    arguments: dict[str, object]
    """The custom error's arguments by name."""

    def __init__(
        self, message: str, *, remedy: str, error_name: str, arguments: Mapping[str, object]
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.error_name = error_name
        self.arguments = dict(arguments)


# ------------------------------------------------------------------------------------- chain


class ChainError(DataLedgerError):
    """The chain cannot be used as asked."""

    exit_code = ExitCode.CHAIN


class ConnectionFailed(ChainError):
    """No node answers at the profile's endpoints."""


class NodeError(ChainError):
    """A node answers with an error that is no revert, or with something that is no answer."""


class RequestRefused(NodeError):
    """A node answers a request with a JSON-RPC error object (JSON-RPC 2.0, section 5.1)."""

    rpc_code: int
    rpc_message: str
    """As the node wrote it: untrusted text."""
    rpc_data: object
    """The error object's `data`, as parsed from JSON; its shape differs from node to node."""

    def __init__(
        self, message: str, *, remedy: str, rpc_code: int, rpc_message: str, rpc_data: object
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.rpc_code = rpc_code
        self.rpc_message = rpc_message
        self.rpc_data = rpc_data


class Reverted(ChainError):
    """A contract reverted, in a simulation or in a mined transaction, and changed nothing."""

    data: bytes
    """What the contract returned: an ABI-encoded error, or nothing."""
    transaction_hash: str | None
    """Of the mined transaction; None for a simulation."""

    def __init__(
        self, message: str, *, remedy: str, data: bytes, transaction_hash: str | None = None
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.data = data
        self.transaction_hash = transaction_hash


class WrongChain(ChainError):
    """The node serves another chain: chain id or genesis block differ from the profile."""


class ContractMismatch(ChainError):
    """There is no contract, or one with other code, at the profile's address."""


class TransactionError(ChainError):
    """Something about one transaction, which may have changed the chain."""

    transaction_hash: str
    """0x-prefixed lowercase hexadecimal, 32 bytes."""

    def __init__(self, message: str, *, remedy: str, transaction_hash: str) -> None:
        super().__init__(message, remedy=remedy)
        self.transaction_hash = transaction_hash


class TransactionPending(TransactionError):
    """Sent and kept in the outbox, but not mined within the time given. It may still be."""


class TransactionLost(TransactionError):
    """Sent, and no longer known to any node. The outbox can send it again."""


class TransactionRejected(TransactionError):
    """Refused by the node for good: it is not on the chain, and its nonce goes to another one."""


class TransactionFailed(TransactionError):
    """Mined and reverted, with no custom error to decode."""


class OwnerNodeError(ChainError):
    """An owner's node does not answer, or with something that is no answer."""


class NonceConflict(ChainError):
    """Another writer used this key's next nonce for a different transaction."""


class OutboxError(ChainError):
    """The outbox file is locked by another process, damaged, or belongs to another chain."""


class IndexUnusable(ChainError):
    """The index's database is not there, fails, or belongs to another chain or a later release."""


class DevnetError(ChainError):
    """The local development chain does not start, stop or answer."""
