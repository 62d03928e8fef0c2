"""Trees of records kept in the home directory."""

from pathlib import Path

import pytest
from record_files import line, write_records

from dataledger.errors import NotFound, OutputUnwritable, SourceUnreadable
from dataledger.hashing import Digest
from dataledger.ledger.trees import Trees


def test_trees_are_kept_by_their_roots(tmp_path: Path) -> None:
    file = write_records(tmp_path / "a.jsonl", [line(number) for number in range(300)])
    records = file.place.records
    assert records.labels is not None
    trees = Trees(tmp_path / "home")
    with pytest.raises(NotFound):
        trees.tree(records.record_root)
    trees.keep(file.tree, records.record_root)
    trees.keep_labels(file.labels, records.labels.label_root)
    assert trees.tree(records.record_root) == file.tree
    assert trees.labels(records.labels.label_root).root == file.labels.root
    assert (tmp_path / "home" / "trees").stat().st_mode & 0o777 == 0o700


def test_a_tree_under_another_name_is_noticed(tmp_path: Path) -> None:
    file = write_records(tmp_path / "a.jsonl", [line(1)])
    other = Digest.of(b"another root")
    Trees(tmp_path).keep(file.tree, other)
    with pytest.raises(SourceUnreadable, match="is another one"):
        Trees(tmp_path).tree(other)


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = write_records(tmp_path / "a.jsonl", [line(1)])
    (tmp_path / "home").write_bytes(b"a file")
    with pytest.raises(OutputUnwritable, match="cannot be made"):
        Trees(tmp_path / "home").keep(file.tree, file.place.records.record_root)
