"""Making the trees of a file's records again, where they were not kept."""

from pathlib import Path

from dataledger.hashing import Hash32, StreamingRoot
from dataledger.manifest.proofs import FilePlace
from dataledger.manifest.proving.data import changed
from dataledger.manifest.records.columns import column_entry
from dataledger.manifest.records.formats import plan_file
from dataledger.manifest.records.labels import LabelTree
from dataledger.manifest.records.secret import Keys
from dataledger.manifest.records.tree import KeptTree


def make_trees(place: FilePlace, path: Path, keys: Keys) -> tuple[KeptTree, LabelTree | None]:
    """Return the tree of a file's records, and of their labels, if the entry has a label root.

    All records are read and hashed again.

    Raises:
        SourceChanged: the data is not what was recorded, or other keys salted it.
        SourceUnreadable, RecordError, DependencyMissing: the file cannot be read.
    """
    from dataledger.manifest.records.engine import process_block

    records = place.records
    plan = plan_file(str(path), records.format)
    groups, labels = bytearray(), bytearray()
    column_roots = [StreamingRoot() for _ in plan.columns]
    for block in plan.blocks:
        result = process_block(plan, block, keys, labels=records.labels is not None)
        groups += result.groups
        labels += result.labels
        for number, root in enumerate(column_roots):
            root.append(Hash32(result.column_leaves[32 * number : 32 * (number + 1)]))
    columns = [
        column_entry(column, root.root())
        for column, root in zip(plan.columns, column_roots, strict=True)
    ]
    tree = KeptTree.of(plan, keys.secret_id, bytes(groups), columns)
    if (tree.record_count, tree.root()) != (records.record_count, records.record_root.value):
        raise changed(path, "its records lead to another root")
    if records.labels is None:
        return tree, None
    label_tree = LabelTree.build(labels)
    if label_tree.root != records.labels.label_root.value:
        raise changed(path, "its labels lead to another root")
    return tree, label_tree
