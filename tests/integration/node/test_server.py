"""A node as a process, asked by its client over HTTP, on a real chain."""

import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asking import PATHS, send
from consortium import Consortium
from nodes import WITHOUT_LIMIT, RunningNode, Site
from queries import document as query_document
from tiny_work import FORMAT, parse_tiny, register, tiny
from tls_files import write_tls
from uses import Parties

from dataledger.contracts.use_types import Composition, Cost, Outcome
from dataledger.errors import (
    AnswerWithheld,
    CommitmentMismatch,
    InvalidArgument,
    KeystoreError,
    NodeRefused,
    NotFound,
    OwnerNodeError,
    WrongChain,
)
from dataledger.hashing import canonical_bytes
from dataledger.ledger import GrantId, RunId, UnsignedReceipt, UseRun, new_run_id
from dataledger.node import client as client_module
from dataledger.node.answers import AnswerDocument, NodeInfo
from dataledger.node.client import NodeClient
from dataledger.node.exchange import Exchange
from dataledger.node.kinds import KINDS
from dataledger.node.queries import parse_query

CSV = "name,age\nann,30\nbob,41\n"
ENOUGH = Cost(10**9)


@pytest.fixture(scope="module", autouse=True)
def tiny_work() -> Iterator[None]:
    """Clients know the format, as the node does."""
    register()
    yield
    del KINDS[FORMAT]


@pytest.fixture(scope="module")
def site(consortium: Consortium, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("server")
    return Site.build(consortium, folder / "acme", {"people.csv": CSV}, budget=ENOUGH)


@pytest.fixture(scope="module")
def grant(site: Site, parties: Parties) -> GrantId:
    project = site.project(parties.consumer, parties.regulator)
    return site.grant(parties.consumer, project, limit=ENOUGH)


@pytest.fixture(scope="module")
def node(site: Site) -> Iterator[RunningNode]:
    with site.serving(tiny=True) as started:
        yield started


@pytest.fixture
def client(node: RunningNode, parties: Parties) -> NodeClient:
    return node.client(parties.consumer)


def test_a_run_is_paid_for_answered_receipted_and_answered_again(
    site: Site, grant: GrantId, client: NodeClient
) -> None:
    before = site.counted()
    run = new_run_id()
    answered = client.run(grant, tiny(100_000), run=run)
    assert json.loads(answered.content) == {"lines": 3}
    assert (answered.run, answered.receipt.outcome) == (run, Outcome.RELEASED)
    assert site.counted() == before + Cost(100_000)
    assert client.fetch(grant, run) == answered
    assert site.counted() == before + Cost(100_000)


def test_a_declared_query_is_answered(site: Site, grant: GrantId, client: NodeClient) -> None:
    question = canonical_bytes(query_document())
    before = site.counted()
    answered = client.run(grant, question)
    assert json.loads(answered.content)["measures"][0]["name"] == "rows"
    assert site.counted() == before + parse_query(question).cost(Composition.BASIC)


def test_it_says_what_it_is_and_holds(site: Site, client: NodeClient, node: RunningNode) -> None:
    info = client.info()
    assert (info.operator, info.chain_id) == (
        site.operator.address,
        site.consortium.profile.chain_id,
    )
    [held] = info.datasets
    assert (held.dataset, held.versions) == (site.dataset, (1,))
    assert held.name.startswith(info.name)
    assert "dataledger/query/1" in info.kinds
    assert abs(info.now_unix - time.time()) < 60
    assert str(site.data) not in repr(info)
    assert [line["event"] for line in node.lines] == ["recovered", "listening"]
    assert node.lines[0]["ended"] == 0


def test_what_fails_has_cost_all_and_tells_nothing(
    site: Site, grant: GrantId, client: NodeClient, node: RunningNode
) -> None:
    before = site.counted()
    for then in ("fail", "break"):
        run = new_run_id()
        with pytest.raises(AnswerWithheld) as caught:
            client.run(grant, tiny(then=then), run=run)
        assert str(site.data) not in str(caught.value)
        with pytest.raises(AnswerWithheld):
            client.fetch(grant, run)
    assert site.counted() == before + Cost(200_000)
    assert str(site.data) not in node.errors.read_text()


def test_a_run_is_done_once_whoever_asks_again(
    grant: GrantId, client: NodeClient, site: Site
) -> None:
    run = new_run_id()
    client.run(grant, tiny(), run=run)
    before = site.counted()
    with pytest.raises(NodeRefused) as caught:
        client.run(grant, tiny(), run=run)
    assert "run" in caught.value.reason.lower()
    with pytest.raises(NodeRefused) as unknown:
        client.fetch(grant, new_run_id())
    assert unknown.value.reason == "unknown-run"
    assert site.counted() == before


def test_an_answer_that_is_lost_is_fetched(
    grant: GrantId, client: NodeClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "FETCH_PAUSE_SECONDS", 0.05)
    before, post, paths = site.counted(), Exchange.post, []

    def lossy(self: Exchange, path: str, body: bytes) -> bytes:
        paths.append(path)
        answer = post(self, path, body)
        if path == "/v1/runs":
            raise OwnerNodeError("The line broke.", remedy="")
        return answer

    monkeypatch.setattr(Exchange, "post", lossy)
    assert json.loads(client.run(grant, tiny()).content) == {"lines": 3}
    assert paths == ["/v1/runs", "/v1/runs/fetch"]
    assert site.counted() == before + Cost(100_000)


def test_a_request_that_never_arrived_is_not_known_to_be_refused(
    grant: GrantId, client: NodeClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "FETCH_PAUSE_SECONDS", 0.01)
    before, post = site.counted(), Exchange.post

    def lost(self: Exchange, path: str, body: bytes) -> bytes:
        if path == "/v1/runs":
            raise OwnerNodeError("The line broke.", remedy="")
        return post(self, path, body)

    monkeypatch.setattr(Exchange, "post", lost)
    with pytest.raises(OwnerNodeError, match="is not known"):
        client.run(grant, tiny())
    assert site.counted() == before


def test_who_does_not_wait_long_enough_fetches_until_it_is_there(
    grant: GrantId, node: RunningNode, parties: Parties, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "FETCH_PAUSE_SECONDS", 0.1)
    before = site.counted()
    client = node.client(parties.consumer, timeout_seconds=1.2)
    assert json.loads(client.run(grant, tiny(millis=1_500)).content) == {"lines": 3}
    assert site.counted() == before + Cost(100_000)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "canonicalisation-error"),
        (b'{"request":{},"request":{}}', 400, "canonicalisation-error"),
        (b"\xff\xfe", 400, "canonicalisation-error"),
        (b'{"request":[]}', 422, "use-document-error"),
        (b'{"document":7,"request":{}}', 422, "use-document-error"),
    ],
)
def test_what_is_malformed_is_refused_in_the_same_form_everywhere(
    node: RunningNode, body: bytes, status: int, code: str
) -> None:
    for path in PATHS.values():
        said = send(node.url, body, path)
        assert (said.status, said.body["error"]["code"]) == (status, code)
        assert said.body["error"]["remedy"]


