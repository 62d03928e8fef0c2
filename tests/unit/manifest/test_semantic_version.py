"""The version that a change deserves, and claims that contradict it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import ClaimRefused, InvalidArgument
from dataledger.hashing import Algorithm, Digest
from dataledger.manifest import FileEntry, Manifest, RecordFormat, RecordSet, compare
from dataledger.manifest.record_set import to_secret_id
from dataledger.manifest.semantic_version import (
    Deserved,
    Level,
    SemanticVersion,
    deserved_level,
    parse_claim,
    require_claim,
    splits_named,
)


def records(
    content: str, *, count: int = 3, secret: str = "0" * 16, columns: str = "c"
) -> RecordSet:
    return RecordSet(
        format=RecordFormat.PARQUET,
        record_count=count,
        record_root=Digest.of(content.encode()),
        secret_id=to_secret_id(secret),
        column_root=Digest.of(columns.encode()),
    )


def entry(path: str, content: str, record_set: RecordSet | None = None) -> FileEntry:
    return FileEntry(path, len(content), Digest.of(content.encode()), records=record_set)


def deserved(old: list[FileEntry], new: list[FileEntry]) -> Deserved:
    return deserved_level(compare(Manifest(tuple(old)), Manifest(tuple(new))))


class TestTheLevel:
    def test_of_no_change(self) -> None:
        assert deserved([entry("a", "1")], [entry("a", "1")]) == Deserved(Level.NONE, ())

    def test_of_an_added_file(self) -> None:
        found = deserved([entry("a", "1")], [entry("a", "1"), entry("b", "2"), entry("copy", "1")])
        assert found == Deserved(Level.MINOR, ("'b' was added", "'copy' was added"))

    def test_of_a_removed_file(self) -> None:
        found = deserved([entry("a", "1"), entry("b", "2")], [entry("a", "1"), entry("c", "3")])
        assert found == Deserved(Level.MAJOR, ("'b' was removed",))

    def test_of_a_changed_file(self) -> None:
        found = deserved([entry("a", "1")], [entry("a", "2")])
        assert found == Deserved(Level.MAJOR, ("'a' was changed",))

    def test_of_a_file_that_grew(self) -> None:
        old, new = entry("a", "1", records("x", count=3)), entry("a", "12", records("y", count=4))
        assert deserved([old], [new]).level is Level.MAJOR

    def test_of_a_moved_file(self) -> None:
        found = deserved([entry("a.csv", "1")], [entry("data/b.csv", "1")])
        assert found == Deserved(Level.PATCH, ("'a.csv' is now 'data/b.csv'",))

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("test/1.png", "train/1.png"),
            ("1.png", "validation/1.png"),
            ("my_train_file.csv", "data-eval.csv"),
            ("dev.csv", "archive.csv"),
        ],
    )
    def test_of_a_file_that_moved_to_another_split(self, old: str, new: str) -> None:
        found = deserved([entry(old, "1")], [entry(new, "1")])
        assert found == Deserved(Level.MAJOR, (f"'{old}' went to another split, as '{new}'",))

    def test_of_the_same_records_serialised_differently(self) -> None:
        old, new = entry("a", "snappy", records("x")), entry("a", "zstd", records("x"))
        found = deserved([old], [new])
        assert found == Deserved(Level.PATCH, ("'a' is serialised differently",))

    def test_of_the_same_records_in_a_file_of_another_name(self) -> None:
        old, new = entry("a.parquet", "p", records("x")), entry("a.arrow", "arrow", records("x"))
        found = deserved([old], [new])
        assert found == Deserved(Level.PATCH, ("'a.parquet' is now 'a.arrow'",))
        other_split = entry("test.arrow", "arrow", records("x"))
        assert deserved([old], [other_split]).level is Level.MAJOR

    def test_of_records_that_differ_in_anything(self) -> None:
        old = entry("a", "1", records("x"))
        for other in (
            records("y"),
            records("x", count=4),
            records("x", columns="renamed"),
            records("x", secret="1" * 16),
            None,
        ):
            assert deserved([old], [entry("a", "2", other)]).level is Level.MAJOR
            assert deserved([entry("a", "2", other)], [old]).level is Level.MAJOR

    def test_of_the_same_content_described_differently(self) -> None:
        plain, described = entry("a", "1"), entry("a", "1", records("x"))
        found = deserved([plain], [described])
        assert found == Deserved(Level.PATCH, ("'a' is described differently",))
        assert deserved([described], [plain]) == found
        blake3 = Digest(Algorithm.BLAKE3, plain.digest.value)
        both = FileEntry("a", 1, plain.digest, (blake3,))
        assert deserved([plain], [both]) == found
        assert deserved([plain], [FileEntry("a", 1, blake3)]).level is Level.MAJOR

    def test_is_the_highest_of_all_changes(self) -> None:
        old = [entry("a", "1"), entry("b", "2")]
        assert deserved(old, [entry("a", "1"), entry("c", "2")]).level is Level.PATCH
        assert (
            deserved(old, [entry("a", "1"), entry("c", "2"), entry("d", "3")]).level is Level.MINOR
        )
        assert deserved(old, [entry("c", "2"), entry("d", "3")]).level is Level.MAJOR


PATHS = st.sampled_from(["a", "b", "train/a", "test/a", "test/b"])
FILES = st.dictionaries(PATHS, st.sampled_from(["1", "2", "3"]), min_size=1)


def files(contents: dict[str, str]) -> list[FileEntry]:
    return [entry(path, content) for path, content in contents.items()]


@given(FILES, FILES)
def test_more_change_never_deserves_less(old: dict[str, str], new: dict[str, str]) -> None:
    before = deserved(files(old), files(new)).level
    extra = entry("extra", "content of its own")
    assert deserved(files(old), [*files(new), extra]).level is max(before, Level.MINOR)
    assert deserved([*files(old), extra], files(new)).level is Level.MAJOR
    changed = entry("extra", "other content")
    assert deserved([*files(old), extra], [*files(new), changed]).level is Level.MAJOR
    assert deserved([*files(old), extra], [*files(new), extra]).level is before


@given(FILES, FILES)
def test_a_level_below_major_keeps_all_data(old: dict[str, str], new: dict[str, str]) -> None:
    level = deserved(files(old), files(new)).level
    if level < Level.MAJOR:
        left = list(new.values())
        for content in old.values():
            left.remove(content)
        assert (level is Level.MINOR) == bool(left)
    assert (level is Level.NONE) == (old == new)


def test_splits_are_named_by_whole_words() -> None:
    assert splits_named("data/Train-00001-of-2.csv") == {"train"}
    assert splits_named("x/dev/test1.csv") == {"validation", "test"}
    assert splits_named("contest/latest/trains.csv") == set()


VALID = [
    *("0.0.4", "1.2.3", "10.20.30", "1.1.2-prerelease+meta", "1.1.2+meta", "1.0.0-alpha.0valid"),
    *("1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay", "1.2.3----RC-SNAPSHOT.12.9.1--.12"),
    *("1.0.0+0.build.1-rc.10000aaa-kk-0.1", "1.0.0-0A.is.legal", "999999999999999999.0.0"),
]
INVALID = [
    *("", "1", "1.2", "1.2.3.4", "v1.2.3", "01.1.1", "1.01.1", "1.1.01", "1.2.3-", "1.2.3+"),
    *("1.2.3-01", "1.2.3-a..b", "1.2.3-a_b", "1.2.3+a+b", "1.2.3+a..b", " 1.2.3", "1.2.3\n"),
    *("-1.0.3", "1.2.3-é", "\u0661.2.3", "alpha", "1.0.0+" + "a" * 300),
]


class TestVersions:
    @pytest.mark.parametrize("text", VALID)
    def test_are_written_as_they_were_read(self, text: str) -> None:
        assert str(SemanticVersion.parse(text)) == text

    @pytest.mark.parametrize("text", INVALID)
    def test_of_another_form_are_refused(self, text: str) -> None:
        with pytest.raises(InvalidArgument, match="is no semantic version"):
            SemanticVersion.parse(text)

    @given(st.text(alphabet="0123.+-a", max_size=12))
    def test_are_read_exactly_or_not_at_all(self, text: str) -> None:
        try:
            version = SemanticVersion.parse(text)
        except InvalidArgument:
            return
        assert str(version) == text

    def test_are_ordered_as_the_specification_orders_them(self) -> None:
        texts = [
            *("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2"),
            *("1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1", "2.1.10"),
        ]
        versions = [SemanticVersion.parse(text) for text in texts]
        for lower, higher in pairwise(versions):
            assert lower.precedence < higher.precedence
        assert versions[-1].precedence == SemanticVersion.parse("2.1.10+build").precedence

    @pytest.mark.parametrize(
        ("text", "major", "minor", "patch"),
        [
            ("1.4.2", "2.0.0", "1.5.0", "1.4.3"),
            ("1.4.2+build.7", "2.0.0", "1.5.0", "1.4.3"),
            ("2.0.0-rc.1", "2.0.0", "2.0.0", "2.0.0"),
            ("2.1.0-rc.1", "3.0.0", "2.1.0", "2.1.0"),
            ("2.1.1-rc.1", "3.0.0", "2.2.0", "2.1.1"),
            ("0.4.2", "0.5.0", "0.5.0", "0.4.3"),
            ("0.4.0-beta", "0.4.0", "0.4.0", "0.4.0"),
        ],
    )
    def test_are_followed_by(self, text: str, major: str, minor: str, patch: str) -> None:
        version = SemanticVersion.parse(text)
        assert str(version.next(Level.MAJOR)) == major
        assert str(version.next(Level.MINOR)) == minor
        assert str(version.next(Level.PATCH)) == patch
        assert version.next(Level.NONE) is version

    @given(
        st.builds(SemanticVersion, *[st.integers(0, 3)] * 3, st.sampled_from([(), ("rc", "1")])),
        st.sampled_from(Level),
    )
    def test_the_next_version_is_no_contradiction(
        self, version: SemanticVersion, level: Level
    ) -> None:
        require_claim(Deserved(level, ("why",)), version.next(level), earlier=version)


@pytest.mark.parametrize("text", ["major", "minor", "patch", "none"])
def test_levels_are_written_as_they_are_read(text: str) -> None:
    assert str(Level.parse(text)) == text


@pytest.mark.parametrize("text", ["", "MAJOR", "Minor", "fix"])
def test_other_words_are_no_levels(text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        Level.parse(text)
    assert caught.value.remedy == "Use one of: major, minor, patch, none."


def test_a_claim_is_a_level_or_a_version() -> None:
    assert parse_claim("patch") is Level.PATCH
    assert parse_claim("1.5.0") == SemanticVersion(1, 5, 0)
    with pytest.raises(InvalidArgument, match="no level of a change"):
        parse_claim("fix")
    with pytest.raises(InvalidArgument, match="no semantic version"):
        parse_claim("1.5")


MINOR = Deserved(Level.MINOR, ("'b' was added",))
V = SemanticVersion.parse


class TestAClaim:
    @pytest.mark.parametrize("level", [Level.MINOR, Level.MAJOR])
    def test_of_enough_is_kept(self, level: Level) -> None:
        require_claim(MINOR, level)

    @pytest.mark.parametrize("level", [Level.NONE, Level.PATCH])
    def test_of_less_than_is_deserved_is_refused(self, level: Level) -> None:
        with pytest.raises(ClaimRefused) as caught:
            require_claim(MINOR, level)
        assert str(caught.value) == (
            f"The claim {level} says {level}, and the change is minor: 'b' was added."
        )
        assert caught.value.remedy.startswith("Claim minor; or keep")

    @pytest.mark.parametrize("text", ["1.5.0", "1.5.0-rc.1", "1.5.3", "1.6.0", "2.0.0", "3.1.4"])
    def test_of_a_version_that_is_new_enough_is_kept(self, text: str) -> None:
        require_claim(MINOR, V(text), earlier=V("1.4.2"))

    @pytest.mark.parametrize("text", ["1.4.2", "1.4.2+build", "1.4.3", "1.4.3-rc.1"])
    def test_of_a_version_that_says_too_little_is_refused(self, text: str) -> None:
        with pytest.raises(ClaimRefused) as caught:
            require_claim(MINOR, V(text), earlier=V("1.4.2"))
        assert caught.value.remedy.startswith("Claim minor, which is 1.5.0 or later; ")

    @pytest.mark.parametrize("earlier", ["0.4.2", "1.5.0-rc.1"])
    def test_of_any_later_version_is_kept_where_nothing_was_promised(self, earlier: str) -> None:
        major = Deserved(Level.MAJOR, ("'a' was removed",))
        require_claim(major, V(earlier).next(Level.PATCH), earlier=V(earlier))
        with pytest.raises(ClaimRefused):
            require_claim(major, V(earlier), earlier=V(earlier))

    def test_of_an_earlier_version_is_refused(self) -> None:
        with pytest.raises(InvalidArgument, match=r"^The version 1\.4\.1 comes before 1\.4\.2\.$"):
            require_claim(Deserved(Level.NONE, ()), V("1.4.1"), earlier=V("1.4.2"))

    def test_of_a_version_needs_the_one_before(self) -> None:
        with pytest.raises(InvalidArgument, match="depends on the version before it"):
            require_claim(MINOR, V("1.5.0"))

    def test_of_no_change_holds_where_nothing_changed(self) -> None:
        require_claim(Deserved(Level.NONE, ()), Level.NONE)
        require_claim(Deserved(Level.NONE, ()), V("1.4.2"), earlier=V("1.4.2"))
