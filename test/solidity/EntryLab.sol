// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOrderBook} from "../../contracts/interfaces/IOrderBook.sol";
import {Book} from "../../contracts/libraries/Book.sol";
import {EntryLoops} from "../../contracts/libraries/EntryLoops.sol";
import {EntryStrip} from "../../contracts/libraries/EntryStrip.sol";
import {Mem} from "../../contracts/libraries/Mem.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Check, Dice} from "./Check.sol";
import {PackedPlain} from "./plain/PackedPlain.sol";
import {EntryLoopsPlain} from "./plain/EntryLoopsPlain.sol";
import {Canary} from "./support/Canary.sol";

/// @notice Runs strips through `EntryLoops` as the auction does, and through its plain twin, and compares everything that either
/// says or leaves behind. The memory around the buffers is garbage, which has to stay there.
abstract contract EntryLab {
    using Book for Book.Copy;
    using EntryLoops for EntryStrip.Strip;
    using EntryStrip for EntryStrip.Strip;
    using Mem for bytes;
    using Mem for uint256[];

    uint256 internal constant SPAN = 512; // words of garbage behind what is allocated
    uint256 internal constant STORED = 64; // words of a slot in storage
    uint256 private constant CELL = 40; // more words than a slot takes in memory
    uint256 private constant FIELDS = 38; // words of `EntryStrip.Strip`
    uint256 private constant SETTINGS = 19; // of them never written but for the newest cell
    uint256 private constant NEWEST = 16;
    uint256 internal constant FEW = 4; // entries of the longest strip that is taken one by one
    uint256 private constant MOST_LOTS = 8191; // that are swept in eights, of an entry
    uint256 private constant UNTOUCHED = uint256(keccak256("more entries than there are"));

    /// @param plain The market, as the plain twin sees it.
    /// @param touched Slots with an accepted order since the book was opened.
    /// @param owners By group: the period that it is of.
    /// @param live By slot: one bit per tick word, as its group should say.
    /// @param cleared By slot: likewise.
    /// @param stored What storage should hold: `STORED` words per slot, and those of one slot more.
    /// @param guards Stretches of garbage between the buffers.
    /// @param swept Strips that were taken in one sweep.
    /// @param slotEnd Of the last strip.
    /// @param gas That it took.
    struct Lab {
        EntryLoopsPlain.Market plain;
        bool wide;
        uint256 period;
        uint256 swept;
        uint256 slotEnd;
        uint256 gas;
        bool[] touched;
        uint256[] owners;
        uint256[] live;
        bool[] cleared;
        uint256[] stored;
        Book.Copy book;
        EntryStrip.Strip loop;
        uint256[64] guards;
        uint256 guardCount;
    }

    /// @dev The buffers of one strip: entries, prefixes and a spare word; reasons; a tariff.
    struct Buffers {
        bytes payload;
        bytes reasons;
        bytes tariff;
    }

    uint256 internal immutable AREA = Words.area("wattbook.test.books");

    // ---------------------------------------------------------------------------------------------------- a market

    function _market(uint256 slots, uint256 ticks, bool wide) internal pure returns (Lab memory l) {
        l.wide = wide;
        l.period = 1_000;
        l.plain.slots = slots;
        l.plain.ticks = ticks;
        l.plain.fullTick = wide ? type(uint32).max : type(uint16).max;
        (l.plain.lotWh, l.plain.floorPrice, l.plain.tickSize) = (10, 100, 2);
        l.plain.busy = new bool[](slots);
        l.plain.volumes = new uint256[][](2 * slots);
        for (uint256 i = 0; i < 2 * slots; ++i) l.plain.volumes[i] = new uint256[](ticks);
        l.stored = new uint256[](STORED * (slots + 1));
        l.owners = new uint256[](slots);
        l.live = new uint256[](slots);
        l.cleared = new bool[](slots);
    }

    /// @dev Whether a slot's live words are read at its first visit.
    function _eager() internal pure virtual returns (bool) {
        return false;
    }

    /// @dev Words of a slot in storage, its group's not counted.
    function _tickWords(Lab memory l) internal pure returns (uint256) {
        return (2 * l.plain.ticks) / _lanes(l);
    }

    function _lanes(Lab memory l) internal pure returns (uint256) {
        return l.wide ? 8 : 16;
    }

    /// @dev Slots whose bits fit a word beside the period.
    function _slotsInGroup(Lab memory l) internal pure returns (uint256 slots) {
        while (32 + (slots + 1) * (_tickWords(l) + 1) <= 256) ++slots;
    }

    /// @dev What a group's word should be: a period, then live bits and a cleared bit for slot after slot.
    function _group(Lab memory l, uint256 index) internal pure returns (uint256 word) {
        uint256 first = index * _slotsInGroup(l);
        for (uint256 slot = first + _slotsInGroup(l); slot > first; --slot) {
            word <<= 1 + _tickWords(l);
            if (slot > l.plain.slots) continue;
            word |= l.live[slot - 1] + (l.cleared[slot - 1] ? 1 << _tickWords(l) : 0);
        }
        word = (word << 32) | l.owners[index];
    }

    /// @dev Puts a word of a slot into storage; index 0 is that of a group.
    function _put(Lab memory l, uint256 slot, uint256 index, uint256 word) internal {
        Words.store(AREA + STORED * slot + index, word);
        l.stored[STORED * slot + index] = word;
    }

    /// @dev Stores the volumes that the plain twin has of a slot.
    function _storeVolumes(Lab memory l, uint256 slot) internal {
        uint256 index = slot / _slotsInGroup(l);
        (l.owners[index], l.live[slot]) = (l.period, _live(l, slot));
        _put(l, index, 0, _group(l, index));
        for (uint256 i = 0; i < _tickWords(l); ++i) {
            uint256 word = _word(l, slot, i);
            if (word != 0) _put(l, slot, 1 + i, word);
        }
    }

    /// @dev Every word of a slot with volume is live.
    function _live(Lab memory l, uint256 slot) internal pure returns (uint256 live) {
        for (uint256 i = 0; i < _tickWords(l); ++i) if (_word(l, slot, i) != 0) live |= 1 << i;
    }

    /// @dev A tick word of the plain twin's volumes: bids first, low ticks low.
    function _word(Lab memory l, uint256 slot, uint256 index) internal pure returns (uint256 word) {
        uint256 lanes = _lanes(l);
        uint256 half = _tickWords(l) / 2;
        uint256[] memory volumes = l.plain.volumes[2 * slot + index / half];
        uint256 first = (index % half) * lanes;
        for (uint256 i = lanes; i > 0; --i) word = (word << (256 / lanes)) | volumes[first + i - 1];
    }

    // ---------------------------------------------------------------------------------------------------- any storage

    /// @dev What a group can hold: nothing, this period's slots, or another's, each of them with live words or without, cleared or not.
    /// If it may be busy, it often is because of a single slot.
    /// @return own Whether it holds this period's.
    function _rollGroup(Lab memory l, Dice memory d, uint256 index, bool mayBeBusy) internal returns (bool own) {
        uint256 dice = d.roll() % 8;
        if (dice == 0) return false;
        own = dice < 5;
        l.owners[index] = l.period;
        while (!own && l.owners[index] == l.period) l.owners[index] = d.upTo(type(uint32).max);
        (uint256 first, uint256 end) = _slotsOf(l, index);
        bool full = d.one(3);
        for (uint256 slot = first; slot < end; ++slot) {
            if (!own && (full || d.one(2))) l.live[slot] = d.roll() & ((1 << _tickWords(l)) - 1);
            l.cleared[slot] = (l.live[slot] != 0 && !own) || d.one(4);
        }
        if (!own && mayBeBusy && d.one(2)) {
            uint256 slot = first + d.upTo(end - first - 1);
            (l.live[slot], l.cleared[slot]) = (l.live[slot] | (1 << d.upTo(_tickWords(l) - 1)), false);
            for (slot = first; slot < end; ++slot) l.plain.busy[slot] = true;
        }
        _put(l, index, 0, _group(l, index));
    }

    /// @dev Tick words of a slot that are not live may hold anything.
    function _rollGarbage(Lab memory l, Dice memory d, uint256 slot) internal {
        for (uint256 i = 1; i <= _tickWords(l); ++i) if (d.one(2)) _put(l, slot, i, d.roll() | 1);
    }

    /// @return first Slot of a group.
    /// @return end Behind its last, or behind the period's.
    function _slotsOf(Lab memory l, uint256 index) internal pure returns (uint256 first, uint256 end) {
        first = index * _slotsInGroup(l);
        end = first + _slotsInGroup(l);
        if (end > l.plain.slots) end = l.plain.slots;
    }

    // ---------------------------------------------------------------------------------------------------- a batch

    function _open(Lab memory l) internal view {
        EntryLoopsPlain.Market memory m = l.plain;
        l.touched = new bool[](m.slots);
        Canary.soil(m.slots * 40 + SPAN);
        l.guardCount = 0;
        _guard(l);
        l.book.open(AREA, l.period, m.ticks, l.wide, m.slots);
        _guard(l);
        // Settings as the auction makes them; everything else is garbage until `reset`.
        EntryStrip.Strip memory e;
        uint256 pos = Canary.take(32 * FIELDS);
        assembly ("memory-safe") {
            e := pos
        }
        _guard(l);
        e.setGrid(m.slots, m.ticks, l.wide ? 2 : 1);
        e.setPrices(m.lotWh, m.floorPrice, m.tickSize, m.networkFee);
        (e.openFrom, e.eager) = (m.openFrom, _eager() ? 1 : 0);
        (e.table, e.newest, e.tickWords) = (l.book.table, 0, l.book.wordsPerSide);
        (e.area, e.period) = (AREA, l.period);
        l.loop = e;
    }

    /// @dev Runs a strip through both, takes it back if a slot was busy.
    function _post(
        Lab memory l,
        EntryLoopsPlain.Strip memory s
    ) internal view returns (EntryLoopsPlain.Outcome memory o) {
        o = EntryLoopsPlain.accept(l.plain, s);
        uint256 guards = l.guardCount;
        Buffers memory b = _buffers(l, s);
        EntryStrip.Strip memory e = l.loop;
        e.setLimits(s.caps[0], s.caps[1], s.maxReserve, s.feePerEntry);
        e.prices = b.tariff.start() + 2;
        e.reasons = b.reasons.start();
        e.reset(s.frontier, s.settlementFee);
        e.refused = UNTOUCHED;
        bytes32 settings = _settings(l, b, s.orders.length);
        Canary.soil(CELL * (l.plain.slots + 1) + SPAN); // cells are made behind what is allocated
        l.gas = gasleft();
        (uint256 total, bool whole, bool busy) = e.accept(b.payload.start(), s.orders.length);
        l.gas -= gasleft();
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        for (uint256 i = 0; i < l.guardCount; ++i) Check.yes(Canary.isIntact(l.guards[i]), "guard");
        Check.yes(_settings(l, b, s.orders.length) == settings, "settings and inputs");
        Check.yes(busy == o.busy, "busy");
        // Nothing else is done where every entry is accepted.
        Check.yes(whole == (e.refused == UNTOUCHED), "whole");
        Check.yes(whole == (_isSwept(s) && !busy && o.refused == 0), "swept");
        if (whole) ++l.swept;
        _compare(l, b, o, total);
        uint256 end = b.payload.start() + 4 * s.orders.length;
        l.slotEnd = whole ? EntryLoops.slotEndAt(end) : e.slotEnd(end);
        _touch(l, s, o);
        if (busy) EntryLoopsPlain.undo(l.plain, s, o);
        l.guardCount = guards;
    }

    /// @dev Whether a strip is taken whole if nothing is wrong with it.
    function _isSwept(EntryLoopsPlain.Strip memory s) private pure returns (bool) {
        if (s.orders.length <= FEW) return true;
        for (uint256 i = 0; i < s.orders.length; ++i) if (s.orders[i].lots > MOST_LOTS) return false;
        return true;
    }

    /// @dev Writes the book back and compares storage with what it should be: untouched words are as they were.
    function _flush(Lab memory l) internal {
        l.book.flush(l.loop.newest);
        for (uint256 slot = 0; slot < l.plain.slots; ++slot) {
            uint256 live = _live(l, slot);
            // A slot whose orders were all taken back stays as it was.
            if (!l.touched[slot] || live == 0) continue;
            uint256 index = slot / _slotsInGroup(l);
            if (l.owners[index] != l.period) _takeOver(l, index);
            l.live[slot] = live;
            l.stored[STORED * index] = _group(l, index);
            for (uint256 i = 0; i < _tickWords(l); ++i) {
                uint256 word = _word(l, slot, i);
                if (word != 0) l.stored[STORED * slot + 1 + i] = word;
            }
        }
        for (uint256 i = 0; i < l.stored.length; ++i) {
            uint256 word = Words.load(AREA + i);
            if (word != l.stored[i]) Check.eq(word, l.stored[i], i % STORED == 0 ? "group" : "tick word");
        }
    }

    /// @dev The group of another period becomes ours, without volume.
    function _takeOver(Lab memory l, uint256 index) private pure {
        l.owners[index] = l.period;
        (uint256 first, uint256 end) = _slotsOf(l, index);
        for (uint256 slot = first; slot < end; ++slot) (l.live[slot], l.cleared[slot]) = (0, false);
    }

    // ---------------------------------------------------------------------------------------------------- one strip

    function _buffers(Lab memory l, EntryLoopsPlain.Strip memory s) private pure returns (Buffers memory b) {
        uint256 count = s.orders.length;
        Canary.soil(SPAN);
        _guard(l);
        b.payload = Canary.takeBytes(count * (l.wide ? 8 : 6) + 32);
        _guard(l);
        _guard(l);
        b.reasons = Canary.takeBytes(count);
        _guard(l);
        b.tariff = Canary.takeBytes(2 + 4 * s.importPrices.length);
        _guard(l);
        for (uint256 i = 0; i < count; ++i) {
            bytes4 entry = bytes4(uint32(entryOf(s.orders[i])));
            for (uint256 j = 0; j < 4; ++j) b.payload[4 * i + j] = entry[j];
        }
        for (uint256 k = 0; k < s.importPrices.length; ++k) {
            b.tariff[2 + 4 * k] = bytes1(uint8(s.importPrices[k] >> 8));
            b.tariff[3 + 4 * k] = bytes1(uint8(s.importPrices[k]));
        }
    }

    function _guard(Lab memory l) private pure {
        l.guards[l.guardCount++] = Canary.guard();
    }

    /// @dev Of all that the loop reads and may not write.
    function _settings(Lab memory l, Buffers memory b, uint256 count) private pure returns (bytes32) {
        EntryStrip.Strip memory e = l.loop;
        uint256 pos;
        assembly ("memory-safe") {
            pos := e
        }
        uint256 entries = b.payload.start();
        uint256 tariff = b.tariff.start();
        return
            keccak256(
                abi.encode(
                    Canary.hashOf(pos, pos + 32 * NEWEST),
                    Canary.hashOf(pos + 32 * (NEWEST + 1), pos + 32 * SETTINGS),
                    // Where the table leads for a slot without a cell.
                    Canary.hashOf(e.table - (2 << (7 + l.book.laneLog)), e.table + 32),
                    e.eager,
                    [e.area, e.period, e.frontier, e.openFrom],
                    Canary.hashOf(entries, entries + 4 * count),
                    Canary.hashOf(tariff, tariff + b.tariff.length),
                    [b.payload.length, b.reasons.length, b.tariff.length]
                )
            );
    }

    function _compare(Lab memory l, Buffers memory b, EntryLoopsPlain.Outcome memory o, uint256 total) private pure {
        EntryStrip.Strip memory e = l.loop;
        bool swept = e.refused == UNTOUCHED;
        if (o.busy) return; // nothing was accepted
        Check.eq(swept ? 0 : e.refused, o.refused, "refused");
        Check.eq(EntryStrip.usedOf(total), o.used, "used");
        uint256 head = EntryStrip.headOf(total, 0, o.reasons.length);
        Check.eq(uint96(head >> 96), o.used, "reserve");
        Check.eq(uint48(head >> 48), o.lots[0] * l.plain.lotWh, "Wh bought");
        Check.eq(uint48(head), o.lots[1] * l.plain.lotWh, "Wh sold");
        Check.eq(head >> 192, o.reasons.length, "entries");
        uint256 count = o.reasons.length;
        uint256 width = l.wide ? 4 : 2;
        for (uint256 i = 0; i < count; ++i) {
            // A sweep refuses nothing, and leaves the room for reasons as it was.
            if (!swept) Check.eq(uint8(b.reasons[i]), uint8(o.reasons[i]), "reason");
            uint256 prefix = PackedPlain.read(b.payload, 4 * count + width * i, width);
            bool refused = o.prefixes[i] == EntryLoopsPlain.REFUSED;
            Check.eq(prefix, refused ? l.plain.fullTick : o.prefixes[i], "prefix");
        }
    }

    function _touch(Lab memory l, EntryLoopsPlain.Strip memory s, EntryLoopsPlain.Outcome memory o) private pure {
        for (uint256 i = 0; i < o.seen; ++i) {
            if (o.reasons[i] == IOrderBook.EntryReason.None) l.touched[s.orders[i].slot] = true;
        }
    }
}

/// @return An entry: slot offset 8, side 1, tick 7, lots 16.
function entryOf(EntryLoopsPlain.Order memory order) pure returns (uint256) {
    return (order.slot << 24) | (order.side << 23) | (order.tick << 16) | order.lots;
}
