// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IMarketModule} from "./interfaces/IMarketModule.sol";
import {IOrderBook} from "./interfaces/IOrderBook.sol";
import {IPaymentEscrow} from "./interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "./interfaces/IProsumerRegistry.sol";
import {Book} from "./libraries/Book.sol";
import {Clearing} from "./libraries/Clearing.sol";
import {EntryLoops} from "./libraries/EntryLoops.sol";
import {FillLoops} from "./libraries/FillLoops.sol";
import {KnownTerms} from "./libraries/KnownTerms.sol";
import {Mem} from "./libraries/Mem.sol";
import {Packed} from "./libraries/Packed.sol";
import {PackedRecords} from "./libraries/PackedRecords.sol";
import {PackedStrips} from "./libraries/PackedStrips.sol";
import {SlotBook} from "./libraries/SlotBook.sol";
import {Tariff} from "./libraries/Tariff.sol";
import {Words} from "./libraries/Words.sol";
import {Account} from "./types/Account.sol";
import {Journal, MAX_ENTRIES, MAX_RECORDS} from "./types/Journal.sol";
import {Member} from "./types/Member.sol";
import {SlotHeader} from "./types/SlotHeader.sol";
import {SlotResult, packResult} from "./types/SlotResult.sol";
import {Terms} from "./types/Terms.sol";

