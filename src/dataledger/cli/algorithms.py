"""Algorithms and their parameters, as files that the command line names."""

from pathlib import Path

from dataledger.cli.output import read_input
from dataledger.hashing import JsonValue, parse_strict
from dataledger.node.sandbox.document import (
    MAX_ALGORITHM_BYTES,
    MAX_PARAMETER_BYTES,
    AlgorithmDocument,
)


def read_algorithm(path: Path, parameters: Path | None = None) -> AlgorithmDocument:
    """Return the algorithm in a file, with the parameters in another.

    Raises:
        SourceNotFound, SourceUnreadable: a file is not there, or cannot be read.
        CanonicalisationError: the parameters are no JSON.
        QueryError: the algorithm is empty, too large or no text; or its parameters are too large.
    """
    code = read_input(path, noun="algorithm", max_bytes=MAX_ALGORITHM_BYTES)
    told: JsonValue = None
    if parameters is not None:
        content = read_input(parameters, noun="file of parameters", max_bytes=MAX_PARAMETER_BYTES)
        told = parse_strict(content, max_bytes=MAX_PARAMETER_BYTES)
    return AlgorithmDocument(code, told)
