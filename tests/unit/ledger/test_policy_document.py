"""Policy documents: names become numbers, and mistakes are named."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dataledger.contracts.identifiers import RECALLED, Stage
from dataledger.contracts.types import Capability, Parts, StageTable
from dataledger.errors import PolicyError, SourceNotFound, SourceUnreadable
from dataledger.ledger.policy_document import MAX_POLICY_BYTES, PolicyDocument

DEFAULT = PolicyDocument.default()
EVERYONE = Parts.OWNER | Parts.DUTY_1 | Parts.DUTY_2 | Parts.DUTY_3
C = Capability


def _default_json() -> Any:
    path = Path(__file__).parents[3] / "src/dataledger/ledger/policies/default.json"
    return json.loads(path.read_bytes())


def test_the_default_policy_is_what_it_is_said_to_be() -> None:
    policy = DEFAULT.policy
    names = policy.stages
    told = {
        f"{names[e.from_stage]} {names[e.to_stage]}": (
            e.capability,
            e.duty,
            e.must_differ,
            e.owner_only,
        )
        for e in policy.edges
    }
    assert told == {
        "PLANNED COLLECTED": (C.CUSTODIAN, 0, Parts(0), True),
        "COLLECTED CLEANED": (C.PROCESSOR, 1, Parts(0), False),
        "CLEANED LABELED": (C.LABELER, 2, Parts(0), False),
        "LABELED VALIDATED": (C.CUSTODIAN, 3, Parts(0), True),
        "VALIDATED AUDITED": (C.AUDITOR, 0, EVERYONE, False),
        "AUDITED PUBLISHED": (C.CUSTODIAN, 0, Parts(0), True),
        "PUBLISHED RETIRED": (C.CUSTODIAN, 0, Parts(0), True),
        "RETIRED DESTROYED": (C.CUSTODIAN, 0, Parts(0), True),
        "RECALLED RETIRED": (C.CUSTODIAN, 0, Parts(0), True),
        "CLEANED COLLECTED": (C.CUSTODIAN, 0, Parts(0), True),
        "LABELED CLEANED": (C.CUSTODIAN, 0, Parts(0), True),
        "VALIDATED LABELED": (C.CUSTODIAN, 0, Parts(0), True),
        "VALIDATED CLEANED": (C.AUDITOR, 0, EVERYONE, False),
        "AUDITED VALIDATED": (C.AUDITOR, 0, EVERYONE, False),
    }
    assert policy.after_version.steps == {1: 1, 2: 2, 3: 3, 4: 4, 7: 2, RECALLED: 2}
    assert (policy.entry, policy.gate) == (1, None)
    assert not any(e.gated or e.approvals or e.min_seconds for e in policy.edges)
    assert DEFAULT.warnings == ()


def test_no_way_leads_around_the_audit() -> None:
    published = {e.from_stage for e in DEFAULT.policy.edges if e.to_stage == 7}
    audited = [e for e in DEFAULT.policy.edges if e.to_stage == 6]
    assert published == {6}
    assert all(e.must_differ == EVERYONE for e in audited)
    assert not {6, 7} & set(DEFAULT.policy.after_version.steps.values())


def test_every_option_of_an_edge_is_read() -> None:
    document = _default_json()
    document["gate"] = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    document["edges"][0] |= {
        "capabilities": ["CUSTODIAN", "REGULATOR"],
        "duty": 3,
        "must_differ": ["DUTY_2"],
        "owner_only": False,
        "gated": True,
        "approvals": 2,
        "approver_capabilities": ["AUDITOR"],
        "min_seconds": 3600,
    }
    edge = PolicyDocument.parse(json.dumps(document).encode()).policy.edges[0]
    assert edge.capability == C.CUSTODIAN | C.REGULATOR
    assert (edge.duty, edge.must_differ, edge.owner_only) == (3, Parts.DUTY_2, False)
    assert (edge.gated, edge.approvals, edge.approver_capability) == (True, 2, C.AUDITOR)
    assert edge.min_seconds == 3600


def test_unreachable_stages_are_warned_of() -> None:
    document = _default_json()
    document["stages"].append("LOST")
    found = PolicyDocument.parse(json.dumps(document).encode())
    assert found.warnings == ("The stage LOST cannot be reached from PLANNED.",)


def _edge(index: int, **changes: object) -> Callable[[Any], None]:
    return lambda document: document["edges"][index].update(changes)


def _member(name: str, value: object) -> Callable[[Any], None]:
    return lambda document: document.update({name: value})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_member("format", "x"), "its format is 'x'"),
        (_member("name", ""), "the name ''"),
        (_member("name", "a\u202eb"), "printable"),
        (_member("name", "x" * 65), "printable"),
        (_member("stages", {}), "its stages are no list"),
        (_member("stages", [1]), "stands where a string belongs"),
        (_member("entry", "NOWHERE"), "entry names 'NOWHERE', which is none of its stages"),
        (_member("entry", 1), "entry names 1"),
        (_member("entry", "RECALLED"), "its entry is stage 31, which is none of its own"),
        (_member("entry", "AUDITED"), "a version added at the entry stage must stay there"),
        (_member("after_version", []), "its after_version is no object"),
        (_member("after_version", {"PLANNED": "COLLECTED"}), "must stay there"),
        (
            _member("after_version", {"PLANNED": "PLANNED", "SUSPENDED": "PLANNED"}),
            "after_version leads from SUSPENDED to PLANNED",
        ),
        (
            _member("after_version", {"PLANNED": "PLANNED", "COLLECTED": "RECALLED"}),
            "after_version leads from COLLECTED to RECALLED",
        ),
        (_member("gate", "0x12"), "not an address"),
        (_member("gate", "0x" + "ab" * 20), "a gate belongs to a policy exactly when"),
        (_member("gate", "0x" + "00" * 20), "its gate is the zero address"),
        (_member("comment", "hello"), "unknown member"),
        (lambda document: document.pop("edges"), "lacks the member 'edges'"),
        (
            lambda document: document["stages"].append("PLANNED"),
            "'PLANNED' stands for two stages",
        ),
        (lambda document: document["stages"].append("SUSPENDED"), "stands for two stages"),
        (lambda document: document["stages"].extend(f"S{i}" for i in range(30)), "39 stages"),
        (
            lambda document: document["edges"].append(document["edges"][1]),
            "the edge COLLECTED → CLEANED stands there twice",
        ),
        (_edge(0, to="NOWHERE"), "edge 1 names 'NOWHERE'"),
        (_edge(0, to="PLANNED"), "PLANNED → PLANNED leads nowhere"),
        (_edge(0, to="RECALLED"), "PLANNED → RECALLED ends where only a regulator may lead"),
        (_edge(0, **{"from": "SUSPENDED"}), "starts where only a regulator may lead away"),
        (_edge(0, capabilities=[]), "needs no capability"),
        (_edge(0, capabilities="CUSTODIAN"), "no list"),
        (_edge(0, capabilities=["OWNER"]), "'OWNER', which is none of CUSTODIAN"),
        (_edge(0, must_differ=["OWNER"]), "is for the owner alone, who must not take it"),
        (_edge(1, must_differ=["DUTY_4"]), "which is none of OWNER"),
        (_edge(1, duty=4), "has the duty 4, over 3"),
        (_edge(1, duty=-1), "stands where a number"),
        (_edge(1, owner_only="yes"), "neither true nor false"),
        (_edge(1, approvals=1), "must say both how many approvals"),
        (_edge(1, approver_capabilities=["AUDITOR"]), "must say both how many approvals"),
        (_edge(1, approvals=256, approver_capabilities=["AUDITOR"]), "over 255"),
        (_edge(1, min_seconds=2**32), "over 4294967295"),
        (_edge(1, gated=True), "a gate belongs to a policy exactly when"),
        (_edge(1, colour="red"), "unknown member"),
    ],
)
def test_mistakes_are_named(change: Callable[[Any], None], words: str) -> None:
    document = _default_json()
    change(document)
    with pytest.raises(PolicyError) as caught:
        PolicyDocument.parse(json.dumps(document).encode())
    assert words in str(caught.value)
    assert "cannot be published" in str(caught.value)


def test_values_that_no_document_can_hold_are_refused_too() -> None:
    policy = DEFAULT.policy
    with pytest.raises(PolicyError, match="names a duty other than 1, 2 and 3"):
        PolicyDocument(replace(policy, edges=(replace(policy.edges[1], duty=4),)))
    with pytest.raises(PolicyError, match="names a duty other than 1, 2 and 3"):
        PolicyDocument(replace(policy, edges=(replace(policy.edges[1], must_differ=Parts(16)),)))
    table = StageTable.of({Stage(1): Stage(1), Stage(12): Stage(1)})
    with pytest.raises(PolicyError, match="leads from stage 12"):
        PolicyDocument(replace(policy, after_version=table))


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"\xff", b'{"a":1,"a":2}', b"[" * 10_000, b" " * (MAX_POLICY_BYTES + 1)]
)
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(PolicyError):
        PolicyDocument.parse(data)


def test_files_are_loaded(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    with pytest.raises(SourceNotFound, match=r"policy\.json"):
        PolicyDocument.load(path)
    path.write_text(json.dumps(_default_json()))
    assert PolicyDocument.load(path) == DEFAULT
    with pytest.raises(SourceUnreadable):
        PolicyDocument.load(tmp_path)
    path.write_bytes(b" " * (MAX_POLICY_BYTES + 10))
    with pytest.raises(PolicyError):
        PolicyDocument.load(path)
    if os.geteuid() != 0:
        path.chmod(0)
        with pytest.raises(SourceUnreadable):
            PolicyDocument.load(path)
