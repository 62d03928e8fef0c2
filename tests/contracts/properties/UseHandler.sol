// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DatasetId, GrantId, OrgId, ProjectId, RunId } from "../../../contracts/Types.sol";
import { IDataUse } from "../../../contracts/interfaces/IDataUse.sol";
import { IDatasetLedger } from "../../../contracts/interfaces/IDatasetLedger.sol";
import { Capabilities } from "../../../contracts/libraries/Capabilities.sol";
import { UseFixture } from "../support/UseFixture.sol";
import { vm } from "../support/Vm.sol";

/// @dev Two datasets, two consumers, and grants of one to the other, to which anything may happen. Says beforehand
///      whether a reservation, a receipt and a budget must be taken, and keeps the books of its own.
contract UseHandler is UseFixture {
    struct Book {
        GrantId id;
        uint256 dataset;
        uint256 consumer;
        IDataUse.Composition composition;
        uint64 limitMicro;
        uint64 limitDelta;
        uint40 validUntil;
        bool revoked;
        bool cosigned;
        uint8 level;
    }

    struct Entry {
        uint256 grant;
        RunId run;
        uint32 version;
        uint64 micro;
        uint64 delta;
        uint64 spentMicro;
        uint64 spentDelta;
        bool settled;
    }

    struct Limits {
        IDataUse.Composition composition;
        uint256 micro;
        uint256 delta;
        uint256 eachMicro;
        uint256 eachDelta;
    }

    uint256 private constant DATASETS = 2;
    uint256 private constant CONSUMERS = 2;

    DatasetId[2] private _datasets;
    string[2] private _consumers = ["consumer", "consumer-2"];
    OrgId[2] private _orgs;
    ProjectId[2] private _projects;
    Limits[2] private _limits;
    bool[2] private _frozen;
    bool[2] private _recalled;
    uint8[2] private _levels;
    bool[2] private _stopped;
    bool[2] private _ended;

    Book[] private _books;
    Entry[] private _entries;
    bytes32 private _seed;
    uint256 private _time;

    /// @dev How often something ended so.
    mapping(bytes32 outcome => uint256) public outcomes;

    function setUp() public override {
        super.setUp();
        _time = block.timestamp;
        _datasets = [corpus, register("clerk", "second")];
        advanceUpTo(_datasets[1], LABELED);
        _orgs = [consumer, admit("province", "consumer-2", Capabilities.CONSUMER, 0)];
        _projects = [project, propose("consumer-2", DOCUMENT)];
        approve("regulator", _projects[1]);
        for (uint256 i = 0; i < 4; ++i) {
            _grantAnew(i % 2, i / 2, IDataUse.Composition.BASIC, uint64(2_000 + 3_000 * i), uint64(100 + 300 * i));
        }
    }

    // ---------------------------------------------------------------------------------------------- acting

    /// @dev One thing happens. `kind` says which, `seed` all the rest.
    function act(uint256 kind, uint256 seed) external {
        vm.warp(_time);
        _seed = bytes32(seed);
        uint256[2] memory micros = [_micro(0), _micro(1)];
        uint256[2] memory deltas = [_delta(0), _delta(1)];
        kind %= 100;
        uint256 returned = type(uint256).max;
        uint256 microReturned;
        uint256 deltaReturned;
        if (kind < 40) _reserve();
        else if (kind < 65) (returned, microReturned, deltaReturned) = _settle();
        else if (kind < 75) _setBudget();
        else if (kind < 82) _grantSome();
        else if (kind < 85) _revoke();
        else if (kind < 89) _freeze();
        else if (kind < 90) _recall();
        else if (kind < 93) _classify();
        else if (kind < 96) _cosign();
        else if (kind < 98) _stop();
        else if (kind < 99) _time += _below(12 days);
        else _end();
        // Nothing lowers what is counted but a receipt, and that by no more than its run reserved and did not spend.
        for (uint256 i = 0; i < DATASETS; ++i) {
            vm.assertGe(_micro(i) + (i == returned ? microReturned : 0), micros[i], "micro lowered");
            vm.assertGe(_delta(i) + (i == returned ? deltaReturned : 0), deltas[i], "delta lowered");
        }
    }

    function _below(uint256 bound) private returns (uint256) {
        _seed = keccak256(abi.encode(_seed));
        return uint256(_seed) % bound;
    }

    /// @dev Mostly small; at times more than fits anywhere.
    function _some(uint64 bound) private returns (uint64) {
        return _below(20) == 0 ? type(uint64).max - uint64(_below(3)) : uint64(_below(bound));
    }

    function _micro(uint256 i) private view returns (uint256) {
        return use.budgetOf(_datasets[i]).counted.micro;
    }

    function _delta(uint256 i) private view returns (uint256) {
        return use.budgetOf(_datasets[i]).counted.deltaPico;
    }

    function _try(string memory by, bytes memory data, bool expected, string memory what) private {
        vm.prank(addressOf(by));
        (bool success,) = address(use).call(data);
        vm.assertEq(success, expected, what);
        ++outcomes[bytes32(bytes(string.concat(what, success ? " taken" : " refused")))];
    }

    // ------------------------------------------------------------------------------------------------ runs

    function _reserve() private {
        uint256 number = _below(_books.length);
        Book storage book = _books[number];
        bool exact = book.composition == IDataUse.Composition.NONE;
        IDataUse.Reservation memory wanted;
        wanted.grant = book.id;
        // At times a run id that is taken.
        uint256 name = _below(10) == 0 && _entries.length != 0 ? _below(_entries.length) : _entries.length;
        wanted.run = RunId.wrap(bytes32(name));
        wanted.version = 1;
        wanted.code = QUERY;
        wanted.cost = exact && _below(4) != 0 ? cost(0, 0) : cost(_some(3_000), _some(200));
        bool expected = usable(number) && _isFree(number, wanted.run) && _fits(book, wanted.cost);
        vm.assertEq(use.isUsable(book.id), usable(number), "usable");
        _try("clerk", abi.encodeCall(use.reserve, (wanted)), expected, "reserve");
        if (expected) {
            _entries.push(Entry(number, wanted.run, 1, wanted.cost.micro, wanted.cost.deltaPico, 0, 0, false));
        }
    }

    function _isFree(uint256 number, RunId run) private view returns (bool) {
        for (uint256 i = 0; i < _entries.length; ++i) {
            if (_entries[i].grant == number && RunId.unwrap(_entries[i].run) == RunId.unwrap(run)) return false;
        }
        return true;
    }

    function _fits(Book storage book, IDataUse.Cost memory asked) private view returns (bool) {
        if (book.composition == IDataUse.Composition.NONE) return asked.micro == 0 && asked.deltaPico == 0;
        if (asked.micro == 0) return false;
        if (book.composition == IDataUse.Composition.ZCDP && asked.deltaPico != 0) return false;
        Limits storage limits = _limits[book.dataset];
        if (limits.composition != book.composition) return false;
        (uint256 micro, uint256 delta) = countedOf(book.dataset, CONSUMERS, _books.length);
        if (micro + asked.micro > limits.micro || delta + asked.deltaPico > limits.delta) return false;
        (micro, delta) = countedOf(book.dataset, book.consumer, _books.length);
        if (micro + asked.micro > limits.eachMicro || delta + asked.deltaPico > limits.eachDelta) return false;
        (micro, delta) = countedOf(book.dataset, book.consumer, _indexOf(book.id));
        return micro + asked.micro <= book.limitMicro && delta + asked.deltaPico <= book.limitDelta;
    }

    function _indexOf(GrantId id) private view returns (uint256 i) {
        while (GrantId.unwrap(_books[i].id) != GrantId.unwrap(id)) ++i;
    }

    function _settle() private returns (uint256 dataset, uint256 micro, uint256 delta) {
        dataset = type(uint256).max;
        if (_entries.length == 0) return (dataset, 0, 0);
        uint256 number = _below(_entries.length);
        Entry storage entry = _entries[number];
        Book storage book = _books[entry.grant];
        IDataUse.Receipt memory receipt;
        receipt.grant = book.id;
        receipt.run = entry.run;
        receipt.code = QUERY;
        receipt.environment = sha256("environment");
        receipt.inputs = new IDataUse.Input[](1);
        receipt.inputs[0] = inputOf(_datasets[book.dataset], entry.version);
        receipt.output = sha256("answer");
        receipt.spent = cost(
            _below(3) == 0 ? entry.micro : _some(entry.micro + 2), _below(3) == 0 ? entry.delta : _some(entry.delta + 2)
        );
        if (_below(4) == 0) receipt = failed(receipt);
        bool released = receipt.outcome == IDataUse.Outcome.RELEASED;
        bool expected = !entry.settled && receipt.spent.micro <= entry.micro && receipt.spent.deltaPico <= entry.delta
            && !(released && receipt.spent.micro == 0 && entry.micro != 0);
        bytes memory data = abi.encodeCall(use.settle, (receipt, noQuorum(), new bytes[](0)));
        _try("clerk", data, expected, "settle");
        if (!expected) return (dataset, 0, 0);
        entry.settled = true;
        entry.spentMicro = receipt.spent.micro;
        entry.spentDelta = receipt.spent.deltaPico;
        return (book.dataset, entry.micro - receipt.spent.micro, entry.delta - receipt.spent.deltaPico);
    }

    // ------------------------------------------------------------------------------------- budgets and grants

    function _setBudget() private {
        uint256 i = _below(DATASETS);
        IDataUse.Composition composition = IDataUse.Composition(1 + (_below(6) == 0 ? 1 : 0));
        bool deltaAllowed = composition == IDataUse.Composition.BASIC;
        IDataUse.Cost memory total = cost(_some(12_000), deltaAllowed ? _some(900) : 0);
        IDataUse.Cost memory each = cost(_some(8_000), deltaAllowed ? _some(700) : 0);
        Limits storage limits = _limits[i];
        (uint256 micro, uint256 delta) = countedOf(i, CONSUMERS, _books.length);
        bool same = composition == limits.composition;
        bool expected = (same || (micro == 0 && delta == 0)) && total.micro >= micro && total.deltaPico >= delta
            && each.micro >= _lesser(micro, limits.eachMicro) && each.deltaPico >= _lesser(delta, limits.eachDelta);
        if (same && total.micro == limits.micro && total.deltaPico == limits.delta) {
            expected = expected && !(each.micro == limits.eachMicro && each.deltaPico == limits.eachDelta);
        }
        _try("clerk", abi.encodeCall(use.setBudget, (_datasets[i], composition, total, each)), expected, "budget");
        if (expected) _limits[i] = Limits(composition, total.micro, total.deltaPico, each.micro, each.deltaPico);
    }

    function _lesser(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _grantSome() private {
        uint256 dataset = _below(DATASETS);
        uint256 who = _below(CONSUMERS);
        if (_stopped[who] || _ended[who] || _books.length > 12 || _time >= PROJECT_END) return;
        uint256 kind = _below(8);
        if (kind == 0) _grantAnew(dataset, who, IDataUse.Composition.NONE, 0, 0);
        else if (kind == 1) _grantAnew(dataset, who, IDataUse.Composition.ZCDP, 5_000, 0);
        else _grantAnew(dataset, who, IDataUse.Composition.BASIC, 1 + uint64(_below(9_000)), uint64(_below(700)));
    }

    function _grantAnew(uint256 dataset, uint256 who, IDataUse.Composition composition, uint64 micro, uint64 delta)
        private
    {
        project = _projects[who];
        IDataUse.Request memory wanted = requestOf(uint64(_books.length));
        wanted.dataset = _datasets[dataset];
        vm.prank(addressOf(_consumers[who]));
        GrantId id = use.requestUse(wanted);
        IDataUse.Terms memory terms = _terms(composition, micro, delta, uint40(_time + 30 days));
        grantUse(id, terms);
        _books.push(Book(id, dataset, who, composition, micro, delta, terms.validUntil, false, false, _levels[dataset]));
    }

    function _terms(IDataUse.Composition composition, uint64 micro, uint64 delta, uint40 validUntil)
        private
        pure
        returns (IDataUse.Terms memory terms)
    {
        terms = termsOf(0);
        terms.validUntil = validUntil;
        terms.composition = composition;
        terms.limit = cost(micro, delta);
    }

    function _revoke() private {
        Book storage book = _books[_below(_books.length)];
        _try("clerk", abi.encodeCall(use.revokeUse, (book.id, "")), !book.revoked, "revoke");
        book.revoked = true;
    }

    function _cosign() private {
        Book storage book = _books[_below(_books.length)];
        IDataUse.Terms memory terms = _terms(book.composition, book.limitMicro, book.limitDelta, book.validUntil);
        _try("national", abi.encodeCall(use.cosign, (book.id, terms)), !book.revoked && !book.cosigned, "cosign");
        if (!book.revoked) book.cosigned = true;
    }

    // ------------------------------------------------------------------------------------------ what befalls

    function _freeze() private {
        uint256 i = _below(DATASETS);
        vm.prank(addressOf("regulator"));
        if (_frozen[i]) ledger.reinstate(_datasets[i], "");
        else ledger.suspend(_datasets[i], "");
        _frozen[i] = !_frozen[i];
    }

    function _recall() private {
        uint256 i = _below(DATASETS);
        if (_recalled[i]) return;
        vm.prank(addressOf("regulator"));
        ledger.recall(_datasets[i], 1, IDatasetLedger.Severity.SERIOUS, "");
        _recalled[i] = true;
    }

    function _classify() private {
        uint256 i = _below(DATASETS);
        uint8 level = uint8(_below(4));
        if (level == _levels[i]) return;
        vm.prank(addressOf("national"));
        use.classify(_datasets[i], level);
        _levels[i] = level;
    }

    function _stop() private {
        uint256 i = _below(CONSUMERS);
        vm.prank(addressOf("province"));
        if (_stopped[i]) organisations.reinstate(_orgs[i]);
        else organisations.suspend(_orgs[i], "");
        _stopped[i] = !_stopped[i];
    }

    function _end() private {
        uint256 i = _below(CONSUMERS);
        if (_ended[i] || _below(4) != 0) return;
        endProject("national", _projects[i]);
        _ended[i] = true;
    }

    // ------------------------------------------------------------------------------------------------ the books

    /// @dev Whether a grant is good now: by a second, plain statement of the rule.
    function usable(uint256 number) public view returns (bool) {
        Book storage book = _books[number];
        uint8 level = book.level > _levels[book.dataset] ? book.level : _levels[book.dataset];
        return !book.revoked && _time < book.validUntil && _time < PROJECT_END && !_ended[book.consumer]
            && !_stopped[book.consumer] && !_frozen[book.dataset] && !_recalled[book.dataset]
            && (level < 2 || book.cosigned);
    }

    /// @dev Open reservations and settled spending: of a dataset; of one consumer, unless that is CONSUMERS; of one
    ///      grant, unless that is their number.
    function countedOf(uint256 dataset, uint256 who, uint256 grant) public view returns (uint256 micro, uint256 delta) {
        for (uint256 i = 0; i < _entries.length; ++i) {
            Entry storage entry = _entries[i];
            Book storage book = _books[entry.grant];
            if (book.dataset != dataset || (who != CONSUMERS && book.consumer != who)) continue;
            if (grant != _books.length && entry.grant != grant) continue;
            micro += entry.settled ? entry.spentMicro : entry.micro;
            delta += entry.settled ? entry.spentDelta : entry.delta;
        }
    }

    /// @dev The contract's books are these, and within their limits.
    function check() external {
        vm.warp(_time);
        for (uint256 i = 0; i < DATASETS; ++i) {
            IDataUse.Budget memory budget = use.budgetOf(_datasets[i]);
            (uint256 micro, uint256 delta) = countedOf(i, CONSUMERS, _books.length);
            _hold(budget.counted, micro, delta, budget.total);
            for (uint256 who = 0; who < CONSUMERS; ++who) {
                (micro, delta) = countedOf(i, who, _books.length);
                _hold(use.countedFor(_datasets[i], _orgs[who]), micro, delta, budget.perConsumer);
            }
        }
        for (uint256 i = 0; i < _books.length; ++i) {
            IDataUse.Grant memory grant = use.grantOf(_books[i].id);
            (uint256 micro, uint256 delta) = countedOf(_books[i].dataset, _books[i].consumer, i);
            _hold(grant.counted, micro, delta, grant.limit);
            vm.assertEq(use.isUsable(_books[i].id), usable(i), "usable");
        }
    }

    function _hold(IDataUse.Cost memory counted, uint256 micro, uint256 delta, IDataUse.Cost memory limit)
        private
        pure
    {
        vm.assertEq(counted.micro, micro, "counted: micro");
        vm.assertEq(counted.deltaPico, delta, "counted: delta");
        vm.assertLe(counted.micro, limit.micro, "limit: micro");
        vm.assertLe(counted.deltaPico, limit.deltaPico, "limit: delta");
    }
}
