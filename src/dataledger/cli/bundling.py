"""Evidence bundles on the command line: what goes into one, and what one is checked against."""

import re
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dataledger.cli.names import find_dataset
from dataledger.cli.output import read_input, write_output
from dataledger.cli.session import Session
from dataledger.errors import (
    EvidenceError,
    InvalidAddress,
    NotFound,
    OutputExists,
    ProofInvalid,
    shown,
)
from dataledger.evidence import Consensus, Pins, Report, ValidatorSet, pins_of, verify_bundle
from dataledger.evidence.verifier import MAX_BUNDLE_BYTES, Bundle
from dataledger.evidence.verifier.pins import MAX_PINS_BYTES, to_hash
from dataledger.manifest import Proof, parse_proof
from dataledger.manifest.proofs import MAX_PROOF_BYTES

if TYPE_CHECKING:
    from dataledger.contracts.identifiers import Address

_ADDRESS = re.compile(r"0x[0-9a-fA-F]*")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a bundle is to be about."""

    name: str
    version: int | None
    paths: tuple[str, ...]
    proofs: tuple[Path, ...]
    descendants: int | None
    with_documents: bool


@dataclass(frozen=True, slots=True)
class Written:
    """A bundle in its file, as its own verification sees it."""

    path: Path
    report: Report
    pins: Pins
    """Those that the bundle was verified with."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Recognition:
    """How the block of a bundle is to be recognised, as the options say it."""

    block_hash: str | None
    validators: tuple[str, ...]
    consensus: str | None
    quorum: int | None


def write_bundle(
    session: Session, wanted: Wanted, output: Path | None, *, replace: bool
) -> Written:
    """Make a bundle and write it, by default to a file named for the dataset.

    Raises:
        OutputExists: that file is there, and `replace` is false; nothing was made.
        NotFound: as `create_bundle` does, or a version has no such file.
    """
    from dataledger.evidence import create_bundle

    proofs = [_read_proof(path) for path in wanted.proofs]
    began = time.perf_counter()
    with session.reading() as ledger:
        found = find_dataset(ledger, wanted.name)
        path = Path(f"{found.slug}.evidence.json") if output is None else output
        if not replace and path.exists():
            raise OutputExists(
                f"There is a file {shown(str(path))} already.",
                remedy="Choose another name by -o, or pass --force to replace it.",
            )
        proofs += [
            ledger.proofs.prove(found.id, file, version=wanted.version) for file in wanted.paths
        ]
        bundle = create_bundle(
            ledger,
            found.id,
            versions=None if wanted.version is None else [wanted.version],
            proofs=proofs,
            descendants=wanted.descendants,
            with_documents=wanted.with_documents,
        )
        pins = pins_of(ledger.profile, block_hash=bundle.block_hash)
    data = bundle.to_bytes()
    report = verify_bundle(data, pins)
    write_output(path, data, replace=replace)
    return Written(path, report, pins, time.perf_counter() - began)


def read_pins(session: Session, file: Path | None, recognition: Recognition) -> Pins:
    """Return the pins of a file, or of the profile, with what the options say of the block.

    Raises:
        EvidenceError: the file holds no pins.
        ProfileError: there is no such profile, or it names no contracts.
        InvalidArgument: the options say nothing that could be pinned.
        click.UsageError: an option is missing beside another one.
    """
    if file is not None:
        pins = Pins.parse(read_input(file, noun="pins file", max_bytes=MAX_PINS_BYTES))
    else:
        from dataledger.chain.profile import Profile

        pins = pins_of(Profile.load(session.profile, session.home))
    if recognition.block_hash is not None:
        pins = replace(pins, block_hash=to_hash(recognition.block_hash))
    validators = _validators(recognition)
    return pins if validators is None else replace(pins, validators=validators)


def pin_by_node(session: Session, pins: Pins, file: Path) -> Pins:
    """Return the pins with the hash that the profile's node gives to the bundle's block.

    A malformed bundle names no block: the pins stay as they are, and its verification says why.

    Raises:
        NotFound: the node has no such block.
        ConnectionFailed, WrongChain: the node cannot be asked.
    """
    from dataledger.chain.connection import connect
    from dataledger.chain.profile import Profile

    try:
        number = Bundle.parse(
            read_input(file, noun="bundle", max_bytes=MAX_BUNDLE_BYTES)
        ).header.number
    except (EvidenceError, ProofInvalid):
        return pins
    with session.waiting():
        block = connect(Profile.load(session.profile, session.home)).block(number)
    if block is None:
        raise NotFound(
            f"The node has no block {number}, which the bundle is about.",
            remedy="Check that the node is in step with its chain; else the bundle is of another.",
        )
    return replace(pins, block_hash=to_hash(block.hash))


def _validators(recognition: Recognition) -> ValidatorSet | None:
    if not recognition.validators:
        if recognition.consensus is not None or recognition.quorum is not None:
            raise click.UsageError("--consensus and --quorum need --validators.")
        return None
    if recognition.consensus is None:
        raise click.UsageError("--validators needs --consensus: clique, or qbft.")
    addresses: list[Address] = []
    for given in recognition.validators:
        addresses += _addresses(given)
    return ValidatorSet(Consensus(recognition.consensus), tuple(addresses), recognition.quorum)


def _addresses(given: str) -> "list[Address]":
    """Return an address, or those on the lines of a file; what follows a `#` is a remark."""
    from dataledger.contracts.identifiers import to_address

    if _ADDRESS.fullmatch(given):
        return [to_address(given)]
    data = read_input(Path(given), noun="list of validators", max_bytes=MAX_PINS_BYTES)
    lines = [
        line.partition(b"#")[0].decode("utf-8", "replace").strip() for line in data.splitlines()
    ]
    found = [to_address(line) for line in lines if line]
    if not found:
        raise InvalidAddress(
            f"There is no address in {shown(given)}.", remedy="Write one on each line."
        )
    return found


def _read_proof(path: Path) -> Proof:
    return parse_proof(read_input(path, noun="proof file", max_bytes=MAX_PROOF_BYTES))
