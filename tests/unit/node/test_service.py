"""What a node does when it is asked, with an engine and meetings that do as they are told."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from consortium import new_signer

from dataledger.contracts.identifiers import GrantId, RunId, to_address
from dataledger.contracts.use_types import Cost, Outcome, Receipt
from dataledger.errors import (
    AnswerWithheld,
    DataLedgerError,
    NodeRefused,
    QueryError,
    SignatureInvalid,
    UseDocumentError,
)
from dataledger.hashing import Digest, Hash32, JsonValue, canonical_bytes
from dataledger.node import service as service_module
from dataledger.node.answers import AnswerDocument, Asked, NodeInfo, parse_joined, start_bytes
from dataledger.node.engine import Released
from dataledger.node.holdings import HeldDataset
from dataledger.node.kinds import KINDS, Kind
from dataledger.node.requests import NodeRequest, SignedRequest
from dataledger.node.rules import NodeRules
from dataledger.node.service import Service
from dataledger.node.work import Answer, SecureSum

CHAIN_ID = 7
CONTRACT = to_address("0x" + "5b" * 20)
GRANT, RUN = GrantId(Hash32(bytes([1]) * 32)), RunId(Hash32(bytes([2]) * 32))
ALONE, SHARED = (canonical_bytes({"format": f"dataledger/{name}/1"}) for name in ("alone", "all"))
OFFERS: list[JsonValue] = [{"port": 1}, {"port": 2}]


class Together:
    """Shared work: it adds one vector."""

    def compute_together(self, _holding: object, add: SecureSum, parties: int) -> Answer:
        return Answer(canonical_bytes({"parties": parties, "sums": add([1, 2])}))


def parse_alone(document: bytes) -> object:
    return SimpleNamespace(document=document)


def parse_all(_document: bytes) -> object:
    return Together()


class FakeEngine:
    """Keeps what it is called with."""

    def __init__(self) -> None:
        self.called: list[tuple[Any, ...]] = []
        self.begun = SimpleNamespace(grant=GRANT, run=RUN, until_unix=2**40)

    def held(self) -> tuple[HeldDataset, ...]:
        return ()

    def turned_away(self, reason: str, signed: SignedRequest | None = None) -> None:
        self.called.append(("turned_away", reason, signed is not None))

    def perform(self, _signed: SignedRequest, document: bytes, make: Any) -> Released:
        self.called.append(("perform", document))
        assert make(document).document == document
        return released(Answer(b"alone"))

    def fetch(self, _signed: SignedRequest) -> Released:
        return released(Answer(b"again"))

    def begin(self, _signed: SignedRequest, document: bytes, make: Callable[[bytes], Any]) -> Any:
        self.begun.work = make(document)
        return self.begun

    def start(self, _signed: SignedRequest, _document: bytes) -> Any:
        return self.begun

    def finish(self, _begun: object, compute: Callable[[Any], Answer]) -> Released:
        answer = compute(None)
        self.called.append(("finish",))
        return released(answer)

    def abandon(self, _begun: object, reason: str) -> None:
        self.called.append(("abandon", reason))


class FakeMeetings:
    """Adds up as if all nodes gave the same."""

    def __init__(self) -> None:
        self.fails: dict[str, DataLedgerError] = {}
        self.forgotten: list[tuple[GrantId, RunId]] = []

    def _step(self, name: str) -> None:
        if name in self.fails:
            raise self.fails[name]

    def offer(self, _grant: GrantId, _run: RunId, document: bytes) -> JsonValue:
        self._step("offer")
        return {"for": str(Digest.of(document))}

    def parties(
        self, _grant: GrantId, _run: RunId, _document: bytes, offers: Sequence[JsonValue]
    ) -> int:
        self._step("parties")
        return len(offers)

    @contextmanager
    def meet(
        self, _grant: GrantId, _run: RunId, document: bytes, offers: Sequence[JsonValue]
    ) -> Iterator[SecureSum]:
        self._step("meet")
        assert document == SHARED

        def add(values: Sequence[int]) -> list[int]:
            self._step("add")
            return [value * len(offers) for value in values]

        yield add

    def forget(self, grant: GrantId, run: RunId) -> None:
        self.forgotten.append((grant, run))


def released(answer: Answer) -> Released:
    receipt = Receipt(
        *(GRANT, RUN, Digest.of(b"code"), Digest.of(b"environment"), ()),
        *(Digest.of(answer.content), Cost(1), Outcome.RELEASED),
    )
    return Released(GRANT, RUN, answer, receipt, "0x" + "ab" * 32)


class Scene:
    """A service, and who asks it."""

    def __init__(self) -> None:
        self.signer, self.engine, self.meetings = new_signer(), FakeEngine(), FakeMeetings()
        pin = SimpleNamespace(address=CONTRACT)
        ledger = SimpleNamespace(
            signer=self.signer,
            profile=SimpleNamespace(chain_id=CHAIN_ID, contract=lambda _name: pin),
            organisations=SimpleNamespace(get=lambda _org: SimpleNamespace(id=3, slug="acme")),
            members=SimpleNamespace(get=lambda _key: SimpleNamespace(org=3)),
        )
        config = SimpleNamespace(rules=NodeRules())
        self.service = Service(*cast("Any", (ledger, config, self.engine)))

    def body(self, action: str, document: bytes = b"", *, chain_id: int = CHAIN_ID) -> bytes:
        request = NodeRequest.new(action, GRANT, RUN, document, now_unix=1)
        signed = SignedRequest.sign(request, self.signer, chain_id, CONTRACT)
        return Asked(signed, document).to_bytes()

    def join(self) -> JsonValue:
        return parse_joined(self.service.join(self.body("join", SHARED)))

    def start(self) -> AnswerDocument:
        body = self.body("start", start_bytes(OFFERS))
        return AnswerDocument.parse(self.service.start(body))


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setitem(KINDS, "dataledger/alone/1", Kind(f"{__name__}:parse_alone"))
    monkeypatch.setitem(KINDS, "dataledger/all/1", Kind(f"{__name__}:parse_all", is_shared=True))
    scene = Scene()
    monkeypatch.setattr(service_module, "open_meetings", lambda *_: scene.meetings)
    return scene


def test_work_is_done_and_answered_with_its_receipt(scene: Scene) -> None:
    answer = AnswerDocument.parse(scene.service.run(scene.body("run", ALONE)))
    assert (answer.content, answer.receipt.contract) == (b"alone", CONTRACT)
    assert scene.engine.called == [("perform", ALONE)]
    again = AnswerDocument.parse(scene.service.fetch(scene.body("fetch")))
    assert again.content == b"again"


def test_it_says_what_it_is(scene: Scene) -> None:
    info = NodeInfo.parse(scene.service.info())
    assert (info.name, info.organisation, info.operator) == ("acme", 3, scene.signer.address)


def test_what_is_refused_here_is_told_to_the_log(scene: Scene) -> None:
    service = scene.service
    refused: list[tuple[Callable[[bytes], bytes], bytes, type[DataLedgerError], bool]] = [
        (service.run, b'{"request":1}', UseDocumentError, False),
        (service.run, scene.body("run", ALONE, chain_id=8), SignatureInvalid, True),
        (service.start, scene.body("start", b"{}"), UseDocumentError, True),
    ]
    for handle, body, error, is_signed in refused:
        with pytest.raises(error):
            handle(body)
        assert scene.engine.called.pop() == ("turned_away", error.code, is_signed)
    assert scene.engine.called == []


def test_what_a_document_says_is_for_the_engine_to_ask(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_a_member(*_: object) -> None:
        raise NodeRefused("No.", remedy="", reason="not-a-member")

    with monkeypatch.context() as context:
        context.setattr(scene.engine, "perform", not_a_member)
        context.setattr(scene.engine, "begin", not_a_member)
        for handle, action in ((scene.service.run, "run"), (scene.service.join, "join")):
            with pytest.raises(NodeRefused, match="No"):
                handle(scene.body(action, b"{"))
    for handle, action, document in (
        (scene.service.run, "run", SHARED),
        (scene.service.join, "join", ALONE),
    ):
        with pytest.raises(QueryError):
            handle(scene.body(action, document))


def test_a_request_that_nobody_can_have_signed_is_malformed(scene: Scene) -> None:
    body = json.loads(scene.body("run", ALONE))
    body["request"]["version"] = 2**40
    with pytest.raises(UseDocumentError, match="cannot have been signed"):
        scene.service.run(json.dumps(body).encode())


def test_several_nodes_join_start_and_add(scene: Scene) -> None:
    assert scene.join() == {"for": str(Digest.of(SHARED))}
    answer = scene.start()
    assert json.loads(answer.content) == {"parties": 2, "sums": [2, 4]}
    assert scene.engine.called == [("finish",)]
    assert scene.meetings.forgotten == [(GRANT, RUN)]
    # It starts once, whatever the engine says.
    with pytest.raises(NodeRefused) as caught:
        scene.start()
    assert caught.value.reason == "unknown-run"


def test_a_join_that_cannot_be_offered_is_given_up(scene: Scene) -> None:
    scene.meetings.fails["offer"] = QueryError("No.", remedy="")
    with pytest.raises(QueryError):
        scene.join()
    assert scene.engine.called == [("abandon", "no-offer")]


@pytest.mark.parametrize(
    ("step", "error", "raised", "called"),
    [
        ("parties", SignatureInvalid("No.", remedy=""), SignatureInvalid, "offers-refused"),
        ("meet", AnswerWithheld("Gone.", remedy=""), NodeRefused, "not-met"),
        ("add", AnswerWithheld("Gone.", remedy=""), AnswerWithheld, None),
    ],
)
def test_nothing_is_spent_before_all_have_met(
    scene: Scene,
    step: str,
    error: DataLedgerError,
    raised: type[DataLedgerError],
    called: str | None,
) -> None:
    scene.join()
    scene.meetings.fails[step] = error
    with pytest.raises(raised):
        scene.start()
    # What fails while it computes is the engine's to settle.
    assert scene.engine.called == ([] if called is None else [("abandon", called)])
    assert scene.meetings.forgotten == [(GRANT, RUN)]


def test_joins_that_are_too_late_are_forgotten(scene: Scene) -> None:
    scene.engine.begun.until_unix = 1
    scene.join()
    scene.join()
    assert scene.meetings.forgotten == [(GRANT, RUN)]
