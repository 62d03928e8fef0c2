"""Evidence bundles: no bytes break the verifier, and only the recorded ones pass by its pins."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from fuzzing import accepted, mutate_json
from recorded_bundle import RecordedBundle
from sealing import address, as_clique, as_qbft, keys

from dataledger.evidence import Bundle, Consensus, ValidatorSet, verify_bundle
from dataledger.evidence.verifier import Outcome

MAX_BYTES = 16_384

_RECORDED = RecordedBundle.load()
_SIGNERS = keys(3)
_VALIDATORS = tuple(map(address, _SIGNERS))
_PINS = (
    _RECORDED.pins,
    replace(_RECORDED.pins, validators=ValidatorSet(Consensus.CLIQUE, _VALIDATORS)),
    replace(_RECORDED.pins, validators=ValidatorSet(Consensus.QBFT, _VALIDATORS)),
)


def check(data: bytes) -> None:
    bundle = accepted(Bundle.parse, data)
    for pins in _PINS:
        report = verify_bundle(data, pins)
        assert (report.facts is not None) == report.passed
        if bundle is None:
            assert report.failed is not None
            assert {check.outcome for check in report.checks[1:]} == {Outcome.NOT_REACHED}
        elif report.passed:
            # Whole documents and proofs may be left out, and nothing else.
            known = _RECORDED.bundle
            assert set(bundle.documents) <= set(known.documents)
            assert set(bundle.proofs) <= set(known.proofs)
            assert replace(bundle, documents=known.documents, proofs=known.proofs) == known
    if bundle is not None:
        assert bundle.to_bytes() == data


def seeds() -> Iterator[bytes]:
    bundle = _RECORDED.bundle
    yield _RECORDED.data
    yield replace(bundle, documents=(), proofs=()).to_bytes()
    yield as_clique(bundle, _SIGNERS, _SIGNERS[:2]).to_bytes()
    yield as_qbft(bundle, _SIGNERS, _SIGNERS[:2]).to_bytes()


def mutate(data: bytes, random: Random) -> bytes:
    return mutate_json(data, random)
