"""What of this machine's software an algorithm finds: Python, its library, and a few packages."""

import os
import sys
import sysconfig
from importlib import metadata, util
from pathlib import Path

PACKAGES = "/packages"
"""Where the packages lie; see `inside.py`."""

OFFERED = ("numpy", "pyarrow")
"""Packages that an algorithm may import, where the node has them."""

_LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64")
_LOADER_CACHE = "/etc/ld.so.cache"

ENVIRONMENT = {
    # One thread of each library: what is counted is the algorithm's own.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # These take addresses ahead of need, and the limit on memory counts addresses.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
}


def offered_packages() -> tuple[str, ...]:
    """Return which of the packages on offer are installed here."""
    return tuple(name for name in OFFERED if _is_installed(name))


def executable() -> str:
    """Return the path of the Python that the node runs on, apart from any virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def runtime_mounts() -> list[str]:
    """Return the arguments of bubblewrap that show the software, to be read alone.

    Of Python, that is the program and its own library; no folder of a user, and no settings.
    """
    arguments: list[str] = []
    shown: list[Path] = []
    for name in _LIBRARIES:
        path = Path(name)
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            arguments += ["--ro-bind", name, name]
            shown.append(path)
    for path in _python_paths():
        if path.exists() and not any(path.is_relative_to(other) for other in shown):
            arguments += ["--ro-bind", str(path), str(path)]
            shown.append(path)
    arguments += ["--ro-bind-try", _LOADER_CACHE, _LOADER_CACHE]
    for path in _package_paths():
        arguments += ["--ro-bind", str(path), f"{PACKAGES}/{path.name}"]
    return arguments


def _python_paths() -> list[Path]:
    """Return the program, its library, and the shared object that it may consist of."""
    base = {
        "base": sys.base_prefix,
        "installed_base": sys.base_prefix,
        "platbase": sys.base_exec_prefix,
        "installed_platbase": sys.base_exec_prefix,
    }
    paths = [sysconfig.get_path("stdlib", vars=base), sysconfig.get_path("platstdlib", vars=base)]
    folder, name = sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("INSTSONAME")
    if folder and name and ".so" in name:
        paths.append(f"{folder}/{name}")
    return [Path(executable()), *(Path(os.path.realpath(path)) for path in paths)]


def _package_paths() -> list[Path]:
    """Return the packages' folders, and those of the shared objects that came with them."""
    paths = []
    for name in offered_packages():
        spec = util.find_spec(name)
        for place in (spec and spec.submodule_search_locations) or ():
            folder = Path(place)
            paths += [folder, folder.with_name(f"{name}.libs")]
    return [path for path in paths if path.is_dir()]


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return util.find_spec(name) is not None
