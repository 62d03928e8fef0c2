"""A presentation holds for whom it was made, in its time, unaltered; and not otherwise."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from disclosed_dataset import (
    CHALLENGE,
    COURT,
    DURING_UNIX,
    EXPIRES_UNIX,
    ISSUED_UNIX,
    OWNER,
    STRANGER,
    DisclosedDataset,
    check,
)
from hypothesis import example, given
from hypothesis import strategies as st

from dataledger.contracts.identifiers import Slug
from dataledger.errors import (
    CheckFailed,
    EvidenceError,
    InvalidArgument,
    PresentationRefused,
    ProofInvalid,
    SignatureInvalid,
)
from dataledger.evidence.presentation import (
    AbsenceItem,
    AnswerItem,
    Audience,
    AudienceKind,
    ColumnItem,
    FieldsItem,
    Presentation,
    ProvenItem,
    Standing,
    StatisticItem,
)
from dataledger.evidence.presentation.document import MAX_ITEMS, MAX_LIFETIME_SECONDS
from dataledger.evidence.presentation.items import proof_text
from dataledger.evidence.presentation.signing import digest_of
from dataledger.evidence.presenting import (
    absence_item,
    column_blocks,
    column_item,
    fields_item,
)
from dataledger.evidence.presenting.make import sign, typed_data
from dataledger.hashing import canonical_bytes
from dataledger.manifest.proofs import FileProof

HEAVY = ["web3", "eth_account", "eth_abi", "requests", "sqlalchemy", "click", "rich", "pyarrow"]
ROOMS = ["chain", "ledger", "index", "node", "cli", "demo"]


@pytest.fixture(scope="module")
def small(roads: DisclosedDataset) -> bytes:
    """A presentation of a file, a field and a number."""
    items = (
        ProvenItem(roads.file()),
        fields_item(roads.record(17), roads.path("lines.jsonl"), ["text"]),
        StatisticItem("rows", "300"),
    )
    return roads.present(*items).to_bytes()


def test_all_kinds_hold_and_say_whether_they_are_proven(
    roads: DisclosedDataset, person: Path, zero_run: AnswerItem
) -> None:
    items = [
        *roads.proofs(),
        column_item(roads.column(), roads.path("table.csv")),
        absence_item(roads.absence(b'{"id":-1}'), person),
        absence_item(roads.absence(b'{"id":-1}')),
        fields_item(roads.record(4, "table.csv"), roads.path("table.csv"), ["name", "id"]),
        StatisticItem("mean speed", "41.5 km/h"),
        zero_run,
    ]
    verified = check(roads.present(*items))
    assert [shown.item for shown in verified.shown] == items
    standings = [shown.standing.value for shown in verified.shown]
    assert standings == ["proven"] * 5 + ["attested"] * 5
    fields = verified.shown[7].item
    assert isinstance(fields, FieldsItem)
    assert fields.fields == {"name": "né4", "id": "4"}
    for shown in verified.shown:
        for finding in shown.findings:
            assert (finding.standing is Standing.ATTESTED) == (finding.by.value == "signature")
    assert "the owner's word" in verified.leaves_open[-1]
    assert Presentation.parse(verified.presentation.to_bytes()) == verified.presentation


@pytest.fixture(scope="module")
def zero_run() -> AnswerItem:
    members: dict[str, Any] = {"content": "NDI=", "grant": "0x" + "1" * 64, "run": "0x" + "2" * 64}
    return AnswerItem.from_members(members)


def test_nobody_else_takes_it(small: bytes) -> None:
    for other in ("South court", "north court", "org:north", OWNER.address):
        with pytest.raises(PresentationRefused, match="it is for 'North court', not for"):
            check(small, audience=Audience.parse(other))
    with pytest.raises(PresentationRefused, match="it is for 'North court', not for 'org:7'"):
        check(small, audience=Audience.parse("org:7"))


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (EXPIRES_UNIX, "it expired at 2027-01-15 09:00:00 UTC"),
        (EXPIRES_UNIX + 10**9, "it expired"),
        (ISSUED_UNIX - 61, "it is valid from"),
        (0, "it is valid from"),
    ],
)
def test_it_is_taken_in_its_time_alone(small: bytes, now: int, words: str) -> None:
    with pytest.raises(PresentationRefused, match=words):
        check(small, now_unix=now)
    check(small, now_unix=EXPIRES_UNIX - 1)
    check(small, now_unix=ISSUED_UNIX - 60)


def test_an_old_one_answers_no_new_challenge(roads: DisclosedDataset, small: bytes) -> None:
    with pytest.raises(PresentationRefused, match="'8c1f0a', another one"):
        check(small, challenge="8c1f0b")
    without = roads.present(StatisticItem("rows", "300"), challenge=None)
    with pytest.raises(PresentationRefused, match="answers no challenge"):
        check(without)
    with pytest.raises(InvalidArgument, match="no challenge"):
        check(small, challenge="8c1f0a\n")
    unasked = check(small, challenge=None)
    assert not unasked.challenge_checked
    assert any("no challenge was compared" in phrase for phrase in unasked.leaves_open)


@given(data=st.data())
@example(data=None)
def test_every_altered_byte_is_noticed(small: bytes, data: Any) -> None:
    at = 0 if data is None else data.draw(st.integers(0, len(small) - 1))
    value = 0 if data is None else data.draw(st.integers(0, 255).filter(lambda v: v != small[at]))
    altered = small[:at] + bytes([value]) + small[at + 1 :]
    with pytest.raises((EvidenceError, CheckFailed)):
        check(altered)


@given(at=st.integers(0, 10_000), extra=st.binary(max_size=3))
def test_no_part_of_one_is_taken_for_it(small: bytes, at: int, extra: bytes) -> None:
    other = small[: at % len(small)] + extra
    if other != small:
        with pytest.raises((EvidenceError, CheckFailed)):
            check(other)


def test_all_spellings_of_addresses_and_signatures_but_one_are_refused(small: bytes) -> None:
    text = small.decode()
    signature = json.loads(text)["signature"]
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    s, v = int(signature[66:130], 16), int(signature[130:], 16)
    mirrored = f"{signature[:66]}{order - s:064x}{55 - v:02x}"
    others = [
        (OWNER.address, OWNER.address.lower()),
        (signature, signature.upper().replace("X", "x")),
        (signature, mirrored),
        (signature, f"{signature[:130]}{v - 27:02x}"),
        (signature, f"0x{'0' * 130}"),
        (signature, f"0x{'0' * 128}1b"),
        (signature, signature[:-2]),
    ]
    for old, new in others:
        assert old in text
        assert old != new
        with pytest.raises((EvidenceError, SignatureInvalid)):
            check(text.replace(old, new).encode())


@pytest.mark.parametrize(
    "change",
    [
        {"audience": Audience.parse("South court")},
        {"purpose": "Case 5"},
        {"challenge": "other"},
        {"expires_at_unix": EXPIRES_UNIX + 1},
        {"issued_at_unix": ISSUED_UNIX + 1},
        {"signer": STRANGER.address},
        {"items": (StatisticItem("rows", "301"),)},
    ],
)
def test_the_signature_is_over_all_of_it(roads: DisclosedDataset, change: dict[str, Any]) -> None:
    signed = roads.present(StatisticItem("rows", "300"))
    changed = Presentation(replace(signed.content, **change), signed.signature)
    with pytest.raises(SignatureInvalid, match="is not signed by"):
        check(changed)


def test_a_proof_of_another_version_is_no_proof(roads: DisclosedDataset, tmp_path: Path) -> None:
    other = DisclosedDataset.write(tmp_path, records=5)
    presented = roads.present(ProvenItem(other.file()))
    with pytest.raises(ProofInvalid, match="about the content root"):
        check(presented)
    resized = replace(roads.anchor, record={**roads.anchor.record, "file_count": 4})
    with pytest.raises(ProofInvalid, match="3 files, not of 4"):
        check(roads.present(ProvenItem(roads.file()), anchor=resized))


def test_forged_items_are_refused(roads: DisclosedDataset) -> None:
    record = roads.record(17)
    fields = fields_item(record, roads.path("lines.jsonl"), ["id"])
    column = column_item(roads.column(), roads.path("table.csv"))
    (values,) = column.values
    for forged in (
        ProvenItem(replace(record, record=record.record + b" ")),
        replace(fields, record=300),
        replace(column, values=(replace(values, bodies=values.bodies + b"x"),)),
        replace(column, values=(replace(values, heads=values.heads[:-5]),)),
    ):
        with pytest.raises(ProofInvalid):
            check(roads.present(forged))


def test_what_cannot_be_presented_is_refused(roads: DisclosedDataset) -> None:
    statistic = StatisticItem("rows", "300")
    with pytest.raises(InvalidArgument, match="an anchor of its own"):
        ProvenItem(roads.file().anchored({"chain_id": 1}))
    with pytest.raises(InvalidArgument, match="kind 'column' cannot be presented by itself"):
        ProvenItem(roads.column())
    with pytest.raises(InvalidArgument, match="0 fields"):
        FieldsItem(FileProof(roads.manifest.place("lines.jsonl")), 0, {})
    for items in ([], [statistic] * (MAX_ITEMS + 1)):
        with pytest.raises(InvalidArgument, match="items cannot be made"):
            roads.content(items)
    for expires in (ISSUED_UNIX, ISSUED_UNIX + MAX_LIFETIME_SECONDS + 1):
        with pytest.raises(InvalidArgument, match="cannot be valid for"):
            roads.content([statistic], expires_at_unix=expires)
    for text in ("", " x", "a\nb", "\x1b[2J", "\u202e", "x" * 201):
        with pytest.raises(InvalidArgument):
            StatisticItem("rows", text)
        with pytest.raises(InvalidArgument):
            Audience.parse(text)
    with pytest.raises(InvalidArgument, match="is not 'bridges' of the organisation"):
        replace(roads.anchor, slug=Slug("bridges"))


@pytest.mark.parametrize(
    ("text", "kind", "written"),
    [
        (OWNER.address.lower(), "address", OWNER.address),
        ("org:north", "organisation", "org:north"),
        ("org:17", "organisation", "org:17"),
        ("North court, room 4", "name", "North court, room 4"),
    ],
)
def test_a_verifier_is_named_in_three_ways(text: str, kind: str, written: str) -> None:
    audience = Audience.parse(text)
    assert (audience.kind.value, str(audience)) == (kind, written)
    assert Audience.parse(written) == audience


@pytest.mark.parametrize("text", ["0x12", "org:", "org:North", "org:99999999999"])
def test_a_name_that_looks_like_another_kind_is_none(text: str) -> None:
    with pytest.raises(InvalidArgument):
        Audience.parse(text)


def test_items_that_break_a_rule_are_refused(roads: DisclosedDataset) -> None:
    file, record = proof_text(roads.file()), proof_text(roads.record(17))
    column = column_item(roads.column(), roads.path("table.csv"))
    (block,) = column_blocks(roads.column(), roads.path("table.csv"), [0])
    ids: dict[str, Any] = {"grant": f"0x{'1' * 64}", "run": f"0x{'2' * 64}"}
    breaking: list[Any] = [
        lambda: Audience(AudienceKind.ADDRESS, OWNER.address.lower()),
        lambda: Audience(AudienceKind.NAME, "org:north"),
        lambda: replace(column, values=()),
        lambda: replace(block, salt=b""),
        lambda: ColumnItem.from_members({"proof": file, "values": []}),
        lambda: AbsenceItem.from_members({"proof": file}),
        lambda: AbsenceItem(roads.absence(b'{"id":-1}'), b"\xff"),
        lambda: FieldsItem.from_members({"fields": [], "file": file, "record": 0}),
        lambda: FieldsItem.from_members({"fields": {"a": 1}, "file": record, "record": 0}),
        lambda: AnswerItem.from_members({**ids, "content": ""}),
    ]
    for make in breaking:
        with pytest.raises(InvalidArgument):
            make()


HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"\xff\xfe",
    "a list": b"[]",
    "another format": b'{"format":"dataledger/presentation/2"}',
    "no members": b'{"format":"dataledger/presentation/1"}',
    "deep": b"[" * 100_000,
    "many lists": b"[" + b"[]," * 200_000 + b"[]]",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_words(name: str) -> None:
    with pytest.raises(EvidenceError, match="no presentation") as refused:
        check(HOSTILE[name])
    assert refused.value.remedy
    assert len(str(refused.value)) < 1_000


WRONG: list[tuple[str, Any]] = [
    ("anchor", []),
    ("audience", None),
    ("audience", "\x1b[2J"),
    ("challenge", 5),
    ("challenge", "two words"),
    ("expires_at_unix", -1),
    ("expires_at_unix", 2**52),
    ("expires_at_unix", 1.5),
    ("issued_at_unix", True),
    ("items", {}),
    ("items", []),
    ("items", [None]),
    ("items", [{"kind": "secret"}]),
    ("items", [{"kind": ["proof"]}]),
    ("items", [{"kind": "proof", "proof": "{}"}]),
    ("items", [{"kind": "column", "proof": 1, "values": []}]),
    ("items", [{"kind": "statistic", "name": "a", "value": 1}]),
    ("items", [{"kind": "statistic", "name": "a", "value": "1", "more": 1}]),
    ("items", [{"kind": "answer", "content": "####", "grant": "", "run": ""}]),
    ("items", [{"kind": "statistic", "name": "a", "value": "1"}] * (MAX_ITEMS + 1)),
    ("purpose", ""),
    ("purpose", "x" * 1_001),
    ("signature", "0x"),
    ("signature", "0xzz"),
    ("signature", "🙂"),
    ("signer", "0x0"),
]


@pytest.mark.parametrize(("member", "value"), WRONG)
def test_a_member_of_another_type_is_refused_in_words(
    small: bytes, member: str, value: Any
) -> None:
    document = json.loads(small)
    assert member in document
    with pytest.raises(EvidenceError, match="no presentation") as refused:
        check(canonical_bytes({**document, member: value}))
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize("member", ["ledger", "dataset", "record", "version", "genesis_hash"])
def test_an_anchor_of_another_form_is_refused_in_words(small: bytes, member: str) -> None:
    document = json.loads(small)
    wrong: list[Any] = [None, 0, "0x", [], {}, "x" * 10_000]
    for value in wrong:
        document["anchor"] = {**json.loads(small)["anchor"], member: value}
        with pytest.raises(EvidenceError, match="no presentation"):
            check(canonical_bytes(document))


def test_the_signed_hash_is_that_of_another_implementation(roads: DisclosedDataset) -> None:
    from eth_account import Account
    from eth_account.messages import _hash_eip191_message, encode_typed_data

    signed = roads.content([StatisticItem("rows", "300")]).signed()
    message = encode_typed_data(full_message=typed_data(signed).document())
    assert bytes(_hash_eip191_message(message)) == bytes(digest_of(signed))
    presentation = sign(roads.content([StatisticItem("rows", "300")]), OWNER)
    found = Account.recover_message(message, signature=presentation.signature)
    assert found == presentation.content.signer


def test_verifying_needs_neither_a_socket_nor_the_chain_client(
    small: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "p.json"
    file.write_bytes(small)
    code = (
        "import socket, sys\n"
        "def refused(*_, **__): raise AssertionError('a socket was opened')\n"
        "socket.socket.__init__ = socket.create_connection = socket.getaddrinfo = refused\n"
        "from pathlib import Path\n"
        "from dataledger.evidence.presentation import Audience, verify_presentation\n"
        f"verify_presentation(Path({str(file)!r}).read_bytes(), Audience.parse({str(COURT)!r}),\n"
        f"    now_unix={DURING_UNIX}, challenge={CHALLENGE!r})\n"
        f"names = {HEAVY} + ['dataledger.' + room for room in {ROOMS}]\n"
        "print([name for name in names if name in sys.modules])\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert finished.stdout == "[]\n"