# ------------------------------------------------------------------------ what a client believes


def test_no_answer_is_believed_that_the_receipt_is_not_for(
    site: Site, grant: GrantId, client: NodeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    true, other = client.run(grant, tiny()), client.run(grant, tiny())
    post = Exchange.post

    def told(change: dict[str, Any]) -> None:
        def lie(self: Exchange, path: str, body: bytes) -> bytes:
            return replace(AnswerDocument.parse(post(self, path, body)), **change).to_bytes()

        monkeypatch.setattr(Exchange, "post", lie)

    told({"content": b"forged"})
    with pytest.raises(CommitmentMismatch, match="the receipt is for an answer with"):
        client.fetch(grant, true.run)
    with pytest.raises(CommitmentMismatch, match="the receipt is for an answer with"):
        client.run(grant, tiny())
    # Its words about the receipt are not even looked at.
    told({"receipt": UnsignedReceipt(1, site.operator.address, other.receipt)})
    assert client.fetch(grant, true.run) == true
    monkeypatch.setattr(Exchange, "post", post)
    with pytest.raises(CommitmentMismatch, match="for the code"):
        client.fetch(grant, true.run, code=parse_tiny(tiny(1)).code)


def test_no_answer_is_believed_of_another_version_than_asked_for(
    parties: Parties, grant: GrantId, client: NodeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = parties.consumer.runs.get

    def read_another(of: GrantId, run: RunId) -> UseRun:
        kept = get(of, run)
        assert kept.receipt is not None
        inputs = (replace(kept.receipt.inputs[0], version=2),)
        return replace(kept, receipt=replace(kept.receipt, inputs=inputs))

    assert client.run(grant, tiny(), version=1).receipt.inputs[0].version == 1
    monkeypatch.setattr(parties.consumer.runs, "get", read_another)
    with pytest.raises(CommitmentMismatch, match="for version 2, not 1"):
        client.run(grant, tiny(), version=1)


def test_an_answer_waits_for_the_chain_to_tell_of_its_receipt(
    parties: Parties, grant: GrantId, client: NodeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "RECEIPT_PAUSE_SECONDS", 0.01)
    runs, told = parties.consumer.runs, []
    get = runs.get

    def behind(of: GrantId, run: RunId) -> UseRun:
        told.append(run)
        if len(told) == 1:
            raise NotFound("No such run.", remedy="")
        kept = get(of, run)
        return replace(kept, receipt=None) if len(told) == 2 else kept

    monkeypatch.setattr(runs, "get", behind)
    assert json.loads(client.run(grant, tiny()).content) == {"lines": 3}
    assert len(told) == 3
    told.clear()
    monkeypatch.setattr(client_module, "RECEIPT_SECONDS", 0.0)
    with pytest.raises(CommitmentMismatch, match=r"knows no such run|not settled"):
        client.run(grant, tiny())


def test_a_node_of_another_chain_is_not_asked(
    grant: GrantId, client: NodeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = Exchange.get
    for change in ({"chain_id": 1}, {"contract": "0x" + "00" * 20}):

        def elsewhere(self: Exchange, path: str, change: Any = change) -> bytes:
            return replace(NodeInfo.parse(get(self, path)), **change).to_bytes()

        monkeypatch.setattr(Exchange, "get", elsewhere)
        with pytest.raises(WrongChain):
            client.run(grant, tiny())


def test_nonsense_is_told_as_such(client: NodeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Exchange, "get", lambda _self, _path: b'{"format":"\x1b[31m"}')
    with pytest.raises(OwnerNodeError) as caught:
        client.info()
    assert "\x1b" not in str(caught.value)


def test_nobody_is_asked_without_a_key_or_in_the_open(
    node: RunningNode, parties: Parties, consortium: Consortium, grant: GrantId, tmp_path: Path
) -> None:
    with pytest.raises(KeystoreError):
        node.client(consortium.open()).run(grant, tiny())
    for url in ("ftp://node", "node", "http://node.example", "http://192.0.2.1:80"):
        with pytest.raises(InvalidArgument):
            NodeClient(parties.consumer, url)
    NodeClient(parties.consumer, "http://192.0.2.1:80", plain_http=True)
    with pytest.raises(InvalidArgument):
        NodeClient(parties.consumer, "https://node.example", ca=tmp_path / "absent.pem")
    with pytest.raises(OwnerNodeError, match="no connection"):
        NodeClient(parties.consumer, "http://127.0.0.1:9").run(grant, tiny())


# -------------------------------------------------------------------------------------- its end


def test_it_ends_what_it_began_before_it_stops_whichever_way_it_is_told(
    consortium: Consortium, parties: Parties, tmp_path: Path
) -> None:
    site = Site.build(consortium, tmp_path / "acme", {"people.csv": CSV})
    tls = write_tls(site.config.parent)
    names = f'[tls]\ncertificate = "{tls.certificate.name}"\nkey = "{tls.key.name}"\n'
    site.configure(WITHOUT_LIMIT + names)
    grant = site.grant(parties.consumer, site.project(parties.consumer, parties.regulator))
    for how, code in ((signal.SIGTERM, 0), (signal.SIGINT, 130)):
        node = site.start(tiny=True)
        assert node.lines[0] == {"event": "recovered", "ended": 0, "left_open": 0}
        assert node.url.startswith("https://127.0.0.1:")
        before = site.counted().micro
        with pytest.raises(OwnerNodeError, match="certificate"):
            node.client(parties.consumer).info()
        client = NodeClient(parties.consumer, node.url, ca=tls.certificate, timeout_seconds=60)
        with ThreadPoolExecutor(1) as threads:
            asking = threads.submit(client.run, grant, tiny(millis=600))
            while site.counted().micro == before:
                time.sleep(0.05)
            assert node.stop(how) == code, node.errors.read_text()
            assert json.loads(asking.result().content) == {"lines": 3}
