"""Actions that are signed offline and relayed by somebody else."""

import time
from dataclasses import replace

import pytest
from consortium import Consortium, evidence, manifest, new_signer, org_of

from dataledger.chain.connection import connect
from dataledger.contracts import dataset_ledger
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.events import Advanced, DatasetRegistered, StepApproved, VersionAdded
from dataledger.errors import InvalidArgument, Refused, SignatureInvalid, WrongChain
from dataledger.ledger import (
    Capability,
    Ledger,
    Parent,
    PolicyDocument,
    SignedAction,
)

LATER = int(time.time()) + 1_000_000


@pytest.fixture(scope="module")
def owner(consortium: Consortium) -> Ledger:
    return consortium.join(Capability.CUSTODIAN)


@pytest.fixture(scope="module")
def relayer(consortium: Consortium) -> Ledger:
    """Anyone with a key: a member of no organisation."""
    return consortium.open(new_signer())


def test_each_action_is_recorded_as_its_signers(
    consortium: Consortium, owner: Ledger, relayer: Ledger
) -> None:
    assert owner.signer is not None
    parent = owner.datasets.register(consortium.new_slug(), manifest("p")).event.dataset
    slug = consortium.new_slug()
    actions: list[SignedAction] = []

    def relay(action: SignedAction, kind: type) -> None:
        action = SignedAction.parse(action.to_bytes())
        action.verify()
        done = relayer.relay(action)
        assert isinstance(done.event, kind)
        assert (done.event.by, done.event.org) == (owner.signer.address, org_of(owner))  # type: ignore[union-attr]  # checked above
        assert not done.already_there
        actions.append(action)

    content = manifest("x")
    register = owner.datasets.sign_register(
        slug, content, parents=[Parent(parent, 1)], deadline_unix=LATER
    )
    relay(register, DatasetRegistered)
    ref = f"{org_of(owner)}/{slug}"
    relay(
        owner.datasets.sign_add_version(ref, manifest("y"), number=2, deadline_unix=LATER),
        VersionAdded,
    )
    relay(
        owner.lifecycle.sign_advance(ref, "COLLECTED", evidence("1"), deadline_unix=LATER), Advanced
    )
    empty = owner.datasets.sign_register(consortium.new_slug(), deadline_unix=LATER)
    relay(empty, DatasetRegistered)

    for action in actions:
        assert relayer.relay(action).already_there
    assert len(owner.datasets.history(ref).events) == 3
    assert owner.datasets.version(ref, 1).record.parents == (Parent(parent, 1),)


def test_an_approval_is_relayed(consortium: Consortium, owner: Ledger, relayer: Ledger) -> None:
    document = PolicyDocument.parse(
        b"""{"format": "dataledger/policy/1", "name": "with approval", "stages": ["A", "B"],
        "entry": "A", "after_version": {"A": "A"},
        "edges": [{"from": "A", "to": "B", "capabilities": ["CUSTODIAN"], "approvals": 1,
                   "approver_capabilities": ["AUDITOR"]}]}"""
    )
    policy = consortium.root.policies.publish(document).event.policy
    dataset = owner.datasets.register(
        consortium.new_slug(), manifest("x"), policy=policy
    ).event.dataset
    auditor = consortium.join(Capability.AUDITOR)
    approval = auditor.lifecycle.sign_approve(dataset, "B", evidence("1"), deadline_unix=LATER)
    assert isinstance(relayer.relay(approval).event, StepApproved)
    assert relayer.relay(approval).already_there
    owner.lifecycle.advance(dataset, "B", evidence("1"))


def test_actions_are_relayed_in_any_order(
    consortium: Consortium, owner: Ledger, relayer: Ledger
) -> None:
    signed = [
        owner.datasets.sign_register(consortium.new_slug(), manifest("x"), deadline_unix=LATER)
        for _ in range(3)
    ]
    assert not any(relayer.relay(action).already_there for action in reversed(signed))


def test_a_used_nonce_is_used(consortium: Consortium, owner: Ledger) -> None:
    assert owner.signer is not None
    connection = connect(consortium.profile)
    ledger = consortium.profile.contract(ContractName.DATASET_LEDGER).address
    action = owner.datasets.sign_register(consortium.new_slug(), manifest("x"), deadline_unix=LATER)
    call = dataset_ledger.nonces(owner.signer.address, action.content.nonce >> 64)
    assert call.result(connection.call(ledger, call.data)) == action.content.nonce
    owner.relay(action)
    assert call.result(connection.call(ledger, call.data)) == action.content.nonce + 1


def test_an_altered_action_is_refused(
    consortium: Consortium, owner: Ledger, relayer: Ledger
) -> None:
    action = owner.datasets.sign_register(consortium.new_slug(), manifest("x"), deadline_unix=LATER)
    text = action.to_bytes()
    other = SignedAction.parse(text.replace(b'"policy":1', b'"policy":2'))
    with pytest.raises(SignatureInvalid):
        other.verify()
    with pytest.raises(Refused, match="signature is not by") as caught:
        relayer.relay(other)
    assert caught.value.error_name == "InvalidSignature"
    stranger = replace(action, content=replace(action.content, signer=new_signer().address))
    with pytest.raises(Refused, match="signature is not by"):
        relayer.relay(stranger)


def test_an_expired_action_is_refused(
    consortium: Consortium, owner: Ledger, relayer: Ledger
) -> None:
    action = owner.datasets.sign_register(consortium.new_slug(), manifest("x"), deadline_unix=1)
    with pytest.raises(Refused, match="valid until 1970-01-01T00:00:01Z") as caught:
        relayer.relay(action)
    assert caught.value.error_name == "AuthorisationExpired"


def test_the_signers_rights_count_and_not_the_relayers(
    consortium: Consortium, owner: Ledger
) -> None:
    auditor = consortium.join(Capability.AUDITOR)
    action = auditor.datasets.sign_register(
        consortium.new_slug(), manifest("x"), deadline_unix=LATER
    )
    with pytest.raises(Refused, match="this needs CUSTODIAN, and it has AUDITOR"):
        owner.relay(action)


def test_an_action_for_another_chain_or_contract_is_not_sent(
    consortium: Consortium, owner: Ledger, relayer: Ledger
) -> None:
    action = owner.datasets.sign_register(consortium.new_slug(), manifest("x"), deadline_unix=LATER)
    for content in (
        replace(action.content, chain_id=1),
        replace(action.content, ledger=new_signer().address),
    ):
        with pytest.raises(WrongChain, match="was signed for the contract"):
            relayer.relay(replace(action, content=content))


def test_nothing_is_relayed_without_a_key(consortium: Consortium, owner: Ledger) -> None:
    action = owner.datasets.sign_register(consortium.new_slug(), manifest("x"), deadline_unix=LATER)
    with pytest.raises(InvalidArgument, match="no signer"):
        consortium.open().relay(action)
