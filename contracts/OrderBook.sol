// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IMarketModule} from "./interfaces/IMarketModule.sol";
import {IOrderBook} from "./interfaces/IOrderBook.sol";
import {IPaymentEscrow} from "./interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "./interfaces/IProsumerRegistry.sol";
import {BatchCalls} from "./libraries/BatchCalls.sol";
import {Book} from "./libraries/Book.sol";
import {BookPlaces} from "./libraries/BookPlaces.sol";
import {Clearing} from "./libraries/Clearing.sol";
import {CompactSignature} from "./libraries/CompactSignature.sol";
import {EntryLoops} from "./libraries/EntryLoops.sol";
import {EntryStrip} from "./libraries/EntryStrip.sol";
import {FillLoops} from "./libraries/FillLoops.sol";
import {KnownTerms} from "./libraries/KnownTerms.sol";
import {Mem} from "./libraries/Mem.sol";
import {PackedRecords} from "./libraries/PackedRecords.sol";
import {PackedStrips} from "./libraries/PackedStrips.sol";
import {SingleEntry} from "./libraries/SingleEntry.sol";
import {SlotBook} from "./libraries/SlotBook.sol";
import {StripLoops} from "./libraries/StripLoops.sol";
import {Tariff} from "./libraries/Tariff.sol";
import {Words} from "./libraries/Words.sol";
import {Account} from "./types/Account.sol";
import {Journal, MAX_ENTRIES, MAX_RECORDS} from "./types/Journal.sol";
import {Member} from "./types/Member.sol";
import {SlotGroup, bitsOf} from "./types/SlotGroup.sol";
import {packResult, resultPlace} from "./types/SlotResult.sol";
import {Terms} from "./types/Terms.sol";

