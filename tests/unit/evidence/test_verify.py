"""Bundles against pins: what a verification finds, and that nothing altered passes."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from recorded_bundle import RecordedBundle
from sealing import address, as_clique, as_qbft, hash_of, keys

from dataledger.errors import SourceNotFound, SourceUnreadable
from dataledger.evidence import Consensus, Pins, ValidatorSet, verify_bundle
from dataledger.evidence.verifier import MAX_BUNDLE_BYTES, CheckName, Outcome, bundle
from dataledger.evidence.verifier.verify import _Verification
from dataledger.hashing import Digest, canonical_bytes, parse_canonical

ALTERATIONS = 1_000
SEALED_ALTERATIONS = 150


def altered(data: bytes, rng: random.Random) -> bytes:
    """Return the data with another value in one of its bytes."""
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ rng.randrange(1, 256)]) + data[at + 1 :]


def test_a_bundle_tells_what_it_shows_and_what_it_leaves_open(recorded: RecordedBundle) -> None:
    report = recorded.verified()
    assert report.passed
    assert report.failed is None
    assert [check.name for check in report.checks] == list(CheckName)
    facts = report.facts
    assert facts is not None
    assert facts.slug == "roads"
    assert [event.name for event in facts.events] == [
        "DatasetRegistered",
        "DatasetDescribed",
        "Advanced",
        "VersionAdded",
        "VersionRecalled",
    ]
    assert facts.version_count == len(facts.versions) == 2
    assert facts.shown_versions == (1, 2)
    first, second = facts.versions
    assert first.recall is not None
    assert second.recall is None
    assert {document.kind for document in facts.documents} == {
        "activity",
        "description",
        "manifest",
    }
    assert facts.missing == ()
    [included] = facts.proofs
    assert included.versions == (2,)
    assert included.proof.place.entry.path == "notes.txt"
    assert any("after block" in phrase for phrase in report.leaves_open)


@pytest.mark.parametrize("seed", range(4))
def test_every_altered_byte_is_noticed(recorded: RecordedBundle, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - the same alterations each time
    for _ in range(ALTERATIONS // 4):
        data = altered(recorded.data, rng)
        assert not recorded.verified(data).passed, data


def test_every_altered_hexadecimal_digit_is_noticed(recorded: RecordedBundle) -> None:
    rng = random.Random(0)  # noqa: S311 - the same alterations each time
    places = [at for at, byte in enumerate(recorded.data) if byte in b"0123456789abcdef"]
    for at in rng.sample(places, ALTERATIONS // 2):
        other = rng.choice([digit for digit in b"0123456789abcdef" if digit != recorded.data[at]])
        data = recorded.data[:at] + bytes([other]) + recorded.data[at + 1 :]
        assert not recorded.verified(data).passed, at


@pytest.mark.parametrize("consensus", [Consensus.CLIQUE, Consensus.QBFT])
def test_every_altered_byte_is_noticed_where_seals_anchor(
    recorded: RecordedBundle, consensus: Consensus
) -> None:
    signers = keys(3)
    make = as_clique if consensus is Consensus.CLIQUE else as_qbft
    sealed = make(recorded.bundle, signers, signers[:2])
    validators = ValidatorSet(consensus, tuple(map(address, signers)))
    pins = replace(recorded.pins, block_hash=None, validators=validators)
    data = sealed.to_bytes()
    assert recorded.verified(data, pins).passed
    rng = random.Random(7)  # noqa: S311 - the same alterations each time
    begin = data.index(b'"headers"')
    headers = range(begin, data.index(b'"nodes"'))
    for _ in range(SEALED_ALTERATIONS):
        at = rng.choice(headers)
        changed = data[:at] + bytes([data[at] ^ rng.randrange(1, 256)]) + data[at + 1 :]
        assert not recorded.verified(changed, pins).passed, at


@pytest.mark.parametrize("seed", range(3))
def test_a_bundle_cut_off_anywhere_is_malformed(recorded: RecordedBundle, seed: int) -> None:
    end = random.Random(seed).randrange(len(recorded.data))  # noqa: S311 - no secret
    report = recorded.verified(recorded.data[:end])
    assert report.failed is not None
    assert report.failed.name is CheckName.FORMAT
    assert report.facts is None
    assert {check.outcome for check in report.checks[1:]} == {Outcome.NOT_REACHED}


def test_without_any_pin_of_the_block_a_bundle_is_unanchored(recorded: RecordedBundle) -> None:
    report = recorded.verified(pins=replace(recorded.pins, block_hash=None))
    assert report.failed is not None
    assert report.failed.name is CheckName.ANCHOR
    assert "unanchored" in report.failed.says
    # Anybody could have made the rest up, as large as a bundle may be: no time is spent on it.
    assert {check.outcome for check in report.checks[5:]} == {Outcome.NOT_REACHED}
    assert report.facts is None


def test_no_majority_is_said_to_be_none(recorded: RecordedBundle) -> None:
    signers = keys(3)
    sealed = as_clique(recorded.bundle, signers, signers[:1])
    validators = ValidatorSet(Consensus.CLIQUE, tuple(map(address, signers)), quorum=1)
    pins = replace(recorded.pins, block_hash=None, validators=validators)
    report = recorded.verified(sealed.to_bytes(), pins)
    assert report.passed
    seals = next(check for check in report.checks if check.name is CheckName.SEALS)
    assert "no majority" in seals.says


def test_a_qbft_block_with_fewer_seals_than_two_thirds_is_not_called_final(
    recorded: RecordedBundle,
) -> None:
    signers = keys(4)
    validators = ValidatorSet(Consensus.QBFT, tuple(map(address, signers)), quorum=1)
    pins = replace(recorded.pins, block_hash=None, validators=validators)
    for count, is_final in ((1, False), (2, False), (3, True), (4, True)):
        sealed = as_qbft(recorded.bundle, signers, signers[:count])
        report = recorded.verified(sealed.to_bytes(), pins)
        assert report.passed
        seals = next(check for check in report.checks if check.name is CheckName.SEALS)
        assert ("it is final" in seals.says) is is_final
        assert ("fewer than two thirds" in seals.says) is not is_final


def test_a_header_with_more_seals_than_validators_costs_no_recovery(
    recorded: RecordedBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    signers = keys(2)
    sealed = as_qbft(recorded.bundle, signers, [signers[0]] * 700)
    validators = ValidatorSet(Consensus.QBFT, tuple(map(address, signers)))
    pins = replace(recorded.pins, block_hash=None, validators=validators)
    monkeypatch.setattr("dataledger.evidence.verifier.seals._signer", None)
    report = recorded.verified(sealed.to_bytes(), pins)
    assert report.failed is not None
    assert "700 seals, more than validators" in report.failed.says


def test_manifests_of_versions_that_are_not_in_question_are_left_open(
    recorded: RecordedBundle,
) -> None:
    phrase = "the manifests of the versions hold"
    assert not any(phrase in said for said in recorded.verified().leaves_open)
    # The recorded trie nodes are for both versions: only the phrase is in question here.
    verification = _Verification(recorded.data, recorded.pins)
    assert verification.report().passed
    verification.bundle = replace(verification.bundle, versions=(2,))
    assert any(f"{phrase} (1)" in said for said in verification.leaves_open())


def test_a_hash_of_a_following_block_anchors_the_one_that_is_shown(
    recorded: RecordedBundle,
) -> None:
    signers = keys(3)
    sealed = as_clique(recorded.bundle, signers, signers)
    for index in range(3):
        pins = replace(recorded.pins, block_hash=hash_of(sealed, index))
        assert recorded.verified(sealed.to_bytes(), pins).passed


def test_a_file_larger_than_any_bundle_is_refused_unread(
    recorded: RecordedBundle, tmp_path: Path
) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(MAX_BUNDLE_BYTES + 1)
    report = verify_bundle(path, recorded.pins)
    assert report.failed is not None
    assert f"at most {MAX_BUNDLE_BYTES} are read" in report.failed.says


def test_a_bundle_that_is_no_file_is_an_error(recorded: RecordedBundle, tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound):
        verify_bundle(tmp_path / "absent.json", recorded.pins)
    with pytest.raises(SourceUnreadable):
        verify_bundle(tmp_path, recorded.pins)


def test_a_bundle_is_written_as_any_canonical_document(recorded: RecordedBundle) -> None:
    document = parse_canonical(recorded.data)
    assert recorded.bundle.to_bytes() == recorded.data == canonical_bytes(document)


def test_texts_of_any_characters_keep_their_canonical_form(recorded: RecordedBundle) -> None:
    texts = tuple(sorted({chr(code) for code in (*range(1, 256), 0x2028, 0xFFFF, 0x1F600)}))
    found = replace(recorded.bundle, documents=texts)
    data = found.to_bytes()
    assert bundle.Bundle.parse(data).documents == texts
    assert data == canonical_bytes(parse_canonical(data))


def test_a_documents_digest_is_of_its_own_bytes(recorded: RecordedBundle) -> None:
    report = recorded.verified()
    assert report.facts is not None
    found = {str(document.digest) for document in report.facts.documents}
    assert found == {str(Digest.of(text.encode())) for text in recorded.bundle.documents}


def test_pins_are_read_as_they_are_written(recorded: RecordedBundle) -> None:
    validators = ValidatorSet(Consensus.QBFT, tuple(map(address, keys(4))), quorum=4)
    pins = replace(recorded.pins, validators=validators)
    assert Pins.parse(pins.to_bytes()) == pins
