// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IOrderBook} from "../../../contracts/interfaces/IOrderBook.sol";
import {PackedRecords} from "../../../contracts/libraries/PackedRecords.sol";
import {Account} from "../../../contracts/types/Account.sol";
import {Journal, MAX_ENTRIES, MAX_RECORDS} from "../../../contracts/types/Journal.sol";
import {Member} from "../../../contracts/types/Member.sol";
import {PackedBatchesPlain} from "./PackedBatchesPlain.sol";

/// @notice `StripLoops` without assembly, packed words and shortcuts.
library StripLoopsPlain {
    /// @param rooms Lots that a tick still takes, by 2 * slot + side, then by tick; 0 where it is not in memory, none for such a slot.
    /// @param importPrices By class and slot.
    struct Market {
        uint32 community;
        uint32 period;
        address feeTo;
        bytes32 domain;
        uint256 slots;
        uint256 lotWh;
        uint256 floorPrice;
        uint256 tickSize;
        uint256 networkFee;
        uint256 settlementFee;
        uint256 time;
        bool wide;
        bool ringBusy;
        uint256[][] rooms;
        uint256[] importPrices;
    }

    /// @param taken Strips.
    /// @param forged Whether the next one is not signed by its member, and nothing else is wrong with it.
    struct Outcome {
        uint256 taken;
        bool forged;
        bytes records;
    }

    /// @dev A strip's only entry.
    struct Order {
        uint256 slot;
        uint256 side; // 1 sells
        uint256 tick;
        uint256 lots;
        uint256 reserve;
    }

    /// @param strips One behind the other.
    /// @param members The word of each strip's member.
    /// @param accounts Likewise.
    /// @param journals Likewise.
    function take(
        Market memory m,
        bytes memory strips,
        Member[] memory members,
        Account[] memory accounts,
        Journal[] memory journals
    ) internal pure returns (Outcome memory o) {
        if (m.wide || m.ringBusy) return o;
        uint256 pos = 0;
        while (o.taken < members.length) {
            IOrderBook.Strip memory s = PackedBatchesPlain.stripAt(strips, pos);
            s.feeTo = m.feeTo;
            uint256 i = o.taken;
            if (s.entries.length != 4 || !_isUsual(m, s, members[i], accounts[i], journals[i])) return o;
            Order memory order = _orderOf(m, s, members[i]);
            if (!_fits(m, s, order, members[i], journals[i])) return o;
            bytes32 digest = PackedBatchesPlain.digestOf(m.domain, m.community, m.period, s);
            o.forged = !_isSigned(digest, s, members[i]);
            if (o.forged) return o;
            o.records = bytes.concat(o.records, _record(m, s, order, digest));
            m.rooms[2 * order.slot + order.side][order.tick] -= order.lots;
            pos += 100;
            ++o.taken;
        }
    }

    function _isUsual(
        Market memory m,
        IOrderBook.Strip memory s,
        Member word,
        Account a,
        Journal j
    ) private pure returns (bool) {
        if (!word.isActive() || !a.hasModule(0) || a.isInDebt()) return false;
        if (s.epoch != a.epochOf() || s.after_ != j.frontierOf() || m.time > s.deadline) return false;
        if (s.maxReserve > a.freeOf()) return false;
        return j.recordsOf() < MAX_RECORDS && j.entriesOf() < MAX_ENTRIES;
    }

    function _orderOf(
        Market memory m,
        IOrderBook.Strip memory s,
        Member word
    ) private pure returns (Order memory order) {
        order.slot = uint8(s.entries[0]);
        order.side = uint8(s.entries[1]) / 128;
        order.tick = uint8(s.entries[1]) % 128;
        order.lots = uint256(uint8(s.entries[2])) * 256 + uint8(s.entries[3]);
        if (order.slot >= m.slots) return order;
        uint256 price = m.floorPrice + order.tick * m.tickSize;
        uint256 perWh = price + m.networkFee;
        if (order.side == 1) {
            uint256 import_ = m.importPrices[word.tariffClass() * m.slots + order.slot];
            perWh = import_ > price + m.tickSize ? import_ - price : m.tickSize;
        }
        order.reserve = perWh * m.lotWh * order.lots;
    }

    function _fits(
        Market memory m,
        IOrderBook.Strip memory s,
        Order memory order,
        Member word,
        Journal j
    ) private pure returns (bool) {
        if (order.slot < s.after_ || order.slot >= m.slots || order.lots == 0) return false;
        if (order.lots > word.maxLots(order.side)) return false;
        uint256[] memory rooms = m.rooms[2 * order.slot + order.side];
        if (rooms.length == 0 || order.lots > rooms[order.tick]) return false;
        return _costOf(m, s, order, j) <= s.maxReserve;
    }

    /// @return What a strip of one entry takes of its `maxReserve`, base units.
    function costOf(
        Market memory m,
        IOrderBook.Strip memory s,
        Member word,
        Journal j
    ) internal pure returns (uint256) {
        return _costOf(m, s, _orderOf(m, s, word), j);
    }

    function _costOf(
        Market memory m,
        IOrderBook.Strip memory s,
        Order memory order,
        Journal j
    ) private pure returns (uint256) {
        return order.reserve + s.feePerEntry + (j.recordsOf() == 0 ? m.settlementFee : 0);
    }

    function _isSigned(bytes32 digest, IOrderBook.Strip memory s, Member word) private pure returns (bool) {
        (address signer, ECDSA.RecoverError failure, ) = ECDSA.tryRecover(digest, s.r, s.vs);
        return failure == ECDSA.RecoverError.NoError && signer == word.tradingKey();
    }

    function _record(
        Market memory m,
        IOrderBook.Strip memory s,
        Order memory order,
        bytes32 digest
    ) private pure returns (bytes memory) {
        uint256 wh = order.lots * m.lotWh;
        uint256 head = (1 << 192) | (order.reserve << 96) | (wh << (order.side == 0 ? 48 : 0));
        uint256 volume = type(uint16).max - m.rooms[2 * order.slot + order.side][order.tick];
        bytes memory payload = abi.encodePacked(s.entries, uint16(volume));
        uint8 frontier = uint8(order.slot + 1);
        return PackedRecords.single(s.member, frontier, uint48(s.feePerEntry), uint208(head), digest, payload);
    }
}
