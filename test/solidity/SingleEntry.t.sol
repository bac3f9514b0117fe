// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOrderBook} from "../../contracts/interfaces/IOrderBook.sol";
import {BookPlaces} from "../../contracts/libraries/BookPlaces.sol";
import {DataBlob} from "../../contracts/libraries/DataBlob.sol";
import {EntryStrip} from "../../contracts/libraries/EntryStrip.sol";
import {Mem} from "../../contracts/libraries/Mem.sol";
import {SingleEntry} from "../../contracts/libraries/SingleEntry.sol";
import {StripLoops} from "../../contracts/libraries/StripLoops.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Member, newMember, ENROLLED, METERED} from "../../contracts/types/Member.sol";
import {Terms, packCalendar, packTerms} from "../../contracts/types/Terms.sol";
import {Check, Dice} from "./Check.sol";
import {EntryLoopsPlain} from "./plain/EntryLoopsPlain.sol";
import {Canary} from "./support/Canary.sol";
import {VM} from "./support/Vm.sol";

/// @notice A single entry straight into storage, against the plain twin of all entries: it is taken where the twin accepts it, with the
/// same prefix, reserve and volumes, and left, with nothing changed, where the twin refuses it or finds its slot busy.
contract SingleEntryTest {
    using EntryStrip for EntryStrip.Strip;

    uint256 private constant CLASSES = 3;
    uint256 private constant STORED = 64; // words of a slot in storage
    uint256 private constant SPAN = 16; // words of garbage behind what is allocated
    uint256 private constant REASONS = uint256(type(IOrderBook.EntryReason).max) + 1;

    /// @param words Tick words of a slot.
    /// @param fit Slots in a group.
    struct Setting {
        EntryLoopsPlain.Market market;
        EntryLoopsPlain.Strip strip;
        Terms terms;
        uint32 community;
        uint32 period;
        bool wide;
        uint256 words;
        uint256 fit;
        uint256 area;
        uint256 class;
        Member member;
        bytes tariff;
    }

    // ---------------------------------------------------------------------------------------------------- fuzzed

    function testFuzz_takesWhatTheTwinAcceptsAndLeavesTheRest(uint256 seed) external {
        this.run(seed);
    }

    /// @dev All but one: a single entry always ascends.
    function test_everyReasonComesUp() external {
        uint256[] memory seen = new uint256[](REASONS);
        uint256 busy = 0;
        for (uint256 seed = 0; seed < 100; ++seed) {
            EntryLoopsPlain.Outcome memory o = this.run(seed);
            if (o.busy) ++busy;
            else ++seen[uint256(o.reasons[0])];
        }
        for (uint256 i = 0; i < REASONS; ++i) {
            bool expected = i != uint256(IOrderBook.EntryReason.NotAscending);
            Check.yes((seen[i] != 0) == expected, "reason");
        }
        Check.yes(busy != 0, "busy");
        Check.yes(4 * seen[0] > 100, "enough are taken");
    }

    // ---------------------------------------------------------------------------------------------------- a run

    function run(uint256 seed) external returns (EntryLoopsPlain.Outcome memory o) {
        Setting memory t = _settingOf(Dice(seed));
        StripLoops.Batch memory b = _batch(t);
        uint256 entry = _entryOf(t.strip.orders[0]);
        uint256 payload = Canary.take(64);
        Mem.store(payload, entry << 224);
        bytes32 stored = _hashOf(t);
        o = EntryLoopsPlain.accept(t.market, t.strip);
        Canary.soil(SPAN);
        uint256 total = SingleEntry.accept(b, t.member, payload);
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        Check.eq(Mem.load(payload) >> 224, entry, "entry");
        if (o.busy || o.reasons[0] != IOrderBook.EntryReason.None) {
            Check.eq(total, 0, "left");
            Check.eq(uint256(_hashOf(t)), uint256(stored), "storage of one that is left");
            return o;
        }
        Check.eq(EntryStrip.usedOf(total), o.used, "used");
        uint256 fees = t.strip.settlementFee + t.strip.feePerEntry;
        Check.eq(EntryStrip.headOf(total, fees, 1), _headOf(t), "head");
        Check.eq(Mem.load(payload + 4) >> (t.wide ? 224 : 240), o.prefixes[0], "prefix");
        _compareBook(t);
    }

    /// @dev As the order book has it after the checks of the strip.
    function _batch(Setting memory t) private returns (StripLoops.Batch memory b) {
        b = StripLoops.create()[0];
        (b.community, b.period, b.slots) = (t.community, t.period, t.market.slots);
        (b.own, b.terms, b.blob) = (true, t.terms, address(new DataBlob(t.tariff)));
        b.loop.laneLog = t.wide ? 2 : 1;
        EntryLoopsPlain.Strip memory s = t.strip;
        b.loop.setLimits(s.caps[0], s.caps[1], s.maxReserve, s.feePerEntry);
        b.loop.reset(s.frontier, s.settlementFee);
    }

    function _headOf(Setting memory t) private pure returns (uint256) {
        EntryLoopsPlain.Order memory order = t.strip.orders[0];
        uint256 wh = order.lots * t.market.lotWh;
        uint256 reserve = EntryLoopsPlain.reserveOf(t.market, t.strip, order);
        return (1 << 192) | (reserve << 96) | (wh << (order.side == 0 ? 48 : 0));
    }

    function _compareBook(Setting memory t) private view {
        for (uint256 i = 0; i < 2 * t.market.slots; ++i) {
            bytes memory found = abi.encodePacked(_volumesAt(t, i / 2, i % 2));
            Check.eqBytes(found, abi.encodePacked(t.market.volumes[i]), "volumes");
        }
    }

    // ---------------------------------------------------------------------------------------------------- storage, read plainly

    function _groupAt(Setting memory t, uint256 slot) private view returns (uint256 group) {
        return Words.load(t.area + STORED * (slot / t.fit));
    }

    /// @return Where the slot's bits start in its group.
    function _bitsAt(Setting memory t, uint256 slot) private pure returns (uint256) {
        return 32 + (slot % t.fit) * (t.words + 1);
    }

    /// @return volumes Lots by tick.
    function _volumesAt(Setting memory t, uint256 slot, uint256 side) private view returns (uint256[] memory volumes) {
        volumes = new uint256[](t.market.ticks);
        uint256 group = _groupAt(t, slot);
        if (uint32(group) != t.period) return volumes;
        group >>= _bitsAt(t, slot);
        uint256 perWord = t.wide ? 8 : 16;
        for (uint256 tick = 0; tick < volumes.length; tick += perWord) {
            uint256 index = (side * volumes.length + tick) / perWord;
            if ((group >> index) & 1 == 0) continue;
            uint256 word = Words.load(t.area + STORED * slot + 1 + index);
            for (uint256 i = 0; i < perWord; ++i) {
                volumes[tick + i] = word & t.market.fullTick;
                word >>= 256 / perWord;
            }
        }
    }

    /// @dev Of all words of the period's ring entry.
    function _hashOf(Setting memory t) private view returns (bytes32 hash) {
        for (uint256 slot = 0; slot < t.market.slots; ++slot) {
            for (uint256 i = 0; i <= t.words; ++i) {
                uint256 word = Words.load(t.area + STORED * slot + i);
                hash = bytes32(Mem.hashWords(uint256(hash), word));
            }
        }
    }

    // ---------------------------------------------------------------------------------------------------- what is rolled

    function _settingOf(Dice memory d) private returns (Setting memory t) {
        EntryLoopsPlain.Market memory m = t.market;
        t.wide = d.one(4);
        (m.slots, m.ticks) = (1 + d.upTo(7), 32 << (d.roll() % 3));
        m.fullTick = t.wide ? type(uint32).max : type(uint16).max;
        (m.lotWh, m.floorPrice, m.tickSize) = (1 + d.upTo(999), d.upTo(1_000), 1 + d.upTo(20));
        m.networkFee = d.upTo(1_000);
        t.words = (2 * m.ticks) / (t.wide ? 8 : 16);
        t.fit = 224 / (t.words + 1);
        t.community = uint32(d.roll());
        _rollCalendar(d, t);
        t.area = BookPlaces.bookAt(t.community, t.terms, t.period * m.slots);
        _rollTariff(d, t);
        _rollBook(d, t);
        _rollOrder(d, t);
    }

    /// @dev The gates of some slots may have passed.
    function _rollCalendar(Dice memory d, Setting memory t) private {
        EntryLoopsPlain.Market memory m = t.market;
        uint256 duration = 600 + d.upTo(3_000);
        uint256 closure = d.upTo(1_800);
        uint256 horizon = 1 + d.upTo(3);
        VM.warp(1_700_000_000 + d.upTo(100_000));
        t.period = uint32(block.timestamp / (duration * m.slots) + (d.one(3) ? 0 : horizon));
        uint256 low = packTerms(duration, m.slots, m.lotWh, m.floorPrice, m.tickSize, m.ticks, t.wide);
        t.terms = packCalendar(low, horizon, horizon + 3, closure, 0, 0, 0, 0);
        // At the very gate of a slot, or a second before.
        uint256 gate = (t.period * m.slots + d.upTo(m.slots - 1)) * duration - closure;
        if (d.one(2)) VM.warp(gate - (d.roll() & 1));
        while (m.openFrom < m.slots && (t.period * m.slots + m.openFrom) * duration <= block.timestamp + closure) {
            ++m.openFrom;
        }
    }

    function _rollTariff(Dice memory d, Setting memory t) private pure {
        EntryLoopsPlain.Market memory m = t.market;
        t.class = d.roll() % CLASSES;
        t.strip.importPrices = new uint256[](m.slots);
        t.tariff = abi.encodePacked(uint16(m.networkFee));
        for (uint256 i = 0; i < CLASSES * m.slots; ++i) {
            uint16 price = uint16(d.roll()) >> (i % 6);
            t.tariff = bytes.concat(t.tariff, abi.encodePacked(price, uint16(d.roll())));
            if (i / m.slots == t.class) t.strip.importPrices[i % m.slots] = price;
        }
    }

    /// @dev Groups of this period, of an older one that is done or not, or of none; and in the words whatever was there.
    function _rollBook(Dice memory d, Setting memory t) private {
        EntryLoopsPlain.Market memory m = t.market;
        m.busy = new bool[](m.slots);
        m.volumes = new uint256[][](2 * m.slots);
        for (uint256 first = 0; first < m.slots; first += t.fit) {
            bool done = !d.one(3);
            bool current = d.one(2);
            uint256 group = current ? t.period : d.upTo(t.period - 1);
            bool busy = false;
            for (uint256 slot = first; slot < first + t.fit && slot < m.slots; ++slot) {
                uint256 live = d.one(3) ? 0 : d.roll() & ((1 << t.words) - 1);
                uint256 cleared = done || d.one(2) ? 1 : 0;
                if (!current && live != 0 && cleared == 0) busy = true;
                // A slot of this period that takes orders is not cleared.
                group |= (live | (current ? 0 : cleared << t.words)) << _bitsAt(t, slot);
                _storeVolumes(d, t, slot);
            }
            Words.store(t.area + STORED * (first / t.fit), group);
            for (uint256 slot = first; slot < first + t.fit && slot < m.slots; ++slot) m.busy[slot] = busy;
        }
        for (uint256 i = 0; i < 2 * m.slots; ++i) m.volumes[i] = _volumesAt(t, i / 2, i % 2);
    }

    /// @dev Ticks that are empty, nearly so or nearly full.
    function _storeVolumes(Dice memory d, Setting memory t, uint256 slot) private {
        uint256 lanes = type(uint256).max / t.market.fullTick;
        for (uint256 i = 0; i < t.words; ++i) {
            uint256 word = d.roll() & (31 * lanes);
            word ^= t.market.fullTick * (d.roll() & lanes);
            Words.store(t.area + STORED * slot + 1 + i, word);
        }
    }

    /// @dev Limits are often just what it needs, or one less.
    function _rollOrder(Dice memory d, Setting memory t) private pure {
        EntryLoopsPlain.Market memory m = t.market;
        EntryLoopsPlain.Strip memory s = t.strip;
        s.orders = new EntryLoopsPlain.Order[](1);
        EntryLoopsPlain.Order memory order = s.orders[0];
        order.slot = d.one(12) ? m.slots + d.upTo(255 - m.slots) : d.upTo(m.slots - 1);
        order.side = d.roll() & 1;
        order.tick = d.one(12) ? d.upTo(127) : d.upTo(m.ticks - 1);
        order.lots = d.one(12) ? d.upTo(65_535) : d.upTo(40);
        s.frontier = d.one(6) ? d.upTo(m.slots) : 0;
        (s.feePerEntry, s.settlementFee) = (d.upTo(100), d.one(2) ? d.upTo(1_000) : 0);
        bool tight = d.one(4);
        s.caps = tight ? [_near(d, order.lots), _near(d, order.lots)] : [uint256(65_535), 65_535];
        t.member = newMember(address(1), uint16(s.caps[0]), uint16(s.caps[1]), 0, 0, 0, ENROLLED | METERED);
        t.member = t.member.withClass(uint8(t.class));
        s.maxReserve = type(uint96).max;
        if (!d.one(3) || order.slot >= m.slots) return;
        s.maxReserve = _near(d, s.settlementFee + s.feePerEntry + EntryLoopsPlain.reserveOf(m, s, order));
    }

    function _near(Dice memory d, uint256 amount) private pure returns (uint256) {
        return amount == 0 || d.one(2) ? amount : amount - 1;
    }

    function _entryOf(EntryLoopsPlain.Order memory order) private pure returns (uint256) {
        return (order.slot << 24) | (order.side << 23) | (order.tick << 16) | order.lots;
    }
}
