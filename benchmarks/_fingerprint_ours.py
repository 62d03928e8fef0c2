"""Makes one fingerprint by the public Python interface, and prints its seconds and root as JSON.

Started anew for every run, as the package is by those who use it. The seconds are those of the
call, to the manifest's digest and root; importing the package is part of the process's time alone.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

SECRET = bytes(range(32))


def files(arguments: argparse.Namespace) -> dict[str, Any]:
    from dataledger.hashing import Algorithm
    from dataledger.manifest import fingerprint

    options: dict[str, Any] = {"digests": (Algorithm(arguments.digest),)}
    if arguments.cache:
        from dataledger.manifest.cache import ManifestCache

        options["cache"] = ManifestCache(Path(arguments.cache))
    started = time.perf_counter()
    manifest = fingerprint(arguments.path, **options)
    root = manifest.content_root
    digest = manifest.manifest_digest
    return {"seconds": time.perf_counter() - started, "result": f"{root} {digest}"}


def records(arguments: argparse.Namespace) -> dict[str, Any]:
    from dataledger.manifest import fingerprint
    from dataledger.manifest.records.accelerate import Engine
    from dataledger.manifest.records.engine import RecordOptions, read_records
    from dataledger.manifest.records.secret import DatasetSecret

    options = RecordOptions(
        keys=DatasetSecret(SECRET).keys(),
        labels=arguments.labels,
        engine=Engine(arguments.engine),
    )
    started = time.perf_counter()
    if arguments.whole:
        (entry,) = fingerprint(arguments.path, records=options).entries
        result = entry.records
    else:
        result = read_records(arguments.path, options)
    return {"seconds": time.perf_counter() - started, "result": json.dumps(result.to_json())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("files")
    command.set_defaults(run=files)
    command.add_argument("path")
    command.add_argument("--digest", default="sha256")
    command.add_argument("--cache")
    command = commands.add_parser("records")
    command.set_defaults(run=records)
    command.add_argument("path")
    command.add_argument("--engine")
    command.add_argument("--labels", action="store_true")
    command.add_argument("--whole", action="store_true", help="the file's digest, too")
    arguments = parser.parse_args()
    print(json.dumps(arguments.run(arguments)))


if __name__ == "__main__":
    main()
