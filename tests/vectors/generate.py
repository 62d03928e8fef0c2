"""Writes merkle.json, manifest.json and record_proofs.json, from anywhere: `generate.py`.

Everything comes from the oracle beside this file and from Python's own json and hashlib, so that
the package is tested against vectors that it did not make. Each run writes the same bytes.
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import rfc9162_oracle as oracle

HERE = Path(__file__).parent

# The reference leaves of the Certificate Transparency project.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
LEAVES = [oracle.leaf_hash(entry) for entry in ENTRIES]
STRANGER = oracle.leaf_hash(b"a leaf of no tree")
ZERO = bytes(32)


def prefixed(value: bytes) -> str:
    return f"0x{value.hex()}"


# ---------------------------------------------------------------------------------- inclusion


def inclusion_cases() -> list[dict[str, Any]]:
    cases = [
        inclusion(f"leaf {index} of {size}", size, index)
        for size in range(1, len(LEAVES) + 1)
        for index in range(size)
    ]
    cases.append(tall_inclusion())
    for size, index in ((2, 0), (5, 2), (6, 4), (7, 6), (8, 5)):
        cases += refused_inclusions(size, index)
    cases += [
        refused(inclusion("", 1, 0), "a tree of size 0", tree_size=0),
        refused(inclusion("", 1, 0), "index 1 of 1", index=1),
        refused(inclusion("", 1, 0), "a single leaf with a path", path=[STRANGER]),
        refused(inclusion("", 1, 0), "a single leaf under another root", root=STRANGER),
        second_preimage(),
        *duplicated_odd_leaf(),
    ]
    return cases


def inclusion(name: str, size: int, index: int) -> dict[str, Any]:
    return {
        "name": name,
        "leaf_hash": LEAVES[index],
        "index": index,
        "tree_size": size,
        "path": oracle.inclusion_path(index, LEAVES[:size]),
        "root": oracle.root(LEAVES[:size]),
        "valid": True,
    }


def tall_inclusion() -> dict[str, Any]:
    """Return a proof at the end of a tree of 2^40 - 1 leaves, of which only the path is known."""
    path = [oracle.leaf_hash(f"subtree {height}".encode()) for height in range(39)]
    root = oracle.leaf_hash(b"last leaf")
    for sibling in path:
        root = oracle.node_hash(sibling, root)
    return {
        "name": "last leaf of 2^40 - 1",
        "leaf_hash": oracle.leaf_hash(b"last leaf"),
        "index": 2**40 - 2,
        "tree_size": 2**40 - 1,
        "path": path,
        "root": root,
        "valid": True,
    }


def refused_inclusions(size: int, index: int) -> list[dict[str, Any]]:
    case = inclusion(f"leaf {index} of {size}", size, index)
    path, root = case["path"], case["root"]
    cases = [
        refused(case, "another leaf", leaf_hash=STRANGER),
        refused(case, "the root as leaf", leaf_hash=root),
        refused(case, "next index", index=index + 1),
        refused(case, "sibling's index", index=index ^ 1),
        refused(case, "index = size", index=size),
        refused(case, "index far outside", index=index + 2**32),
        refused(case, "size 0", tree_size=0),
        refused(case, "size doubled", tree_size=2 * size),
        refused(case, "another root", root=STRANGER),
        refused(case, "the zero root", root=ZERO),
        refused(case, "path empty", path=[]),
        refused(case, "path without its last", path=path[:-1]),
        refused(case, "path with the root behind", path=[*path, root]),
        refused(case, "path with zero behind", path=[*path, ZERO]),
        refused(case, "path with the leaf in front", path=[case["leaf_hash"], *path]),
        refused(case, "one bit of the path", path=[flipped(path[0]), *path[1:]]),
    ]
    if len(path) > 1:
        cases += [
            refused(case, "path without its first", path=path[1:]),
            refused(case, "swapped siblings", path=[path[1], path[0], *path[2:]]),
        ]
    return cases


def second_preimage() -> dict[str, Any]:
    """Return an inner node of the tree of 8 passed off as a leaf of a tree of 4."""
    case = inclusion("leaf 0 of 8", 8, 0)
    node = oracle.node_hash(LEAVES[0], LEAVES[1])
    assert oracle.includes(node, 0, 4, case["path"][1:], case["root"])
    # Only the leaf prefix stands against it: whoever hashes the node's preimage as an entry, as
    # every verifier of entries does, gets another leaf.
    preimage = LEAVES[0] + LEAVES[1]
    return refused(
        case,
        "second preimage: a node's content as an entry",
        leaf_hash=oracle.leaf_hash(preimage),
        tree_size=4,
        path=case["path"][1:],
    )


def duplicated_odd_leaf() -> list[dict[str, Any]]:
    """Return proofs in trees that pair a last odd leaf with itself, as Bitcoin's do."""
    left = oracle.node_hash(LEAVES[0], LEAVES[1])
    right = oracle.node_hash(LEAVES[2], LEAVES[2])
    case = inclusion("leaf 2 of 3", 3, 2)
    path, root = [LEAVES[2], left], oracle.node_hash(left, right)
    return [
        refused(case, "odd leaf paired with itself", path=path, root=root),
        refused(case, "odd leaf paired with itself, at index 3", index=3, path=path, root=root),
        refused(case, "odd leaf paired with itself, true root", tree_size=4, path=path),
    ]


