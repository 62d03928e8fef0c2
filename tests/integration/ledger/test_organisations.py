"""Organisations, members and policies, as they are administered."""

import time
from collections.abc import Callable, Iterator

import pytest
from consortium import Consortium, manifest, new_signer, org_of

from dataledger.errors import (
    InvalidAddress,
    InvalidArgument,
    InvalidIdentifier,
    InvalidSlug,
    NotFound,
    Refused,
)
from dataledger.hashing import Digest
from dataledger.ledger import (
    WITHOUT_END,
    Address,
    Capability,
    Ledger,
    OrgId,
    PolicyDocument,
    PolicyId,
    Role,
    Stage,
)

CUSTODIAN = Capability.CUSTODIAN


@pytest.fixture
def another_consortium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """One whose root authority may be handed over."""
    with Consortium(tmp_path_factory.mktemp("home")) as started:
        yield started


# ----------------------------------------------------------------------------------- organisations


def test_an_organisation_is_admitted_once(consortium: Consortium) -> None:
    admin, slug = new_signer().address, consortium.new_slug("org")
    digest = Digest.of(b"profile")

    def admit(name: str = "Städtisches Amt") -> bool:
        done = consortium.root.organisations.admit(
            slug, name, admin=admin, capabilities=CUSTODIAN, profile_digest=digest
        )
        return done.already_there

    assert not admit()
    assert admit()
    with pytest.raises(Refused, match=f"The slug '{slug}' belongs to organisation") as caught:
        admit("Another name")
    assert caught.value.error_name == "SlugTaken"

    found = consortium.root.organisations.get(slug)
    assert (found.slug, found.name, found.parent, found.depth) == (slug, "Städtisches Amt", 1, 1)
    assert (found.capabilities, found.effective) == (CUSTODIAN, CUSTODIAN)
    assert found.profile_digest == digest
    assert found == consortium.root.organisations.get(found.id)
    assert found == consortium.root.organisations.get(str(found.id))
    assert found in consortium.root.organisations.list()


def test_the_root_authority_is_the_first_organisation(consortium: Consortium) -> None:
    root, *others = consortium.root.organisations.list()
    assert (root.id, root.slug, root.parent, root.depth) == (1, "root", None, 0)
    assert [org.id for org in others] == list(range(2, len(others) + 2))


def test_capabilities_flow_down_and_stop(consortium: Consortium) -> None:
    province = consortium.join(CUSTODIAN, grantable=CUSTODIAN | Capability.LABELER)
    company = consortium.join(CUSTODIAN, by=province)
    id_, above = org_of(company), org_of(province)
    with pytest.raises(Refused, match="cannot give AUDITOR: it may only give CUSTODIAN and LABEL"):
        consortium.join(Capability.AUDITOR, by=province)

    def change(grantable: Capability) -> bool:
        done = consortium.root.organisations.set_capabilities(
            above, capabilities=CUSTODIAN, grantable=grantable
        )
        return done.already_there

    assert not change(Capability.LABELER)
    assert change(Capability.LABELER)
    found = consortium.root.organisations.get(id_)
    assert (found.capabilities, found.effective) == (CUSTODIAN, Capability(0))
    assert not change(CUSTODIAN)
    assert consortium.root.organisations.get(id_).effective is CUSTODIAN
    with pytest.raises(Refused, match="has no authority over"):
        company.organisations.set_capabilities(
            above, capabilities=CUSTODIAN, grantable=Capability(0)
        )


def test_capabilities_as_admitted_are_unchanged(consortium: Consortium) -> None:
    org = org_of(consortium.join(CUSTODIAN))
    with pytest.raises(Refused, match="already holds CUSTODIAN, and may already grant none"):
        consortium.root.organisations.set_capabilities(
            org, capabilities=CUSTODIAN, grantable=Capability(0)
        )


