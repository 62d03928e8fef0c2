"""The development chain: anvil on this machine, in the background, its state kept on disk.

It stands in for a permissioned chain: gas is free, finality immediate, and blocks are made as
transactions arrive. It is reachable from this machine only. Each devnet has a genesis block of its
own, made once, so that no profile, outbox or key file mistakes one for another.

What it keeps: a stop writes the whole state. While it runs, the state is written every second, so
that a kill (SIGKILL, power) loses up to the last second of blocks. Anvil writes the file in place,
and not of one moment: a kill may leave it damaged or torn, and the next start goes back to the copy
that the last one made. Either way outboxes send again what they had confirmed or in flight there.
"""

import json
import secrets
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataledger.chain.anvil import Announce, find_anvil
from dataledger.chain.anvil_state import is_whole
from dataledger.chain.development_keys import COUNT, MNEMONIC
from dataledger.chain.home import exclusive_lock, home_directory, private_directory
from dataledger.chain.home import write_private_file as write
from dataledger.chain.http import exchange
from dataledger.chain.identifiers import ChainIdentity, to_block_hash
from dataledger.chain.outbox.outbox import outbox_path
from dataledger.chain.ports import HOST, free_port, is_free
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
HARDFORK = "prague"
GENESIS_AGE_SECONDS = 365 * 24 * 60 * 60
"""The genesis block is dated at random within so long before the first start."""
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
    """Whether the state file was damaged or missing, and an older one, or none, took its place."""

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
            if not (self._read(self._process_path) or {}).get("ready", False):
                # A start that broke off may have left a process behind, which makes no blocks.
                self._stop()
            status = self._status()
            restored = False
            if not status.is_running:
                binary = find_anvil(announce=self._announce)
                self._announce("Starting the devnet")
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

        Notes that are damaged are removed first; a process that only they knew is left alone.

        Raises:
            DevnetError: It does not stop; nothing was removed.
        """
        with self._locked():
            for note in (self._process_path, self._chain_path):
                try:
                    self._read(note)
                except DevnetError:
                    note.unlink()
            self._stop()
            if self._chain_path.exists():
                outbox = outbox_path(self.identity, self._home)
                self._remove(*(outbox.with_name(outbox.name + s) for s in ("", "-wal", "-shm")))
            self._remove(profile_path(PROFILE_NAME, self._home), self._chain_path)
            self._remove(self._state_path, self._copy_path, self._log_path, self._process_path)

    def _remove(self, *paths: Path) -> None:
        for path in paths:
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

    def _start(self, binary: Path, port: int | None) -> bool:
        """Start on the kept state, else on the copy of it; return whether it was the copy."""
        chosen = self._choose_port(port)
        chain = self._read(self._chain_path)
        if chain is None:
            # The time is all that tells one genesis block from another, and this second is not
            # ours alone.
            age_seconds = secrets.randbelow(GENESIS_AGE_SECONDS)
            chain = {"genesis_timestamp_unix": int(time.time()) - age_seconds}
            self._remove(self._state_path, self._copy_path)
        restored = self._restore_state() and self._chain_path.exists()
        draft = self._copy_path.with_suffix(".draft")
        if self._state_path.exists():
            shutil.copyfile(self._state_path, draft)
        process = self._spawn(binary, chosen, chain["genesis_timestamp_unix"])
        try:
            self._note(process, chosen, ready=False)
            self._check_genesis(self._await_genesis(process, chosen), chain)
            self._begin_mining(chosen)
            self._note(process, chosen, ready=True)
        except BaseException:
            process.signal(signal.SIGKILL)
            process.wait(STOP_TIMEOUT_SECONDS)
            raise
        if draft.exists():
            draft.replace(self._copy_path)
        return restored

    def _note(self, process: DetachedProcess, port: int, *, ready: bool) -> None:
        note = {"pid": process.pid, "started": process.started, "port": port, "ready": ready}
        write(self._process_path, json.dumps(note, indent=2).encode() + b"\n")

    def _choose_port(self, port: int | None) -> int:
        if port is not None:
            if not is_free(port):
                raise DevnetError(
                    f"Port {port} is taken.", remedy="Choose another one, or none for any free one."
                )
            return port
        last = (self._read(self._process_path) or {}).get("port")
        return last if last is not None and is_free(last) else free_port()

    def _restore_state(self) -> bool:
        """Replace a damaged state by its copy, else by none; return whether that was needed."""
        if is_whole(self._state_path):
            return False
        self._state_path.unlink(missing_ok=True)
        if is_whole(self._copy_path):
            shutil.copyfile(self._copy_path, self._state_path)
        return True

    def _check_genesis(self, found: str, chain: dict[str, Any]) -> None:
        """Compare the genesis block with the one that is known, or make it known."""
        if "genesis_hash" not in chain:
            document = {"format": FORMAT, "chain_id": CHAIN_ID, "genesis_hash": found, **chain}
            write(self._chain_path, json.dumps(document, indent=2).encode() + b"\n")
        elif found != chain["genesis_hash"]:
            raise self._broken(f"its genesis block is {found}")

    def _begin_mining(self, port: int) -> None:
        """Set the chain's clock to the present, and only then let blocks be made.

        The timestamp that anvil is given makes its genesis block the same at every start. It would
        also begin to count time from there: blocks would be older than their parents.
        """
        self._ask(port, "evm_setTime", [int(time.time())])
        self._ask(port, "evm_setAutomine", [True])
        if int(self._ask(port, "txpool_status", [])["pending"], 16) > 0:
            # What a client sent in between waits for a reason to make a block.
            self._ask(port, "evm_mine", [])

    def _spawn(self, binary: Path, port: int, genesis_timestamp_unix: int) -> DetachedProcess:
        private_directory(self._directory)
        options = {
            "--host": HOST,
            "--port": port,
            "--chain-id": CHAIN_ID,
            "--timestamp": genesis_timestamp_unix,
            "--hardfork": HARDFORK,
            "--mnemonic": MNEMONIC,
            "--accounts": COUNT,
            "--gas-price": 0,
            "--base-fee": 0,
            "--state": self._state_path,
            "--state-interval": STATE_INTERVAL_SECONDS,
        }
        # Without --no-cors, any web page could send transactions from a browser on this machine.
        command = [str(binary), "--no-cors", "--no-mining", "--disable-min-priority-fee"]
        command += [str(part) for option in options.items() for part in option]
        try:
            return DetachedProcess.start(command, self._log_path)
        except OSError as error:
            raise self._broken(f"it does not start: {error.strerror}") from None

    def _await_genesis(self, process: DetachedProcess, port: int) -> str:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if not process.is_running():
                raise self._broken(f"it ended at once: {self._last_log_line()}")
            try:
                genesis = self._ask(port, "eth_getBlockByNumber", ["0x0", False])
                return to_block_hash(genesis["hash"])
            except ConnectionFailed:
                time.sleep(_POLL_SECONDS)
            except (NodeError, InvalidArgument, KeyError, TypeError):
                raise self._broken(f"another program answers on port {port}") from None
        raise self._broken(f"it does not answer within {START_TIMEOUT_SECONDS:g} seconds")

    def _ask(self, port: int, method: str, params: list[Any]) -> Any:
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = exchange(_endpoint(port), question, timeout_seconds=5.0)
        if not isinstance(answer, dict) or "result" not in answer:
            raise self._broken(f"it refuses {method}")
        return answer["result"]

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
