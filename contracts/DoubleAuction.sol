// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDoubleAuction} from "./interfaces/IDoubleAuction.sol";
import {IMarketModule} from "./interfaces/IMarketModule.sol";
import {IPaymentEscrow} from "./interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "./interfaces/IProsumerRegistry.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {Book} from "./libraries/Book.sol";
import {Clearing} from "./libraries/Clearing.sol";
import {Packed} from "./libraries/Packed.sol";
import {Tariff} from "./libraries/Tariff.sol";
import {Words} from "./libraries/Words.sol";
import {MAX_ENTRIES, MAX_RECORDS} from "./types/Journal.sol";
import {Member} from "./types/Member.sol";
import {SlotHeader} from "./types/SlotHeader.sol";
import {SlotResult, packResult} from "./types/SlotResult.sol";
import {Terms} from "./types/Terms.sol";

/// @title Double auction
/// @notice See `IDoubleAuction`, which is the manual.
contract DoubleAuction is IDoubleAuction, EIP712 {
    using Book for Book.Copy;
    using Packed for bytes;
    using Tariff for bytes;

    /// @dev What every strip of a call shares. Prices are base units per Wh; `openFrom` is the offset of the first slot whose gate
    /// is open.
    struct Batch {
        uint32 community;
        uint32 period;
        uint8 module;
        uint256 slots;
        uint256 tickCount;
        uint256 lotWh;
        uint256 floorPrice;
        uint256 tickSize;
        uint256 openFrom;
        uint256 networkFee;
        uint256 settlementFee;
        uint256 prefixBytes;
        bytes tariff;
        Book.Copy book;
    }

    /// @dev One strip on its way through acceptance. Money in base units, energy in Wh.
    struct Candidate {
        Member member;
        uint256 frontier;
        uint256 used; // of maxReserve: reserves and fees so far
        uint256 accepted; // entries
        uint256 reserve;
        uint256 buyWh;
        uint256 sellWh;
        uint256 slotEnd; // one past the largest offset named
        uint256 refused; // entries
        bytes payload; // entries, then prefixes
        bytes reasons;
    }

    bytes32 private constant STRIP_TYPE = keccak256(
        "Strip(uint32 community,uint32 member,uint32 period,uint8 after,uint32 epoch,uint40 deadline,uint96 maxReserve,uint32 feePerEntry,address feeTo,bytes entries)"
    );

    IProsumerRegistry public immutable registry;
    IPaymentEscrow public immutable escrow;
    ISettlement public immutable settlement;

    uint256 private immutable _books = Words.area("wattbook.auction.books");
    uint256 private immutable _results = Words.area("wattbook.auction.results");

    constructor(IProsumerRegistry registry_, IPaymentEscrow escrow_, ISettlement settlement_) EIP712("Wattbook", "1") {
        registry = registry_;
        escrow = escrow_;
        settlement = settlement_;
    }

    // ---------------------------------------------------------------------------------------------------- orders

    /// @inheritdoc IDoubleAuction
    function post(uint32 community, uint32 period, Strip[] calldata strips) external returns (uint256 accepted) {
        Batch memory b = _open(community, period);
        for (uint256 i = 0; i < strips.length; ++i) {
            Strip calldata s = strips[i];
            Candidate memory c;
            StripReason reason = _accept(b, s, c, false);
            if (reason == StripReason.None) {
                ++accepted;
                if (c.refused != 0) emit EntriesRefused(community, s.member, period, c.reasons);
            } else {
                emit StripSkipped(community, s.member, period, i, reason);
            }
        }
        b.book.flush();
    }

    /// @inheritdoc IDoubleAuction
    function place(uint32 community, uint32 period, Strip calldata s) external {
        Batch memory b = _open(community, period);
        Candidate memory c;
        StripReason reason = _accept(b, s, c, true);
        // An entry's own reason tells more than "nothing accepted".
        for (uint256 i = 0; i < c.reasons.length; ++i) {
            if (c.reasons[i] != 0) revert EntryRefused(i, EntryReason(uint8(c.reasons[i])));
        }
        if (reason != StripReason.None) revert StripRefused(reason);
        b.book.flush();
    }

    /// @inheritdoc IDoubleAuction
    function clear(uint32 community, uint256[] calldata slots) external returns (uint256 cleared) {
        (Terms t, ) = registry.trading(community);
        uint256[] memory bids = new uint256[](t.tickCount());
        uint256[] memory asks = new uint256[](t.tickCount());
        for (uint256 i = 0; i < slots.length; ++i) {
            uint256 slot = slots[i];
            uint256 pos = _bookAt(community, t, slot);
            SlotHeader h = SlotHeader.wrap(Words.load(pos));
            // An entry's word has volume from before its gate, so the gate of a slot found here lies after 1970.
            if (h.slotOf() != slot || h.isCleared() || h.live() == 0 || block.timestamp < t.gateOf(slot)) continue;
            Book.read(pos, h, t.wideTicks(), bids, asks);
            Clearing.Result memory r = Clearing.clear(bids, asks);
            Words.store(_resultAt(community, t, slot), SlotResult.unwrap(packResult(slot, r)));
            Words.store(pos, SlotHeader.unwrap(h.withCleared()));
            uint256 price = r.lots == 0 ? 0 : t.floorPrice() + r.priceTick * t.tickSize();
            emit SlotCleared(community, slot, r.priceTick, price, r.lots);
            ++cleared;
        }
    }

    // ---------------------------------------------------------------------------------------------------- module

    /// @inheritdoc IMarketModule
    function positionOf(
        uint32 community,
        uint32,
        uint32 period,
        bytes[] calldata payloads
    ) external view returns (bool ready, uint256 paid, uint256 received, uint256[] memory position) {
        Terms t = registry.terms(community);
        position = new uint256[](t.slotsPerPeriod());
        for (uint256 i = 0; i < payloads.length; ++i) {
            if (!_addFills(community, period, t, payloads[i], position)) return (false, 0, 0, position);
        }
        uint256 first = uint256(period) * t.slotsPerPeriod();
        for (uint256 offset = 0; offset < position.length; ++offset) {
            uint256 wh = position[offset];
            if (wh == 0) continue;
            SlotResult r = SlotResult.wrap(Words.load(_resultAt(community, t, first + offset)));
            uint256 price = t.floorPrice() + r.priceTick() * t.tickSize();
            paid += (wh >> 128) * price;
            received += (wh & type(uint128).max) * price;
        }
        return (true, paid, received, position);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IDoubleAuction
    function stripDigest(uint32 community, uint32 period, Strip calldata strip) external view returns (bytes32) {
        return _digest(community, period, strip);
    }

    /// @inheritdoc IDoubleAuction
    function book(uint32 community, uint256 slot) external view returns (uint256[] memory bids, uint256[] memory asks) {
        (Terms t, ) = registry.trading(community);
        bids = new uint256[](t.tickCount());
        asks = new uint256[](t.tickCount());
        uint256 pos = _bookAt(community, t, slot);
        SlotHeader h = SlotHeader.wrap(Words.load(pos));
        if (h.slotOf() == slot) Book.read(pos, h, t.wideTicks(), bids, asks);
    }

    /// @inheritdoc IDoubleAuction
    function result(
        uint32 community,
        uint256 slot
    )
        external
        view
        returns (
            bool cleared,
            uint256 marginalTick,
            uint256 priceTick,
            uint256 price,
            uint256 lots,
            uint256 bidAllotment,
            uint256 bidVolume,
            uint256 askAllotment,
            uint256 askVolume
        )
    {
        (Terms t, ) = registry.trading(community);
        SlotResult word = SlotResult.wrap(Words.load(_resultAt(community, t, slot)));
        if (!word.isOf(slot)) return (false, 0, 0, 0, 0, 0, 0, 0, 0);
        Clearing.Result memory r = word.unpack();
        price = r.lots == 0 ? 0 : t.floorPrice() + r.priceTick * t.tickSize();
        return (
            true,
            r.marginalTick,
            r.priceTick,
            price,
            r.lots,
            r.bidAllotment,
            r.bidVolume,
            r.askAllotment,
            r.askVolume
        );
    }

    // ---------------------------------------------------------------------------------------------------- acceptance

    function _open(uint32 community, uint32 period) private view returns (Batch memory b) {
        (Terms t, bool paused) = registry.trading(community);
        if (paused) revert TradingPaused(community);
        uint256 current = t.periodAt(block.timestamp);
        if (period < current || period > current + t.horizon()) revert PeriodNotOpen(community, period);
        bool known;
        (b.module, known) = registry.moduleIndex(community, address(this));
        if (!known) revert UnknownModule(community);
        b.community = community;
        b.period = period;
        b.slots = t.slotsPerPeriod();
        b.tickCount = t.tickCount();
        b.lotWh = t.lotWh();
        b.floorPrice = t.floorPrice();
        b.tickSize = t.tickSize();
        b.settlementFee = t.settlementFee();
        b.prefixBytes = t.wideTicks() ? 4 : 2;
        b.tariff = Tariff.load(registry.tariffAt(community, period));
        b.networkFee = b.tariff.networkFee();
        uint256 first = uint256(period) * b.slots;
        // A slot is open while block.timestamp < slot * d - gateClosure.
        uint256 firstOpen = (block.timestamp + t.gateClosure()) / t.slotDuration() + 1;
        b.openFrom = firstOpen > first ? firstOpen - first : 0;
        b.book = Book.open(_bookAt(community, t, first), first, b.slots, b.tickCount, t.wideTicks());
    }

    /// @dev The one path of every strip: signed and posted by anyone, or its owner's own transaction.
    function _accept(Batch memory b, Strip calldata s, Candidate memory c, bool own) private returns (StripReason) {
        uint256 length = s.entries.length;
        if (length == 0 || length % 4 != 0) return StripReason.BadLength;
        c.member = registry.memberFor(b.community, s.member, b.period);
        if (own) _checkSender(b.community, s.member, c.member);
        if (!c.member.isActive()) return StripReason.NotActive;
        (uint256 free, uint32 epoch, uint16 modules, bool inDebt) = escrow.standing(b.community, s.member);
        if ((modules >> b.module) & 1 == 0) return StripReason.ModuleOff;
        bytes32 digest = _digest(b.community, b.period, s);
        if (!own && !_isSigned(digest, s, c.member)) return StripReason.BadSignature;
        if (s.epoch != epoch) return StripReason.WrongEpoch;
        if (block.timestamp > s.deadline) return StripReason.Expired;
        if (inDebt) return StripReason.InDebt;
        if (free < s.maxReserve) return StripReason.Underfunded;

        (, uint256 entries, uint256 records, uint256 frontier, ) = settlement.journal(b.community, s.member, b.period);
        if (!escrow.periodFree(b.community, b.period)) return StripReason.RingBusy;
        if (s.after_ != frontier) return StripReason.WrongFrontier;
        if (entries + length / 4 > MAX_ENTRIES || records == MAX_RECORDS) return StripReason.TooManyEntries;
        c.frontier = frontier;
        c.used = records == 0 ? b.settlementFee : 0;
        if (!_acceptEntries(b, s, c)) return StripReason.RingBusy;
        if (c.accepted == 0) return StripReason.NothingAccepted;
        _append(b, s, c, digest);
        return StripReason.None;
    }

    function _append(Batch memory b, Strip calldata s, Candidate memory c, bytes32 digest) private {
        uint256 head =
            c.sellWh |
                (c.buyWh << 48) |
                (c.reserve << 96) |
                ((s.entries.length / 4) << 192) |
                (uint256(b.module) << 208);
        settlement.append(
            b.community,
            s.member,
            b.period,
            head,
            digest,
            c.payload,
            b.module == 0 ? uint8(c.slotEnd) : 0,
            c.accepted * s.feePerEntry,
            s.feeTo
        );
    }

    /// @return free False if a slot's ring entry is still taken; then nothing of the strip is kept.
    function _acceptEntries(Batch memory b, Strip calldata s, Candidate memory c) private view returns (bool free) {
        unchecked {
            // 2,048 entries of 16-bit lots, 16-bit prices and Wh per lot below 2^10: sums stay below 2^64.
            uint256 count = s.entries.length / 4;
            uint256 width = b.prefixBytes;
            bytes memory payload = new bytes(count * (4 + width) + 32);
            _copy(s.entries, payload);
            uint256 pos = 4 * count;
            uint256 highest = 0; // largest key seen, plus one
            uint256 runKey = type(uint256).max; // slot and side of the entries before
            uint256 runLots = 0;
            c.slotEnd = c.frontier;
            for (uint256 i = 0; i < count; ++i) {
                uint256 entry = s.entries.u32(4 * i);
                uint256 offset = entry >> 24;
                EntryReason reason = _checkEntry(b, c, entry, highest);
                uint256 prefix = type(uint256).max;
                if (entry >> 16 >= highest) highest = (entry >> 16) + 1;
                if (offset < b.slots && offset >= c.slotEnd) c.slotEnd = offset + 1;
                if (reason == EntryReason.None) {
                    if (entry >> 23 != runKey) {
                        runKey = entry >> 23;
                        runLots = 0;
                        if (!b.book.touch(offset)) {
                            _undo(b, s.entries, payload, i);
                            c.reasons = "";
                            return false;
                        }
                    }
                    (reason, prefix) = _takeEntry(b, s, c, entry, runLots);
                    if (reason == EntryReason.None) runLots += entry & 0xffff;
                }
                if (reason != EntryReason.None) _refuse(c, i, count, reason);
                payload.put(pos, prefix, width);
                pos += width;
            }
            // Drop the spare word that `put` needed.
            assembly ("memory-safe") {
                mstore(payload, pos)
            }
            c.payload = payload;
            return true;
        }
    }

    /// @dev The checks that need no volume.
    function _checkEntry(
        Batch memory b,
        Candidate memory c,
        uint256 entry,
        uint256 highest
    ) private pure returns (EntryReason) {
        unchecked {
            uint256 offset = entry >> 24;
            if (entry >> 16 < highest) return EntryReason.NotAscending;
            if (offset >= b.slots || (entry >> 16) & 0x7f >= b.tickCount) return EntryReason.OffGrid;
            if (entry & 0xffff == 0) return EntryReason.ZeroLots;
            if (offset < c.frontier) return EntryReason.BehindFrontier;
            if (offset < b.openFrom) return EntryReason.GateClosed;
            return EntryReason.None;
        }
    }

    /// @dev Caps, volume and reserve; the last two change only if all hold.
    function _takeEntry(
        Batch memory b,
        Strip calldata s,
        Candidate memory c,
        uint256 entry,
        uint256 runLots
    ) private view returns (EntryReason, uint256 prefix) {
        unchecked {
            uint256 side = (entry >> 23) & 1;
            uint256 lots = entry & 0xffff;
            if (runLots + lots > c.member.maxLots(side)) return (EntryReason.OverCap, type(uint256).max);
            uint256 wh = lots * b.lotWh;
            uint256 reserve = wh * _reservePrice(b, c, entry);
            uint256 used = c.used + reserve + s.feePerEntry;
            if (used > s.maxReserve) return (EntryReason.OverReserve, type(uint256).max);
            bool fits;
            (prefix, fits) = b.book.add(entry >> 24, side, (entry >> 16) & 0x7f, lots);
            if (!fits) return (EntryReason.TickFull, type(uint256).max);
            c.used = used;
            c.reserve += reserve;
            ++c.accepted;
            if (side == 0) c.buyWh += wh;
            else c.sellWh += wh;
            return (EntryReason.None, prefix);
        }
    }

    /// @dev A buyer's worst case is its limit and the network fee; a seller's that it buys all of it back at the retail price.
    function _reservePrice(Batch memory b, Candidate memory c, uint256 entry) private pure returns (uint256) {
        unchecked {
            uint256 limit = b.floorPrice + ((entry >> 16) & 0x7f) * b.tickSize;
            if ((entry >> 23) & 1 == 0) return limit + b.networkFee;
            (uint256 importPrice, ) = b.tariff.pricesAt(c.member.tariffClass(), b.slots, entry >> 24);
            return importPrice > limit + b.tickSize ? importPrice - limit : b.tickSize;
        }
    }

    function _refuse(Candidate memory c, uint256 index, uint256 count, EntryReason reason) private pure {
        if (c.reasons.length == 0) c.reasons = new bytes(count);
        c.reasons[index] = bytes1(uint8(reason));
        ++c.refused;
    }

    /// @dev Takes the first `count` entries back out of the book.
    function _undo(Batch memory b, bytes calldata entries, bytes memory payload, uint256 count) private pure {
        uint256 prefixes = entries.length;
        for (uint256 i = 0; i < count; ++i) {
            uint256 pos = prefixes + i * b.prefixBytes;
            bool refused =
                b.prefixBytes == 2 ? payload.u16m(pos) == type(uint16).max : payload.u32m(pos) == type(uint32).max;
            if (refused) continue;
            uint256 entry = entries.u32(4 * i);
            b.book.remove(entry >> 24, (entry >> 23) & 1, (entry >> 16) & 0x7f, entry & 0xffff);
        }
    }

    function _copy(bytes calldata from, bytes memory to) private pure {
        assembly ("memory-safe") {
            calldatacopy(add(to, 32), from.offset, from.length)
        }
    }

    // ---------------------------------------------------------------------------------------------------- signatures

    function _checkSender(uint32 community, uint32 member, Member m) private view {
        if (msg.sender != m.tradingKey() && msg.sender != registry.ownerOf(community, member)) {
            revert NotTrader(community, member, msg.sender);
        }
    }

    function _isSigned(bytes32 digest, Strip calldata s, Member m) private pure returns (bool) {
        (address signer, ECDSA.RecoverError problem, ) = ECDSA.tryRecover(digest, s.r, s.vs);
        return problem == ECDSA.RecoverError.NoError && signer == m.tradingKey();
    }

    function _digest(uint32 community, uint32 period, Strip calldata s) private view returns (bytes32) {
        bytes32 entriesHash = keccak256(s.entries);
        return
            _hashTypedDataV4(
                keccak256(
                    abi.encode(
                        STRIP_TYPE,
                        community,
                        s.member,
                        period,
                        s.after_,
                        s.epoch,
                        s.deadline,
                        s.maxReserve,
                        s.feePerEntry,
                        s.feeTo,
                        entriesHash
                    )
                )
            );
    }

    // ---------------------------------------------------------------------------------------------------- fills

    /// @dev Adds what the entries of one record filled.
    /// @return cleared False if one of their slots is not cleared.
    function _addFills(
        uint32 community,
        uint32 period,
        Terms t,
        bytes calldata payload,
        uint256[] memory position
    ) private view returns (bool cleared) {
        unchecked {
            // 16-bit lots times Wh per lot below 2^10, at most 2,048 times: far below 128 bits.
            uint256 width = t.wideTicks() ? 4 : 2;
            uint256 refused = t.wideTicks() ? type(uint32).max : type(uint16).max;
            uint256 count = payload.length / (4 + width);
            uint256 slots = t.slotsPerPeriod();
            uint256 lotWh = t.lotWh();
            uint256 results = _resultAt(community, t, uint256(period) * slots);
            uint256 seen = type(uint256).max;
            SlotResult r;
            for (uint256 i = 0; i < count; ++i) {
                uint256 pos = 4 * count + i * width;
                uint256 prefix = width == 2 ? payload.u16(pos) : payload.u32(pos);
                if (prefix == refused) continue;
                uint256 entry = payload.u32(4 * i);
                uint256 offset = entry >> 24;
                if (offset != seen) {
                    seen = offset;
                    r = SlotResult.wrap(Words.load(results + offset));
                    if (!r.isOf(uint256(period) * slots + offset)) return false;
                }
                uint256 side = (entry >> 23) & 1;
                uint256 wh = r.fill(side, (entry >> 16) & 0x7f, entry & 0xffff, prefix) * lotWh;
                position[offset] += side == 0 ? wh << 128 : wh;
            }
            return true;
        }
    }

    // ---------------------------------------------------------------------------------------------------- places in storage

    /// @dev `community 32 | ring slot 12 | word 6`; the ring holds horizon + 1 periods.
    function _bookAt(uint32 community, Terms t, uint256 slot) private view returns (uint256) {
        return _books | (uint256(community) << 24) | ((slot % ((t.horizon() + 1) * t.slotsPerPeriod())) << 6);
    }

    /// @dev `community 32 | ring slot 15`; the ring holds R periods.
    function _resultAt(uint32 community, Terms t, uint256 slot) private view returns (uint256) {
        return _results | (uint256(community) << 16) | (slot % (t.ring() * t.slotsPerPeriod()));
    }
}
