"""The development chain: anvil on this machine, in the background, its state kept on disk.

It stands in for a permissioned chain: gas is free, finality immediate, and blocks are made as
transactions arrive. It is reachable from this machine only. Each devnet has a genesis block of its
own, made once, so that no profile, outbox or key file mistakes one for another.

What it keeps: a stop writes the whole state. While it runs, the state is written every second, so
that a kill (SIGKILL, power) loses up to the last second of blocks; outboxes send again what they
had confirmed or in flight there.
"""

import json
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataledger.chain.anvil import Announce, find_anvil
from dataledger.chain.development_keys import COUNT, MNEMONIC
from dataledger.chain.home import exclusive_lock, home_directory, private_directory
from dataledger.chain.home import write_private_file as write
from dataledger.chain.http import exchange
from dataledger.chain.identifiers import ChainIdentity, to_block_hash
from dataledger.chain.outbox.outbox import outbox_path
from dataledger.chain.process import DetachedProcess
from dataledger.chain.profile import Endpoint, Profile, profile_path
from dataledger.chain.transport import HttpTransport
from dataledger.errors import (
    ChainError,
    ConnectionFailed,
    DevnetError,
    InvalidArgument,
    NodeError,
    ProfileError,
)

PROFILE_NAME = "devnet"
CHAIN_ID = 0x444C_4447
"""1145848903, "DLDG" in ASCII: no public chain, and not the 31337 of everybody's anvil."""
HOST = "127.0.0.1"
HARDFORK = "prague"
START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 60.0
LOCK_TIMEOUT_SECONDS = 120.0
STATE_INTERVAL_SECONDS = 1
"""How much a kill can lose."""
FORMAT = "dataledger/devnet/1"
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class DevnetStatus:
    """What there is of the devnet."""

    identity: ChainIdentity | None
    """None before it was first started."""
    endpoint: Endpoint | None
    """None while it does not run."""
    pid: int | None
    head_block: int | None
    """None while it does not answer."""
    state_path: Path
    log_path: Path
    restored: bool = False
    """Whether the state file was damaged, and the copy from its last good start was taken."""

    @property
    def is_running(self) -> bool:
        """Whether its process runs. It may not answer yet, or any more."""
        return self.pid is not None


