// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarketModule} from "../interfaces/IMarketModule.sol";
import {IMeteredModule} from "../interfaces/IMeteredModule.sol";
import {IPaymentEscrow} from "../interfaces/IPaymentEscrow.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Forward} from "../libraries/Forward.sol";
import {Lookups} from "../libraries/Lookups.sol";
import {Mem} from "../libraries/Mem.sol";
import {Parts} from "../libraries/Parts.sol";
import {Positions} from "../libraries/Positions.sol";
import {Tariff} from "../libraries/Tariff.sol";
import {Words} from "../libraries/Words.sol";
import {Journal, readingHash} from "../types/Journal.sol";
import {mandateOf} from "../types/SharingBudget.sol";
import {SharingRound} from "../types/SharingRound.sol";
import {Terms} from "../types/Terms.sol";
import {Mandates} from "./Mandates.sol";

/// @title Metered module
/// @notice Counts readings into totals and settles parts of them, see `IMeteredModule`. What the totals are of and how a part follows from
/// them is for the contract to say: the functions without a body.
abstract contract MeteredModule is Mandates {
    using Mem for bytes;
    using Mem for uint256[];

    /// @dev Members of a call: so many readings of 24 bits add up to 32.
    uint256 private constant MOST_MEMBERS = 256;

    /// @dev What settling a chunk may take, which is done as a whole: a transaction has 2^24 gas (EIP-7825), and words that are new and the
    /// contexts of fifteen other modules take up to 5 million. A chunk of one member may always be counted.
    uint256 private constant MOST_GAS = 11_000_000;
    uint256 private constant GAS_PER_MEMBER = 20_000;
    uint256 private constant GAS_PER_SLOT = 1_400;

    /// @dev Of records of other modules: what `ModuleCall` lets them use and what it takes to ask, per record, entry and byte.
    uint256 private constant GAS_PER_RECORD = 40_000;
    uint256 private constant GAS_PER_ENTRY = 1_100;
    uint256 private constant GAS_PER_BYTE = 60;

    /// @notice What the members of one call share, in memory.
    /// @param desk Where the contract's own part of it is.
    /// @param values A reading as it is signed, with zeros behind it.
    /// @param chunk Hash over its members.
    /// @param members Four bytes each, in the order of their parts.
    /// @param gas What settling them takes at most.
    struct Run {
        uint32 community;
        uint32 period;
        Terms terms;
        uint256 slots;
        SharingRound round;
        uint256 desk;
        bytes values;
        uint256 chunk;
        bytes members;
        uint256 counted;
        uint256 gas;
    }

    // ---------------------------------------------------------------------------------------------------- in one call

    /// @inheritdoc IMeteredModule
    function meterAndSettle(uint32 community, uint32 period, ISettlement.MeteredItem[] calldata items) external {
        uint256 free = Mem.mark();
        // At the reading deadline nobody is in the totals: then everybody is a plain customer, and nobody may choose otherwise.
        Run memory run = _openCount(community, period, items.length);
        _checkDelay(run);
        // Where the Wh of each are, 0 for a plain customer; and its mandate.
        uint256[] memory all = new uint256[](2 * items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            ISettlement.MeteredItem calldata item = items[i];
            (bool joined, uint256 mandate) = _mandateIn(item.records);
            if (!joined) continue;
            _expect(run, mandate);
            _copy(run, item.reading.values);
            (all[2 * i], all[2 * i + 1]) = (_take(run, item.member, mandate).words(), mandate);
        }
        if (run.round.countedOf() != 0 || run.counted != run.round.joinedOf()) {
            revert NotEverybody(run.round.countedOf() + run.counted, run.round.joinedOf());
        }
        emit Counted(community, period, 0, run.members.cut(4 * run.counted));
        _price(run);
        for (uint256 i = 0; i < items.length; ++i) {
            uint256 wh = all.wordAt(2 * i);
            if (wh != 0) _keepPart(run, items[i].member, all.wordAt(2 * i + 1), Mem.arrayAt(wh));
        }
        _storeRound(community, period, run.terms, run.round.withCounted(run.counted, 0));
        Mem.release(free); // the call that is handed on takes as much again
        uint256 accepted = Forward.handOn(address(settlement), ISettlement.meterAndSettle.selector);
        if (accepted != items.length) revert NotEverybody(accepted, items.length);
    }

    // ---------------------------------------------------------------------------------------------------- answers

    /// @inheritdoc IMarketModule
    function contextOf(uint32, uint32) external pure returns (uint256[] memory context) {}

    /// @inheritdoc IMarketModule
    function positionOf(
        uint32 community,
        uint32 member,
        uint32 period,
        uint256[] calldata,
        bytes[] calldata
    ) external view returns (bool ready, uint256 paid, uint256 received, bytes memory position) {
        Terms t = _terms(community);
        (ready, paid, received, position) = Parts.find(community, period, member, t.slotsPerPeriod());
        if (ready) return (ready, paid, received, position);
        // Whoever is not in the frozen totals has no part; everybody else is settled through `settle`.
        ready = _isFrozen(_round(community, period, t), t, period) && !_isCounted(community, period, member, t);
    }

    // ---------------------------------------------------------------------------------------------------- what a contract says

    /// @dev Fills the run's desk.
    /// @param tariff Of the period.
    /// @param classes That it has.
    function _setDesk(Run memory run, bytes memory tariff, uint256 classes) internal view virtual;

    /// @dev Makes room for what a member adds. What it takes later on may be freed again once it is counted.
    function _expect(Run memory run, uint256 mandate) internal view virtual;

    /// @dev Reads the run's values.
    /// @param mandate See `mandateOf`.
    /// @param counting Whether they are added to the totals of the run.
    /// @return wh What the member takes and gives within its mandate, as the contract has it.
    /// @return left Wh beyond its budget.
    function _within(
        Run memory run,
        uint256 mandate,
        bool counting
    ) internal view virtual returns (uint256[] memory wh, uint256 left);

    /// @dev Adds the run, which is the next chunk, to the period's totals.
    /// @return started Hash of the totals before; 0 for the first chunk.
    function _addChunk(Run memory run) internal virtual returns (uint256 started);

    /// @dev Prices a period that the run holds all of.
    function _price(Run memory run) internal virtual;

    /// @dev Keeps a member's part, see `Parts`, once there are prices; the next one's follows it.
    /// @param wh What it takes and gives.
    function _keepPart(Run memory run, uint256 member, uint256 mandate, uint256[] memory wh) internal virtual;

    // ---------------------------------------------------------------------------------------------------- counting

    /// @dev Hands readings on to settlement and counts those that are in.
    function _meter(Run memory run, ISettlement.MeteredItem[] calldata items) internal returns (uint256 counted) {
        Forward.handOn(address(settlement), ISettlement.meter.selector);
        uint256[] memory journals = Mem.wordsOf(items.length);
        for (uint256 i = 0; i < items.length; ++i) journals[i] = items[i].member;
        journals = _journalsOf(run, journals);
        for (uint256 i = 0; i < items.length; ++i) {
            ISettlement.MeteredItem calldata item = items[i];
            _countOne(run, item.member, Journal.wrap(journals[i]), item.reading.values, 0, item.records);
        }
        return _closeCount(run);
    }

    /// @dev Counts readings that settlement has accepted.
    function _count(Run memory run, ISettlement.SettleItem[] calldata items) internal returns (uint256 counted) {
        uint256[] memory journals = Mem.wordsOf(items.length);
        for (uint256 i = 0; i < items.length; ++i) journals[i] = items[i].member;
        journals = _journalsOf(run, journals);
        for (uint256 i = 0; i < items.length; ++i) {
            ISettlement.SettleItem calldata item = items[i];
            _countOne(run, item.member, Journal.wrap(journals[i]), item.values, item.gapLeg, item.records);
        }
        return _closeCount(run);
    }

    function _openCount(uint32 community, uint32 period, uint256 items) internal returns (Run memory run) {
        run = _open(community, period, items);
        if (_isPast(run.terms, period, run.terms.readingDeadline())) revert TotalsFrozen(community, period);
    }

    function _open(uint32 community, uint32 period, uint256 items) private returns (Run memory run) {
        (run.community, run.period) = (community, period);
        run.terms = _keepTerms(community);
        run.slots = run.terms.slotsPerPeriod();
        if (items > MOST_MEMBERS) revert ChunkTooLarge(items, MOST_MEMBERS);
        run.round = _round(community, period, run.terms);
        if (SharingRound.unwrap(run.round) == 0) revert NobodyJoined(community, period);
        run.chunk = (uint256(community) << 32) | period;
        run.values = Mem.bytesOf(6 * run.slots + 64).cut(6 * run.slots);
        Mem.wipe(run.values.start(), 6 * run.slots + 64);
        run.members = Mem.bytesOf(4 * items + 32).cut(4 * items);
        (address blob, uint256[] memory classes, ) = registry.settling(community, period);
        _setDesk(run, Tariff.load(blob), classes.length);
    }

    function _countOne(
        Run memory run,
        uint32 member,
        Journal j,
        bytes calldata values,
        int128 gapLeg,
        ISettlement.Record[] calldata records
    ) private {
        (bool joined, uint256 mandate) = _mandateIn(records);
        if (!joined) return;
        _expect(run, mandate);
        uint256 free = Mem.mark();
        (uint256 hash, uint256[] memory list) = Positions.replay(records);
        Skip skip = Skip.None;
        if (readingHash(hash, Mem.hashOf(values), gapLeg) != j.hashOf()) skip = Skip.NotMetered;
        else if (!_flag(run.community, run.period, member, run.terms)) skip = Skip.AlreadyCounted;
        if (skip != Skip.None) {
            emit Skipped(run.community, member, run.period, skip);
        } else {
            _copy(run, values);
            _fold(run, member, mandate);
            _take(run, member, mandate);
            run.gas += GAS_PER_MEMBER + GAS_PER_SLOT * run.slots + _gasOf(list);
        }
        Mem.release(free);
    }

    /// @return counted Members of the chunk, which is stored unless it is empty.
    function _closeCount(Run memory run) private returns (uint256 counted) {
        counted = run.counted;
        if (counted == 0) return 0;
        if (counted > 1 && run.gas > MOST_GAS) revert ChunkTooDear(run.gas, MOST_GAS);
        uint256 chunk = run.round.chunksOf();
        uint256 hash = Mem.hashWords(run.chunk, _addChunk(run));
        Words.store(_chunkAt(run.community, run.period, run.terms, chunk), hash);
        _storeRound(run.community, run.period, run.terms, run.round.withCounted(counted, 1));
        emit Counted(run.community, run.period, chunk, run.members.cut(4 * counted));
    }

    /// @param list Records, see `Positions.replay`.
    /// @return gas What settling takes at most for those of other modules.
    function _gasOf(uint256[] memory list) private pure returns (uint256 gas) {
        for (uint256 i = 0; i < list.length; i += Positions.RECORD_WORDS) {
            uint256 head = list[i];
            if (uint8(head >> 208) == 0) continue;
            gas += GAS_PER_RECORD + GAS_PER_ENTRY * uint16(head >> 192) + GAS_PER_BYTE * list[i + 2];
        }
    }

    /// @return joined Whether one of the records is a mandate.
    /// @return mandate Of it.
    function _mandateIn(ISettlement.Record[] calldata records) private pure returns (bool joined, uint256 mandate) {
        for (uint256 i = 0; i < records.length; ++i) {
            uint256 head = records[i].head;
            if (uint8(head >> 208) == 0) return (true, mandateOf(head, records[i].payload));
        }
    }

    function _copy(Run memory run, bytes calldata values) private pure {
        bytes memory copy = run.values;
        if (values.length != copy.length) revert BadLength(values.length, copy.length);
        Mem.copy(copy.start(), values);
    }

    /// @dev Folds a member whose values are copied into the chunk's hash.
    function _fold(Run memory run, uint256 member, uint256 mandate) private pure {
        run.chunk = Mem.hashWords(run.chunk, member | (mandate << 32), uint256(keccak256(run.values)));
    }

    /// @dev Adds a member whose values are copied to the run.
    function _take(Run memory run, uint32 member, uint256 mandate) private returns (uint256[] memory wh) {
        uint256 left;
        (wh, left) = _within(run, mandate, true);
        if (left != 0) emit BudgetReached(run.community, member, run.period, left);
        run.members.storeU32(4 * run.counted++, member);
    }

    // ---------------------------------------------------------------------------------------------------- settling

    /// @dev A chunk, whose totals are frozen and whose settlement delay is over.
    function _openSettle(
        uint32 community,
        uint32 period,
        uint256 items,
        uint256 chunk
    ) internal returns (Run memory run) {
        run = _open(community, period, items);
        if (!_isFrozen(run.round, run.terms, period)) revert TotalsOpen(community, period);
        _checkDelay(run);
        if (chunk >= run.round.chunksOf()) revert ChunkMismatch(community, period, chunk);
    }

    /// @dev Settles a chunk with the prices at hand.
    /// @param started Hash of the totals before it; 0 for the first one.
    function _settle(Run memory run, ISettlement.SettleItem[] calldata items, uint256 chunk, uint256 started) internal {
        for (uint256 i = 0; i < items.length; ++i) {
            ISettlement.SettleItem calldata item = items[i];
            (bool joined, uint256 mandate) = _mandateIn(item.records);
            if (!joined) continue;
            uint256 free = Mem.mark();
            _copy(run, item.values);
            _fold(run, item.member, mandate);
            (uint256[] memory wh, ) = _within(run, mandate, false);
            _keepPart(run, item.member, mandate, wh);
            Mem.release(free);
        }
        if (Mem.hashWords(run.chunk, started) != Words.load(_chunkAt(run.community, run.period, run.terms, chunk))) {
            revert ChunkMismatch(run.community, run.period, chunk);
        }
        Forward.handOn(address(settlement), ISettlement.settle.selector);
    }

    // ---------------------------------------------------------------------------------------------------- time

    function _checkDelay(Run memory run) private view {
        uint256 from = run.terms.periodEnd(run.period) + run.round.schemeOf().delayOf();
        if (block.timestamp < from) revert SettlementDelayed(run.community, run.period, from);
    }

    /// @return Whether no reading can enter the totals any more.
    function _isFrozen(SharingRound r, Terms t, uint32 period) private view returns (bool) {
        return r.isComplete() || _isPast(t, period, t.readingDeadline());
    }

    function _isPast(Terms t, uint32 period, uint256 delay) private view returns (bool) {
        return block.timestamp >= t.periodEnd(period) + delay;
    }

    function _journalsOf(Run memory run, uint256[] memory members) private view returns (uint256[] memory) {
        bytes4 selector = IPaymentEscrow.journalWords.selector;
        return Lookups.ask(address(escrow), selector, run.community, run.period, members, members.length);
    }
}
