"""Other people's programs that do some of the same.

`scripts/toolchain/install_peers.sh` installs those that the system does not have.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from _fingerprint_machine import HERE, processors
from _fingerprint_model import Answer, Kind, Subject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from _fingerprint_data import Data
    from _fingerprint_model import Work

INSTALLED = HERE.parent / "build" / "peers"
PEER_PYTHON = INSTALLED / "python" / "bin" / "python"
PEER_PROGRAM = str(HERE / "_fingerprint_peer.py")
PACKAGES = ("dvc", "model-signing", "pymerkle")
INSTALL = "run scripts/toolchain/install_peers.sh"
# Git deflates what is larger, even if it keeps nothing of it.
GIT = ("git", "-c", "core.bigFileThreshold=1024g", "hash-object", "--stdin-paths")


@dataclass(frozen=True)
class Peer:
    """A program, its version, and why it cannot be run, if it cannot."""

    name: str
    version: str
    missing: str | None = None


def find_peers() -> list[Peer]:
    programs = {
        "openssl": ("openssl", "version"),
        "sha256sum": ("sha256sum", "--version"),
        "git": ("git", "--version"),
        "b3sum": (b3sum(), "--version"),
    }
    peers = [_program(name, command) for name, command in programs.items()]
    return peers + [_package(name) for name in PACKAGES]


def b3sum() -> str:
    own = INSTALLED / "bin" / "b3sum"
    return str(own) if own.exists() else "b3sum"


def _program(name: str, command: tuple[str, ...]) -> Peer:
    if shutil.which(command[0]) is None:
        return Peer(name, "", f"not installed: no program {name} was found; {INSTALL}")
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    return Peer(name, (done.stdout or done.stderr).partition("\n")[0].strip())


def _package(name: str) -> Peer:
    if not PEER_PYTHON.exists():
        return Peer(name, "", f"not installed: there is no {PEER_PYTHON}; {INSTALL}")
    program = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
    command = (PEER_PYTHON, "-c", program, name)
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        return Peer(name, "", f"not installed: {done.stderr.strip()[-120:]}; {INSTALL}")
    return Peer(name, done.stdout.strip())


@dataclass(frozen=True)
class FileLists:
    """The files of a case, for programs that are told them. The lists are no part of a run."""

    directory: Path
    lines: Path
    zeros: Path
    count: int

    @classmethod
    def write(cls, directory: Path, scratch: Path) -> FileLists:
        paths = sorted(
            str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()
        )
        lists = cls(
            directory,
            scratch / f"{directory.name}.lines",
            scratch / f"{directory.name}.zeros",
            len(paths),
        )
        # Whole paths: git takes others as below the top of a repository that is around them.
        whole = [str(directory.absolute() / path) for path in paths]
        lists.lines.write_text("".join(f"{path}\n" for path in whole), "utf-8")
        lists.zeros.write_text("".join(f"{path}\0" for path in paths), "utf-8")
        return lists


def file_peers(data: Data, lists: FileLists, peers: Sequence[Peer]) -> list[Subject]:
    """The peers that are installed, over the files of a case."""
    found = {peer.name for peer in peers if peer.missing is None}
    cores = processors()
    subjects = []

    def add(needs: str, name: str, *command: str, stdin: Path | None = None) -> None:
        if needs in found:
            subjects.append(Subject(name, Kind.PEER, command, lists.directory, stdin))

    if lists.count == 1:
        (only,) = lists.lines.read_text("utf-8").splitlines()
        add("openssl", "openssl dgst -sha256", "openssl", "dgst", "-sha256", only)
        add("sha256sum", "sha256sum", "sha256sum", only)
        add("b3sum", "b3sum", b3sum(), only)
    else:
        # Several batches for each process, so that none is left alone with the last one.
        batch = str(-(-lists.count // (8 * cores)))
        shared = ("xargs", "-0", f"-P{cores}", "-n", batch)
        for needs, *program in (
            ("sha256sum", "sha256sum"),
            ("openssl", "openssl", "dgst", "-sha256"),
        ):
            name = f"xargs -P{cores} {' '.join(program)}"
            add(needs, name, *shared, *program, stdin=lists.zeros)
        whole = ("xargs", "-0", "-n", "50000", "-s", "1500000")
        add("b3sum", "b3sum", *whole, b3sum(), stdin=lists.zeros)
        single = (b3sum(), "--num-threads", "1")
        add("b3sum", f"xargs -P{cores} b3sum", *shared, *single, stdin=lists.zeros)
    add("git", "git hash-object --stdin-paths", *GIT, stdin=lists.lines)
    if "dvc" in found:
        subjects.append(dvc(data, lists.directory))
    if "model-signing" in found:
        command = (str(PEER_PYTHON), PEER_PROGRAM, "model-signing", str(lists.directory))
        name = "model-signing hashing"
        subjects.append(Subject(name, Kind.PEER, command, answer=own_time))
    return subjects


def dvc(data: Data, directory: Path) -> Subject:
    """`dvc add` into a new repository, which has never seen the files."""
    program = str(INSTALLED / "python" / "bin" / "dvc")
    home = data.scratch / "dvc"
    environment = {
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(home / "site"),
        "DVC_GLOBAL_CONFIG_DIR": str(home / "global"),
        "DVC_SYSTEM_CONFIG_DIR": str(home / "system"),
    }

    def prepare() -> None:
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(data.files / ".dvc", ignore_errors=True)
        for made in data.files.glob("*.dvc"):
            if made.is_file():
                made.unlink()
        subprocess.run(
            (program, "init", "--quiet", "--force", "--no-scm"),
            check=True,
            cwd=data.files,
            env=environment | {"PATH": "/usr/bin:/bin"},
            capture_output=True,
        )

    return Subject(
        name="dvc add --no-commit",
        kind=Kind.PEER,
        command=(program, "add", "--quiet", "--no-commit", directory.name),
        directory=data.files,
        environment=environment,
        prepare=prepare,
    )


def record_peers(
    lines: Path, samples: Mapping[str, Work], peers: Sequence[Peer], python: str
) -> list[Subject]:
    """Other ways to a Merkle tree over the first lines of a file; without salts, and single."""
    installed = {peer.name for peer in peers if peer.missing is None}
    pythons = {"hashlib in a loop": python}
    if "pymerkle" in installed:
        pythons["pymerkle"] = str(PEER_PYTHON)
    return [
        Subject(
            name=name,
            kind=Kind.PEER,
            command=(own, PEER_PROGRAM, name, str(lines), str(samples[name].records)),
            answer=own_time,
            work=samples[name],
        )
        for name, own in pythons.items()
    ]


def own_time(output: str) -> Answer:
    """What a program says of itself in its last line, as `_fingerprint_peer.py` does."""
    document = json.loads(output.splitlines()[-1])
    return Answer(seconds=document["seconds"], result=document.get("result"))
