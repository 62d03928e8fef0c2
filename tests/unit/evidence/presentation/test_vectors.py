"""The presentations of tests/vectors, which were made without the package."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dataledger.errors import DataLedgerError
from dataledger.evidence.presentation import Audience, Presentation, verify_presentation
from dataledger.evidence.presentation.signing import digest_of

VECTORS = Path(__file__).parents[3] / "vectors"
FILE = VECTORS / "presentations.json"
FOUND: dict[str, Any] = json.loads(FILE.read_text("utf-8"))


@pytest.mark.parametrize("case", FOUND["cases"], ids=lambda case: str(case["name"]))
def test_each_ends_as_the_vectors_say(case: dict[str, Any]) -> None:
    found = None
    try:
        verify_presentation(
            case["presentation"].encode(),
            Audience.parse(case["audience"]),
            now_unix=case["now_unix"],
            challenge=case["challenge"],
        )
    except DataLedgerError as error:
        found = error.code
    assert found == case["error"]


def test_what_is_signed_is_that_of_the_vectors() -> None:
    presentation = Presentation.parse(FOUND["cases"][0]["presentation"].encode())
    assert f"0x{digest_of(presentation.content.signed()).hex()}" == FOUND["digest"]


def test_the_vectors_are_what_their_script_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(VECTORS)
    script = SimpleNamespace(**runpy.run_path(str(VECTORS / "generate_presentations.py")))
    assert FILE.read_text() == script.written(script.presentations())
    assert len(FOUND["cases"]) == FOUND["case_count"]
