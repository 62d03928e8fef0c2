"""The devnet's whole life, on the real anvil."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from chain_under_test import Chain
from once_contract import ARTIFACT, perform

from dataledger.chain import ports
from dataledger.chain.connection import connect
from dataledger.chain.deployment import create_contract
from dataledger.chain.development_keys import development_signer
from dataledger.chain.devnet import CHAIN_ID, Devnet, DevnetStatus
from dataledger.chain.identifiers import to_operation_id
from dataledger.chain.outbox import Outbox, State, outbox_path
from dataledger.chain.process import DetachedProcess, start_of
from dataledger.chain.profile import ContractPin, Profile
from dataledger.chain.signers import open_signer
from dataledger.errors import ChainError, ConnectionFailed, DevnetError, WrongChain


def wait_for_state(status: DevnetStatus, block: int) -> None:
    """Wait until the state on disk has a block, as a second of rest would bring about."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = json.loads(status.state_path.read_bytes())
        except (ValueError, FileNotFoundError):
            continue
        if int(state["block"]["number"], 16) >= block:
            return
        time.sleep(0.05)
    raise AssertionError(f"block {block} was not written")


def kill(devnet: Devnet) -> None:
    pid = devnet.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert DetachedProcess(pid, "").wait(10)
    while devnet.status().is_running:
        time.sleep(0.01)


def test_two_devnets_are_two_chains(tmp_path: Path) -> None:
    identities = set()
    for name in ("a", "b"):
        devnet = Devnet(tmp_path / name)
        try:
            # Within the same second, as likely as not.
            identities.add(devnet.up().identity)
        finally:
            devnet.erase()
    assert len(identities) == 2