# --------------------------------------------------------------------------------- consistency


def consistency_cases() -> list[dict[str, Any]]:
    cases = [
        consistency(f"{old} to {new}", old, new)
        for new in range(1, len(LEAVES) + 1)
        for old in range(1, new + 1)
    ]
    for old, new in ((1, 2), (2, 5), (3, 7), (4, 8), (6, 8), (7, 8)):
        cases += refused_consistencies(old, new)
    same = consistency("5 to 5", 5, 5)
    cases += [
        refused(same, "roots differ", new_root=STRANGER),
        refused(same, "path not empty", path=[same["old_root"]]),
        refused(same, "size 0 to size 0", old_size=0, new_size=0),
        refused(
            same,
            "empty tree to itself",
            old_size=0,
            new_size=0,
            old_root=oracle.root([]),
            new_root=oracle.root([]),
        ),
        refused(same, "empty tree to 5", old_size=0, old_root=oracle.root([])),
    ]
    return cases


def consistency(name: str, old_size: int, new_size: int) -> dict[str, Any]:
    return {
        "name": name,
        "old_size": old_size,
        "new_size": new_size,
        "old_root": oracle.root(LEAVES[:old_size]),
        "new_root": oracle.root(LEAVES[:new_size]),
        "path": oracle.consistency_path(old_size, LEAVES[:new_size]),
        "valid": True,
    }


def refused_consistencies(old: int, new: int) -> list[dict[str, Any]]:
    case = consistency(f"{old} to {new}", old, new)
    path, old_root, new_root = case["path"], case["old_root"], case["new_root"]
    cases = [
        refused(case, "old size 0", old_size=0),
        refused(case, "old size one less", old_size=old - 1),
        refused(case, "old size = new size", old_size=new),
        refused(case, "old size greater", old_size=new + 1),
        refused(case, "sizes swapped", old_size=new, new_size=old),
        refused(case, "new size doubled", new_size=2 * new),
        refused(case, "another old root", old_root=STRANGER),
        refused(case, "another new root", new_root=STRANGER),
        refused(case, "roots swapped", old_root=new_root, new_root=old_root),
        refused(case, "path empty", path=[]),
        refused(case, "path without its last", path=path[:-1]),
        refused(case, "path with the old root in front", path=[old_root, *path]),
        refused(case, "path with the new root behind", path=[*path, new_root]),
        refused(case, "one bit of the path", path=[flipped(path[0]), *path[1:]]),
    ]
    if len(path) > 1:
        cases += [
            refused(case, "path without its first", path=path[1:]),
            refused(case, "swapped siblings", path=[path[1], path[0], *path[2:]]),
        ]
    return cases


# --------------------------------------------------------------------------------------- both


def refused(case: dict[str, Any], how: str, **altered: Any) -> dict[str, Any]:
    name = f"{case['name']}: {how}" if case["name"] else how
    return case | altered | {"name": name, "valid": False}