def test_suspension_reaches_those_below(consortium: Consortium) -> None:
    province = consortium.join(CUSTODIAN, grantable=CUSTODIAN)
    company = consortium.join(CUSTODIAN, by=province)
    orgs = consortium.root.organisations
    first = orgs.suspend(org_of(province), "audit")
    assert orgs.suspend(org_of(province), "audit").transaction_hash == first.transaction_hash
    with pytest.raises(Refused, match="is suspended already, by organisation 1"):
        orgs.suspend(org_of(province), "something else")
    assert orgs.get(org_of(province)).suspended_by == 1
    assert orgs.get(org_of(company)).effective == Capability(0)
    assert company.signer is not None
    assert not company.members.get(company.signer.address).is_active
    orgs.reinstate(org_of(province))
    assert orgs.reinstate(org_of(province)).already_there
    assert company.members.get(company.signer.address).is_active


def test_who_was_never_suspended_is_not_reinstated(consortium: Consortium) -> None:
    org = org_of(consortium.join(CUSTODIAN))
    with pytest.raises(Refused, match="is not suspended"):
        consortium.root.organisations.reinstate(org)


@pytest.mark.parametrize("ref", [OrgId(999), "999", "nobody"])
def test_unknown_organisations_are_not_found(consortium: Consortium, ref: OrgId | str) -> None:
    with pytest.raises(NotFound, match="no organisation"):
        consortium.root.organisations.get(ref)


def test_malformed_references_are_refused(consortium: Consortium) -> None:
    orgs = consortium.root.organisations
    with pytest.raises(InvalidSlug):
        orgs.get("No Slug")
    with pytest.raises(InvalidIdentifier):
        orgs.get(OrgId(0))
    with pytest.raises(InvalidArgument, match="name"):
        orgs.admit("fine", "a\nb", admin=new_signer().address, capabilities=CUSTODIAN)
    with pytest.raises(InvalidAddress):
        orgs.admit("fine", "Fine", admin=Address("0x12"), capabilities=CUSTODIAN)


def test_digits_are_an_id_even_where_they_are_a_slug(consortium: Consortium) -> None:
    orgs = consortium.root.organisations
    orgs.admit("1", "Not the root", admin=new_signer().address, capabilities=CUSTODIAN)
    assert orgs.get("1").slug == "root"


def test_the_root_authority_is_handed_over(another_consortium: Consortium) -> None:
    root = another_consortium.root
    successor = another_consortium.open(new_signer())
    assert successor.signer is not None
    assert root.organisations.handover_successor() is None
    with pytest.raises(Refused, match="No handover is proposed"):
        root.organisations.cancel_handover()
    key = successor.signer.address
    root.organisations.propose_handover(key)
    assert root.organisations.propose_handover(key).already_there
    assert root.organisations.handover_successor() == key
    root.organisations.cancel_handover()
    assert root.organisations.cancel_handover().already_there
    with pytest.raises(Refused, match="may not take over the root authority"):
        successor.organisations.accept_handover()
    root.organisations.propose_handover(key)
    accepted = successor.organisations.accept_handover()
    assert accepted.event.generation == 1
    assert successor.organisations.accept_handover().already_there

    with pytest.raises(Refused, match="lost its membership") as caught:
        another_consortium.join(CUSTODIAN)
    assert caught.value.error_name == "MembershipSuperseded"
    another_consortium.join(CUSTODIAN, by=successor)
    members = root.members.list(OrgId(1))
    assert [(member.key == key, member.is_active) for member in members] == [
        (False, False),
        (True, True),
    ]


# ----------------------------------------------------------------------------------------- members


