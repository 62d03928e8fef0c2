"""Trees of records and labels kept beside the profiles, for proofs: a folder of files by root."""

from pathlib import Path
from tempfile import TemporaryDirectory

from dataledger.chain.home import private_directory
from dataledger.errors import OutputUnwritable, SourceChanged, SourceUnreadable, shown
from dataledger.hashing import Digest
from dataledger.manifest.record_set import RecordSet
from dataledger.manifest.records.labels import LabelTree, labels_name
from dataledger.manifest.records.secret import Keys
from dataledger.manifest.records.tree import KeptTree, tree_name

_FOLDER = "trees"


class Trees:
    """The trees that are kept here: `<record root>.tree`, and `<label root>.labels`.

    They are private: whoever has them, and the secret, can look records up.
    """

    def __init__(self, home: Path) -> None:
        """Use the folder of this home directory; it is made when something is first kept."""
        self.folder = home / _FOLDER

    def tree_path(self, record_root: Digest) -> Path:
        """Return where the tree with this root is kept."""
        return self.folder / tree_name(record_root)

    def labels_path(self, label_root: Digest) -> Path:
        """Return where the labels with this root are kept."""
        return self.folder / labels_name(label_root)

    def tree(self, record_root: Digest) -> KeptTree:
        """Return the tree with this root.

        Raises:
            NotFound: it is not kept here.
            SourceUnreadable: its file cannot be read, is damaged, or is that of another tree.
        """
        path = self.tree_path(record_root)
        tree = KeptTree.read(path)
        if tree.root() != record_root.value:
            raise SourceUnreadable(
                f"The tree in {path} is another one: its root is {tree.root().hex()}.",
                remedy="Remove the file, and fingerprint the records again with the same secret.",
            )
        return tree

    def labels(self, label_root: Digest) -> LabelTree:
        """Return the labels with this root; that it is theirs is checked by each proof.

        Raises:
            NotFound: they are not kept here.
            SourceUnreadable: their file cannot be read, or is no such file.
        """
        return LabelTree.read(self.labels_path(label_root))

    def make(self, path: Path, records: RecordSet, keys: Keys) -> None:
        """Read all records of the file at `path` again, and keep the trees over them.

        Raises:
            SourceChanged: they are not `records`, or other keys salted those.
            SourceUnreadable, RecordError, DependencyMissing, …: as `read_records` does.
            OutputUnwritable: the trees cannot be kept here.
        """
        # Imported late: proofs from kept trees do not need it.
        from dataledger.manifest.records.engine import RecordOptions, read_records

        self.make_folder()
        with TemporaryDirectory(dir=self.folder, prefix=".") as draft:
            options = RecordOptions(keys, labels=records.labels is not None, keep_in=Path(draft))
            if read_records(path, options) != records:
                raise SourceChanged(
                    f"The records of {shown(str(path))} are not those that were recorded.",
                    remedy="Use the data as it was when the version was recorded, and its secret.",
                )
            for kept in Path(draft).iterdir():
                kept.replace(self.folder / kept.name)

    def keep(self, tree: KeptTree, record_root: Digest) -> Path:
        """Keep a tree, whole or not at all, and return where. Raises `OutputUnwritable`."""
        path = self.tree_path(record_root)
        self.make_folder()
        tree.write(path)
        return path

    def keep_labels(self, labels: LabelTree, label_root: Digest) -> Path:
        """Keep labels, whole or not at all, and return where. Raises `OutputUnwritable`."""
        path = self.labels_path(label_root)
        self.make_folder()
        labels.write(path)
        return path

    def make_folder(self) -> Path:
        """Make the folder, if it is not there, and return it. Raises `OutputUnwritable`."""
        try:
            return private_directory(self.folder)
        except OSError as error:
            raise OutputUnwritable(
                f"The folder {self.folder} cannot be made: {error.strerror}.",
                remedy="Give yourself permission to write there, or choose another --home.",
            ) from error
