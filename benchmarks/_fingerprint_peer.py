"""Runs one peer that is a library, and prints its seconds and result as JSON.

Imports nothing of this project: it runs with the Python of `build/peers`.
"""

import hashlib
import itertools
import json
import sys
import time
from pathlib import Path


def model_signing(path):
    from model_signing import hashing

    started = time.perf_counter()
    hashing.hash(path)
    return time.perf_counter() - started, None


def first_lines(path, count):
    with Path(path).open("rb") as source:
        return [line.rstrip(b"\n") for line in itertools.islice(source, int(count))]


def pymerkle(path, count):
    from pymerkle import InmemoryTree

    lines = first_lines(path, count)
    started = time.perf_counter()
    tree = InmemoryTree(algorithm="sha256")
    for line in lines:
        tree.append_entry(line)
    result = tree.get_root()
    return time.perf_counter() - started, result.hex()


def plain_hashlib(path, count):
    lines = first_lines(path, count)
    started = time.perf_counter()
    sha256 = hashlib.sha256
    level = [sha256(b"\x00" + line).digest() for line in lines]
    while len(level) > 1:
        last = level[-1:] if len(level) % 2 else []
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + last
    return time.perf_counter() - started, level[0].hex()


PEERS = {"hashlib in a loop": plain_hashlib, "model-signing": model_signing, "pymerkle": pymerkle}

if __name__ == "__main__":
    seconds, result = PEERS[sys.argv[1]](*sys.argv[2:])
    print(json.dumps({"seconds": seconds, "result": result}))
