"""An approved algorithm as work of the owner's node: what of it is allowed, and what it answers."""

from dataclasses import dataclass
from functools import cached_property

from dataledger.contracts.use_types import NO_COST, Composition, Cost
from dataledger.errors import AnswerWithheld, DependencyMissing, NodeRefused, QueryError
from dataledger.hashing import Digest
from dataledger.node.sandbox.bubblewrap import isolation, require_sandbox, run_confined
from dataledger.node.sandbox.data import require_showable, view_data
from dataledger.node.sandbox.document import AlgorithmDocument
from dataledger.node.sandbox.overlap import require_apart
from dataledger.node.sandbox.runtime import offered_packages
from dataledger.node.work import Answer, Holding

MEDIA_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class AlgorithmWork:
    """Runs a file of Python on the data, in a sandbox, and looks at what it wrote."""

    document: AlgorithmDocument
    kind: str = "algorithm"
    is_declared: bool = False
    purposes: frozenset[int] | None = None

    @property
    def code(self) -> Digest:
        """SHA-256 of the algorithm's file."""
        return self.document.code

    @property
    def packages(self) -> tuple[str, ...]:
        """Those that an algorithm can import here."""
        return offered_packages()

    @cached_property
    def isolation(self) -> str:
        """What keeps it apart, and its version."""
        return isolation()

    def cost(self, composition: Composition) -> Cost:
        """Return nothing: the answer is exact, and only a grant for exact use allows it.

        Raises:
            QueryError: the grant counts a privacy budget.
        """
        if composition is not Composition.NONE:
            raise QueryError(
                "An algorithm's answer is exact: no privacy budget protects what it tells.",
                remedy="Ask the owner for a grant of exact use (`grant approve --exact`).",
            )
        return NO_COST

    def check(self, holding: Holding) -> None:
        """Return only if there is a sandbox, and the rules allow such parameters.

        Raises:
            NodeRefused: the node takes no parameters (`parameters-not-allowed`), has no sandbox
                (`no-sandbox`), or cannot show so many files (`too-many-files`).
        """
        if self.document.parameters is not None and not holding.rules.sandbox.parameters:
            raise NodeRefused(
                "This node gives algorithms no parameters of the asker's choice.",
                remedy="Ask without parameters, or agree with the owner ([sandbox] parameters).",
                reason="parameters-not-allowed",
            )
        require_showable(holding)
        require_sandbox()

    def compute(self, holding: Holding) -> Answer:
        """Run the algorithm on the version's files.

        Raises:
            AnswerWithheld: it failed, was stopped, or wrote nothing or what overlaps with the data.
            ManifestMismatch: the data is not as recorded, or changed meanwhile.
            SourceUnreadable, RecordError: the data cannot be read.
        """
        view = view_data(holding)
        document = self.document
        try:
            content = run_confined(
                document.algorithm,
                document.parameters_bytes(),
                view.mounts,
                holding.rules.sandbox,
            )
        except DependencyMissing as error:
            raise AnswerWithheld(f"There is no sandbox: {error}", remedy=error.remedy) from error
        require_apart(content, holding)
        view.require_unchanged(holding)
        return Answer(content, MEDIA_TYPE)


def parse_algorithm(document: bytes) -> AlgorithmWork:
    """Return the work that a document of the format `dataledger/algorithm/1` describes.

    Raises:
        QueryError: it is malformed, or breaks a rule.
    """
    return AlgorithmWork(AlgorithmDocument.parse(document))
