"""Writes records.json. Run it from anywhere: `python tests/vectors/generate_records.py`.

Everything comes from the oracles beside this file. Each run writes the same bytes.
"""

from typing import Any

import records_oracle as oracle
import rfc9162_oracle as tree
from generate import HERE, flipped, refused, written

SECRET = bytes(range(32))
SALT_BYTES = 16

RECORDS = [
    b'{"id":1,"label":"cat"}',
    b'{"id":2,"label":"dog"}',
    b'{"id":1,"label":"cat"}',  # the first again, at another position
    b"",
    b"0",
    "é世界".encode(),
    bytes(range(256)),
    # Around the ends of SHA-256's blocks, behind the key and behind the salt.
    *(b"x" * size_bytes for size_bytes in (38, 39, 47, 48, 102, 103, 111, 112)),
]

SIZES = (0, 1, 2, 3, 5, 255, 256, 257, 512, 600)


def records() -> dict[str, Any]:
    openings = opening_cases()
    return {
        "secret": SECRET,
        "secret_id": oracle.secret_id(SECRET),
        "record_salt_key": oracle.hkdf(SECRET, "dataledger/record-salt/1", 64),
        "record_label_key": oracle.hkdf(SECRET, "dataledger/record-label/1", 32),
        "column_salt_key": oracle.hkdf(SECRET, "dataledger/column-salt/1", 32),
        "records": [
            {
                "index": index,
                "record": record,
                "salt": oracle.salt(SECRET, index, record),
                "leaf_hash": oracle.leaf(SECRET, index, record),
                "label": oracle.label(SECRET, record),
            }
            for index, record in [*enumerate(RECORDS), (2**53 - 1, RECORDS[0])]
        ],
        "trees": [numbered_tree(size) for size in SIZES],
        "columns": columns(),
        "openings": openings,
        "openings_count": len(openings),
    }


def numbered(size: int) -> list[bytes]:
    """Return the records of the trees: `record 0`, `record 1`, …, each third one `again`."""
    return [b"again" if index % 3 == 2 else f"record {index}".encode() for index in range(size)]


def numbered_tree(size: int) -> dict[str, Any]:
    label_count, label_root = oracle.labels(SECRET, numbered(size))
    return {
        "record_count": size,
        "record_root": oracle.record_root(SECRET, numbered(size)),
        "label_count": label_count,
        "label_root": label_root,
    }


def columns() -> dict[str, Any]:
    """Return the columns of a table with a block and a half of records."""
    count = oracle.BLOCK_RECORDS * 3 // 2
    table = [
        ("id", "int", [(bytes([2]) + value.to_bytes(8, "big"), b"") for value in range(count)]),
        ("é", "bool", [(bytes([1, value % 2]), b"") for value in range(count)]),
        ("name", "string", [string(f"row {value}") for value in range(count)]),
    ]
    entries, root = oracle.column_root(SECRET, table)
    return {"record_count": count, "entries": [e.decode() for e in entries], "column_root": root}


def string(value: str) -> tuple[bytes, bytes]:
    """Return a string's head and body."""
    body = value.encode()
    return bytes([6]) + len(body).to_bytes(4, "big"), body


def opening_cases() -> list[dict[str, Any]]:
    """Return claims that a record stands at an index of a tree, shown by its salt and a path."""
    cases = [opening(index) for index in (0, 3, 6, len(RECORDS) - 1)]
    case = cases[0]
    cases += [
        refused(case, "another record under the salt", record=RECORDS[1]),
        refused(case, "the record with a byte behind", record=case["record"] + b"\n"),
        refused(case, "one bit of the salt", salt=flipped(case["salt"])),
        refused(case, "a salt cut off", salt=case["salt"][:-1]),
        refused(case, "no salt", salt=b""),
        refused(case, "the whole hash as salt", salt=case["salt"] * 2),
        refused(case, "the salt of the same record elsewhere", salt=salt_at(2)),
        refused(case, "another index", index=1),
        refused(case, "the equal record's index", index=2),
        refused(case, "another tree size", tree_size=1),
        refused(case, "path empty", path=[]),
        refused(case, "one bit of the root", root=flipped(case["root"])),
        refused(
            case,
            # The tree does not see where a salt ends: who verifies must know its length.
            "a byte moved from the record to the salt",
            salt=case["salt"] + case["record"][:1],
            record=case["record"][1:],
        ),
    ]
    assert all(holds(case) is case["valid"] for case in cases)
    return cases


def opening(index: int) -> dict[str, Any]:
    leaves = [oracle.leaf(SECRET, position, record) for position, record in enumerate(RECORDS)]
    return {
        "name": f"record {index} of {len(RECORDS)}",
        "index": index,
        "tree_size": len(RECORDS),
        "record": RECORDS[index],
        "salt": salt_at(index),
        "path": tree.inclusion_path(index, leaves),
        "root": tree.root(leaves),
        "valid": True,
    }


def salt_at(index: int) -> bytes:
    return oracle.salt(SECRET, index, RECORDS[index])


def holds(case: dict[str, Any]) -> bool:
    leaf = tree.leaf_hash(case["salt"] + case["record"])
    names = ("index", "tree_size", "path", "root")
    return len(case["salt"]) == SALT_BYTES and tree.includes(leaf, *(case[n] for n in names))


if __name__ == "__main__":
    (HERE / "records.json").write_text(written(records()))
