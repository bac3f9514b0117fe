// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOrderBook} from "../../contracts/interfaces/IOrderBook.sol";
import {Book} from "../../contracts/libraries/Book.sol";
import {EntryCells} from "../../contracts/libraries/EntryCells.sol";
import {EntryStrip} from "../../contracts/libraries/EntryStrip.sol";
import {Mem} from "../../contracts/libraries/Mem.sol";
import {PackedStrips} from "../../contracts/libraries/PackedStrips.sol";
import {StripLoops} from "../../contracts/libraries/StripLoops.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Account, ACCOUNT_ABOVE_LINE, ACCOUNT_ACTIVE, ACCOUNT_DEBT} from "../../contracts/types/Account.sol";
import {Journal, newJournal} from "../../contracts/types/Journal.sol";
import {Member, newMember, ENROLLED, METERED, CLASS_CHANGED} from "../../contracts/types/Member.sol";
import {Check, Dice} from "./Check.sol";
import {PackedBatchesPlain} from "./plain/PackedBatchesPlain.sol";
import {StripLoopsPlain} from "./plain/StripLoopsPlain.sol";
import {Canary} from "./support/Canary.sol";
import {VM} from "./support/Vm.sol";

/// @notice The loop over strips of one entry against its plain twin: the same records and the same book from the same strips, whatever is
/// unusual about any of them.
contract StripLoopsTest {
    using Book for Book.Copy;
    using EntryCells for EntryStrip.Strip;
    using EntryStrip for EntryStrip.Strip;
    using Mem for bytes;
    using StripLoops for StripLoops.Batch;

    uint256 private constant FIRST_BATCH = 0x240;
    uint256 private constant CLASSES = 3;
    uint256 private constant TICKS = 128; // of the largest grid
    uint256 private constant MOST_STRIPS = 9;
    uint256 private constant LANES = type(uint256).max / 65_535; // 1 in each of 16 bits
    uint256 private constant EPOCH = 5;
    uint256 private constant SPAN = 64; // words of garbage behind what is allocated

    /// @dev Half the order of the group.
    uint256 private constant MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @dev The key of the first member, if it is not one of the usual ones.
    address private _firstKey;

    uint256 private immutable _area = Words.area("test.strips.books");

    /// @param eager Whether a slot's live words are read at its first visit.
    /// @param known Entries whose tick words are in memory.
    struct Setting {
        StripLoopsPlain.Market market;
        uint256 ticks;
        uint256 openFrom;
        bool eager;
        uint256[] known;
        Member[] members;
        Account[] accounts;
        Journal[] journals;
    }

    // ---------------------------------------------------------------------------------------------------- fuzzed

    function testFuzz_takesWhatItsPlainTwinTakes(uint256 seed) external {
        this.run(seed, this.stripsOf(seed), true);
    }

    /// @dev Where the call's memory is in use already, the loop takes nothing.
    function testFuzz_takesNothingElsewhereInMemory(uint256 seed) external {
        this.run(seed, this.stripsOf(seed), false);
    }

    function test_mostRunsTakeStrips() external {
        uint256 all = 0;
        uint256 taken = 0;
        for (uint256 seed = 0; seed < 40; ++seed) {
            bytes memory strips = this.stripsOf(seed);
            all += strips.length / 100;
            taken += this.run(seed, strips, true);
        }
        Check.yes(5 * taken > all && taken < all, "some are taken, some are not");
    }

    /// @dev Any s that is not zero is a signature of some key's.
    function test_takesTheLargestSThatCountsAndNoLarger() external {
        uint256 seed = 0;
        bytes memory strips = this.stripsOf(seed);
        while (this.run(seed, strips, true) == 0) strips = this.stripsOf(++seed);
        _signFirst(seed, strips, MAX_S);
        Check.yes(this.run(seed, strips, true) != 0, "half the order");
        _signFirst(seed, strips, MAX_S + 1);
        Check.eq(this.run(seed, strips, true), 0, "above");
    }

    /// @dev Makes the first strip's signature one with this s, and its key the first member's.
    function _signFirst(uint256 seed, bytes memory strips, uint256 s) private {
        StripLoopsPlain.Market memory m = _settingOf(seed).market;
        IOrderBook.Strip memory strip = PackedBatchesPlain.stripAt(strips, 0);
        strip.feeTo = m.feeTo;
        bytes32 digest = PackedBatchesPlain.digestOf(m.domain, m.community, m.period, strip);
        _firstKey = ecrecover(digest, 27, strip.r, bytes32(s));
        Check.yes(_firstKey != address(0), "somebody's signature");
        assembly ("memory-safe") {
            mstore(add(strips, 94), s) // behind the length and the first 62 bytes
        }
    }

    /// @dev A batch is what the compiler would make of its structs.
    function test_everyStructHasRoom() external pure {
        uint256 start = Mem.mark();
        Book.Copy memory copy;
        uint256 afterCopy = Mem.mark();
        EntryStrip.Strip memory strip;
        uint256 afterStrip = Mem.mark();
        StripLoops.Batch memory b;
        uint256 all = Mem.mark() - afterStrip;
        Check.atMost(afterCopy - start, 32 * StripLoops.COPY_WORDS, "copy");
        Check.atMost(afterStrip - afterCopy, 32 * StripLoops.STRIP_WORDS, "strip");
        Check.atMost(all - (afterStrip - start), 32 * StripLoops.BATCH_WORDS, "batch");
        Check.eq(copy.table + strip.beyond + b.time, 0, "zeros");
        Check.eq(StripLoops.MESSAGE_WORDS, PackedStrips.MESSAGE_WORDS, "message");
    }

    function test_aBatchIsMadeOfZerosInDirtyMemory() external pure {
        uint256 behind = Canary.take(2048); // beyond the place of a first batch
        Canary.soil(256);
        uint256 from = Mem.mark();
        StripLoops.Batch memory b = StripLoops.create()[0];
        uint256 end = Mem.mark();
        Check.yes(Canary.isSoiled(8), "memory behind");
        uint256 place;
        assembly ("memory-safe") {
            place := b
        }
        Check.yes(behind < from, "memory before");
        Check.eq(place, from + 64, "batch");
        uint256 book = Mem.load(place);
        uint256 loop = Mem.load(place + 32);
        Check.eq(book, place + 32 * StripLoops.BATCH_WORDS, "book");
        Check.eq(loop, book + 32 * StripLoops.COPY_WORDS, "loop");
        Check.eq(b.message, loop + 32 * StripLoops.STRIP_WORDS, "message");
        uint256 size = 32 * (StripLoops.MESSAGE_WORDS + StripLoops.RECOVERY_WORDS);
        Check.eq(end, b.message + size, "end");
        b.message = 0;
        for (uint256 pos = place + 64; pos < end; pos += 32) Check.eq(Mem.load(pos), 0, "zero");
        // The compiler finds them there too.
        (b.book.table, b.loop.beyond) = (1, 2);
        Check.eq(Mem.load(book), 1, "table");
        Check.eq(Mem.load(loop), 2, "beyond");
    }

    // ---------------------------------------------------------------------------------------------------- a run

    /// @param first Whether the batch is the first thing in memory.
    function run(uint256 seed, bytes calldata strips, bool first) external returns (uint256 taken) {
        if (!first) Canary.take(2048);
        StripLoops.Batch memory b = StripLoops.create()[0];
        uint256 place;
        assembly ("memory-safe") {
            place := b
        }
        Check.yes((place == FIRST_BATCH) == first, "place of the batch");
        Setting memory t = _settingOf(seed);
        _open(b, t);
        uint256 words = _members(b, t);
        uint256 before = Canary.guard();
        b.records = Canary.take(77 * t.members.length + 64);
        b.next = b.records;
        uint256 behind = Canary.guard();
        _readRooms(b, t);
        bytes32 inputs = _inputs(b, t);
        StripLoopsPlain.Outcome memory o = StripLoopsPlain.take(t.market, strips, t.members, t.accounts, t.journals);
        if (!first) (o.taken, o.forged, o.records) = (0, false, "");
        Canary.soil(SPAN);
        (uint256 pos, uint256 word) = b.take(strips, 0, words);
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        Check.yes(Canary.isIntact(before) && Canary.isIntact(behind), "memory beside the records");
        Check.yes(_inputs(b, t) == inputs, "inputs");
        Check.eq(b.forged, o.forged ? 1 : 0, "forged");
        Check.eq(pos, 100 * o.taken, "end");
        Check.eq(word, words + 32 * o.taken, "word");
        bytes memory records = new bytes(b.next - b.records);
        uint256 from = b.records;
        assembly ("memory-safe") {
            mcopy(add(records, 32), from, mload(records))
        }
        Check.eqBytes(records, o.records, "records");
        if (first) _compareRooms(b, t);
        return o.taken;
    }

    /// @dev As the order book does.
    function _open(StripLoops.Batch memory b, Setting memory t) private view {
        StripLoopsPlain.Market memory m = t.market;
        (b.community, b.period, b.feeTo) = (m.community, m.period, m.feeTo);
        (b.settlementFee, b.slots, b.time) = (m.settlementFee, m.slots, m.time);
        b.ringBusy = m.ringBusy ? 1 : 0;
        PackedStrips.setMessage(b.message, m.domain, m.community, m.period, m.feeTo);
        b.book.open(_area, m.period, t.ticks, m.wide, m.slots);
        EntryStrip.Strip memory e = b.loop;
        e.setGrid(m.slots, t.ticks, b.book.laneLog);
        e.setPrices(m.lotWh, m.floorPrice, m.tickSize, m.networkFee);
        (e.openFrom, e.eager) = (t.openFrom, t.eager ? 1 : 0);
        (e.table, e.tickWords, e.area, e.period) = (b.book.table, b.book.wordsPerSide, _area, m.period);
        b.tariff = Canary.takeBytes(2 + 4 * m.importPrices.length);
        for (uint256 i = 0; i < m.importPrices.length; ++i) {
            Mem.storeByte(b.tariff.start() + 4 * i + 2, m.importPrices[i] >> 8);
            Mem.storeByte(b.tariff.start() + 4 * i + 3, m.importPrices[i]);
        }
        for (uint256 i = 0; i < t.known.length; ++i) e.bring(t.known[i]);
    }

    function _members(StripLoops.Batch memory b, Setting memory t) private pure returns (uint256 words) {
        uint256 count = t.members.length;
        words = Canary.take(32 * (count + 1));
        uint256 standings = Canary.take(32 * count);
        for (uint256 i = 0; i < count; ++i) {
            Mem.store(words + 32 * i, Member.unwrap(t.members[i]));
            uint256 journal = Journal.unwrap(t.journals[i]) << 128;
            Mem.store(standings + 32 * i, (Account.unwrap(t.accounts[i]) & type(uint128).max) | journal);
        }
        Mem.store(words + 32 * count, 0);
        unchecked {
            (b.words, b.toStanding) = (words, standings - words);
        }
    }

    function _roomAt(
        StripLoops.Batch memory b,
        uint256 slot,
        uint256 side,
        uint256 tick
    ) private pure returns (uint256) {
        uint256 top = b.book.cellOf(slot);
        if (top == b.book.table) return 0;
        return uint16(Mem.load(top - 2 * (128 * side + tick)));
    }

    function _readRooms(StripLoops.Batch memory b, Setting memory t) private pure {
        StripLoopsPlain.Market memory m = t.market;
        m.rooms = new uint256[][](2 * m.slots);
        for (uint256 i = 0; i < 2 * m.slots; ++i) {
            if (m.wide || b.book.cellOf(i / 2) == b.book.table) continue;
            m.rooms[i] = new uint256[](TICKS);
            for (uint256 tick = 0; tick < TICKS; ++tick) m.rooms[i][tick] = _roomAt(b, i / 2, i % 2, tick);
        }
    }

    function _compareRooms(StripLoops.Batch memory b, Setting memory t) private pure {
        StripLoopsPlain.Market memory m = t.market;
        if (m.wide) return;
        for (uint256 i = 0; i < 2 * m.slots; ++i) {
            if (b.book.cellOf(i / 2) == b.book.table) continue;
            for (uint256 tick = 0; tick < TICKS; ++tick) {
                Check.eq(_roomAt(b, i / 2, i % 2, tick), m.rooms[i][tick], "room");
            }
        }
    }

    /// @dev Of all that the loop reads and may not write.
    function _inputs(StripLoops.Batch memory b, Setting memory t) private pure returns (bytes32) {
        uint256 place;
        assembly ("memory-safe") {
            place := b
        }
        (uint256 next, uint256 forged) = (b.next, b.forged);
        (b.next, b.forged) = (0, 0);
        bytes32 batch = Canary.hashOf(place, b.message);
        (b.next, b.forged) = (next, forged);
        uint256 words = 32 * t.members.length;
        uint256 standings;
        unchecked {
            standings = b.words + b.toStanding;
        }
        uint256 table = b.book.table;
        return
            keccak256(
                abi.encode(
                    batch,
                    Canary.hashOf(b.words, b.words + words + 32),
                    Canary.hashOf(standings, standings + words),
                    Canary.hashOf(b.tariff.start(), b.tariff.start() + b.tariff.length),
                    // Where the table leads for a slot without a cell, the groups below, and the table.
                    Canary.hashOf(table - 1056, table + 32 * (b.slots + 1))
                )
            );
    }

    // ---------------------------------------------------------------------------------------------------- what is rolled

    function _settingOf(uint256 seed) private returns (Setting memory t) {
        Dice memory d = Dice(seed);
        StripLoopsPlain.Market memory m = t.market;
        (m.community, m.period) = (uint32(d.roll()), uint32(1 + d.upTo(type(uint32).max - 1)));
        (m.feeTo, m.domain) = (address(uint160(d.roll())), bytes32(d.roll()));
        m.slots = d.one(8) ? 1 + d.upTo(254) : 4;
        t.ticks = 32 << (d.roll() % 3);
        m.wide = d.one(20);
        m.lotWh = 1 + d.upTo(999);
        (m.floorPrice, m.tickSize) = (d.upTo(1000), 1 + d.upTo(20));
        (m.networkFee, m.settlementFee) = (d.upTo(1000), d.upTo(1000));
        m.time = d.one(20) ? d.roll() >> 216 : 1_000;
        m.ringBusy = d.one(20);
        m.importPrices = new uint256[](CLASSES * m.slots);
        for (uint256 i = 0; i < m.importPrices.length; ++i) m.importPrices[i] = uint16(d.roll()) >> (i % 6);
        (t.openFrom, t.eager) = (d.one(2) ? 0 : d.upTo(m.slots), d.one(2));
        _storeVolumes(d, t);
        _rollKnown(d, t);
        _rollMembers(d, t);
    }

    /// @dev Live words for some slots: lanes that are full, nearly full or nearly empty.
    function _storeVolumes(Dice memory d, Setting memory t) private {
        StripLoopsPlain.Market memory m = t.market;
        uint256 words = (2 * t.ticks) / (m.wide ? 8 : 16);
        uint256 fit = 224 / (words + 1);
        uint256 group = m.period;
        for (uint256 slot = 0; slot < m.slots && slot < fit; ++slot) {
            for (uint256 i = 0; i < words; ++i) {
                if (!d.one(2)) continue;
                // Up to 31 lots, or 31 less than full.
                uint256 word = d.roll() & (31 * LANES);
                if (d.one(2)) word ^= 65_535 * (d.roll() & d.roll() & LANES);
                if (word == 0) continue;
                Words.store(_area + 64 * slot + 1 + i, word);
                group |= 1 << (32 + slot * (words + 1) + i);
            }
        }
        Words.store(_area, group);
    }

    function _rollKnown(Dice memory d, Setting memory t) private pure {
        t.known = new uint256[](12);
        uint256 count = 0;
        for (uint256 i = 0; i < t.known.length; ++i) {
            uint256 slot = d.upTo(t.market.slots - 1);
            if (slot < t.openFrom) continue; // no cell is made where the gate is closed
            t.known[count++] = (slot << 24) | ((d.roll() & 1) << 23) | (d.upTo(t.ticks - 1) << 16) | 1;
        }
        uint256[] memory known = t.known;
        assembly ("memory-safe") {
            mstore(known, count)
        }
    }

    function _rollMembers(Dice memory d, Setting memory t) private view {
        uint256 count = 1 + (d.roll() % MOST_STRIPS);
        (t.members, t.accounts, t.journals) = (new Member[](count), new Account[](count), new Journal[](count));
        for (uint256 i = 0; i < count; ++i) {
            uint256 status = ENROLLED | METERED | (d.one(2) ? CLASS_CHANGED : 0);
            if (d.one(100)) status ^= 1 << (d.roll() % 8);
            address key = d.one(120) ? address(0) : VM.addr(_keyOf(i));
            if (i == 0 && _firstKey != address(0)) key = _firstKey;
            uint256 caps = d.one(24) ? d.upTo(10) : 65_535;
            Member m = newMember(key, uint16(caps), uint16(d.one(24) ? d.upTo(10) : 65_535), 0, 0, 0, status);
            t.members[i] = m.withClass(uint8(d.roll() % CLASSES)).withChangesFrom(d.upTo(type(uint24).max));
            t.accounts[i] = _someAccount(d);
            t.journals[i] = _someJournal(d, t.market.period);
        }
    }

    function _someAccount(Dice memory d) private pure returns (Account) {
        uint256 flags = 1 | ACCOUNT_ACTIVE | (d.one(80) ? ACCOUNT_ABOVE_LINE : 0) | (d.one(4) ? ACCOUNT_DEBT : 0);
        uint256 modules = (d.roll() & 0xfffe) | (d.one(80) ? 0 : 1);
        uint256 free = d.one(24) ? d.upTo(100_000) : 1 << (40 + d.upTo(23));
        return Account.wrap(free | (EPOCH << 64) | (modules << 96) | (flags << 112));
    }

    function _someJournal(Dice memory d, uint256 period) private pure returns (Journal) {
        if (d.one(2)) return Journal.wrap(0);
        uint256 entries = d.one(24) ? 2048 - d.upTo(2) : d.upTo(100);
        uint256 records = d.one(24) ? 255 - d.upTo(2) : d.upTo(5);
        return newJournal(period, entries, records, d.one(6) ? d.upTo(2) : 0, d.roll() >> 52);
    }

    function _keyOf(uint256 index) private pure returns (uint256) {
        return 1_000 + index;
    }

    // ---------------------------------------------------------------------------------------------------- strips

    function stripsOf(uint256 seed) external returns (bytes memory strips) {
        Setting memory t = _settingOf(seed);
        Dice memory d = Dice(~seed);
        for (uint256 i = 0; i < t.members.length; ++i) {
            strips = bytes.concat(strips, PackedBatchesPlain.pack(_strip(d, t, i)));
        }
        // Whatever stands behind.
        if (d.one(2)) strips = bytes.concat(strips, bytes32(d.roll()));
    }

    function _strip(Dice memory d, Setting memory t, uint256 i) private pure returns (IOrderBook.Strip memory s) {
        StripLoopsPlain.Market memory m = t.market;
        s.member = uint32(d.one(2) ? i : d.roll());
        s.after_ = uint8(d.one(80) ? d.upTo(255) : t.journals[i].frontierOf());
        s.epoch = uint32(d.one(120) ? d.upTo(type(uint32).max) : EPOCH);
        s.deadline = uint40(m.time < type(uint40).max ? m.time + (d.one(80) ? 0 : 1) : m.time);
        if (d.one(80) && s.deadline != 0) s.deadline -= 1 + (uint40(d.one(2) ? 0 : 1) % s.deadline);
        s.feePerEntry = uint32(d.one(80) ? d.upTo(type(uint32).max) : d.upTo(100));
        uint256 free = t.accounts[i].freeOf();
        s.maxReserve = uint96(d.one(30) ? d.upTo(free) : free);
        if (d.one(120)) s.maxReserve = uint96(free + 1 + (d.one(2) ? 0 : d.upTo(type(uint80).max)));
        s.feeTo = m.feeTo;
        s.entries = _entries(d, t);
        // Just enough for it, or a unit too little.
        if (s.entries.length == 4 && d.one(60)) {
            uint256 cost = StripLoopsPlain.costOf(m, s, t.members[i], t.journals[i]);
            if (cost != 0 && cost <= free) s.maxReserve = uint96(cost - (d.one(2) ? 0 : 1));
        }
        (s.r, s.vs) = _signature(d, t, s, i);
    }

    function _entries(Dice memory d, Setting memory t) private pure returns (bytes memory entries) {
        uint256 count = d.one(120) ? d.upTo(3) : 1;
        for (uint256 k = 0; k < count; ++k) {
            uint256 entry =
                t.known.length == 0 || d.one(24)
                    ? (d.upTo(255) << 24) | (d.upTo(255) << 16)
                    : t.known[d.roll() % t.known.length] & 0xffff0000;
            uint256 lots = d.one(30) ? d.upTo(65_535) : d.upTo(30);
            entries = bytes.concat(entries, bytes4(uint32(entry | lots)));
        }
    }

    function _signature(
        Dice memory d,
        Setting memory t,
        IOrderBook.Strip memory s,
        uint256 i
    ) private pure returns (bytes32 r, bytes32 vs) {
        bytes32 digest = PackedBatchesPlain.digestOf(t.market.domain, t.market.community, t.market.period, s);
        (uint8 v, bytes32 r_, bytes32 s_) = VM.sign(_keyOf(d.one(120) ? i + 1 : i), digest);
        vs = bytes32(uint256(s_) | (uint256(v - 27) << 255));
        r = r_;
        if (d.one(120)) r = bytes32(uint256(r) ^ (1 << (d.roll() % 256)));
        if (d.one(120)) vs = bytes32(uint256(vs) ^ (1 << (d.roll() % 256)));
        // Nobody's signature, for nobody's key.
        if (t.members[i].tradingKey() == address(0)) return (0, 0);
        if (d.one(120)) (r, vs) = (bytes32(d.one(2) ? 0 : d.roll()), bytes32(d.one(2) ? 0 : d.roll()));
    }
}
