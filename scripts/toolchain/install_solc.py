"""Puts the Solidity compiler that package.json pins where py-solc-x, Ape and forge find it.

The compiler's own site is asked first, through py-solc-x. Where it cannot be reached, npm's build
of the same compiler serves, behind `solc.js`. Both make the same bytecode.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INSTALL_DIRECTORY = ROOT / "node_modules" / ".solc"
DOWNLOAD_TIMEOUT_SECONDS = 120

_DOWNLOAD = """
import sys, requests, solcx
requests.head("https://binaries.soliditylang.org/", timeout=5)
solcx.install_solc(sys.argv[1], solcx_binary_path=sys.argv[2])
"""


def pinned_version() -> str:
    """The compiler version that package.json pins, such as `0.8.37`."""
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    return str(package["devDependencies"]["solc"])


def full_version(executable: Path) -> str:
    """The version with commit, such as `0.8.37+commit.f401782d`, that a compiler names itself."""
    answer = subprocess.run([executable, "--version"], check=True, capture_output=True, text=True)
    return ".".join(answer.stdout.split("Version: ")[1].split(".")[:4])


def node_executable() -> str:
    """The Node.js beside this Python, or else on PATH.

    Raises:
        SystemExit: There is none.
    """
    node = shutil.which("node", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    if node is None:
        sys.exit("solc: Node.js was not found. Install it, or run `make` to have it installed.")
    return node


def write_wrapper(executable: Path) -> None:
    """Writes an executable that runs npm's compiler with the Node.js found now."""
    script = ROOT / "scripts" / "toolchain" / "solc.js"
    executable.write_text(
        f'#!/bin/sh\nexec "{node_executable()}" "{script}" "$@"\n', encoding="utf-8"
    )
    executable.chmod(0o755)


def download(version: str, directory: Path) -> bool:
    """Whether py-solc-x brought a native compiler into `directory`."""
    command = [sys.executable, "-c", _DOWNLOAD, version, str(directory)]
    environment = {**os.environ, "SOLCX_BINARY_PATH": str(directory)}
    try:
        finished = subprocess.run(
            command,
            check=False,
            capture_output=True,
            env=environment,
            timeout=DOWNLOAD_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return False
    return finished.returncode == 0


def main() -> None:
    version = pinned_version()
    name = f"solc-v{version}"
    INSTALL_DIRECTORY.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=INSTALL_DIRECTORY.parent, prefix=".solc-") as temporary:
        staged = Path(temporary) / "staged"
        downloads = Path(temporary) / "downloads"
        staged.mkdir()
        downloads.mkdir()
        write_wrapper(staged / name)
        expected = full_version(staged / name)
        native = downloads / name
        # A download is believed only if it is the very build that the locked npm package names.
        if download(version, downloads) and full_version(native) == expected:
            native.replace(staged / name)
            source = "the native build, by py-solc-x"
        else:
            source = "npm's build (the compiler's own site did not serve it)"
        (staged / "solc").symlink_to(name)
        shutil.rmtree(INSTALL_DIRECTORY, ignore_errors=True)
        staged.rename(INSTALL_DIRECTORY)
    sys.stdout.write(f"solc {expected}: {source}\n")


if __name__ == "__main__":
    main()
