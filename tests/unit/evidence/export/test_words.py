import pytest
from dataset_facts import CHAIN, ROADS, facts, file

from dataledger.errors import InvalidArgument
from dataledger.evidence.export import Fact, Status
from dataledger.evidence.export.words import (
    description_of,
    file_iri,
    is_url,
    iso_time,
    key_iri,
    licence_url,
    media_type,
    organisation_iri,
    sha256_of,
    title_of,
    version_iri,
)
from dataledger.hashing import Algorithm, Digest
from dataledger.manifest import FileEntry


def test_times_are_written_as_rfc_3339_has_them() -> None:
    assert iso_time(0) == "1970-01-01T00:00:00Z"
    assert iso_time(253_402_300_799) == "9999-12-31T23:59:59Z"


@pytest.mark.parametrize("unix", [253_402_300_800, 2**40 - 1])
def test_a_time_that_no_standard_can_write_is_refused(unix: int) -> None:
    with pytest.raises(InvalidArgument, match="after the year 9999"):
        iso_time(unix)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://acme.example/x?y#z", True),
        ("http://acme.example", True),
        ("ftp://acme.example/", False),
        ("javascript:alert(1)", False),
        ("https://", False),
        ("https://[", False),
        ("https://acme.example/a b", False),
        ("https://acme.example/<b>", False),
        ("https://acme.example/\u202e", False),
        ("https://acme.example/\x1b", False),
        ("", False),
    ],
)
def test_only_plain_addresses_are_urls(text: str, *, expected: bool) -> None:
    assert is_url(text) is expected


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("CC-BY-4.0", "https://spdx.org/licenses/CC-BY-4.0"),
        ("GPL-2.0+", "https://spdx.org/licenses/GPL-2.0+"),
        ("https://acme.example/terms", "https://acme.example/terms"),
        ("House rules", None),
        ("", None),
    ],
)
def test_a_licence_is_a_url_an_identifier_or_a_text(text: str, url: str | None) -> None:
    assert licence_url(text) == url


def test_names_are_the_same_on_every_copy_of_a_chain() -> None:
    assert version_iri(ROADS, 2) == f"urn:dataledger:dataset:{ROADS}:2"
    assert file_iri(facts(), 'a b/"\u00fc".csv').endswith(":2:a%20b/%22%C3%BC%22.csv")
    assert organisation_iri(CHAIN, "acme").endswith(f":1145848903:{CHAIN.contract}:acme")
    assert key_iri(CHAIN, "0xAB") == "did:pkh:eip155:1145848903:0xAB"


def test_media_types_go_by_the_file_s_name() -> None:
    assert media_type("a/B.CSV") == "text/csv"
    assert media_type("a.csv/noname") == "application/octet-stream"


def test_the_sha256_is_found_among_the_digests() -> None:
    assert sha256_of(file("x")) == Digest.of(b"x").hex
    blake3 = Digest(Algorithm.BLAKE3, Digest.of(b"y").value)
    assert sha256_of(FileEntry("x", 1, blake3)) is None
    assert sha256_of(FileEntry("x", 1, blake3, (Digest.of(b"x"),))) == Digest.of(b"x").hex


def test_counts_that_not_every_parser_reads_are_text() -> None:
    assert Fact(2**53, Status.PROVEN).to_json()["value"] == "9007199254740992"
    assert Fact(2**53 - 1, Status.PROVEN).to_json()["value"] == 2**53 - 1


def test_what_stands_in_names_the_fact_that_it_comes_from() -> None:
    assert title_of(facts()) == ("acme/roads", "slug")
    text, name = description_of(facts())
    assert name == "content_root"
    assert facts().text("content_root") in text