def test_a_member_is_added_once(consortium: Consortium) -> None:
    owner = consortium.join(CUSTODIAN)
    key = new_signer()
    later = int(time.time()) + 1_000_000

    def add(role: Role = Role.OPERATOR) -> bool:
        done = owner.members.add(org_of(owner), key.address, role, valid_until_unix=later)
        return done.already_there

    assert not add()
    assert add()
    with pytest.raises(Refused, match="is bound to organisation"):
        add(Role.ADMIN)
    member = owner.members.get(key.address)
    assert (member.role, member.valid_until_unix, member.is_active) == (Role.OPERATOR, later, True)
    assert [found.key for found in owner.members.list(org_of(owner))][-1] == key.address
    with pytest.raises(Refused, match="this needs an administrator"):
        consortium.open(key).members.add(org_of(owner), new_signer().address, Role.OPERATOR)

    assert not owner.members.renew(key.address, WITHOUT_END).already_there
    assert owner.members.renew(key.address, WITHOUT_END).already_there
    assert not owner.members.end(key.address).already_there
    assert owner.members.end(key.address).already_there
    assert not owner.members.get(key.address).is_active
    with pytest.raises(Refused, match="ended at") as caught:
        consortium.open(key).datasets.register(consortium.new_slug(), manifest("x"))
    assert caught.value.error_name == "MembershipEnded"


def test_a_window_that_was_never_renewed_is_unchanged(consortium: Consortium) -> None:
    owner, key = consortium.join(CUSTODIAN), new_signer().address
    owner.members.add(org_of(owner), key, Role.OPERATOR)
    with pytest.raises(Refused, match="already ends at the end of time"):
        owner.members.renew(key, WITHOUT_END)


def test_a_membership_may_start_later(consortium: Consortium) -> None:
    owner, key = consortium.join(CUSTODIAN), new_signer()
    start = int(time.time()) + 1_000_000
    owner.members.add(org_of(owner), key.address, Role.OPERATOR, valid_from_unix=start)
    assert not owner.members.get(key.address).is_active
    with pytest.raises(Refused, match="starts only at"):
        consortium.open(key).datasets.register(consortium.new_slug(), manifest("x"))


def test_keys_rotate_and_history_keeps_its_meaning(consortium: Consortium) -> None:
    owner = consortium.join(CUSTODIAN)
    slug = consortium.new_slug()
    dataset = owner.datasets.register(slug, manifest("x")).event.dataset
    new = new_signer()
    rotated = owner.members.rotate(new.address)
    assert owner.members.rotate(new.address).transaction_hash == rotated.transaction_hash
    with pytest.raises(Refused, match="ended at"):
        owner.members.rotate(new_signer().address)
    with pytest.raises(Refused, match="ended at"):
        owner.datasets.register(consortium.new_slug(), manifest("x"))

    heir = consortium.open(new)
    assert heir.datasets.register(slug, manifest("x")).already_there
    assert not heir.datasets.add_version(dataset, manifest("y")).already_there
    assert heir.datasets.get(dataset).owner == org_of(heir) == org_of(owner)


def test_a_stranger_is_no_member(consortium: Consortium) -> None:
    key = new_signer()
    with pytest.raises(NotFound, match=key.address):
        consortium.root.members.get(key.address)
    with pytest.raises(Refused, match="is a member of no organisation"):
        consortium.open(key).datasets.register(consortium.new_slug(), manifest("x"))
    with pytest.raises(InvalidAddress):
        consortium.root.members.get(Address("somebody"))


WRITES: dict[str, Callable[[Ledger, OrgId, Address], object]] = {
    "admit": lambda ledger, _org, key: ledger.organisations.admit(
        f"by-{key[2:10].lower()}", "X", admin=key, capabilities=CUSTODIAN
    ),
    "set_capabilities": lambda ledger, org, _key: ledger.organisations.set_capabilities(
        org, capabilities=CUSTODIAN, grantable=CUSTODIAN
    ),
    "suspend": lambda ledger, org, _key: ledger.organisations.suspend(org, "because"),
    "reinstate": lambda ledger, org, _key: ledger.organisations.reinstate(org),
    "propose_handover": lambda ledger, _org, key: ledger.organisations.propose_handover(key),
    "cancel_handover": lambda ledger, _org, _key: ledger.organisations.cancel_handover(),
    "add": lambda ledger, org, key: ledger.members.add(org, key, Role.OPERATOR),
    "renew": lambda ledger, org, _key: ledger.members.renew(ledger.members.list(org)[0].key, 2**39),
    "end": lambda ledger, org, _key: ledger.members.end(ledger.members.list(org)[0].key),
    "publish": lambda ledger, _org, _key: ledger.policies.publish(PolicyDocument.default()),
}


