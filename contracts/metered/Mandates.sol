// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMeteredModule} from "../interfaces/IMeteredModule.sol";
import {CompactSignature} from "../libraries/CompactSignature.sol";
import {Mem} from "../libraries/Mem.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";
import {Words} from "../libraries/Words.sol";
import {Account} from "../types/Account.sol";
import {Journal} from "../types/Journal.sol";
import {Member} from "../types/Member.sol";
import {SharingBudget} from "../types/SharingBudget.sol";
import {SharingRound, SharingScheme, newSharingRound} from "../types/SharingRound.sol";
import {Terms} from "../types/Terms.sol";
import {MeteredWords} from "./MeteredWords.sol";

/// @title Mandates
/// @notice What a coordinator announces and members sign ahead of the periods that a metered module trades, and how they join one.
abstract contract Mandates is MeteredWords {
    using Mem for bytes;

    uint32 private constant COORDINATOR = 0;

    /// @dev Bytes of a record's payload: the budget, and what a contract adds to it.
    uint256 private immutable _payload;

    constructor(uint256 payload) {
        _payload = payload;
    }

    /// @inheritdoc IMeteredModule
    function join(uint32 community, uint32 period, uint256[] calldata members) external returns (uint256 joined) {
        (Terms t, bool paused, ) = registry.tradingFor(community, period);
        if (paused) revert TradingPaused(community);
        uint256 current = t.periodAt(block.timestamp);
        if (period <= current || period > current + t.horizon()) revert PeriodNotOpen(community, period);
        SharingRound round = _joining(community, period, t);
        bytes memory records;
        (records, joined) = _records(community, period, t, members);
        if (joined == 0) return 0;
        escrow.append(community, period, 0, address(0), records);
        _storeRound(community, period, t, round.withJoined(joined));
    }

    /// @dev Keeps a scheme that counts from a period on that nobody can have joined, in place of one that is as far ahead. Coordinator
    /// only.
    function _announce(uint32 community, uint32 fromPeriod, SharingScheme s) internal {
        if (msg.sender != registry.ownerOf(community, COORDINATOR)) revert NotCoordinator(community, msg.sender);
        if (registry.moduleAt(community, 0) != address(this)) revert NotFirstModule(community);
        Terms t = _keepTerms(community);
        if (t.isSealed()) revert SealedCommunity(community);
        if (s.delayOf() > t.readingDeadline()) revert DelayTooLong(uint24(s.delayOf()), t.readingDeadline());
        uint256 current = t.periodAt(block.timestamp);
        uint256 word = Words.load(_schemeAt(community));
        uint256 pending = uint32(word);
        uint256 before = (word >> 32) & type(uint48).max;
        // Nobody can have joined a period beyond the horizon: what is announced for one is replaced.
        if (pending > current + t.horizon()) before = word >> 80;
        else if (pending > current) revert SchemePending(community, pending);
        // Nobody has joined a period before the first scheme.
        uint256 earliest = current + 1 + (before == 0 ? 0 : t.horizon());
        if (fromPeriod < earliest) revert SchemeTooEarly(fromPeriod, earliest);
        Words.store(_schemeAt(community), fromPeriod | (SharingScheme.unwrap(s) << 32) | (before << 80));
    }

    /// @dev Keeps a mandate, or names why not.
    /// @param current Period.
    /// @param digest Its EIP-712 digest.
    /// @param signature Where `r` and `vs` are in calldata.
    function _keep(
        uint32 community,
        uint32 member,
        uint32 current,
        SharingBudget b,
        bytes32 digest,
        uint256 signature
    ) internal returns (bool) {
        Skip skip = Skip.None;
        (, uint32 epoch, ) = escrow.account(community, member);
        SharingBudget known = _budget(community, member);
        // A new epoch voids the sequences of the one before, too: whoever had the trading key cannot have used them up.
        uint256 last = known.isOfEpoch(epoch) ? known.sequenceOf() : 0;
        if (!b.isOfEpoch(epoch)) skip = Skip.EpochMismatch;
        else if (b.sequenceOf() <= last) skip = Skip.OldSequence;
        else if (!_isSigned(community, member, current, digest, signature)) skip = Skip.BadSignature;
        if (skip != Skip.None) {
            emit Skipped(community, member, current, skip);
            return false;
        }
        _storeBudget(community, member, b);
        return true;
    }

    function _isSigned(
        uint32 community,
        uint32 member,
        uint32 current,
        bytes32 digest,
        uint256 signature
    ) private view returns (bool) {
        address key = registry.memberFor(community, member, current).tradingKey();
        if (key == address(0)) return false;
        if (msg.sender == key || msg.sender == registry.ownerOf(community, member)) return true;
        return CompactSignature.isBy(key, digest, signature);
    }

    /// @return round Of the period, with its scheme; fresh where nobody has joined yet.
    function _joining(uint32 community, uint32 period, Terms t) private view returns (SharingRound round) {
        round = _round(community, period, t);
        if (SharingRound.unwrap(round) != 0) return round;
        SharingScheme s = _schemeFor(community, period);
        if (!s.isAnnounced()) revert NoScheme(community, period);
        return newSharingRound(period, s);
    }

    /// @return records Of the members who can join.
    /// @return joined Number of them.
    function _records(
        uint32 community,
        uint32 period,
        Terms t,
        uint256[] calldata members
    ) private returns (bytes memory records, uint256 joined) {
        (uint256[] memory standings, bool free, address first) = escrow.standings(community, period, members);
        if (first != address(this)) revert NotFirstModule(community);
        if (!free) revert RingBusy(community, period);
        uint256[] memory traders = registry.tradersOf(community, period, members);
        uint256 size = PackedRecords.HEADER + _payload;
        records = Mem.bytesOf(size * members.length + 32);
        uint256 last = COORDINATOR;
        for (uint256 i = 0; i < members.length; ++i) {
            uint256 member = members[i];
            if (member <= last) revert NotAscending(member);
            last = member;
            SharingBudget b = _budget(community, uint32(member));
            Account a = Account.wrap(uint128(standings[i]));
            Skip skip = _whyNot(b, a, Journal.wrap(standings[i] >> 128), Member.wrap(traders[i]), t, period);
            if (skip != Skip.None) {
                emit Skipped(community, uint32(member), period, skip);
                continue;
            }
            _writeRecord(records.start() + size * joined++, member, b, a.freeOf(), t);
        }
        return (records.cut(size * joined), joined);
    }

    /// @param a Its account, and `j` its journal, as far as `IPaymentEscrow.standings` tells.
    function _whyNot(
        SharingBudget b,
        Account a,
        Journal j,
        Member m,
        Terms t,
        uint256 period
    ) private pure returns (Skip) {
        if (!b.covers(period) || b.sequenceOf() == 0) return Skip.NoBudget;
        if (!b.isOfEpoch(a.epochOf())) return Skip.EpochMismatch;
        if (!a.hasModule(0)) return Skip.ModuleOff;
        if (!m.isActive()) return Skip.NotActive;
        if (a.isInDebt()) return Skip.InDebt;
        if (j.frontierOf() != 0) return Skip.AlreadyJoined;
        if (a.freeOf() < t.settlementFee()) return Skip.NoFunds;
        return Skip.None;
    }

    /// @param to Where the record goes in memory.
    function _writeRecord(uint256 to, uint256 member, SharingBudget b, uint256 free, Terms t) private view {
        unchecked {
            // What a reading can hold. Not what its caps allow: these may change before the period is over, and a reading is held to the
            // largest ones so far.
            uint256 most = t.slotsPerPeriod() << 24;
            uint256 reserve = free - t.settlementFee();
            if (reserve > b.budgetOf()) reserve = b.budgetOf();
            uint256 head = most | (most << 48) | (reserve << 96) | (1 << 192);
            PackedRecords.write(to, member, 1, 0, head, _payload, bytes32(SharingBudget.unwrap(b)));
            Mem.store(to + PackedRecords.HEADER, b.payloadOf());
        }
    }
}