def test_up_status_down(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    said: list[str] = []
    devnet = Devnet(tmp_path, announce=said.append)
    request.addfinalizer(devnet.erase)
    assert not devnet.status().is_running
    assert devnet.status().identity is None
    devnet.down()
    with pytest.raises(DevnetError, match="There is no devnet"):
        open_signer("dev0", "", home=tmp_path)

    up = devnet.up()
    assert up.is_running
    assert up.head_block == 0
    assert up.identity is not None
    assert up.identity.chain_id == CHAIN_ID
    assert said == ["Starting the devnet"]
    assert devnet.up() == up, "a second start finds it running"
    connection = connect(Profile.load("devnet", tmp_path))
    assert connection.head().timestamp_unix <= time.time()

    devnet.down()
    assert not devnet.status().is_running
    with pytest.raises(ChainError):
        connection.head()

    again = devnet.up()
    assert again.identity == up.identity
    assert again.endpoint == up.endpoint, "the port is the same if it is free"
    signer = open_signer("dev0", "", home=tmp_path)
    with Outbox(connection, home=tmp_path) as outbox:
        receipt = outbox.submit(
            signer, to_operation_id("x"), to=signer.address, data=b"", gas=30_000
        ).wait(20)
    block = connection.block(receipt.block_number)
    assert block is not None
    assert abs(block.timestamp_unix - time.time()) < 30, "time goes on after a restart"
    devnet.erase()
    assert devnet.status().identity is None
    assert up.identity is not None
    assert not outbox_path(up.identity, tmp_path).exists()
    assert list((tmp_path / "profiles").iterdir()) == []
    assert devnet.up().identity != up.identity, "another devnet is another chain"
    devnet.down()


def test_its_genesis_block_stays_the_same(tmp_path: Path) -> None:
    devnet = Devnet(tmp_path)
    try:
        first = devnet.up()
        for end in (devnet.down, lambda: kill(devnet), devnet.down, devnet.down):
            end()
            status = devnet.up()
            assert status.identity == first.identity
            assert not status.restored
            wait_for_state(status, 0)
            blocks = json.loads(status.state_path.read_bytes())["blocks"]
            assert [int(block["header"]["number"], 16) for block in blocks] == [0]
    finally:
        devnet.down()


def test_a_start_that_was_killed_leaves_no_second_process(tmp_path: Path) -> None:
    script = (
        "import os, sys, pathlib; from dataledger.chain.devnet import Devnet;"
        "Devnet._begin_mining = lambda *_: os._exit(9);"
        "Devnet(pathlib.Path(sys.argv[1])).up()"
    )
    killed = subprocess.run([sys.executable, "-c", script, tmp_path], check=False)
    assert killed.returncode == 9
    devnet = Devnet(tmp_path)
    left = devnet.status().pid
    assert left is not None
    try:
        status = devnet.up()
        assert status.pid != left
        assert start_of(left) is None
        connect(Profile.load("devnet", tmp_path)).transport.request("evm_mine")
        assert devnet.status().head_block == 1
    finally:
        devnet.down()


def test_what_was_sent_during_the_start_is_mined(
    start_chain: Callable[[], Chain], monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = start_chain()
    chain.devnet.down()
    begin = Devnet._begin_mining

    def send_first(devnet: Devnet, port: int) -> None:
        with Outbox(chain.connect(), home=chain.home) as outbox:
            outbox.submit(
                chain.signer(), to_operation_id("do:1"), to=chain.contract, data=perform(1)
            )
        assert chain.total() == 0
        begin(devnet, port)

    monkeypatch.setattr(Devnet, "_begin_mining", send_first)
    chain.devnet.up()
    assert chain.total() == 1


def test_what_is_kept_is_private(chain: Chain) -> None:
    directory = chain.devnet.status().state_path.parent
    assert directory.stat().st_mode & 0o777 == 0o700


def test_contracts_stay_in_the_profile_and_on_the_chain(
    start_chain: Callable[[], Chain],
) -> None:
    chain = start_chain()
    profile = chain.profile
    with Outbox(chain.connect(), home=chain.home) as outbox:
        pin = create_contract(chain.connect(), outbox, chain.signer(), ARTIFACT, [10_000])
        assert pin.address == chain.contract, "the same creation is found, not repeated"
    Profile(
        name="devnet",
        chain_id=profile.chain_id,
        genesis_hash=profile.genesis_hash,
        endpoints=profile.endpoints,
        contracts={"Once": ContractPin(pin.address, pin.code_hash, pin.deployed_at_block)},
    ).save(chain.home)
    chain.devnet.down()
    chain.devnet.up()
    assert chain.profile.contract("Once") == pin
    assert chain.connect().code(chain.contract) != b""


def test_two_starts_at_once_make_one_chain(tmp_path: Path) -> None:
    results: list[DevnetStatus] = []
    threads = [
        threading.Thread(target=lambda: results.append(Devnet(tmp_path).up())) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert len(results) == 3
        assert len({status.pid for status in results}) == 1
    finally:
        Devnet(tmp_path).down()


def test_a_stranger_with_the_process_id_is_left_alone(tmp_path: Path) -> None:
    devnet = Devnet(tmp_path)
    devnet.up()
    kill(devnet)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        path = tmp_path / "devnet" / "process.json"
        note = json.loads(path.read_text())
        path.write_text(json.dumps(note | {"pid": stranger.pid}))
        assert not devnet.status().is_running
        devnet.down()
        assert stranger.poll() is None
        stranger.kill()


def listening() -> socket.socket:
    """Return a socket that listens on a port of the devnet's, whoever else looks for one."""
    while True:
        taken = socket.socket()
        # As anvil does, or what another test left there a moment ago would be in the way.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((ports.HOST, ports.free_port()))
            taken.listen()
        except OSError:
            taken.close()
        else:
            return taken


def test_ports(tmp_path: Path) -> None:
    devnet = Devnet(tmp_path)
    with listening() as taken:
        port: int = taken.getsockname()[1]
        with pytest.raises(DevnetError, match=f"Port {port} is taken"):
            devnet.up(port)
    try:
        status = devnet.up(port)
        assert str(status.endpoint) == f"http://127.0.0.1:{port}"
        assert devnet.up(port) == status
        with pytest.raises(DevnetError, match=r"runs at .* already"):
            devnet.up(port + 1)
    finally:
        devnet.down()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        try:
            assert devnet.up().endpoint != status.endpoint, "a port that was lost is replaced"
        finally:
            devnet.down()


def _tear(state: bytes) -> bytes:
    """Return the state with accounts a transaction ahead of its blocks, as a kill may leave it."""
    torn = json.loads(state)
    torn["blocks"].remove(max(torn["blocks"], key=lambda block: len(block["transactions"])))
    return json.dumps(torn).encode()


@pytest.mark.parametrize(
    "damage", [lambda _state: b"", lambda state: state[:-100], _tear], ids=["empty", "cut", "torn"]
)
def test_a_damaged_state_is_replaced_by_the_last_good_copy(
    start_chain: Callable[[], Chain], damage: Callable[[bytes], bytes]
) -> None:
    chain = start_chain()
    chain.devnet.down()
    chain.devnet.up()
    with Outbox(chain.connect(), home=chain.home) as outbox:
        outbox.submit(
            chain.signer(), to_operation_id("do:1"), to=chain.contract, data=perform(1)
        ).wait(20)
    chain.devnet.down()
    state = chain.devnet.status().state_path
    state.write_bytes(damage(state.read_bytes()))
    assert chain.devnet.up().restored
    assert chain.total() == 0
    with Outbox(chain.connect(), home=chain.home) as outbox:
        outbox.reconcile()
        found = outbox.find(to_operation_id("do:1"))
        assert found is not None
        found.wait(20)
    assert chain.total() == 1
    chain.devnet.down()
    state.unlink()
    state.with_name("state.previous.json").unlink()
    identity = chain.devnet.identity
    again = chain.devnet.up()
    assert again.restored
    assert (again.head_block, again.identity) == (0, identity), "the same chain, from its start"


def test_killed_under_load_everything_is_there_exactly_once(
    start_chain: Callable[[], Chain],
) -> None:
    chain = start_chain()
    status = chain.devnet.status()
    wait_for_state(status, 1)
    count, confirmed_before_kill = 240, 0
    operations = [to_operation_id(f"do:{number}") for number in range(count)]
    deadline = time.monotonic() + 90
    with Outbox(chain.connect(), home=chain.home) as outbox:

        def submit(first: int) -> None:
            signer = chain.signer(first)
            for number in range(first, count, 3):
                while True:
                    try:
                        outbox.submit(
                            signer, operations[number], to=chain.contract, data=perform(number)
                        )
                        break
                    except ConnectionFailed:
                        assert time.monotonic() < deadline

        with ThreadPoolExecutor(3) as threads:
            work = [threads.submit(submit, number) for number in range(3)]
            for fraction in (80, 160):
                while chain_total(chain) < fraction:
                    assert time.monotonic() < deadline
                    time.sleep(0.02)
                kill(chain.devnet)
                known = [outbox.find(operation) for operation in operations]
                told = [one for one in known if one is not None and one.state is State.CONFIRMED]
                confirmed_before_kill = max(confirmed_before_kill, len(told))
                assert chain.devnet.up().endpoint == status.endpoint
                outbox.reconcile()
            for done in work:
                done.result()
        outbox.reconcile()
        for operation in operations:
            found = outbox.find(operation)
            assert found is not None
            assert found.wait(60).succeeded
        assert outbox.unresolved() == []
    assert confirmed_before_kill > 0, "something had been told to be confirmed"
    assert chain.total() == count


def chain_total(chain: Chain) -> int:
    try:
        return chain.total()
    except ChainError:
        return 0


def test_what_was_confirmed_and_lost_comes_back(start_chain: Callable[[], Chain]) -> None:
    chain = start_chain()
    wait_for_state(chain.devnet.status(), chain.connect().head().number)
    count = 0
    # Again if the last of them was written in the moment before the kill.
    while chain.total() == count:
        with Outbox(chain.connect(), home=chain.home) as outbox:
            for number in range(count, count + 20):
                operation = to_operation_id(f"do:{number}")
                outbox.submit(
                    chain.signer(), operation, to=chain.contract, data=perform(number)
                ).wait(20)
        count += 20
        kill(chain.devnet)
        chain.devnet.up()
    with Outbox(chain.connect(), home=chain.home) as outbox:
        outbox.reconcile()
        for number in range(count):
            found = outbox.find(to_operation_id(f"do:{number}"))
            assert found is not None
            assert found.wait(20).succeeded
    assert chain.total() == count


def test_development_keys_sign_for_their_devnet_only(
    chain: Chain, start_chain: Callable[[], Chain]
) -> None:
    other = start_chain()
    assert other.devnet.identity != chain.devnet.identity
    stranger = development_signer("dev0", other.devnet.identity)
    with (
        Outbox(chain.connect(), home=chain.home) as outbox,
        pytest.raises(WrongChain, match="everybody knows it"),
    ):
        outbox.submit(stranger, to_operation_id("x"), to=chain.contract, data=perform(9))
