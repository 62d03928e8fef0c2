"""A PostgreSQL server of a test's own: in a temporary directory, on a socket there, no network.

The server refuses to run as root; then it runs as another user of the machine.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

USERS = ("postgres", "nobody")
_START_SECONDS = 60.0


def programs() -> Path | None:
    """Return the directory of `initdb` and `postgres`; None where they are not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    # Debian's wrappers on the path leave the version to guess: the newest one is taken.
    initdb = found[-1] if found else None if on_path is None else Path(on_path).resolve()
    return None if initdb is None or not (initdb.parent / "postgres").exists() else initdb.parent


@contextmanager
def running_server() -> Iterator[str]:
    """Run a server until the block ends, and give the URL of an empty database.

    Skips the test, saying why, where there is none to run.
    """
    folder = programs()
    if folder is None:
        pytest.skip("PostgreSQL is not installed: scripts/toolchain/install_postgres.sh does it")
    user = _user()
    # The directory must not lie below one that the other user may not enter.
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        home.chmod(0o700)
        _give(home, user)
        data = home / "data"
        _run(user, home, folder / "initdb", "-D", data, "-U", "ledger", "-A", "trust", "-N")
        options = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off"
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [folder / "postgres", "-D", data, *options.split()],
                cwd=home,
                user=user,
                group=None if user is None else pwd.getpwuid(user).pw_gid,
                extra_groups=None if user is None else [],
                env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        try:
            _wait(server, home)
            yield f"postgresql://ledger@/postgres?host={home}"
        finally:
            server.terminate()
            server.wait(timeout=_START_SECONDS)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _user() -> int | None:
    """Return the user to run as; None for the present one."""
    if os.getuid() != 0:
        return None
    for name in USERS:
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    pytest.skip("PostgreSQL does not run as root, and there is no other user to run it as")


def _give(path: Path, user: int | None) -> None:
    if user is not None:
        os.chown(path, user, pwd.getpwuid(user).pw_gid)


def _run(user: int | None, home: Path, *command: object) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=home,
        user=user,
        group=None if user is None else pwd.getpwuid(user).pw_gid,
        extra_groups=None if user is None else [],
        env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


def _wait(server: "subprocess.Popen[bytes]", home: Path) -> None:
    import psycopg

    deadline = time.monotonic() + _START_SECONDS
    while True:
        assert server.poll() is None, (home / "log").read_text()
        try:
            psycopg.connect(host=str(home), user="ledger", dbname="postgres").close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, (home / "log").read_text()
            time.sleep(0.1)
        else:
            return


@contextmanager
def empty_database(server: str, name: str) -> Iterator[str]:
    """Make a database on a running server, and give its URL; it goes when the block ends."""
    import psycopg

    plain = server.replace("postgresql://ledger@/postgres?host=", "")
    with psycopg.connect(
        host=plain, user="ledger", dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield server.replace("/postgres?", f"/{name}?")
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
