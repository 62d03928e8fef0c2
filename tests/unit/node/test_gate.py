"""Who is let in, and for what: each refusal has its reason, before the chain is asked in vain."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from engines import DOCUMENT, FakeWork, reason

from dataledger.chain.signer import Signer
from dataledger.contracts.identifiers import (
    Address,
    Commitment,
    DatasetId,
    GrantId,
    OrgId,
    ProjectId,
    RunId,
)
from dataledger.contracts.types import Role
from dataledger.contracts.use_types import Composition, Cost, GrantState, Request, Terms
from dataledger.errors import NotFound, QueryError, Refused, SignatureInvalid
from dataledger.hashing import Digest, Hash32
from dataledger.ledger import Ledger, Member, UseGrant
from dataledger.manifest import FileEntry, Manifest
from dataledger.node.gate import Gate
from dataledger.node.grants import Grants
from dataledger.node.holdings import HeldVersion, Holdings
from dataledger.node.journal import Journal
from dataledger.node.rates import Rates
from dataledger.node.requests import FETCH, RUN, NodeRequest, SignedRequest
from dataledger.node.rules import Limits
from dataledger.node.states import KeptRun, RunKey

CHAIN = 31337
CONTRACT = Address("0x52908400098527886E0F7030069857D2E4169EE7")
NOW = 1_790_000_000
CONSUMER, STRANGER = OrgId(5), OrgId(6)
KEY, OTHER_KEY, UNKNOWN_KEY = (Signer(bytes([number]) * 32) for number in (1, 2, 3))
MANIFEST = Manifest([FileEntry("a.txt", 1, Digest.of(b"a"))])


def id_of(number: int) -> Hash32:
    return Hash32(number.to_bytes(32))


COMMITMENT = Commitment(id_of(4))
GRANT, DATASET = GrantId(id_of(1)), DatasetId(id_of(2))
TERMS = Terms(
    terms=Digest.of(b"terms"),
    valid_until_unix=NOW + 1000,
    stages=2,
    code=None,
    composition=Composition.BASIC,
    limit=Cost(1, 0),
)
GRANTED = UseGrant(
    id=GRANT,
    state=GrantState.GRANTED,
    owner=OrgId(4),
    applicant=CONSUMER,
    request=Request(ProjectId(id_of(3)), DATASET, 0, 0, Digest.of(b"terms")),
    terms=TERMS,
    cosigned_by=None,
    level=0,
    counted=Cost(),
    left=Cost(1, 0),
    reason=None,
    is_expired=False,
    requested_at_unix=NOW,
    as_of_block=1,
)


@dataclass
class FakeChain:
    """What the chain says of grants, keys and versions; and how often it was asked."""

    grant: UseGrant = GRANTED
    refusal: Refused | None = None
    is_active: bool = True
    recalled: tuple[int, ...] = ()
    asked: list[str] = field(default_factory=list)

    def uses_get(self, grant: GrantId) -> UseGrant:
        self.asked.append("grant")
        if grant != GRANT:
            raise NotFound("There is no such grant.", remedy="Check its id.")
        return self.grant

    def why_not(self, _grant: GrantId) -> Refused | None:
        return self.refusal

    def member(self, key: Address) -> Member:
        self.asked.append("member")
        orgs = {KEY.address: CONSUMER, OTHER_KEY.address: STRANGER}
        if key not in orgs:
            raise NotFound("A member of no organisation.", remedy="Add it.")
        return Member(key, orgs[key], Role.OPERATOR, 0, 2**40 - 1, self.is_active)

    def versions(self, _dataset: DatasetId) -> list[Any]:
        return [
            SimpleNamespace(number=number, recall=object() if number in self.recalled else None)
            for number in (1, 2, 3)
        ]

    def ledger(self) -> Ledger:
        pin = SimpleNamespace(address=CONTRACT)
        stands_in = SimpleNamespace(
            profile=SimpleNamespace(chain_id=CHAIN, contract=lambda _name: pin),
            uses=SimpleNamespace(get=self.uses_get, why_not=self.why_not),
            members=SimpleNamespace(get=self.member),
            datasets=SimpleNamespace(versions=self.versions),
        )
        return cast("Ledger", stands_in)


class Entrance:
    """A gate before a fake chain, with a clock that can be moved."""

    def __init__(self, folder: Path, versions: tuple[int, ...] = (1,)) -> None:
        self.chain = FakeChain()
        self.now = float(NOW)
        ledger = self.chain.ledger()
        held = [HeldVersion(DATASET, number, folder, MANIFEST, COMMITMENT) for number in versions]
        self.journal = Journal(folder, CHAIN, CONTRACT)
        self.gate = Gate(
            *(ledger, Grants(ledger, clock=self.clock), Holdings(held), self.journal, Limits()),
            clock=self.clock,
            rates=Rates[OrgId](60, 20, clock=self.clock),
        )

    def clock(self) -> float:
        return self.now

    def signed(
        self, by: Signer = KEY, *, document: bytes = DOCUMENT, **changes: Any
    ) -> SignedRequest:
        request = NodeRequest.new(RUN, GRANT, RunId(id_of(9)), document, now_unix=int(self.now))
        return SignedRequest.sign(replace(request, **changes), by, CHAIN, CONTRACT)

    def admit(self, signed: SignedRequest | None = None, action: str = RUN) -> Any:
        return self.gate.admit(signed or self.signed(), DOCUMENT, action)

    def check(self, work: FakeWork | None = None, **changes: Any) -> Any:
        return self.gate.check_work(self.admit(self.signed(**changes)), work or FakeWork())


@pytest.fixture
def entrance(tmp_path: Path) -> Iterator[Entrance]:
    opened = Entrance(tmp_path)
    yield opened
    opened.journal.close()


def test_a_member_of_the_applicant_is_let_in(entrance: Entrance) -> None:
    admitted = entrance.admit()
    assert (admitted.by, admitted.consumer) == (KEY.address, CONSUMER)
    entrance.gate.check_usable(admitted)
    allowed = entrance.gate.check_work(admitted, FakeWork())
    assert (allowed.held.version, allowed.terms) == (1, TERMS)


# ------------------------------------------------------------------------------------ the request


def test_a_request_is_taken_where_it_belongs(entrance: Entrance) -> None:
    assert reason(lambda: entrance.admit(action=FETCH)) == "wrong-action"
    assert entrance.chain.asked == []


def test_a_request_comes_with_its_own_document(entrance: Entrance) -> None:
    signed = entrance.signed(document=b"another")
    assert reason(lambda: entrance.admit(signed)) == "other-document"


@pytest.mark.parametrize(
    ("ahead_seconds", "expected"), [(60, None), (61, "too-early"), (-300, None), (-301, "too-old")]
)
def test_a_request_is_taken_for_minutes(
    entrance: Entrance, ahead_seconds: int, expected: str | None
) -> None:
    signed = entrance.signed(issued_at_unix=NOW + ahead_seconds)
    if expected is None:
        entrance.admit(signed)
    else:
        assert reason(lambda: entrance.admit(signed)) == expected


@pytest.mark.parametrize("issued_at", [0, 2**53, 10**400])
def test_any_time_can_be_claimed(entrance: Entrance, issued_at: int) -> None:
    signed = entrance.signed()
    signed = replace(signed, request=replace(signed.request, issued_at_unix=issued_at))
    assert reason(lambda: entrance.admit(signed)) == ("too-early" if issued_at else "too-old")


def test_a_request_signed_by_another_key_is_refused(entrance: Entrance) -> None:
    signed = replace(entrance.signed(OTHER_KEY), by=KEY.address)
    with pytest.raises(SignatureInvalid):
        entrance.admit(signed)
    altered = replace(entrance.signed(), request=entrance.signed().request)
    with pytest.raises(SignatureInvalid):
        entrance.admit(altered)
    assert entrance.chain.asked == []


def test_a_request_that_nobody_can_sign_is_refused(entrance: Entrance) -> None:
    signed = entrance.signed()
    signed = replace(signed, request=replace(signed.request, version=2**32))
    assert reason(lambda: entrance.admit(signed)) == "malformed"


def test_a_request_is_taken_once(entrance: Entrance) -> None:
    signed = entrance.signed()
    entrance.admit(signed)
    assert reason(lambda: entrance.admit(signed)) == "replayed"


def test_a_nonce_is_remembered_for_as_long_as_any_request_could_be_taken(
    entrance: Entrance,
) -> None:
    signed = entrance.signed()
    entrance.admit(signed)
    entrance.now += 3600 + 60
    entrance.journal.forget(int(entrance.now), answers_before_unix=0)
    # A clock that is set back does not let it in a second time.
    entrance.now = NOW
    assert reason(lambda: entrance.admit(signed)) == "replayed"


# ---------------------------------------------------------------------------------------- who asks


def test_a_key_of_another_organisation_is_refused(entrance: Entrance) -> None:
    assert reason(lambda: entrance.admit(entrance.signed(OTHER_KEY))) == "not-a-member"
    assert reason(lambda: entrance.admit(entrance.signed(UNKNOWN_KEY))) == "not-a-member"


def test_a_key_that_cannot_act_is_refused(entrance: Entrance) -> None:
    entrance.chain.is_active = False
    admitted = entrance.admit()
    assert reason(lambda: entrance.gate.check_usable(admitted)) == "not-a-member"


def test_what_stops_the_grant_is_said_before_what_stops_the_key(entrance: Entrance) -> None:
    entrance.chain.is_active = False
    entrance.chain.refusal = Refused(
        "It is suspended.", remedy="Ask.", error_name="OrgSuspended", arguments={}
    )
    admitted = entrance.admit()
    assert reason(lambda: entrance.gate.check_usable(admitted)) == "OrgSuspended"


def test_an_unknown_grant_is_refused(entrance: Entrance) -> None:
    signed = entrance.signed(grant=GrantId(id_of(77)))
    assert reason(lambda: entrance.admit(signed)) == "UnknownGrant"


def test_an_organisation_asks_so_often_and_no_oftener(entrance: Entrance) -> None:
    # The first request draws from the strangers' bucket, too.
    for _ in range(20):
        entrance.admit()
    asked = len(entrance.chain.asked)
    assert reason(entrance.admit) == "rate-limited"
    assert len(entrance.chain.asked) == asked
    entrance.now += 1
    entrance.admit()


def test_strangers_do_not_take_what_members_have(entrance: Entrance) -> None:
    entrance.admit()
    for _ in range(19):
        assert reason(lambda: entrance.admit(entrance.signed(UNKNOWN_KEY))) == "not-a-member"
    assert reason(lambda: entrance.admit(entrance.signed(UNKNOWN_KEY))) == "rate-limited"
    entrance.admit()


def test_who_came_before_a_restart_is_no_stranger_after_it(tmp_path: Path) -> None:
    before = Entrance(tmp_path)
    before.journal.add(
        KeptRun(
            *(RunKey(GRANT, RunId(id_of(9))), "query", KEY.address, CONSUMER, DATASET, 1),
            *(COMMITMENT, Digest.of(b"code"), Digest.of(b"environment"), Cost(1), NOW),
        )
    )
    before.journal.close()
    after = Entrance(tmp_path)
    for _ in range(20):
        assert reason(lambda: after.admit(after.signed(UNKNOWN_KEY))) == "not-a-member"
    assert reason(lambda: after.admit(after.signed(UNKNOWN_KEY))) == "rate-limited"
    after.admit()
    after.journal.close()


def test_a_grant_is_read_once_in_a_while(entrance: Entrance) -> None:
    entrance.admit()
    entrance.admit()
    assert entrance.chain.asked.count("grant") == 1
    entrance.now += 31
    entrance.admit()
    assert entrance.chain.asked.count("grant") == 2


def test_a_request_that_is_not_granted_yet_is_read_each_time(entrance: Entrance) -> None:
    entrance.chain.grant = replace(GRANTED, terms=None)
    assert reason(entrance.check) == "NotGranted"
    entrance.chain.grant = GRANTED
    entrance.check()


# ---------------------------------------------------------------------------------------- for what


def test_a_purpose_is_served_or_refused(entrance: Entrance) -> None:
    entrance.check(FakeWork(purposes=frozenset({0, 3})))
    assert reason(lambda: entrance.check(FakeWork(purposes=frozenset({3})))) == "wrong-purpose"


def test_a_grant_without_code_is_for_what_is_declared(entrance: Entrance) -> None:
    assert reason(lambda: entrance.check(FakeWork(is_declared=False))) == "code-not-granted"


def test_a_grant_with_code_is_for_that_code(entrance: Entrance) -> None:
    code = Digest.of(b"algorithm")
    entrance.chain.grant = replace(GRANTED, terms=replace(TERMS, code=code))
    entrance.check(FakeWork(code=code, is_declared=False))
    assert reason(lambda: entrance.check(FakeWork())) == "OtherCode"


def test_what_cannot_be_bounded_is_refused(entrance: Entrance) -> None:
    class Unbounded(FakeWork):
        def cost(self, composition: Composition) -> Cost:
            raise QueryError(f"Not under {composition.name}.", remedy="Declare bounds.")

    with pytest.raises(QueryError, match="Not under BASIC"):
        entrance.check(Unbounded())


def test_what_does_not_lie_here_is_refused(tmp_path: Path) -> None:
    entrance = Entrance(tmp_path, versions=())
    assert reason(entrance.check) == "not-held"
    entrance.journal.close()


def test_the_version_is_the_grants_or_the_one_asked_for_or_the_newest(tmp_path: Path) -> None:
    entrance = Entrance(tmp_path, versions=(1, 2))
    assert entrance.check().held.version == 2
    assert entrance.check(version=1).held.version == 1
    assert reason(lambda: entrance.check(version=3)) == "not-held"
    entrance.chain.recalled = (2, 3)
    assert entrance.check().held.version == 1
    entrance.chain.recalled = (1, 2)
    assert reason(entrance.check) == "not-held"

    request = replace(GRANTED.request, version=1)
    entrance.chain.grant = replace(GRANTED, request=request)
    entrance.now += 31
    assert entrance.check().held.version == 1
    assert entrance.check(version=1).held.version == 1
    assert reason(lambda: entrance.check(version=2)) == "VersionNotGranted"
    entrance.journal.close()
