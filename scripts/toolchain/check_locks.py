"""Checks that the lock files pin everything and name no host that served it."""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PIN = re.compile(r"^[a-z0-9][a-z0-9._-]*(\[[a-z0-9,._-]+\])?==[^\s;\\]+( ; [^\\]+)? \\$")
_HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
_INTEGRITY = re.compile(r"^sha512-[A-Za-z0-9+/]{86}==$")


def requirement_problems(text: str) -> list[str]:
    """The lines of a requirements lock that are neither a pin nor a hash."""
    return [
        f"line {number}: {line}"
        for number, line in enumerate(text.splitlines(), start=1)
        if not (_PIN.match(line) or _HASH.match(line))
    ]


def package_lock_problems(text: str) -> list[str]:
    """The packages of an npm lock that name a host or lack a SHA-512."""
    problems = []
    for path, package in json.loads(text)["packages"].items():
        if path == "":
            continue
        if "resolved" in package:
            problems.append(f"{path}: names the host {package['resolved']}")
        if not _INTEGRITY.match(package.get("integrity", "")):
            problems.append(f"{path}: has no SHA-512")
    return problems


def main() -> None:
    problems = [
        f"{path.relative_to(ROOT)}: {problem}"
        for path in sorted((ROOT / "requirements").glob("*.txt"))
        for problem in requirement_problems(path.read_text(encoding="utf-8"))
    ]
    lock = ROOT / "package-lock.json"
    problems += [
        f"{lock.name}: {problem}"
        for problem in package_lock_problems(lock.read_text(encoding="utf-8"))
    ]
    if problems:
        sys.exit("\n".join([*problems, "Lock files pin, hash and name no host. Run `make lock`."]))
    sys.stdout.write("The lock files pin and hash everything and name no host.\n")


if __name__ == "__main__":
    main()
