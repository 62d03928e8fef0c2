"""What the audit log is told of requests that are turned away, however many there are."""

import json
from pathlib import Path

from engines import DOCUMENT

from dataledger.chain.signer import Signer
from dataledger.contracts.identifiers import Address, GrantId, RunId
from dataledger.errors import ConnectionFailed, NodeRefused
from dataledger.hashing import Hash32
from dataledger.node.audit_log import AuditLog, verify
from dataledger.node.requests import NodeRequest, SignedRequest
from dataledger.node.telling import Telling, reason_of

CONTRACT = Address("0x52908400098527886E0F7030069857D2E4169EE7")
ID = Hash32(bytes(32))


def signed(action: str) -> SignedRequest:
    request = NodeRequest.new(action, GrantId(ID), RunId(ID), DOCUMENT, now_unix=1_790_000_000)
    return SignedRequest.sign(request, Signer(b"\1" * 32), 1, CONTRACT)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_what_anybody_can_send_does_not_fill_the_disk(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.log")
    telling = Telling(log)
    for _ in range(1000):
        telling.turned_away("signature-invalid")
    told = lines(log.path)
    assert 200 <= len(told) < 300
    telling._lines._buckets.clear()
    telling.turned_away("signature-invalid")
    assert lines(log.path)[-1]["untold_before"] == 1000 - len(told)
    log.close()
    assert verify(log.path).lines == len(told) + 1


def test_a_request_is_told_in_words_of_the_node(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.log")
    telling = Telling(log)
    telling.turned_away("wrong-action", signed("x" * 100_000))
    telling.request("asked", signed("run"), consumer=5)
    log.close()
    first, second = lines(log.path)
    assert (first["action"], first["reason"]) == ("unknown", "wrong-action")
    assert (second["action"], second["consumer"]) == ("run", 5)
    assert second["by"] == Signer(b"\1" * 32).address


def test_a_reason_is_one_word_without_data() -> None:
    refused = NodeRefused("Too old: 4711.", remedy="Sign again.", reason="too-old")
    assert reason_of(refused) == "too-old"
    assert reason_of(ConnectionFailed("At 4711.", remedy="Wait.")) == "connection-failed"
    assert reason_of(ValueError("4711")) == "ValueError"
