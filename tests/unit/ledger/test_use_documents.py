"""Documents about the use of data: written and read exactly, and strict about all else."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uses import COST, MACHINE, QUERY, document

from dataledger.chain.signer import Signer
from dataledger.contracts.identifiers import (
    WITHOUT_END,
    Address,
    Commitment,
    DatasetId,
    GrantId,
    ProjectId,
)
from dataledger.contracts.use_types import Cost, Input, Outcome, Receipt
from dataledger.errors import (
    CommitmentMismatch,
    InvalidArgument,
    NotFound,
    SignatureInvalid,
    UseDocumentError,
)
from dataledger.hashing import Digest, Hash32
from dataledger.ledger.documents import Documents
from dataledger.ledger.environment import Environment
from dataledger.ledger.project_document import ProjectDocument
from dataledger.ledger.purposes import PURPOSES, Purpose, parse_purpose, purpose
from dataledger.ledger.receipts import ReceiptSignature, UnsignedReceipt
from dataledger.ledger.runs import new_run_id
from dataledger.ledger.use_policy import CONTEXT, UsePolicy

GUIDE = Path(__file__).parents[3] / "docs" / "use.md"
ROADS = DatasetId(Hash32(bytes([1]) * 32))
GRANT = GrantId(Hash32(bytes([2]) * 32))
PROJECT = ProjectId(Hash32(bytes([3]) * 32))
CONTRACT = Address("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC")
SIGNER = Signer(bytes([7]) * 32)
RECEIPT = Receipt(
    grant=GRANT,
    run=new_run_id(),
    code=QUERY,
    environment=MACHINE.digest,
    inputs=(Input(ROADS, 1, Commitment(Hash32(bytes([9]) * 32))),),
    output=Digest.of(b"answer"),
    spent=Cost(2**63, 5),
    outcome=Outcome.RELEASED,
)
UNSIGNED = UnsignedReceipt(31337, CONTRACT, RECEIPT)
POLICY = UsePolicy.agreement(
    GRANT,
    ROADS,
    purpose(0),
    owner="acme",
    applicant="north",
    valid_until_unix=1_800_000_000,
    version=2,
)
DOCUMENTS = [
    replace(document(), description="Two\nlines", reference="ETH-2026/17"),
    replace(MACHINE, image=Digest.of(b"image")),
    POLICY,
    UNSIGNED,
    replace(UNSIGNED, receipt=replace(RECEIPT, output=None, outcome=Outcome.FAILED)),
]


@pytest.mark.parametrize("each", DOCUMENTS, ids=lambda each: type(each).__name__)
def test_what_is_written_is_read_back_and_nothing_else_is(each: Any) -> None:
    data = each.to_bytes()
    kind = type(each)
    assert kind.parse(data) == each
    assert kind.parse(data).to_bytes() == data
    loose = json.dumps(json.loads(data), indent=1).encode()
    for broken in (b"", b"[]", b"null", data[:-1], data + b"\n", loose, b"\xff"):
        with pytest.raises(UseDocumentError):
            kind.parse(broken)


@pytest.mark.parametrize("each", DOCUMENTS, ids=lambda each: type(each).__name__)
@given(data=st.data())
def test_no_change_of_a_member_is_anything_but_a_refusal_or_another_document(
    each: Any, data: st.DataObject
) -> None:
    content = json.loads(each.to_bytes())
    name = data.draw(st.sampled_from(sorted(content)))
    content[name] = data.draw(
        st.one_of(st.none(), st.integers(), st.text(), st.lists(st.text()), st.just({}))
    )
    try:
        read = type(each).parse(json.dumps(content).encode())
    except UseDocumentError:
        return
    assert read.to_bytes() == json.dumps(content).encode()


def test_documents_are_kept_by_their_digests(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "documents")
    words = document()
    assert documents.keep(words) == words.digest
    assert documents.project(words.digest) == words
    assert documents.terms(documents.keep(POLICY)) == POLICY
    assert documents.environment(documents.keep(MACHINE)) == MACHINE
    with pytest.raises(NotFound):
        documents.terms(Digest.of(b"never kept"))
    with pytest.raises(UseDocumentError, match="no policy of use"):
        documents.terms(words.digest)
    (file,) = [f for f in tmp_path.rglob("*.json") if words.digest.hex in f.name]
    file.write_bytes(file.read_bytes().replace(b"Road", b"Rail"))
    with pytest.raises(CommitmentMismatch, match="was altered"):
        documents.project(words.digest)


# ---------------------------------------------------------------------------------------- projects


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": ""}, "its title"),
        ({"title": "a\x1b[31m"}, "its title"),
        ({"applicant": "x" * 257}, "its applicant"),
        ({"description": "a\u202eb"}, "its description"),
        ({"reference": "\n"}, "its reference"),
        ({"purposes": ()}, "are none"),
        ({"purposes": (purpose(1), purpose(0))}, "not in ascending order"),
        ({"purposes": (purpose(1), purpose(1))}, "not in ascending order"),
        ({"purposes": (Purpose(0, "research", ""),)}, "its purpose"),
    ],
)
def test_a_project_says_what_it_is_for(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UseDocumentError, match=words):
        replace(document(), **change)
    with pytest.raises(InvalidArgument, match="not a purpose code"):
        replace(document(), purposes=(Purpose(256, "x", "y"),))


def test_a_project_is_read_from_any_json() -> None:
    loose = json.dumps(document().to_json(), indent=4).encode()
    assert ProjectDocument.read(loose) == document()
    with pytest.raises(UseDocumentError, match="its format is 'dataledger/project/2'"):
        ProjectDocument.read(loose.replace(b"project/1", b"project/2"))
    with pytest.raises(UseDocumentError, match="unknown member"):
        ProjectDocument.read(loose.replace(b"{", b'{"titel": "",', 1))


def test_purposes_go_by_name_or_code() -> None:
    assert document().bitmap == 0b11
    assert parse_purpose("model-training") == parse_purpose("1") == purpose(1)
    assert parse_purpose("200") == parse_purpose("purpose-200") == purpose(200)
    assert "the consortium says" in purpose(200).words
    assert "a later vocabulary says" in purpose(100).words
    for text in ("", "fun", "256", "-1", "01", "purpose-", "1.0", "research\x1b"):
        with pytest.raises(InvalidArgument, match="is not a purpose") as caught:
            parse_purpose(text)
        assert "\x1b" not in str(caught.value)
    for code in (-1, 256, True):
        with pytest.raises(InvalidArgument):
            purpose(code)


def test_the_published_vocabulary_is_the_one_in_use() -> None:
    rows = re.findall(r"^\| ([0-9]+) \| `([a-z-]+)` \| (.*) \|$", GUIDE.read_text(), re.MULTILINE)
    assert [Purpose(int(code), name, words) for code, name, words in rows] == list(PURPOSES)
    assert len({each.name for each in PURPOSES}) == len(PURPOSES)


# ------------------------------------------------------------------------------------------- terms


def test_a_plain_agreement_says_who_may_do_what_until_when() -> None:
    document = POLICY.document
    assert (document["@context"], document["@type"]) == (CONTEXT, "Agreement")
    (rule,) = cast("list[dict[str, object]]", document["permission"])
    assert rule["assigner"] == "urn:dataledger:organisation:acme"
    assert rule["target"] == f"urn:dataledger:dataset:{ROADS}:version:2"
    assert b"2027-01-15T08:00:00Z" in POLICY.to_bytes()
    asked = UsePolicy.request(PROJECT, ROADS, purpose(0), applicant="north")
    assert asked == UsePolicy.request(PROJECT, ROADS, purpose(0), applicant="north")
    assert asked != UsePolicy.request(PROJECT, ROADS, purpose(0), applicant="north", number=1)
    with pytest.raises(UseDocumentError, match="after the year 9999"):
        UsePolicy.agreement(
            *(GRANT, ROADS, purpose(0)), owner="a", applicant="b", valid_until_unix=2**40 - 2
        )
    endless = UsePolicy.agreement(
        *(GRANT, ROADS, purpose(0)), owner="a", applicant="b", valid_until_unix=WITHOUT_END
    )
    assert b"dateTime" not in endless.to_bytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"@context": "https://schema.org"}, "its @context"),
        ({"@type": "Policy"}, "its @type"),
        ({"@type": ["Set"]}, "its @type"),
        ({"uid": ""}, "no uid"),
        ({"permission": []}, "none of permission"),
        ({"x": float("nan")}, "canonical"),
        ({"x": 2**60}, "canonical"),
    ],
)
def test_what_is_no_policy_in_odrl_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UseDocumentError, match=words):
        UsePolicy({**POLICY.document, **change})


def test_a_policy_of_ones_own_is_taken_and_does_not_change_with_its_maker() -> None:
    own: dict[str, Any] = {
        "@context": [CONTEXT, {"ex": "https://example.org/"}],
        "@type": "Set",
        "uid": "https://example.org/policy:1",
        "prohibition": [{"target": "ex:data", "action": "distribute"}],
    }
    policy = UsePolicy.read(json.dumps(own, indent=2).encode())
    made = UsePolicy(own)
    own["uid"] = "other"
    assert made == policy
    assert made.digest == policy.digest


# ------------------------------------------------------------------------------------ environments


def test_the_current_environment_names_the_packages_asked_for() -> None:
    here = Environment.current(("pytest",), isolation="bubblewrap 0.11")
    assert here.packages == {"pytest": pytest.__version__}
    assert Environment.parse(here.to_bytes()) == here
    with pytest.raises(NotFound, match="'no-such-package-here'"):
        Environment.current(("no-such-package-here",))
    with pytest.raises(UseDocumentError, match="its runtime"):
        replace(here, runtime="")


# ---------------------------------------------------------------------------------------- receipts


def test_a_signature_is_by_its_executor_over_this_receipt_here() -> None:
    signed = UNSIGNED.sign(SIGNER)
    UNSIGNED.check(signed)
    others = [
        replace(UNSIGNED, chain_id=1),
        replace(UNSIGNED, contract=SIGNER.address),
        replace(UNSIGNED, receipt=replace(RECEIPT, spent=COST)),
    ]
    for other in others:
        with pytest.raises(SignatureInvalid, match=SIGNER.address):
            other.check(signed)
    for broken in (b"", b"\0" * 65, signed.signature[:-1], signed.signature + b"\0"):
        with pytest.raises(SignatureInvalid):
            UNSIGNED.check(ReceiptSignature(signed.executor, broken))
    with pytest.raises(UseDocumentError, match="0 is not a chain id"):
        replace(UNSIGNED, chain_id=0)


def test_no_two_runs_have_one_id() -> None:
    assert len({new_run_id() for _ in range(1_000)}) == 1_000
