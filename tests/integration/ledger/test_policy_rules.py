"""What is checked before a policy is sent, and what the contract checks, are the same rules."""

from dataclasses import replace

import pytest
from consortium import Consortium
from hypothesis import given, settings
from hypothesis import strategies as st

from dataledger.chain.connection import connect
from dataledger.contracts import dataset_ledger
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import Stage
from dataledger.contracts.types import Capability, Edge, Parts, Policy, StageTable
from dataledger.errors import PolicyError, Reverted
from dataledger.ledger import PolicyDocument

DEFAULT = PolicyDocument.default().policy
stages = st.integers(0, 31).map(Stage)
own_stages = st.integers(1, 4).map(Stage)
edges = st.builds(
    Edge,
    from_stage=own_stages | stages,
    to_stage=own_stages | stages,
    capability=st.sampled_from([Capability(0), Capability.CUSTODIAN, Capability.AUDITOR]),
    duty=st.integers(0, 4),
    must_differ=st.integers(0, 31).map(Parts),
    owner_only=st.booleans(),
    gated=st.sampled_from([False] * 9 + [True]),
    approvals=st.sampled_from([0, 0, 0, 2]),
    approver_capability=st.sampled_from([Capability(0), Capability(0), Capability.AUDITOR]),
    min_seconds=st.integers(0, 2**32 - 1),
)
policies = st.builds(
    Policy,
    name=st.just("generated"),
    stage_names=st.integers(0, 31).map(lambda n: tuple(f"S{i}" for i in range(n)))
    | st.just(("A", "B", "C", "D")),
    entry=st.just(Stage(1)) | stages,
    after_version=st.dictionaries(own_stages | stages, own_stages | stages, max_size=3).map(
        lambda steps: StageTable.of({Stage(1): Stage(1), **steps})
    ),
    gate=st.none(),
    edges=st.lists(edges, max_size=3).map(tuple),
)


def _contract_takes(consortium: Consortium, policy: Policy) -> bool:
    assert consortium.root.signer is not None
    try:
        connect(consortium.profile).call(
            consortium.profile.contract(ContractName.DATASET_LEDGER).address,
            dataset_ledger.publish_policy(policy).data,
            sender=consortium.root.signer.address,
        )
    except Reverted:
        return False
    return True


def _taken_here(policy: Policy) -> bool:
    try:
        PolicyDocument(policy)
    except PolicyError:
        return False
    return True


@settings(max_examples=150, deadline=None)
@given(policy=policies)
def test_any_policy_is_judged_alike(consortium: Consortium, policy: Policy) -> None:
    assert _taken_here(policy) == _contract_takes(consortium, policy)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_any_change_of_the_default_policy_is_judged_alike(
    consortium: Consortium, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(DEFAULT.edges) - 1))
    field = data.draw(st.sampled_from([f for f in Edge.__slots__ if f != "gated"]))
    changed = list(DEFAULT.edges)
    changed[at] = replace(changed[at], **{field: getattr(data.draw(edges), field)})
    policy = replace(DEFAULT, name="changed", edges=tuple(changed))
    assert _taken_here(policy) == _contract_takes(consortium, policy)


def test_a_gate_must_be_a_contract(consortium: Consortium) -> None:
    gated = replace(DEFAULT.edges[0], gated=True)
    ledger = consortium.profile.contract(ContractName.DATASET_LEDGER).address
    with_gate = replace(DEFAULT, gate=ledger, edges=(gated, *DEFAULT.edges[1:]))
    assert _contract_takes(consortium, with_gate)
    assert _taken_here(with_gate)
    for policy in (replace(with_gate, gate=None), replace(DEFAULT, gate=ledger)):
        assert not _contract_takes(consortium, policy)
        with pytest.raises(PolicyError, match="a gate belongs to a policy exactly when"):
            PolicyDocument(policy)