/// @title Order book
/// @notice Acceptance, clearing and fills, for open and sealed communities alike. See `IOrderBook`, which is the manual.
abstract contract OrderBook is IOrderBook, EIP712 {
    using Book for Book.Copy;
    using EntryLoops for EntryLoops.Strip;
    using FillLoops for FillLoops.Parts;
    using Mem for bytes;
    using Mem for uint256;
    using Mem for uint256[];
    using Packed for bytes;
    using PackedStrips for bytes;
    using PackedStrips for uint256;
    using SlotBook for SlotBook.View;
    using Tariff for bytes;

    /// @dev What every strip of a call shares.
    struct Batch {
        uint32 community;
        uint32 period;
        uint256 settlementFee; // base units
        uint256 slots;
        uint256 lotWh;
        bytes32 domain;
        address feeTo;
        uint256 index; // of the strip at hand among those of the call
        uint256 accepted; // strips so far
        bytes tariff;
        Book.Copy book;
        EntryLoops.Strip loop;
        uint256 time; // at which orders count, unix seconds
        uint256 next; // where the next record goes, in memory
    }

    /// @dev What the registry, the escrow and settlement know of the members of some strips, a word each.
    struct Standing {
        uint256[] members;
        uint256[] words; // see `Member`
        uint256[] accounts; // see `Account`
        uint256[] journals; // see `Journal`
        bool ringFree; // whether the period's ring entry can take records
        bytes records; // room for what becomes of the strips
    }

    /// @dev A run of strips ends once its records take so many bytes: their memory is used again by the next run.
    uint256 private constant RUN_BYTES = 32_768;

    /// @dev A batch reads every live word of a slot at its first visit if it has more than so many bytes for each word that a slot can
    /// have: with 64 ticks, from ten strips of 96 entries or fifty of one on.
    uint256 private constant EAGER_BYTES = 600;

    /// @dev Words of an answer before the positions: ready, paid, received, offset, length.
    uint256 private constant ANSWER_HEAD = 5;

    IProsumerRegistry public immutable registry;
    IPaymentEscrow public immutable escrow;

    uint256 private immutable _books = Words.area("wattbook.auction.books");
    uint256 private immutable _results = Words.area("wattbook.auction.results");
    uint256 internal immutable _known = Words.area("wattbook.auction.terms");

    constructor(IProsumerRegistry registry_, IPaymentEscrow escrow_) EIP712("Wattbook", "1") {
        registry = registry_;
        escrow = escrow_;
    }

    // ---------------------------------------------------------------------------------------------------- orders

    /// @inheritdoc IOrderBook
    function place(uint32 community, uint32 period, Strip calldata s) external {
        Batch memory b = _open(community, period);
        Standing memory st;
        st.members = new uint256[](1);
        st.members[0] = s.member;
        _load(b, st, PackedRecords.HEADER + 2 * s.entries.length);
        Member m = Member.wrap(st.words[0]);
        if (msg.sender != m.tradingKey() && msg.sender != registry.ownerOf(community, s.member)) {
            revert NotTrader(community, s.member, msg.sender);
        }
        uint256 terms = PackedStrips.termsOf(s);
        bytes32 digest = PackedStrips.digestOf(b.domain, community, period, s.feeTo, terms, s.entries);
        StripReason reason = _check(b, st, 0, terms, s.entries);
        bytes memory reasons;
        if (reason == StripReason.None) (reason, reasons) = _accept(b, st, 0, terms, s.entries, digest);
        // An entry's own reason tells more than "nothing accepted".
        for (uint256 i = 0; i < reasons.length; ++i) {
            if (reasons[i] != 0) revert EntryRefused(i, EntryReason(uint8(reasons[i])));
        }
        if (reason != StripReason.None) revert StripRefused(reason);
        _record(b, st, s.feeTo);
        b.book.flush(b.loop.newest);
    }

    /// @inheritdoc IOrderBook
    function clear(uint32 community, uint256[] calldata slots) external returns (uint256 cleared) {
        Terms t = KnownTerms.keep(_known, registry, community);
        SlotBook.View memory v = SlotBook.create(t.tickCount(), t.wideTicks());
        uint256 free = Mem.mark();
        for (uint256 i = 0; i < slots.length; ++i) {
            uint256 slot = slots[i];
            uint256 pos = _bookAt(community, t, slot);
            SlotHeader h = v.turnToStored(pos);
            // An entry's word has volume from before its gate, so the gate of a slot found here lies after 1970.
            if (h.slotOf() != slot || h.isCleared() || h.live() == 0 || !_isDue(community, t, slot)) continue;
            _keepResult(community, t, slot, Clearing.clear(v));
            Words.store(pos, SlotHeader.unwrap(h.withCleared()));
            Mem.release(free);
            ++cleared;
        }
    }

    /// @dev Clears the whole period out of the batch's copy and of what storage holds beside it, instead of writing the copy back: of a
    /// slot that is in memory alone nothing but its result is stored.
    function _clearCopy(Batch memory b, Terms t) internal {
        SlotBook.View memory v = SlotBook.create(t.tickCount(), t.wideTicks());
        uint256 free = Mem.mark();
        for (uint256 offset = 0; offset < b.slots; ++offset) {
            uint256 slot = b.book.firstSlot + offset;
            SlotHeader h = b.book.turnToCopied(v, offset);
            if (h.slotOf() != slot || h.isCleared() || v.isEmpty()) continue;
            _keepResult(b.community, t, slot, Clearing.clear(v));
            if (h.live() != 0) Words.store(_bookAt(b.community, t, slot), SlotHeader.unwrap(h.withCleared()));
            Mem.release(free);
        }
    }

    function _keepResult(uint32 community, Terms t, uint256 slot, Clearing.Result memory r) private {
        uint256 to = _resultAt(community, t, slot);
        // A slot cleared after its period has left the ring must not overwrite a newer result.
        if (uint32(Words.load(to)) < slot) Words.store(to, SlotResult.unwrap(packResult(slot, r)));
        uint256 price = r.lots == 0 ? 0 : t.floorPrice() + r.priceTick * t.tickSize();
        emit SlotCleared(community, slot, r.priceTick, price, r.lots);
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

    /// @inheritdoc IOrderBook
    function stripDigest(uint32 community, uint32 period, Strip calldata strip) external view returns (bytes32) {
        uint256 terms = PackedStrips.termsOf(strip);
        return PackedStrips.digestOf(_domainSeparatorV4(), community, period, strip.feeTo, terms, strip.entries);
    }

    /// @inheritdoc IOrderBook
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IOrderBook
    function book(uint32 community, uint256 slot) external view returns (uint256[] memory bids, uint256[] memory asks) {
        Terms t = KnownTerms.load(_known, registry, community);
        SlotBook.View memory v = SlotBook.create(t.tickCount(), t.wideTicks());
        SlotHeader h = v.turnToStored(_bookAt(community, t, slot));
        if (h.slotOf() != slot) v.stored = 0;
        return v.volumes();
    }

    /// @inheritdoc IOrderBook
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

    // ---------------------------------------------------------------------------------------------------- modes

    /// @return Whether the book is for sealed communities.
    function _isSealed() internal pure virtual returns (bool);

    /// @return Whether the call's orders were committed before the gate: then no pause stops them, and they count as of the gate.
    /// @dev Not an argument of `_open`: for a constant one the compiler makes a copy of it.
    function _isRevealing() internal pure virtual returns (bool);

    /// @return Whether no more orders can come in for a slot, so that it may clear.
    function _isDue(uint32 community, Terms t, uint256 slot) internal view virtual returns (bool);

    // ---------------------------------------------------------------------------------------------------- acceptance

    function _open(uint32 community, uint32 period) internal view returns (Batch memory b) {
        bool revealing = _isRevealing();
        (Terms t, bool paused, address tariff, address firstModule) = registry.market(community, period);
        if (t.isSealed() != _isSealed()) revert WrongMode(community);
        if (paused && !revealing) revert TradingPaused(community);
        uint256 current = t.periodAt(block.timestamp);
        if (period < current || period > current + t.horizon()) revert PeriodNotOpen(community, period);
        // The journal carries the frontier of the first module alone; without it strips could be replayed.
        if (firstModule != address(this)) revert UnknownModule(community);
        b.community = community;
        b.period = period;
        b.settlementFee = t.settlementFee();
        (b.slots, b.lotWh) = (t.slotsPerPeriod(), t.lotWh());
        b.domain = _domainSeparatorV4();
        b.tariff = Tariff.load(tariff);
        uint256 first = uint256(period) * t.slotsPerPeriod();
        b.book = Book.open(_bookAt(community, t, first), first, t.tickCount(), t.wideTicks());
        EntryLoops.Strip memory e = b.loop;
        e.setGrid(t.slotsPerPeriod(), t.tickCount(), b.book.laneLog);
        e.setPrices(t.lotWh(), t.floorPrice(), t.tickSize(), b.tariff.networkFee());
        b.time = block.timestamp;
        if (revealing) {
            b.time = t.gateOfPeriod(period);
        } else if (t.isSealed()) {
            if (block.timestamp >= t.gateOfPeriod(period)) e.openFrom = b.slots;
        } else {
            // A slot is open while block.timestamp < slot * d - gateClosure.
            uint256 firstOpen = (block.timestamp + t.gateClosure()) / t.slotDuration() + 1;
            if (firstOpen > first) e.openFrom = firstOpen - first;
        }
        (e.table, e.tickWords) = (b.book.table, b.book.wordsPerSide);
        (e.area, e.firstSlot) = (b.book.area, first);
    }

    /// @dev Takes packed strips in runs. Within a run members ascend, so that nobody's standing changes before it is used; a member that
    /// comes again starts the next run. // [A2]
    function _acceptAll(Batch memory b, address feeTo, bytes calldata strips) internal returns (uint256) {
        b.feeTo = feeTo;
        // Bids and asks.
        b.loop.eager = strips.length > EAGER_BYTES * 2 * b.loop.tickWords ? 1 : 0;
        for (uint256 pos = 0; pos < strips.length;) {
            uint256 free = Mem.mark();
            uint256 cells = b.loop.newest;
            Standing memory st;
            _load(b, st, _takeRun(st, strips, pos, 4 + (1 << b.loop.laneLog)));
            pos = _acceptRun(b, st, strips, pos);
            _record(b, st, feeTo);
            // The book's cells stay.
            if (b.loop.newest == cells) Mem.release(free);
        }
        return b.accepted;
    }

    /// @return Where the run ends.
    function _acceptRun(
        Batch memory b,
        Standing memory st,
        bytes calldata strips,
        uint256 pos
    ) private returns (uint256) {
        uint256 count = st.members.length;
        for (uint256 i = 0; i < count; ++i) {
            if (_acceptNext(b, st, i, strips, pos)) ++b.accepted;
            ++b.index;
            pos = strips.endOf(pos);
        }
        return pos;
    }

    /// @dev The strip at `pos`; names it where it is skipped, and its entries where some are refused.
    function _acceptNext(
        Batch memory b,
        Standing memory st,
        uint256 i,
        bytes calldata strips,
        uint256 pos
    ) private returns (bool ok) {
        uint256 free = Mem.mark();
        uint256 cells = b.loop.newest;
        (uint256 terms, bytes calldata entries) = strips.read(pos);
        StripReason reason = _check(b, st, i, terms, entries);
        bytes memory reasons;
        if (reason == StripReason.None) {
            bytes32 digest = PackedStrips.digestOf(b.domain, b.community, b.period, b.feeTo, terms, entries);
            if (_isSigned(digest, strips, pos, st.words.wordAt(i))) {
                (reason, reasons) = _accept(b, st, i, terms, entries, digest);
            } else {
                reason = StripReason.BadSignature;
            }
        }
        ok = reason == StripReason.None;
        if (!ok) emit StripSkipped(b.community, terms.memberOf(), b.period, b.index, reason);
        else if (reasons.length != 0) emit EntriesRefused(b.community, terms.memberOf(), b.period, reasons);
        if (b.loop.newest == cells) Mem.release(free);
    }

    /// @dev Finds the members of the next run.
    /// @param perEntry Bytes of a record for each entry.
    /// @return size Bytes that the records of the run take at most.
    function _takeRun(
        Standing memory st,
        bytes calldata strips,
        uint256 pos,
        uint256 perEntry
    ) private pure returns (uint256 size) {
        unchecked {
            uint256[] memory members = new uint256[]((strips.length - pos) / PackedStrips.HEADER + 1);
            uint256 to = members.words();
            uint256 above = 0; // one above the last member
            while (pos < strips.length && size < RUN_BYTES) {
                if (pos + PackedStrips.HEADER > strips.length) revert StripsCutOff(pos);
                uint256 member = strips.memberAt(pos);
                if (member < above) break;
                uint256 entries = strips.countAt(pos);
                uint256 end = pos + PackedStrips.HEADER + 4 * entries;
                if (end > strips.length) revert StripsCutOff(pos);
                above = member + 1;
                Mem.store(to, member);
                to += 32;
                size += PackedRecords.HEADER + perEntry * entries;
                pos = end;
            }
            st.members = members.cut((to - members.words()) / 32);
        }
    }

    /// @dev Asks everybody about the members of a run, and makes room for its records.
    function _load(Batch memory b, Standing memory st, uint256 size) private view {
        st.words = registry.traders(b.community, b.period, st.members);
        (st.accounts, st.journals, st.ringFree) = escrow.standings(b.community, b.period, st.members);
        st.records = Mem.bytesOf(size + 32);
        b.next = st.records.start();
    }

    /// @dev Hands the records of a run to the escrow.
    function _record(Batch memory b, Standing memory st, address feeTo) private {
        uint256 length = b.next - st.records.start();
        if (length != 0) escrow.append(b.community, b.period, 0, feeTo, st.records.cut(length));
    }

    /// @dev What holds for a strip as a whole, but for its signature.
    function _check(
        Batch memory b,
        Standing memory st,
        uint256 index,
        uint256 terms,
        bytes calldata entries
    ) private pure returns (StripReason) {
        unchecked {
            Account a = Account.wrap(st.accounts.wordAt(index));
            Journal j = Journal.wrap(st.journals.wordAt(index));
            if (entries.length == 0 || entries.length % 4 != 0) return StripReason.BadLength;
            if (!Member.wrap(st.words.wordAt(index)).isActive()) return StripReason.NotActive;
            if (!a.hasModule(0)) return StripReason.ModuleOff;
            if (terms.epochOf() != a.epochOf()) return StripReason.WrongEpoch;
            if (b.time > terms.deadlineOf()) return StripReason.Expired;
            if (a.isInDebt()) return StripReason.InDebt;
            if (a.freeOf() < terms.maxReserveOf()) return StripReason.Underfunded;
            if (!st.ringFree) return StripReason.RingBusy;
            if (terms.afterOf() != j.frontierOf()) return StripReason.WrongFrontier;
            if (j.entriesOf() + entries.length / 4 > MAX_ENTRIES || j.recordsOf() == MAX_RECORDS) {
                return StripReason.TooManyEntries;
            }
            return StripReason.None;
        }
    }

    /// @dev The one path of every strip: signed and posted by anyone, or its owner's own transaction.
    /// @param index The strip's member in `st`.
    /// @return reason Why it was not accepted.
    /// @return reasons One byte per entry if any was refused, else empty.
    function _accept(
        Batch memory b,
        Standing memory st,
        uint256 index,
        uint256 terms,
        bytes calldata entries,
        bytes32 digest
    ) private view returns (StripReason reason, bytes memory reasons) {
        unchecked {
            EntryLoops.Strip memory e = b.loop;
            Member m = Member.wrap(st.words.wordAt(index));
            Journal j = Journal.wrap(st.journals.wordAt(index));
            uint256 feePerEntry = terms.feePerEntryOf();
            e.setLimits(m.buyCap(), m.sellCap(), terms.maxReserveOf(), feePerEntry);
            e.prices = b.tariff.entriesOf(m.tariffClass(), b.slots);
            uint256 initialFee = j.recordsOf() == 0 ? b.settlementFee : 0;
            e.reset(j.frontierOf(), initialFee);
            uint256 count = entries.length / 4;
            uint256 payload = b.next + PackedRecords.HEADER;
            payload.copy(entries);
            reasons = new bytes(count);
            (e.out, e.reasons) = (payload + entries.length, reasons.start());
            if (e.accept(payload, count)) {
                _undo(b, entries, reasons, e.seen);
                return (StripReason.RingBusy, new bytes(0));
            }
            uint256 refused = e.refused;
            if (refused == count) return (StripReason.NothingAccepted, reasons);
            (uint256 bought, uint256 sold) = e.lotsOf();
            uint256 fee = (count - refused) * feePerEntry;
            // Wh sold and bought, reserve, entries.
            uint256 head =
                (sold * b.lotWh) |
                    ((bought * b.lotWh) << 48) |
                    ((e.usedOf() - initialFee - fee) << 96) |
                    (count << 192);
            uint256 size = count * (4 + (1 << e.laneLog));
            PackedRecords.write(b.next, terms.memberOf(), e.slotEnd(), fee, head, size, digest);
            b.next = payload + size;
            if (refused == 0) reasons = new bytes(0);
        }
    }

    /// @dev Takes the first `count` entries back out of the book.
    function _undo(Batch memory b, bytes calldata entries, bytes memory reasons, uint256 count) private pure {
        for (uint256 i = 0; i < count; ++i) {
            if (reasons[i] != 0) continue;
            uint256 entry = entries.u32(4 * i);
            b.book.remove(entry >> 24, (entry >> 16) & 0xff, entry & 0xffff);
        }
    }

    /// @param member Word of the strip's member.
    function _isSigned(bytes32 digest, bytes calldata strips, uint256 pos, uint256 member) private pure returns (bool) {
        (bytes32 r, bytes32 vs) = strips.signatureAt(pos);
        (address signer, ECDSA.RecoverError problem, ) = ECDSA.tryRecover(digest, r, vs);
        return problem == ECDSA.RecoverError.NoError && signer == Member.wrap(member).tradingKey();
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