def flipped(value: bytes) -> bytes:
    return bytes([value[0] ^ 0x10]) + value[1:]


def agrees(case: dict[str, Any]) -> bool:
    if "leaf_hash" in case:
        names: tuple[str, ...] = ("leaf_hash", "index", "tree_size", "path", "root")
        return oracle.includes(*(case[name] for name in names)) is case["valid"]
    names = ("old_size", "new_size", "old_root", "new_root", "path")
    return oracle.extends(*(case[name] for name in names)) is case["valid"]


def merkle() -> dict[str, Any]:
    inclusions, consistencies = inclusion_cases(), consistency_cases()
    assert all(agrees(case) for case in inclusions + consistencies)
    return {
        "trees": [
            {
                "leaves": ENTRIES[:size],
                "leaf_hashes": LEAVES[:size],
                "root": oracle.root(LEAVES[:size]),
            }
            for size in range(len(ENTRIES) + 1)
        ],
        "inclusion_count": len(inclusions),
        "inclusion": inclusions,
        "consistency_count": len(consistencies),
        "consistency": consistencies,
    }


# ----------------------------------------------------------------------------------- manifest

FILES = {
    "README.md": b"# Reference dataset\n",
    "data/empty.bin": b"",
    "data/table.csv": b"id,label\n1,cat\n2,dog\n",
    'data/with "quotes" and spaces.txt': b"quoted\n",
    "images/\u00e9t\u00e9.png": b"\x89PNG\r\n\x1a\n",
    "images/\U0001f600.png": b"smile",
    "\u6570\u636e/\u8bb0\u5f55.jsonl": b'{"id":1}\n',
}


def canonical(value: Any) -> bytes:
    """Return RFC 8785 bytes; json's own output is, for ASCII keys and no floats."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def manifest() -> dict[str, Any]:
    entries = [
        {"digest": sha256(content), "path": path, "size_bytes": len(content)}
        for path, content in sorted(FILES.items(), key=lambda item: item[0].encode())
    ]
    leaves = [oracle.leaf_hash(canonical(entry)) for entry in entries]
    document = canonical({"entries": entries, "format": "dataledger/manifest/1"})
    root = oracle.root(leaves)
    proofs = [
        {
            "file": place(entries, index),
            "format": "dataledger/proof/1",
            "kind": "file",
        }
        for index in range(len(entries))
    ]
    return {
        "files": {path: prefixed(content) for path, content in FILES.items()},
        "leaf_hashes": leaves,
        "manifest": document.decode(),
        "content_root": f"sha256:{root.hex()}",
        "manifest_digest": sha256(document),
        "file_count": len(entries),
        "size_bytes": sum(len(content) for content in FILES.values()),
        "proofs": [canonical(proof).decode() for proof in proofs],
    }


def place(entries: list[dict[str, Any]], index: int) -> dict[str, Any]:
    """Return what proofs say of a file's place in its manifest."""
    leaves = [oracle.leaf_hash(canonical(entry)) for entry in entries]
    return {
        "content_root": f"sha256:{oracle.root(leaves).hex()}",
        "entry": entries[index],
        "leaf_index": index,
        "path": [text64(value) for value in oracle.inclusion_path(index, leaves)],
        "tree_size": len(entries),
    }


def text64(value: bytes) -> str:
    return base64.b64encode(value).decode()


# ------------------------------------------------------------------------------------ records

RECORDS = [f'{{"id":{number},"name":"née {number}"}}' for number in range(7)]
SALTS = [hashlib.sha256(f"salt {number}".encode()).digest()[:16] for number in range(7)]


