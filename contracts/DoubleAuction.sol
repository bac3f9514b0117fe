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
import {EntryLoops} from "./libraries/EntryLoops.sol";
import {FillLoops} from "./libraries/FillLoops.sol";
import {KnownTerms} from "./libraries/KnownTerms.sol";
import {Mem} from "./libraries/Mem.sol";
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
    using EntryLoops for EntryLoops.Strip;
    using FillLoops for FillLoops.Parts;
    using Mem for bytes;
    using Mem for uint256[];
    using Packed for bytes;
    using Tariff for bytes;

    /// @dev What every strip of a call shares.
    struct Batch {
        uint32 community;
        uint32 period;
        bool ringFree; // whether the period's ring entry can take records
        uint256 settlementFee; // base units
        uint256 slots;
        uint256 lotWh;
        bytes tariff;
        Book.Copy book;
        EntryLoops.Strip loop;
    }

    /// @dev One strip on its way through acceptance.
    struct Candidate {
        Member member;
        uint256 frontier;
        uint256 initialFee; // the settlement fee where the record is the first; base units
        uint256 accepted; // entries
        bytes payload; // entries, then prefixes
        bytes reasons; // one byte per entry, if any was refused
    }

    bytes32 private constant STRIP_TYPE = keccak256(
        "Strip(uint32 community,uint32 member,uint32 period,uint8 after,uint32 epoch,uint40 deadline,uint96 maxReserve,uint32 feePerEntry,address feeTo,bytes entries)"
    );

    /// @dev Words of an answer before the positions: ready, paid, received, offset, length.
    uint256 private constant ANSWER_HEAD = 5;

    IProsumerRegistry public immutable registry;
    IPaymentEscrow public immutable escrow;
    ISettlement public immutable settlement;

    uint256 private immutable _books = Words.area("wattbook.auction.books");
    uint256 private immutable _results = Words.area("wattbook.auction.results");
    uint256 private immutable _known = Words.area("wattbook.auction.terms");

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
                if (c.reasons.length != 0) emit EntriesRefused(community, s.member, period, c.reasons);
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
        Terms t = KnownTerms.keep(_known, registry, community);
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
            uint256 to = _resultAt(community, t, slot);
            // A slot cleared after its period has left the ring must not overwrite a newer result.
            if (uint32(Words.load(to)) < slot) Words.store(to, SlotResult.unwrap(packResult(slot, r)));
            Words.store(pos, SlotHeader.unwrap(h.withCleared()));
            uint256 price = r.lots == 0 ? 0 : t.floorPrice() + r.priceTick * t.tickSize();
            emit SlotCleared(community, slot, r.priceTick, price, r.lots);
            ++cleared;
        }
    }

    // ---------------------------------------------------------------------------------------------------- module

    /// @inheritdoc IMarketModule
    /// @dev Laid out by `FillLoops`.
    function contextOf(uint32 community, uint32 period) external view returns (uint256[] memory context) {
        Terms t = KnownTerms.load(_known, registry, community);
        uint256 slots = t.slotsPerPeriod();
        uint256 first = uint256(period) * slots;
        uint256 pos = _resultAt(community, t, first);
        uint256 floor = t.floorPrice();
        uint256 step = t.tickSize();
        context = FillLoops.newContext(t.lotWh(), t.wideTicks() ? 4 : 2, slots);
        FillLoops.Parts memory p = FillLoops.partsOf(context);
        unchecked {
            for (uint256 k = 0; k < slots; ++k) {
                SlotResult r = SlotResult.wrap(Words.load(pos + k));
                if (r.isOf(first + k)) p.put(k, r, floor + r.priceTick() * step);
                else p.putWaiting(k);
            }
        }
    }

    /// @inheritdoc IMarketModule
    function positionOf(
        uint32,
        uint32,
        uint32,
        uint256[] calldata context,
        bytes[] calldata payloads
    ) external pure returns (bool ready, uint256 paid, uint256 received, bytes memory position) {
        if (context.length == 0) revert NoContext();
        FillLoops.Parts memory p = FillLoops.partsOf(context.copied());
        // The answer as it leaves: ready, paid, received, offset, length, position. Encoding it would cost more than filling it.
        uint256 quads = (p.slots + 3) / 4;
        uint256[] memory answer = new uint256[](ANSWER_HEAD + quads + 1); // they are looked at in pairs
        (answer[3], answer[4]) = (4 * 32, 8 * p.slots);
        uint256 start = answer.words() + ANSWER_HEAD * 32;
        ready = true;
        for (uint256 i = 0; i < payloads.length; ++i) ready = p.fills(start, payloads[i]) && ready;
        (paid, received) = p.worth(start);
        position = ""; // as it stands in the answer
        (answer[0], answer[1], answer[2]) = (ready ? 1 : 0, paid, received);
        assembly ("memory-safe") {
            return(add(answer, 32), shl(5, add(ANSWER_HEAD, quads)))
        }
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IDoubleAuction
    function stripDigest(uint32 community, uint32 period, Strip calldata strip) external view returns (bytes32) {
        return _digest(community, period, strip);
    }

    /// @inheritdoc IDoubleAuction
    function book(uint32 community, uint256 slot) external view returns (uint256[] memory bids, uint256[] memory asks) {
        Terms t = KnownTerms.load(_known, registry, community);
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
        Terms t = KnownTerms.load(_known, registry, community);
        SlotResult word = SlotResult.wrap(Words.load(_resultAt(community, t, slot)));
        if (slot == 0 || !word.isOf(slot)) return (false, 0, 0, 0, 0, 0, 0, 0, 0);
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
        (uint8 module, bool known) = registry.moduleIndex(community, address(this));
        // The journal carries the frontier of the first module alone; without it strips could be replayed.
        if (!known || module != 0) revert UnknownModule(community);
        b.community = community;
        b.period = period;
        b.ringFree = escrow.periodFree(community, period);
        b.settlementFee = t.settlementFee();
        (b.slots, b.lotWh) = (t.slotsPerPeriod(), t.lotWh());
        b.tariff = Tariff.load(registry.tariffAt(community, period));
        uint256 first = uint256(period) * t.slotsPerPeriod();
        b.book = Book.open(_bookAt(community, t, first), t.slotsPerPeriod(), t.tickCount(), t.wideTicks());
        EntryLoops.Strip memory e = b.loop;
        e.setGrid(t.slotsPerPeriod(), t.tickCount(), b.book.laneLog);
        e.setPrices(t.lotWh(), t.floorPrice(), t.tickSize(), b.tariff.networkFee());
        // A slot is open while block.timestamp < slot * d - gateClosure.
        uint256 firstOpen = (block.timestamp + t.gateClosure()) / t.slotDuration() + 1;
        e.openFrom = firstOpen > first ? firstOpen - first : 0;
        (e.cells, e.stride, e.tickWords) = (b.book.top, b.book.stride, b.book.wordsPerSide);
        (e.area, e.firstSlot) = (b.book.area, first);
    }

    /// @dev The one path of every strip: signed and posted by anyone, or its owner's own transaction.
    function _accept(Batch memory b, Strip calldata s, Candidate memory c, bool own) private returns (StripReason) {
        uint256 length = s.entries.length;
        if (length == 0 || length % 4 != 0) return StripReason.BadLength;
        c.member = registry.memberFor(b.community, s.member, b.period);
        if (own) _checkSender(b.community, s.member, c.member);
        if (!c.member.isActive()) return StripReason.NotActive;
        (uint256 free, uint32 epoch, uint16 modules, bool inDebt) = escrow.standing(b.community, s.member);
        if (modules & 1 == 0) return StripReason.ModuleOff;
        bytes32 digest = _digest(b.community, b.period, s);
        if (!own && !_isSigned(digest, s, c.member)) return StripReason.BadSignature;
        if (s.epoch != epoch) return StripReason.WrongEpoch;
        if (block.timestamp > s.deadline) return StripReason.Expired;
        if (inDebt) return StripReason.InDebt;
        if (free < s.maxReserve) return StripReason.Underfunded;

        (, uint256 entries, uint256 records, uint256 frontier, ) = settlement.journal(b.community, s.member, b.period);
        if (!b.ringFree) return StripReason.RingBusy;
        if (s.after_ != frontier) return StripReason.WrongFrontier;
        if (entries + length / 4 > MAX_ENTRIES || records == MAX_RECORDS) return StripReason.TooManyEntries;
        c.frontier = frontier;
        c.initialFee = records == 0 ? b.settlementFee : 0;
        if (!_acceptEntries(b, s, c)) return StripReason.RingBusy;
        if (c.accepted == 0) return StripReason.NothingAccepted;
        _append(b, s, c, digest);
        return StripReason.None;
    }

    function _append(Batch memory b, Strip calldata s, Candidate memory c, bytes32 digest) private {
        EntryLoops.Strip memory e = b.loop;
        (uint256 bought, uint256 sold) = e.lotsOf();
        uint256 fee = c.accepted * s.feePerEntry;
        uint256 reserve = e.usedOf() - c.initialFee - fee;
        // Wh sold and bought, reserve, entries, and module 0.
        uint256 head =
            (sold * b.lotWh) | ((bought * b.lotWh) << 48) | (reserve << 96) | ((s.entries.length / 4) << 192);
        uint8 frontier = uint8(e.slotEnd());
        settlement.append(b.community, s.member, b.period, head, digest, c.payload, frontier, fee, s.feeTo);
    }

    /// @dev The entries in order. Volumes change in the memory copy of the book, everything else in `c`.
    /// @return free False if a slot's ring entry is still taken; then nothing of the strip is kept.
    function _acceptEntries(Batch memory b, Strip calldata s, Candidate memory c) private view returns (bool free) {
        EntryLoops.Strip memory e = b.loop;
        uint256 count = s.entries.length / 4;
        uint256 length = count * (4 + (1 << e.laneLog));
        bytes memory payload = new bytes(length + 32);
        bytes memory reasons = new bytes(count);
        bytes memory entries = new bytes(4 * count + 4); // zeros behind the last
        _copy(s.entries, payload);
        _copy(s.entries, entries);
        e.setLimits(c.member.maxLots(0), c.member.maxLots(1), s.maxReserve, s.feePerEntry);
        e.prices = b.tariff.entriesOf(c.member.tariffClass(), b.slots);
        (e.out, e.reasons) = (payload.start() + 4 * count, reasons.start());
        e.reset(c.frontier, c.initialFee);
        if (e.accept(entries.start(), count)) {
            _undo(b, s.entries, reasons, e.seen);
            return false;
        }
        assembly ("memory-safe") {
            mstore(payload, length) // without the spare word behind the last prefix
        }
        c.payload = payload;
        c.accepted = count - e.refused;
        if (e.refused != 0) c.reasons = reasons;
        return true;
    }

    /// @dev Takes the first `count` entries back out of the book.
    function _undo(Batch memory b, bytes calldata entries, bytes memory reasons, uint256 count) private pure {
        for (uint256 i = 0; i < count; ++i) {
            if (reasons[i] != 0) continue;
            uint256 entry = entries.u32(4 * i);
            b.book.remove(entry >> 24, (entry >> 16) & 0xff, entry & 0xffff);
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