class Devnet:
    """The devnet of one home directory (default: the user's); several processes may use it.

    `announce` is told, in one line, what is about to take long.
    """

    def __init__(
        self, home: Path | None = None, *, announce: Announce = lambda _line: None
    ) -> None:
        self._home = home or home_directory()
        self._announce = announce
        directory = self._home / "devnet"
        self._directory = directory
        self._chain_path = directory / "devnet.json"
        self._process_path = directory / "process.json"
        self._state_path = directory / "state.json"
        self._copy_path = directory / "state.previous.json"
        self._log_path = directory / "anvil.log"

    @property
    def identity(self) -> ChainIdentity:
        """Which chain it is, running or not. Raises `DevnetError` before it was first started."""
        chain = self._read(self._chain_path)
        if chain is None:
            raise DevnetError(
                f"There is no devnet in {self._home}.", remedy="Run `dataledger devnet up`."
            )
        return ChainIdentity(chain["chain_id"], to_block_hash(chain["genesis_hash"]))

    def up(self, port: int | None = None) -> DevnetStatus:
        """Start it, unless it runs, and write its profile; return when it answers.

        The profile keeps the contracts that are deployed on this devnet. `port` defaults to that
        of the last time if it is free, else to any free one.

        Raises:
            DevnetError: It cannot be installed or started, or the port is taken.
        """
        with self._locked():
            status = self._status()
            restored = False
            if not status.is_running:
                binary = find_anvil(announce=self._announce)
                self._announce("Starting the devnet")
                if not self._chain_path.exists():
                    self._create(binary)
                restored = self._start(binary, port)
                status = self._status(restored=restored)
            elif port is not None and status.endpoint != _endpoint(port):
                raise DevnetError(
                    f"The devnet runs at {status.endpoint} already.",
                    remedy="Use it there, or run `dataledger devnet down` first.",
                )
            self._write_profile(status)
            return status

    def down(self) -> DevnetStatus:
        """Stop it, if it runs, and return when its state is on disk.

        Raises:
            DevnetError: It does not stop.
        """
        with self._locked():
            self._stop()
            return self._status()

    def status(self) -> DevnetStatus:
        """Return what there is, asking it for its head block."""
        return self._status()

    def erase(self) -> None:
        """Stop it and remove its chain, its profile, and the outbox that belongs to it.

        Raises:
            DevnetError: It does not stop; nothing was removed.
        """
        with self._locked():
            self._stop()
            if self._chain_path.exists():
                outbox = outbox_path(self.identity, self._home)
                for suffix in ("", "-wal", "-shm"):
                    outbox.with_name(outbox.name + suffix).unlink(missing_ok=True)
            profile_path(PROFILE_NAME, self._home).unlink(missing_ok=True)
            self._chain_path.unlink(missing_ok=True)
            for path in (self._state_path, self._copy_path, self._log_path):
                path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            with exclusive_lock(self._directory / "lock", timeout_seconds=LOCK_TIMEOUT_SECONDS):
                yield
        except TimeoutError as error:
            raise DevnetError(
                f"Another process is starting or stopping the devnet: {error}.",
                remedy="Wait for it, or end it.",
            ) from None

    def _create(self, binary: Path) -> None:
        """Make a new chain: its genesis block, in a state file, and the note of what it is."""
        port = _free_port()
        for path in (self._state_path, self._copy_path):
            path.unlink(missing_ok=True)
        process = self._spawn(binary, port, ["--timestamp", str(int(time.time()))])
        try:
            genesis = self._await_genesis(process, port)
        finally:
            process.signal(signal.SIGTERM)
            stopped = process.wait(STOP_TIMEOUT_SECONDS)
        if not stopped or not self._state_path.exists():
            raise self._broken("it did not write its first state")
        document = {"format": FORMAT, "chain_id": CHAIN_ID, "genesis_hash": genesis}
        write(self._chain_path, json.dumps(document, indent=2).encode() + b"\n")

    def _start(self, binary: Path, port: int | None) -> bool:
        """Start on the kept state, else on the copy of it; return whether it was the copy."""
        note = self._read(self._process_path) or {}
        candidates = [note.get("port"), None] if port is None else [port]
        chosen = next(c for c in candidates if c is None or _is_free(c) or port is not None)
        if chosen is not None and not _is_free(chosen):
            raise DevnetError(
                f"Port {chosen} is taken.", remedy="Choose another one, or none for any free one."
            )
        chosen = chosen or _free_port()
        draft = self._copy_path.with_suffix(".draft")
        if self._state_path.exists():
            shutil.copyfile(self._state_path, draft)
            try:
                self._start_on_state(binary, chosen)
            except DevnetError:
                if not self._copy_path.exists():
                    raise
            else:
                draft.replace(self._copy_path)
                return False
        if not self._copy_path.exists():
            raise self._broken(f"its state file {self._state_path} is missing")
        shutil.copyfile(self._copy_path, self._state_path)
        self._start_on_state(binary, chosen)
        return True

    def _start_on_state(self, binary: Path, port: int) -> None:
        process = self._spawn(binary, port, [])
        try:
            found = self._await_genesis(process, port)
            self._check_genesis(found)
            note = {"pid": process.pid, "started": process.started, "port": port}
            write(self._process_path, json.dumps(note, indent=2).encode() + b"\n")
        except BaseException:
            process.signal(signal.SIGKILL)
            process.wait(STOP_TIMEOUT_SECONDS)
            raise

    def _check_genesis(self, found: str) -> None:
        if found != self.identity.genesis_hash:
            raise self._broken(f"its genesis block is {found}")

    def _spawn(self, binary: Path, port: int, extra: list[str]) -> DetachedProcess:
        private_directory(self._directory)
        options = {
            "--host": HOST,
            "--port": port,
            "--chain-id": CHAIN_ID,
            "--hardfork": HARDFORK,
            "--mnemonic": MNEMONIC,
            "--accounts": COUNT,
            "--gas-price": 0,
            "--base-fee": 0,
            "--state": self._state_path,
            "--state-interval": STATE_INTERVAL_SECONDS,
        }
        # Without --no-cors, any web page could send transactions from a browser on this machine.
        command = [str(binary), "--no-cors", "--disable-min-priority-fee"]
        command += [str(part) for option in options.items() for part in option]
        try:
            return DetachedProcess.start([*command, *extra], self._log_path)
        except OSError as error:
            raise self._broken(f"it does not start: {error.strerror}") from None

    def _await_genesis(self, process: DetachedProcess, port: int) -> str:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        question = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "eth_getBlockByNumber",
            "params": ["0x0", False],
        }
        while time.monotonic() < deadline:
            if not process.is_running():
                raise self._broken(f"it ended at once: {self._last_log_line()}")
            try:
                answer = exchange(_endpoint(port), question, timeout_seconds=5.0)
                return to_block_hash(answer["result"]["hash"])
            except ConnectionFailed:
                time.sleep(_POLL_SECONDS)
            except (NodeError, InvalidArgument, KeyError, TypeError):
                raise self._broken(f"another program answers on port {port}") from None
        raise self._broken(f"it does not answer within {START_TIMEOUT_SECONDS:g} seconds")

    def _stop(self) -> None:
        process = self._process()
        if process is None:
            return
        process.signal(signal.SIGTERM)
        if not process.wait(STOP_TIMEOUT_SECONDS):
            raise DevnetError(
                f"The devnet (process {process.pid}) does not stop within "
                f"{STOP_TIMEOUT_SECONDS:g} seconds.",
                remedy="Wait, and run `dataledger devnet down` again. Killing it would lose up to "
                "a second of blocks.",
            )

    def _process(self) -> DetachedProcess | None:
        note = self._read(self._process_path)
        if note is None:
            return None
        process = DetachedProcess(note["pid"], note["started"])
        return process if process.is_running() else None

    def _status(self, *, restored: bool = False) -> DevnetStatus:
        chain, note = self._read(self._chain_path), self._read(self._process_path)
        identity = None if chain is None else self.identity
        process = self._process()
        running = process is not None and note is not None
        endpoint = _endpoint(note["port"]) if running and note is not None else None
        head: int | None = None
        if endpoint is not None and identity is not None:
            try:
                head = int(HttpTransport([endpoint], identity).request("eth_blockNumber"), 16)
            except (ChainError, ValueError, TypeError):
                head = None
        return DevnetStatus(
            identity=identity,
            endpoint=endpoint,
            pid=process.pid if process is not None else None,
            head_block=head,
            state_path=self._state_path,
            log_path=self._log_path,
            restored=restored,
        )

    def _write_profile(self, status: DevnetStatus) -> None:
        if status.endpoint is None:
            raise self._broken("it ended right after it started")
        identity = self.identity
        try:
            known = Profile.load(PROFILE_NAME, self._home)
            contracts = known.contracts if known.identity == identity else {}
        except ProfileError:
            contracts = {}
        Profile(
            name=PROFILE_NAME,
            chain_id=identity.chain_id,
            genesis_hash=identity.genesis_hash,
            endpoints=(status.endpoint,),
            contracts=contracts,
        ).save(self._home)

    def _read(self, path: Path) -> dict[str, Any] | None:
        try:
            document = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            document = None
        if not isinstance(document, dict):
            raise DevnetError(
                f"The file {path} is damaged.",
                remedy="Run `dataledger devnet erase`; contracts must then be deployed again.",
            )
        return document

    def _last_log_line(self) -> str:
        text = self._log_path.read_text(errors="replace") if self._log_path.exists() else ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return repr(lines[-1]) if lines else "it says nothing"

    def _broken(self, what: str) -> DevnetError:
        return DevnetError(
            f"The devnet does not work: {what}.",
            remedy=f"Read {self._log_path}. `dataledger devnet erase` begins anew.",
        )


def _endpoint(port: int) -> Endpoint:
    return Endpoint(f"http://{HOST}:{port}/")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
        return True