def record_proofs() -> dict[str, Any]:
    """Return proofs of the records of one file among three, and forgeries of them."""
    leaves = [oracle.leaf_hash(salt + r.encode()) for salt, r in zip(SALTS, RECORDS, strict=True)]
    entries = [
        {"digest": sha256(b"a"), "path": "a.bin", "size_bytes": 1},
        {
            "digest": sha256("".join(f"{record}\n" for record in RECORDS).encode()),
            # A path that tries to pass for the members that the contract puts in.
            "path": 'b","record_count":1,"record_root":"sha256:.jsonl',
            "records": {
                "format": "jsonl",
                "record_count": len(RECORDS),
                "record_root": f"sha256:{oracle.root(leaves).hex()}",
                "secret_id": "00112233445566aa",
            },
            "size_bytes": sum(len(record.encode()) + 1 for record in RECORDS),
        },
        {"digest": sha256(b"c"), "path": "c.bin", "size_bytes": 1},
    ]
    found = place(entries, 1)
    cases = [record_case(entries, leaves, index) for index in range(len(RECORDS))]
    for index in (0, 3, 6):
        cases += refused_records(cases[index])
    cases += single_file_cases(cases[0], entries)
    return {
        "content_root": bytes.fromhex(found["content_root"].removeprefix("sha256:")),
        "file_count": len(entries),
        "case_count": len(cases),
        "cases": cases,
        "proofs": [
            canonical(
                {
                    "file": found,
                    "format": "dataledger/proof/1",
                    "kind": "record",
                    "leaf_index": index,
                    "path": [text64(value) for value in oracle.inclusion_path(index, leaves)],
                    "record": record,
                    "salt": text64(SALTS[index]),
                }
            ).decode()
            for index, record in enumerate(RECORDS)
        ],
    }


def record_case(entries: list[dict[str, Any]], leaves: list[bytes], index: int) -> dict[str, Any]:
    entry_leaves = [oracle.leaf_hash(canonical(entry)) for entry in entries]
    root = oracle.root(leaves)
    middle = f',"record_count":{len(leaves)},"record_root":"sha256:{root.hex()}"'.encode()
    head, tail = canonical(entries[1]).split(middle)
    return {
        "name": f"record {index} of {len(leaves)}",
        "head": head,
        "tail": tail,
        "record_count": len(leaves),
        "record_root": root,
        "entry_index": 1,
        "entry_path": oracle.inclusion_path(1, entry_leaves),
        "leaf": SALTS[index] + RECORDS[index].encode(),
        "leaf_index": index,
        "leaf_path": oracle.inclusion_path(index, leaves),
        "valid": True,
    }


def refused_records(case: dict[str, Any]) -> list[dict[str, Any]]:
    forged_leaf = oracle.leaf_hash(b"forged")
    return [
        refused(case, "another record", leaf=case["leaf"] + b" "),
        refused(case, "without its salt", leaf=case["leaf"][16:]),
        refused(case, "next index", leaf_index=case["leaf_index"] + 1),
        refused(case, "path without its last", leaf_path=case["leaf_path"][:-1]),
        refused(case, "one bit of the path", leaf_path=[flipped(case["leaf_path"][0])]),
        refused(case, "a record more", record_count=case["record_count"] + 1),
        refused(case, "a record less", record_count=case["record_count"] - 1),
        refused(
            case,
            "a root of one's own",
            leaf=b"forged",
            leaf_index=0,
            leaf_path=[],
            record_count=1,
            record_root=forged_leaf,
        ),
        refused(case, "the entry's next index", entry_index=2),
        refused(case, "the entry's path without its last", entry_path=case["entry_path"][:-1]),
        refused(case, "another head", head=case["head"].replace(b"jsonl", b"arrow")),
        refused(case, "another tail", tail=case["tail"].replace(b"00112", b"00113")),
        refused(case, "head and tail swapped", head=case["tail"], tail=case["head"]),
        refused(case, "all in the head", head=case["head"] + case["tail"], tail=b""),
    ]


def single_file_cases(case: dict[str, Any], entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return forgeries that use what stands in the path of the file for a root."""
    whole = canonical(entries[1])
    head, _, tail = whole.partition(b',\\"record_count\\":1,\\"record_root\\":\\"sha256:')
    assert tail
    return [
        refused(case, "the members in the path", head=head, tail=tail, record_count=1),
        refused(case, "no members", head=whole, tail=b""),
    ]


def written(vectors: dict[str, Any]) -> str:
    return json.dumps(vectors, indent=1, default=prefixed) + "\n"


if __name__ == "__main__":
    for name, vectors in (
        ("merkle", merkle()),
        ("manifest", manifest()),
        ("record_proofs", record_proofs()),
    ):
        (HERE / f"{name}.json").write_text(written(vectors))
