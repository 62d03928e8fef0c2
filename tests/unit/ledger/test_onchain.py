"""Reading and writing through one connection, against a node that answers from a script."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest
from generators import histories
from hypothesis import given, settings
from scripted_node import ADDRESSES, ScriptedNode

from dataledger.chain.answers import Log, Receipt
from dataledger.chain.identifiers import OperationId
from dataledger.chain.signer import Signer
from dataledger.contracts import dataset_ledger, organisations
from dataledger.contracts.abi import abi_items, encode
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.events import (
    DatasetEvent,
    DatasetRegistered,
    OrganisationAdmitted,
    OrganisationReinstated,
    PolicyPublished,
)
from dataledger.contracts.identifiers import (
    NO_HEAD,
    DatasetId,
    OrgId,
    PolicyId,
    Slug,
    Stage,
    address_of,
)
from dataledger.contracts.types import (
    NO_CAPABILITY,
    Capability,
    MemberState,
    Role,
    Step,
)
from dataledger.errors import (
    CheckFailed,
    CommitmentMismatch,
    ConnectionFailed,
    ContractMismatch,
    HistoryBroken,
    InvalidArgument,
    NodeError,
    NotFound,
    ProfileError,
    Refused,
    Reverted,
)
from dataledger.hashing import Digest, Hash32
from dataledger.ledger import Ledger, PolicyDocument
from dataledger.ledger.onchain import OnChain
from dataledger.ledger.results import Recorded

if TYPE_CHECKING:
    from dataledger.chain.outbox import Outbox

KEY = address_of(b"\x01" * 20)
SIGNER = Signer(b"\x01" * 32)
ACME = OrgId(4)
DATASET = DatasetId(Hash32(b"\x02" * 32))
POLICY = PolicyDocument.default().policy
ADMITTED = OrganisationAdmitted(
    org=ACME,
    parent=OrgId(1),
    by=KEY,
    slug=Slug("acme"),
    name="Acme",
    capabilities=Capability.CUSTODIAN,
    grantable=NO_CAPABILITY,
    profile_digest=None,
    recorded_at_unix=5,
)
REGISTERED = DatasetRegistered(
    dataset=DATASET,
    org=ACME,
    by=KEY,
    head=NO_HEAD,
    policy=PolicyId(1),
    slug=Slug("faces"),
    record=None,
    recorded_at_unix=6,
)
PUBLISHED = PolicyPublished(
    policy=PolicyId(1), org=OrgId(1), by=KEY, digest=POLICY.digest, content=POLICY,
    recorded_at_unix=4,
)  # fmt: skip
REINSTATE = organisations.reinstate(ACME)
REINSTATED = OrganisationReinstated(ACME, OrgId(1), SIGNER.address, 7)


def _error(contract: ContractName, name: str, *arguments: object) -> bytes:
    (item,) = (item for item in abi_items(contract, "error") if item.name == name)
    return item.selector + encode([p.type for p in item.inputs], arguments)


@pytest.fixture
def node() -> ScriptedNode:
    return ScriptedNode()


# ----------------------------------------------------------------------------------------- reading


def test_a_refused_read_is_put_into_words_with_names(node: ScriptedNode) -> None:
    node.log(ADMITTED)
    node.log(REGISTERED)
    node.log(PUBLISHED)
    node.answer(dataset_ledger.policy_by_digest(POLICY.digest), PolicyId(1))
    call = dataset_ledger.advance(Step(DATASET, 1, Stage(1), Stage(3), Digest.of(b"")))
    node.refuse(call, _error(ContractName.DATASET_LEDGER, "StageMismatch", DATASET.value, 2, 3))
    with pytest.raises(Refused) as caught:
        OnChain(node.connection()).read(call)
    assert str(caught.value) == (
        "The dataset acme/faces is in the stage COLLECTED; the step was meant to start from "
        "CLEANED."
    )
    assert caught.value.arguments["dataset"] == str(DATASET)


def test_a_refusal_is_told_even_where_names_are_not_to_be_had(node: ScriptedNode) -> None:
    call = organisations.standing(ACME)
    node.refuse(call, _error(ContractName.ORGANISATIONS, "OrganisationIsSuspended", 4, 1))

    def fail(method: str) -> None:
        if method == "eth_getLogs":
            raise ConnectionFailed("No node answers.", remedy="Wait.")

    node.before_answering = fail
    with pytest.raises(Refused, match="Organisation 4 is suspended by organisation 1"):
        OnChain(node.connection()).read(call)


def test_many_reads_are_of_one_block(node: ScriptedNode) -> None:
    calls = [organisations.is_within(ACME, OrgId(number)) for number in (1, 2)]
    for call, answer in zip(calls, (True, False), strict=True):
        node.answer(call, answer)
    assert OnChain(node.connection()).read_all(calls, block=7) == [True, False]
    assert [params[1] for method, params in node.requests if method == "eth_call"] == ["0x7"] * 2


def test_one_refusal_among_many_reads_is_raised(node: ScriptedNode) -> None:
    good, bad = organisations.organisation_count(), organisations.standing(ACME)
    node.answer(good, 4)
    node.refuse(bad, b"")
    calls: list[Any] = [good, bad]
    onchain = OnChain(node.connection())
    with pytest.raises(Refused, match="without a reason"):
        onchain.read_all(calls, block=7)
    assert onchain.try_all(calls, block=7)[0] == 4


def test_a_snapshot_is_taken_again_when_the_chain_is_reorganised(node: ScriptedNode) -> None:
    onchain = OnChain(node.connection())
    attempts: list[int] = []

    def read(block: int) -> str:
        attempts.append(block)
        if len(attempts) == 1:
            node.fork, node.head = 1, 9
            raise HistoryBroken("It is broken.", remedy="None.")
        return "whole"

    assert onchain.snapshot(read) == "whole"
    assert attempts == [10, 9]


def test_a_check_that_fails_on_a_quiet_chain_has_failed(node: ScriptedNode) -> None:
    def read(_block: int) -> str:
        raise HistoryBroken("It is broken.", remedy="None.")

    with pytest.raises(CheckFailed, match="It is broken"):
        OnChain(node.connection()).snapshot(read)


def test_a_chain_that_never_rests_is_told(node: ScriptedNode) -> None:
    def read(_block: int) -> None:
        node.fork += 1

    with pytest.raises(NodeError, match="reorganised under every attempt"):
        OnChain(node.connection()).snapshot(read)


def test_names_are_kept_once_they_are_deep_enough(node: ScriptedNode) -> None:
    onchain = OnChain(node.connection(confirmations=4))
    node.log(ADMITTED, block=8)
    assert onchain.names.organisations([ACME, OrgId(9)]) == {ACME: "acme"}
    before = node.count("eth_getLogs")
    onchain.names.organisations([ACME])
    assert node.count("eth_getLogs") == before + 1
    node.head = 11
    onchain.names.organisations([ACME])
    onchain.names.organisations([ACME])
    assert node.count("eth_getLogs") == before + 2


def test_a_policy_that_the_contract_does_not_know_is_refused(node: ScriptedNode) -> None:
    node.log(PUBLISHED)
    node.answer(dataset_ledger.policy_by_digest(POLICY.digest), PolicyId(2))
    names = OnChain(node.connection()).names
    for _ in range(2):
        with pytest.raises(CommitmentMismatch, match="policy 1"):
            names.policy(PolicyId(1))
    with pytest.raises(NotFound):
        names.policy(PolicyId(2))
    node.answer(dataset_ledger.policy_by_digest(POLICY.digest), PolicyId(1))
    assert names.stage_name(PolicyId(1), Stage(3)) == "CLEANED"


def test_many_values_of_a_topic_are_asked_for_in_parts(node: ScriptedNode) -> None:
    node.log(ADMITTED)
    orgs = [OrgId(number) for number in range(1, 1202)]
    assert OnChain(node.connection()).names.organisations(orgs) == {ACME: "acme"}
    asked = [params[0]["topics"][1] for method, params in node.requests if method == "eth_getLogs"]
    assert [len(part) for part in asked] == [500, 500, 201]


@pytest.mark.parametrize(
    "change",
    [
        {"topics": []},
        {"topics": ["0x" + "00" * 32] * 4},
        {"topics": [f"0x{topic.hex()}" for topic in ADMITTED.to_log().topics[:1]]},
        {"address": KEY},
    ],
)
def test_logs_that_were_not_asked_for_are_refused(
    node: ScriptedNode, change: dict[str, Any]
) -> None:
    node.log(ADMITTED)
    careless = _Careless(node)
    assert OnChain(careless.connection()).events([OrganisationAdmitted], ACME)
    node.logs[0] |= change
    with pytest.raises(NodeError, match="not asked for"):
        OnChain(careless.connection()).events([OrganisationAdmitted], ACME)


def test_logs_of_others_are_refused(node: ScriptedNode) -> None:
    node.log(ADMITTED)
    with pytest.raises(NodeError, match="not asked for"):
        OnChain(_Careless(node).connection()).events([OrganisationAdmitted], OrgId(5))


class _Careless(ScriptedNode):
    """Answers with all logs, whatever is asked for."""

    def __init__(self, other: ScriptedNode) -> None:
        super().__init__()
        self.logs = other.logs

    def _answer(self, method: str, params: Any) -> Any:
        return self.logs if method == "eth_getLogs" else super()._answer(method, params)


@settings(max_examples=25, deadline=None)
@given(histories())
def test_a_history_is_rebuilt_from_logs_alone(history: list[DatasetEvent]) -> None:
    node = ScriptedNode()
    for event in history:
        node.log(event)
    dataset, head = history[0].dataset, history[-1].head
    node.answer(dataset_ledger.head(dataset), head)
    with Ledger(node.connection()) as ledger:
        found = ledger.datasets.history(dataset)
    assert [recorded.event for recorded in found.events] == history
    assert (found.head, found.as_of_block) == (head, 10)


# ----------------------------------------------------------------------------------------- writing


@dataclass
class FakeSubmission:
    outcome: Receipt | Reverted

    def wait(self, _timeout_seconds: float) -> Receipt:
        if isinstance(self.outcome, Reverted):
            raise self.outcome
        return self.outcome


@dataclass
class FakeOutbox:
    """Lets every transaction have one outcome."""

    outcome: Receipt | Reverted
    submitted: list[tuple[OperationId, bytes]] = field(default_factory=list)

    def submit(
        self, _signer: Signer, operation_id: OperationId, *, to: str, data: bytes
    ) -> FakeSubmission:
        assert to in ADDRESSES.values()
        self.submitted.append((operation_id, data))
        return FakeSubmission(self.outcome)


def _receipt(*logs: Log) -> Receipt:
    return Receipt(
        transaction_hash="0x" + "aa" * 32,  # type: ignore[arg-type]  # a transaction hash
        block_number=9,
        block_hash="0x" + "bb" * 32,  # type: ignore[arg-type]  # a block hash
        succeeded=True,
        gas_used=40_000,
        contract_address=None,
        logs=logs,
        revert_data=b"",
    )


def _log(contract: ContractName) -> Log:
    content = REINSTATED.to_log()
    return Log(
        address=ADDRESSES[contract],
        topics=content.topics,
        data=content.data,
        block_number=9,
        block_hash="0x" + "bb" * 32,  # type: ignore[arg-type]  # a block hash
        transaction_hash="0x" + "aa" * 32,  # type: ignore[arg-type]  # a transaction hash
        log_index=0,
    )


def _writer(node: ScriptedNode, outbox: FakeOutbox) -> OnChain:
    return OnChain(node.connection(), signer=SIGNER, outbox=cast("Outbox", outbox))


def _not_found(_refusal: object) -> None:
    return None


def test_a_profile_may_lack_the_contract_for_the_use_of_data(node: ScriptedNode) -> None:
    onchain = OnChain(node.connection())
    assert onchain.address(ContractName.DATASET_LEDGER) == ADDRESSES[ContractName.DATASET_LEDGER]
    with pytest.raises(ProfileError, match="names no contract 'DataUse'"):
        onchain.address(ContractName.DATA_USE)


def test_a_write_returns_the_event_of_its_own_contract(node: ScriptedNode) -> None:
    ours, other = _log(ContractName.ORGANISATIONS), _log(ContractName.DATASET_LEDGER)
    outbox = FakeOutbox(_receipt(other, ours))
    done = _writer(node, outbox).write(REINSTATE, OrganisationReinstated, find=_not_found)
    assert (done.event, done.gas_used, done.already_there) == (REINSTATED, 40_000, False)
    assert outbox.submitted[0][1] == REINSTATE.data

    without = _writer(node, FakeOutbox(_receipt(other)))
    with pytest.raises(NodeError, match="lacks the event OrganisationReinstated"):
        without.write(REINSTATE, OrganisationReinstated, find=_not_found)


def test_an_operation_is_named_by_chain_contract_sender_and_calldata(node: ScriptedNode) -> None:
    outbox = FakeOutbox(_receipt(_log(ContractName.ORGANISATIONS)))
    for _ in range(2):
        _writer(node, outbox).write(REINSTATE, OrganisationReinstated, find=_not_found)
    other = OnChain(node.connection(), signer=Signer(b"\x02" * 32), outbox=cast("Outbox", outbox))
    other.write(REINSTATE, OrganisationReinstated, find=_not_found)
    third = organisations.reinstate(OrgId(5))
    _writer(node, outbox).write(third, OrganisationReinstated, find=_not_found)
    ids = [operation_id for operation_id, _ in outbox.submitted]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_a_refused_write_is_looked_up_before_it_is_raised(node: ScriptedNode) -> None:
    data = _error(ContractName.ORGANISATIONS, "NotSuspended", 4)
    outbox = FakeOutbox(Reverted("It reverts.", remedy="None.", data=data))
    log = _log(ContractName.ORGANISATIONS)
    onchain = _writer(node, outbox)
    done = onchain.write(
        REINSTATE,
        OrganisationReinstated,
        find=lambda refusal: (
            Recorded(REINSTATED, log) if refusal.error_name == "NotSuspended" else None
        ),
    )
    assert done.already_there
    assert (done.gas_used, done.transaction_hash) == (0, log.transaction_hash)
    with pytest.raises(Refused, match="Organisation 4 is not suspended"):
        onchain.write(REINSTATE, OrganisationReinstated, find=_not_found)


def test_the_signers_organisation_is_asked_for_once(node: ScriptedNode) -> None:
    call = organisations.member(SIGNER.address)
    node.answer(call, MemberState(None, Role.NONE, 0, 0, 0))
    onchain = OnChain(node.connection(), signer=SIGNER)
    assert onchain.signer_org() is None
    node.answer(call, MemberState(ACME, Role.ADMIN, 0, 1, 0))
    assert onchain.signer_org() == onchain.signer_org() == ACME
    assert node.count("eth_call") == 2


def test_writing_needs_signer_and_outbox(node: ScriptedNode) -> None:
    reader = OnChain(node.connection())
    with pytest.raises(InvalidArgument, match="no signer"):
        reader.write(REINSTATE, OrganisationReinstated, find=_not_found)
    half = OnChain(node.connection(), signer=SIGNER)
    with pytest.raises(InvalidArgument, match="no outbox"):
        half.write(REINSTATE, OrganisationReinstated, find=_not_found)


def test_contracts_that_do_not_belong_together_are_refused(node: ScriptedNode) -> None:
    node.answer(dataset_ledger.organisations(), KEY)
    with pytest.raises(ContractMismatch, match=KEY):
        Ledger(node.connection())