@pytest.mark.parametrize("name", WRITES)
def test_an_operator_does_not_administer(consortium: Consortium, name: str) -> None:
    owner, key = consortium.join(CUSTODIAN | Capability.REGULATOR), new_signer()
    owner.members.add(org_of(owner), key.address, Role.OPERATOR)
    with pytest.raises(Refused, match="this needs an administrator") as caught:
        WRITES[name](consortium.open(key), org_of(owner), new_signer().address)
    assert caught.value.error_name == "NotAdmin"


def test_a_stranger_takes_no_step(consortium: Consortium) -> None:
    owner = consortium.join(CUSTODIAN)
    dataset = owner.datasets.register(consortium.new_slug(), manifest("x")).event.dataset
    owner.lifecycle.advance(dataset, "COLLECTED", Digest.of(b"1"))
    stranger = consortium.open(new_signer())
    with pytest.raises(Refused, match="is a member of no organisation"):
        stranger.lifecycle.advance(dataset, "CLEANED", Digest.of(b"1"))
    with pytest.raises(Refused, match="the step was meant to start from PLANNED"):
        stranger.lifecycle.advance(dataset, "COLLECTED", Digest.of(b"1"), from_stage="PLANNED")
    with pytest.raises(Refused, match="is a member of no organisation"):
        stranger.lifecycle.suspend(dataset, "because")
    with pytest.raises(Refused, match="is a member of no organisation"):
        stranger.lifecycle.reinstate(dataset, "because")
    with pytest.raises(Refused, match="is a member of no organisation"):
        stranger.members.rotate(new_signer().address)


def test_reading_needs_no_signer_and_writing_does(consortium: Consortium) -> None:
    reader = consortium.open()
    assert reader.organisations.get("root").id == 1
    with pytest.raises(InvalidArgument, match="no signer"):
        reader.datasets.register(consortium.new_slug(), manifest("x"))


# ---------------------------------------------------------------------------------------- policies


def test_a_policy_is_published_once(consortium: Consortium) -> None:
    again = consortium.root.policies.publish(PolicyDocument.default())
    assert again.already_there
    assert again.event.policy == consortium.policy == consortium.root.policies.default()
    found = consortium.root.policies.get(consortium.policy)
    assert found.policy == PolicyDocument.default().policy
    assert found in consortium.root.policies.list()
    assert consortium.root.policies.find(found.policy) == consortium.policy


def test_stages_go_by_name_and_by_number(consortium: Consortium) -> None:
    policies, policy = consortium.root.policies, consortium.policy
    assert policies.stage(policy, "AUDITED") == policies.stage(policy, Stage(6)) == 6
    assert policies.stage(policy, "SUSPENDED") == 30
    assert policies.stage_name(policy, Stage(6)) == "AUDITED"
    assert policies.stage_name(policy, Stage(31)) == "RECALLED"
    with pytest.raises(NotFound):
        policies.stage(policy, Stage(10))


def test_only_regulators_publish(consortium: Consortium) -> None:
    with pytest.raises(Refused, match="this needs REGULATOR"):
        consortium.join(CUSTODIAN).policies.publish(PolicyDocument.default())


def test_unknown_policies_are_not_found(consortium: Consortium) -> None:
    with pytest.raises(NotFound):
        consortium.root.policies.get(PolicyId(999))
    with pytest.raises(InvalidIdentifier):
        consortium.root.policies.get(PolicyId(0))
    owner = consortium.join(CUSTODIAN)
    with pytest.raises(Refused, match="There is no policy 999"):
        owner.datasets.register(consortium.new_slug(), manifest("x"), policy=PolicyId(999))