/// @title Order book
/// @notice Acceptance, clearing and fills, for open and sealed communities alike. See `IOrderBook`, which is the manual.
abstract contract OrderBook is IOrderBook, EIP712 {
    using Book for Book.Copy;
    using EntryLoops for EntryStrip.Strip;
    using EntryStrip for EntryStrip.Strip;
    using FillLoops for FillLoops.Parts;
    using Mem for bytes;
    using Mem for uint256;
    using Mem for uint256[];
    using PackedStrips for bytes;
    using PackedStrips for uint256;
    using SlotBook for SlotBook.View;
    using StripLoops for StripLoops.Batch;
    using Tariff for bytes;

    /// @dev A run of strips ends once they take so many bytes: the memory of its records, less than twice as many, is used again by the
    /// next run.
    uint256 private constant RUN_BYTES = 24_000;

    /// @dev A batch reads every live word of a slot at its first visit if it has more than so many bytes for each word that a slot can
    /// have: with 64 ticks, from ten strips of 96 entries or fifty of one on.
    uint256 private constant EAGER_BYTES = 600;

    /// @dev Above every tariff class.
    uint256 private constant NO_CLASS = 256;

    /// @dev Words of an answer before the positions: ready, paid, received, offset, length.
    uint256 private constant ANSWER_HEAD = 5;

    IProsumerRegistry public immutable registry;
    IPaymentEscrow public immutable escrow;

    constructor(IProsumerRegistry registry_, IPaymentEscrow escrow_) EIP712("Wattbook", "1") {
        registry = registry_;
        escrow = escrow_;
    }

    // ---------------------------------------------------------------------------------------------------- orders

    /// @inheritdoc IOrderBook
    function place(uint32 community, uint32 period, Strip calldata s) external {
        (StripLoops.Batch[] memory one, Terms t, address tariff) = _begin(community, period, s.feeTo);
        StripLoops.Batch memory b = one[0];
        // Its book is opened once it is needed.
        (b.own, b.terms, b.blob) = (true, t, tariff);
        b.loop.laneLog = t.wideTicks() ? 2 : 1;
        uint256 members = BatchCalls.roomForMembers();
        Mem.store(members, s.member);
        bytes calldata entries = s.entries;
        _load(b, members, 1, entries.length / 4);
        Member m = Member.wrap(Mem.load(b.words));
        if (msg.sender != m.tradingKey() && msg.sender != registry.ownerOf(community, s.member)) {
            revert NotTrader(community, s.member, msg.sender);
        }
        StripReason reason = _accept(b, b.words, PackedStrips.termsOf(s), entries);
        if (!_isNone(reason)) revert StripRefused(reason);
        _record(b);
        if (b.loop.newest != 0) b.book.flush(b.loop.newest);
    }

    /// @inheritdoc IOrderBook
    function clear(uint32 community, uint256[] calldata slots) external returns (uint256 cleared) {
        Terms t = KnownTerms.keep(BookPlaces.TERMS, registry, community);
        SlotBook.View memory v = SlotBook.create(t.tickCount(), t.wideTicks());
        for (uint256 i = 0; i < slots.length; ++i) if (_clearStored(v, community, t, slots[i])) ++cleared;
        v.keep();
    }

    /// @return Whether the slot was cleared: not if it is not due, empty, cleared already or of no ring entry.
    function _clearStored(SlotBook.View memory v, uint32 community, Terms t, uint256 slot) private returns (bool) {
        unchecked {
            uint256 words = 2 * v.words;
            uint256 period = slot / t.slotsPerPeriod();
            uint256 offset = slot - period * t.slotsPerPeriod();
            (uint256 index, uint256 shift) = bitsOf(offset, words);
            uint256 pos = BookPlaces.bookAt(community, t, slot);
            uint256 groupAt = pos - ((offset - index) << Book.STORED_STRIDE_LOG2);
            if (groupAt != v.groupAt) v.turnToGroup(groupAt, SlotGroup.wrap(Words.load(groupAt)));
            SlotGroup group = v.group;
            uint256 live = group.live(shift, words);
            if (live == 0 || !group.isOf(period) || group.isCleared(shift, words)) return false;
            // A slot has volume from before its gate, so the gate of one found here lies after 1970.
            if (!_isDue(community, t, slot)) return false;
            v.turnToStored(pos, live);
            _keepResult(v, community, t, period, offset);
            v.group = group.withCleared(shift, words);
            return true;
        }
    }

    /// @dev Clears the whole period out of the batch's copy and of what storage holds beside it, instead of writing the copy back: of a
    /// slot that is in memory alone nothing but its result is stored.
    function _clearCopy(StripLoops.Batch memory b, Terms t) internal {
        unchecked {
            SlotBook.View memory v = SlotBook.create(t.tickCount(), t.wideTicks());
            uint256 words = 2 * v.words;
            for (uint256 offset = 0; offset < b.slots; ++offset) {
                (uint256 index, uint256 shift) = bitsOf(offset, words);
                uint256 groupAt = b.book.area + (index << Book.STORED_STRIDE_LOG2);
                if (groupAt != v.groupAt) v.turnToGroup(groupAt, b.book.groupAt(index));
                // Of another period's group the batch has no slot.
                if (!v.group.isOf(b.period) || v.group.isCleared(shift, words)) continue;
                uint256 live = v.group.live(shift, words);
                b.book.turnToCopied(v, offset, live);
                if (v.isEmpty()) continue;
                _keepResult(v, b.community, t, b.period, offset);
                if (live != 0) v.group = v.group.withCleared(shift, words);
            }
            v.keep();
        }
    }

    function _keepResult(SlotBook.View memory v, uint32 community, Terms t, uint256 period, uint256 offset) private {
        unchecked {
            uint256 free = Mem.mark();
            Clearing.Result memory r = Clearing.clear(v);
            uint256 bits = 256 / v.perWord;
            (uint256 word, uint256 index) = resultPlace(offset, bits);
            uint256 pos = BookPlaces.resultsAt(community, t, period) + word;
            if (pos != v.resultsAt) v.turnToResults(pos);
            v.results = v.results.withResult(period, index, packResult(r, bits), bits);
            uint256 price = r.lots == 0 ? 0 : t.floorPrice() + r.priceTick * t.tickSize();
            emit SlotCleared(community, period * t.slotsPerPeriod() + offset, r.priceTick, price, r.lots);
            Mem.release(free);
        }
    }

    // ---------------------------------------------------------------------------------------------------- module

    /// @inheritdoc IMarketModule
    /// @dev Laid out by `FillLoops`.
    function contextOf(uint32 community, uint32 period) external view returns (uint256[] memory context) {
        Terms t = KnownTerms.load(BookPlaces.TERMS, registry, community);
        context = FillLoops.newContext(t.lotWh(), t.wideTicks() ? 4 : 2, t.slotsPerPeriod());
        FillLoops.Parts memory p = FillLoops.partsOf(context)[0];
        p.put(BookPlaces.resultsAt(community, t, period), period, t.floorPrice(), t.tickSize());
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
        FillLoops.Parts memory p = FillLoops.partsIn(context)[0];
        unchecked {
            // The answer as it leaves: ready, paid, received, offset, length, position. Encoding it would cost more than filling it.
            uint256 words = ANSWER_HEAD + (p.slots + 3) / 4;
            uint256 answer = Mem.zeros(words + 1); // quads are looked at in pairs
            uint256 start = answer + 32 * ANSWER_HEAD;
            (ready, position) = (true, ""); // as it stands in the answer
            bool rows = true;
            for (uint256 i = 0; i < payloads.length; ++i) {
                (bool cleared, bool inRows) = p.fills(start, Mem.behind(payloads, i));
                (ready, rows) = (ready && cleared, rows && inRows);
            }
            (paid, received) = p.worth(start, rows);
            Mem.store(answer, ready ? 1 : 0);
            Mem.store(answer + 32, paid);
            Mem.store(answer + 64, received);
            Mem.store(answer + 96, 4 * 32);
            Mem.store(answer + 128, 8 * p.slots);
            Mem.finish(answer, 32 * words);
        }
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IOrderBook
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IOrderBook
    function extsload(bytes32 slot) external view returns (bytes32) {
        return bytes32(Words.load(uint256(slot)));
    }

    // ---------------------------------------------------------------------------------------------------- modes

    /// @return Whether the book is for sealed communities.
    function _isSealed() internal pure virtual returns (bool);

    /// @return Whether the call's orders were committed before the gate: then no pause stops them, and they count as of the gate.
    /// @dev Not an argument of `_open`: for a constant one the compiler makes a copy of it.
    function _isRevealing() internal pure virtual returns (bool);

    /// @return Whether no more orders can come in for a slot, so that it may clear.
    function _isDue(uint32 community, Terms t, uint256 slot) internal view virtual returns (bool);

    // ---------------------------------------------------------------------------------------------------- acceptance

    /// @param size Bytes of packed strips.
    /// @return one The batch, see `StripLoops.create`.
    function _open(
        uint32 community,
        uint32 period,
        address feeTo,
        uint256 size
    ) internal view returns (StripLoops.Batch[] memory one) {
        Terms t;
        address tariff;
        (one, t, tariff) = _begin(community, period, feeTo);
        _openBook(one[0], t, tariff, size);
    }

    /// @return one The batch, without a book.
    /// @return t Of the community.
    /// @return tariff Of the period.
    function _begin(
        uint32 community,
        uint32 period,
        address feeTo
    ) private view returns (StripLoops.Batch[] memory one, Terms t, address tariff) {
        one = StripLoops.create();
        StripLoops.Batch memory b = one[0];
        bool revealing = _isRevealing();
        bool paused;
        (t, paused, tariff) = BatchCalls.tradingFor(registry, community, period);
        if (t.isSealed() != _isSealed()) revert WrongMode(community);
        if (paused && !revealing) revert TradingPaused(community);
        uint256 current = t.periodAt(block.timestamp);
        if (period < current || period > current + t.horizon()) revert PeriodNotOpen(community, period);
        (b.community, b.period, b.feeTo) = (community, period, feeTo);
        b.settlementFee = t.settlementFee();
        b.slots = t.slotsPerPeriod();
        PackedStrips.setMessage(b.message, _domainSeparatorV4(), community, period, feeTo);
        b.time = revealing ? t.gateOfPeriod(period) : block.timestamp;
    }

    /// @dev Makes room for the book and sets what the loop needs of the community.
    function _openBook(StripLoops.Batch memory b, Terms t, address tariff, uint256 size) private view {
        unchecked {
            (b.tariff, b.class) = (Tariff.load(tariff), NO_CLASS);
            uint256 first = b.period * b.slots;
            uint256 area = BookPlaces.bookAt(b.community, t, first);
            Book.Copy memory copy = b.book;
            copy.open(area, b.period, t.tickCount(), t.wideTicks(), b.slots);
            EntryStrip.Strip memory e = b.loop;
            e.setGrid(b.slots, t.tickCount(), copy.laneLog);
            e.setPrices(t.lotWh(), t.floorPrice(), t.tickSize(), b.tariff.networkFee());
            e.eager = size > EAGER_BYTES * 2 * copy.wordsPerSide ? 1 : 0; // bids and asks
            (e.table, e.tickWords, e.area, e.period) = (copy.table, copy.wordsPerSide, area, b.period);
            if (t.isSealed()) {
                if (!_isRevealing() && block.timestamp >= t.gateOfPeriod(b.period)) e.openFrom = b.slots;
            } else {
                // A slot is open while block.timestamp < slot * d - gateClosure.
                uint256 firstOpen = (block.timestamp + t.gateClosure()) / t.slotDuration() + 1;
                if (firstOpen > first) e.openFrom = firstOpen - first;
            }
        }
    }

    /// @dev Takes packed strips in runs. Within a run members ascend, so that nobody's standing changes before it is used; a member that
    /// comes again starts the next run. // [A2]
    function _acceptAll(StripLoops.Batch memory b, bytes calldata strips) internal returns (uint256 accepted) {
        for (uint256 pos = 0; pos < strips.length;) {
            uint256 free = Mem.mark();
            uint256 cells = b.loop.newest;
            uint256 end = _takeRun(b, strips, pos);
            accepted += _acceptRun(b, strips, pos, end);
            _record(b);
            // The book's cells stay.
            if (b.loop.newest == cells) Mem.release(free);
            pos = end;
        }
    }

    /// @return accepted How many strips between `pos` and `end` were accepted.
    function _acceptRun(
        StripLoops.Batch memory b,
        bytes calldata strips,
        uint256 pos,
        uint256 end
    ) private returns (uint256 accepted) {
        unchecked {
            uint256 word = b.words;
            while (pos < end) {
                (uint256 terms, bytes calldata entries) = strips.read(pos);
                StripReason reason = StripReason.BadSignature;
                if (entries.length == 4) {
                    uint256 before = word;
                    (pos, word) = b.take(strips, pos, word);
                    accepted += (word - before) / 32;
                    if (pos == end) break;
                    (terms, entries) = strips.read(pos);
                }
                if (b.forged == 0) reason = _accept(b, word, terms, entries);
                b.forged = 0;
                if (_isNone(reason)) ++accepted;
                else _skip(b, terms.memberOf(), b.index + (word - b.words) / 32, reason);
                pos += PackedStrips.HEADER + entries.length;
                word += 32;
            }
            b.index += (word - b.words) / 32;
        }
    }

    function _skip(StripLoops.Batch memory b, uint32 member, uint256 index, StripReason reason) private {
        emit StripSkipped(b.community, member, b.period, index, reason);
    }

    /// @dev Reverts with the first entry that was refused; there is one.
    /// @param reasons Where they are, one byte each.
    function _revertRefused(uint256 reasons) private pure {
        unchecked {
            uint256 pos = reasons;
            while (Mem.load(pos) >> 248 == 0) ++pos;
            revert EntryRefused(pos - reasons, EntryReason(Mem.load(pos) >> 248));
        }
    }

    /// @dev Finds the members of the next run, asks about them and makes room for what becomes of their strips.
    /// @return end Where it ends.
    function _takeRun(
        StripLoops.Batch memory b,
        bytes calldata strips,
        uint256 pos
    ) private view returns (uint256 end) {
        uint256 members = BatchCalls.roomForMembers();
        uint256 count;
        bool cut;
        (end, count, cut) = strips.walk(pos, members, RUN_BYTES);
        if (cut) revert StripsCutOff(end);
        unchecked {
            _load(b, members, count, PackedStrips.entriesIn(end - pos, count));
        }
    }

    /// @dev Asks everybody about the members of a run, and makes room for its records and for reasons.
    /// @param members Where they are, see `BatchCalls`.
    /// @param entries Of the run.
    function _load(StripLoops.Batch memory b, uint256 members, uint256 count, uint256 entries) private view {
        BatchCalls.keepMembers(members, count, b.community, b.period);
        (uint256 words, bool ringFree, address firstModule) = BatchCalls.standings(escrow, members, count);
        BatchCalls.tradersOf(registry, members, count);
        // The journal carries the frontier of the first module alone; without it strips could be replayed.
        if (firstModule != address(this)) revert UnknownModule(b.community);
        (b.words, b.toStanding, b.ringBusy) = (members, words - members, ringFree ? 0 : 1);
        // And room for the start of one more, which `StripLoops` writes before it knows that there is none.
        b.records = BatchCalls.roomForRecords(PackedStrips.recordBytes(entries, count, b.loop.laneLog) + 64);
        b.next = b.records;
        // Longer strips are not looked into.
        b.loop.reasons = Mem.bytesOf(entries < MAX_ENTRIES ? entries : MAX_ENTRIES).start();
    }

    /// @dev Hands the records of a run to the escrow.
    function _record(StripLoops.Batch memory b) private {
        uint256 length = b.next - b.records;
        if (length != 0) BatchCalls.append(escrow, b.community, b.period, b.feeTo, b.records, length);
    }

    /// @dev What holds for a strip as a whole, but for its signature. One test tells whether all of it does.
    /// @param word Where its member's word is.
    /// @param length Bytes of its entries.
    function _check(
        StripLoops.Batch memory b,
        uint256 word,
        uint256 terms,
        uint256 length
    ) private pure returns (bool) {
        unchecked {
            (Account a, Journal j) = _standingOf(b, word);
            uint256 wrong =
                Member.wrap(Mem.load(word)).whyInactive() |
                    a.unlike(terms.epochOf()) |
                    (terms.afterOf() ^ j.frontierOf()) |
                    (length & 3) |
                    b.ringBusy;
            // All of these are below 2^96: a difference below zero has its highest bit set.
            uint256 left =
                (terms.deadlineOf() - b.time) |
                    (a.freeOf() - terms.maxReserveOf()) |
                    (length - 4) |
                    (4 * (MAX_ENTRIES - j.entriesOf()) - length) |
                    (MAX_RECORDS - 1 - j.recordsOf());
            return wrong | (left >> 255) == 0;
        }
    }

    /// @param word Where its member's word is.
    /// @return a What is above the account's half of the word stays there.
    /// @return j Without the upper half of its hash.
    function _standingOf(StripLoops.Batch memory b, uint256 word) private pure returns (Account a, Journal j) {
        unchecked {
            uint256 standing = Mem.load(word + b.toStanding);
            return (Account.wrap(standing), Journal.wrap(standing >> 128));
        }
    }

    /// @dev A comparison of reasons would check first that each is one, for every strip.
    function _isNone(StripReason reason) private pure returns (bool none) {
        assembly ("memory-safe") {
            none := iszero(reason)
        }
    }

    /// @dev The first of the reasons for which `_check` refused a strip.
    function _reasonOf(
        StripLoops.Batch memory b,
        uint256 word,
        uint256 terms,
        uint256 length
    ) private pure returns (StripReason) {
        (Account a, Journal j) = _standingOf(b, word);
        if (length == 0 || length % 4 != 0) return StripReason.BadLength;
        if (!Member.wrap(Mem.load(word)).isActive()) return StripReason.NotActive;
        if (!a.hasModule(0)) return StripReason.ModuleOff;
        if (terms.epochOf() != a.epochOf()) return StripReason.WrongEpoch;
        if (b.time > terms.deadlineOf()) return StripReason.Expired;
        if (a.isInDebt()) return StripReason.InDebt;
        if (a.freeOf() < terms.maxReserveOf()) return StripReason.Underfunded;
        if (b.ringBusy != 0) return StripReason.RingBusy;
        if (terms.afterOf() != j.frontierOf()) return StripReason.WrongFrontier;
        return StripReason.TooManyEntries;
    }

    /// @dev The one path of every strip: signed and posted by anyone, or its owner's own transaction.
    /// @param word Where its member's word is.
    /// @return Why it was not accepted.
    function _accept(
        StripLoops.Batch memory b,
        uint256 word,
        uint256 terms,
        bytes calldata entries
    ) private returns (StripReason) {
        unchecked {
            EntryStrip.Strip memory e = b.loop;
            if (!_check(b, word, terms, entries.length)) return _reasonOf(b, word, terms, entries.length);
            uint256 payload = b.next + PackedRecords.HEADER;
            payload.copy(entries);
            bytes32 digest = PackedStrips.digestIn(b.message, terms, payload.hashAt(entries.length));
            Member m = Member.wrap(Mem.load(word));
            if (!b.own && !CompactSignature.isBy(m.tradingKey(), digest, PackedStrips.signatureBefore(entries))) {
                return StripReason.BadSignature;
            }
            (, Journal j) = _standingOf(b, word);
            uint256 feePerEntry = terms.feePerEntryOf();
            e.setLimits(m.buyCap(), m.sellCap(), terms.maxReserveOf(), feePerEntry);
            uint256 initialFee = j.recordsOf() == 0 ? b.settlementFee : 0;
            e.reset(j.frontierOf(), initialFee);
            uint256 count = entries.length / 4;
            uint256 prefixes = payload + entries.length;
            (uint256 total, bool whole, bool busy) = (0, true, false);
            if (b.own) {
                if (!_isSealed() && count == 1) total = SingleEntry.accept(b, m, payload);
                if (total == 0) _openBook(b, b.terms, b.blob, 0);
            }
            if (total == 0) {
                if (m.tariffClass() != b.class) _turnTo(b, m.tariffClass());
                (total, whole, busy) = e.accept(payload, count);
            }
            if (busy) return StripReason.RingBusy;
            uint256 fee = count * feePerEntry;
            uint256 slotEnd = EntryLoops.slotEndAt(prefixes);
            if (!whole) {
                (uint256 refused, StripReason reason) = _tellRefused(b, terms, count);
                if (!_isNone(reason)) return reason;
                fee -= refused * feePerEntry;
                slotEnd = e.slotEnd(prefixes);
            }
            uint256 head = EntryStrip.headOf(total, initialFee + fee, count);
            uint256 size = entries.length + (count << e.laneLog);
            PackedRecords.write(b.next, terms.memberOf(), slotEnd, fee, head, size, digest);
            b.next = payload + size;
            return StripReason.None;
        }
    }

    /// @dev Tells which entries of a strip were refused, if some were.
    /// @return refused How many.
    /// @return reason Why the strip was not accepted, if all were.
    function _tellRefused(
        StripLoops.Batch memory b,
        uint256 terms,
        uint256 count
    ) private returns (uint256 refused, StripReason reason) {
        refused = b.loop.refused;
        if (refused == 0) return (0, StripReason.None);
        uint256 reasons = b.loop.reasons;
        // An entry's own reason tells more than "nothing accepted".
        if (b.own) _revertRefused(reasons);
        if (refused == count) return (refused, StripReason.NothingAccepted);
        emit EntriesRefused(b.community, terms.memberOf(), b.period, Mem.bytesAt(reasons).cut(count));
    }

    /// @dev Lets the loop reserve at the prices of a tariff class.
    function _turnTo(StripLoops.Batch memory b, uint256 class) private pure {
        b.class = class;
        b.loop.prices = b.tariff.entriesOf(class, b.slots);
    }
}
