// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Book} from "../../contracts/libraries/Book.sol";
import {Clearing} from "../../contracts/libraries/Clearing.sol";
import {EntryLoops} from "../../contracts/libraries/EntryLoops.sol";
import {Mem} from "../../contracts/libraries/Mem.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {SlotHeader} from "../../contracts/types/SlotHeader.sol";
import {SlotResult, packResult} from "../../contracts/types/SlotResult.sol";
import {Check, Dice} from "./Check.sol";
import {EntryLoopsPlain} from "./EntryLoopsPlain.sol";

/// @notice The loops over entries and the book in memory and storage, against plain arrays.
contract EntryLoopsTest {
    using Book for Book.Copy;
    using EntryLoops for EntryLoops.Strip;
    using Mem for bytes;
    using Mem for uint256[];

    uint256 private constant AREA = uint256(0xb00c) << 128;
    uint256 private constant RESULTS = uint256(0x7e5) << 128;
    uint256 private constant FIRST = 1_000_000;

    /// @dev The ring as plain arrays: whose slot an entry holds, whether that is cleared, and its volumes.
    struct Ring {
        uint256[] slots;
        bool[] cleared;
        uint256[][2][] volumes;
    }

    function testFuzz_batchesOfStrips(uint256 seed) external {
        Dice memory d = Dice(seed);
        EntryLoopsPlain.Grid memory g = _grid(d);
        Ring memory ring = _ring(g);
        for (uint256 turn = 0; turn < 3; ++turn) {
            uint256 first = FIRST + turn * g.slots;
            for (uint256 batches = 1 + (d.roll() % 2); batches > 0; --batches) _batch(d, g, ring, first);
            for (uint256 i = 0; i < g.slots; ++i) {
                if (d.one(4)) _clear(g, ring, i);
            }
        }
    }

    function testFuzz_fills(uint256 seed) external {
        Dice memory d = Dice(seed);
        uint256 slots = 1 + (d.roll() % 5);
        bool wide = d.one(2);
        uint256 missing = d.one(4) ? d.roll() % slots : slots; // a slot that is not cleared
        for (uint256 i = 0; i < slots; ++i) {
            uint256 slot = FIRST + i + (i == missing ? 7 : 0);
            Words.store(RESULTS + i, SlotResult.unwrap(packResult(slot, _result(d, wide))));
        }
        bytes memory payload = _payload(d, slots, wide);
        this.checkFills(payload, slots, wide);
    }

    function checkFills(bytes calldata payload, uint256 slots, bool wide) external view {
        uint256[] memory position = new uint256[](slots);
        EntryLoops.Fills memory f = EntryLoops.Fills({
            results: RESULTS,
            firstSlot: FIRST,
            floorAmount: 600,
            tickAmount: 40,
            lotWh: 10,
            prefixBytes: wide ? 4 : 2,
            position: position.words(),
            paid: 0,
            received: 0
        });
        bool cleared = EntryLoops.fills(f, payload);
        uint256[2] memory money;
        uint256[] memory plain = new uint256[](slots);
        bool ready = true;
        uint256 width = wide ? 4 : 2;
        uint256 count = payload.length / (4 + width);
        for (uint256 i = 0; i < count; ++i) {
            uint256 prefix = _uint(payload[4 * count + i * width:][:width]);
            if (prefix == (wide ? type(uint32).max : type(uint16).max)) continue;
            (uint256 offset, uint256 side, uint256 tick, uint256 lots) = EntryLoopsPlain.split(
                uint32(_uint(payload[4 * i:][:4]))
            );
            SlotResult r = SlotResult.wrap(Words.load(RESULTS + offset));
            if (!r.isOf(FIRST + offset)) {
                ready = false;
                break;
            }
            uint256 filled = r.fill(side, tick, lots, prefix);
            money[side] += filled * 10 * (60 + 4 * r.priceTick());
            plain[offset] += (filled * 10) << (side == 0 ? 128 : 0);
        }
        Check.yes(cleared == ready, "cleared");
        if (!ready) return;
        Check.eq(f.paid, money[0], "paid");
        Check.eq(f.received, money[1], "received");
        Check.eqBytes(abi.encode(position), abi.encode(plain), "position");
    }

    // ---------------------------------------------------------------------------------------------------- batches

    function _batch(Dice memory d, EntryLoopsPlain.Grid memory g, Ring memory ring, uint256 first) private {
        Book.Copy memory b = Book.open(AREA, first, g.slots, g.ticks, g.wide);
        EntryLoops.Strip memory e = _loop(g, b, first);
        bool[] memory busy = new bool[](g.slots);
        for (uint256 i = 0; i < g.slots; ++i) {
            if (ring.slots[i] == first + i) continue;
            if (!ring.cleared[i] && _sum(ring.volumes[i]) != 0) busy[i] = true;
            else (ring.slots[i], ring.cleared[i], ring.volumes[i]) = (first + i, false, _empty(g.ticks));
        }
        for (uint256 strips = 1 + (d.roll() % 4); strips > 0; --strips) _strip(g, b, e, ring, busy, _order(d, g));
        b.flush();
        for (uint256 i = 0; i < g.slots; ++i) {
            if (!busy[i]) _checkStored(g, ring, i);
        }
    }

    function _strip(
        EntryLoopsPlain.Grid memory g,
        Book.Copy memory b,
        EntryLoops.Strip memory e,
        Ring memory ring,
        bool[] memory busy,
        EntryLoopsPlain.Order memory o
    ) private view {
        EntryLoopsPlain.Outcome memory plain = EntryLoopsPlain.accept(g, o, ring.volumes, busy);
        uint256 count = o.entries.length;
        bytes memory entries;
        for (uint256 i = 0; i < count; ++i) entries = abi.encodePacked(entries, o.entries[i]);
        uint256 width = g.wide ? 4 : 2;
        bytes memory prefixes = new bytes(count * width + 32);
        bytes memory reasons = new bytes(count);
        (e.buyCap, e.sellCap, e.maxReserve, e.feePerEntry) = (o.caps[0], o.caps[1], o.maxReserve, o.feePerEntry);
        (e.out, e.reasons) = (prefixes.start(), reasons.start());
        e.reset(o.frontier, o.initial);
        bool stopped = e.accept(entries.start(), count);
        Check.yes(stopped == plain.busy, "busy");
        if (stopped) {
            for (uint256 i = 0; i < e.seen; ++i) {
                (uint256 offset, uint256 side, uint256 tick, uint256 lots) = EntryLoopsPlain.split(o.entries[i]);
                if (reasons[i] == 0) b.remove(offset, side, tick, lots);
            }
            return;
        }
        bytes memory expected;
        for (uint256 i = 0; i < count; ++i) {
            Check.eq(uint8(reasons[i]), plain.reasons[i], "reason");
            expected =
                g.wide
                    ? abi.encodePacked(expected, uint32(plain.prefixes[i]))
                    : abi.encodePacked(expected, uint16(plain.prefixes[i]));
        }
        assembly ("memory-safe") {
            mstore(prefixes, sub(mload(prefixes), 32))
        }
        Check.eqBytes(prefixes, expected, "prefixes");
        Check.eq(e.used, plain.used, "used");
        Check.eq(e.refused, plain.refused, "refused");
        Check.eq(e.lots, plain.lots[0] | (plain.lots[1] << 128), "lots");
        // A strip without an accepted entry moves no frontier.
        if (plain.refused < count) Check.eq(e.slotEnd(), plain.frontier, "frontier");
    }

    function _checkStored(EntryLoopsPlain.Grid memory g, Ring memory ring, uint256 i) private view {
        uint256[] memory bids = new uint256[](g.ticks);
        uint256[] memory asks = new uint256[](g.ticks);
        SlotHeader h = SlotHeader.wrap(Words.load(AREA + 64 * i));
        if (h.slotOf() == ring.slots[i]) Book.read(AREA + 64 * i, h, g.wide, bids, asks);
        Check.eqBytes(abi.encode(bids), abi.encode(ring.volumes[i][0]), "stored bids");
        Check.eqBytes(abi.encode(asks), abi.encode(ring.volumes[i][1]), "stored asks");
    }

    function _clear(EntryLoopsPlain.Grid memory, Ring memory ring, uint256 i) private {
        SlotHeader h = SlotHeader.wrap(Words.load(AREA + 64 * i));
        if (h.slotOf() != ring.slots[i] || h.live() == 0) return;
        Words.store(AREA + 64 * i, SlotHeader.unwrap(h.withCleared()));
        ring.cleared[i] = true;
    }

    // ---------------------------------------------------------------------------------------------------- samples

    function _grid(Dice memory d) private pure returns (EntryLoopsPlain.Grid memory g) {
        g.slots = 1 + (d.roll() % 4);
        g.ticks = 32 << (d.roll() % 3);
        g.lotWh = 10 ** (d.roll() % 4);
        g.tickSize = 1 + d.upTo(50);
        g.floorPrice = d.upTo(1000);
        g.networkFee = d.upTo(100);
        g.openFrom = d.one(3) ? d.roll() % (g.slots + 1) : 0;
        g.wide = d.one(2);
        g.importPrices = new uint256[](g.slots);
        for (uint256 i = 0; i < g.slots; ++i) g.importPrices[i] = d.upTo(3000);
    }

    function _ring(EntryLoopsPlain.Grid memory g) private pure returns (Ring memory ring) {
        ring.slots = new uint256[](g.slots);
        ring.cleared = new bool[](g.slots);
        ring.volumes = new uint256[][2][](g.slots);
        for (uint256 i = 0; i < g.slots; ++i) ring.volumes[i] = _empty(g.ticks);
    }

    function _loop(
        EntryLoopsPlain.Grid memory g,
        Book.Copy memory b,
        uint256 first
    ) private pure returns (EntryLoops.Strip memory e) {
        bytes memory tariff;
        for (uint256 i = 0; i < g.slots; ++i) tariff = abi.encodePacked(tariff, uint16(g.importPrices[i]), uint16(7));
        (e.lastKey, e.lastTick) = (g.slots * 256 - 1, g.ticks - 1);
        e.lotWh = g.lotWh;
        e.sellFloor = g.floorPrice * g.lotWh;
        e.buyFloor = (g.floorPrice + g.networkFee) * g.lotWh;
        e.tickAmount = g.tickSize * g.lotWh;
        e.wide = g.wide ? 1 : 0;
        e.openFrom = g.openFrom;
        e.prices = tariff.start();
        (e.cells, e.stride, e.tickWords) = (b.cells.words(), b.stride, b.wordsPerSide);
        (e.area, e.firstSlot) = (b.area, first);
    }

    /// @dev Mostly ascending, on few ticks; lots that fill a tick of 16 bits after a few.
    function _order(
        Dice memory d,
        EntryLoopsPlain.Grid memory g
    ) private pure returns (EntryLoopsPlain.Order memory o) {
        o.entries = new uint32[](1 + (d.roll() % 12));
        uint256 key = d.roll() % 20;
        for (uint256 i = 0; i < o.entries.length; ++i) {
            uint256 lots = d.one(2) ? d.upTo(9) : d.upTo(type(uint16).max);
            o.entries[i] = uint32(((key % 65_536) << 16) | lots);
            if (d.one(9)) key = d.roll();
            else
                key +=
                    d.one(3)
                        ? 1
                        : d.one(3)
                            ? d.roll() % 40
                            : d.one(2)
                                ? 128
                                : d.roll() % 400;
        }
        o.caps = d.one(2) ? [uint256(65_535), 65_535] : [d.upTo(65_535), d.upTo(65_535)];
        o.frontier = d.one(4) ? d.roll() % (g.slots + 1) : 0;
        o.maxReserve = d.one(2) ? type(uint96).max : d.upTo(1e9);
        o.feePerEntry = d.one(2) ? 0 : d.upTo(type(uint32).max);
        o.initial = d.one(2) ? 2000 : 0;
    }

    function _result(Dice memory d, bool wide) private pure returns (Clearing.Result memory r) {
        uint256 most = wide ? type(uint32).max : type(uint16).max;
        if (d.one(5)) return Clearing.Result(255, 255, 0, 0, 0, 0, 0);
        r.marginalTick = d.upTo(127);
        r.priceTick = r.marginalTick;
        r.lots = 1 + d.upTo(most);
        (r.bidVolume, r.askVolume) = (1 + d.upTo(most - 1), 1 + d.upTo(most - 1));
        (r.bidAllotment, r.askAllotment) = (d.upTo(r.bidVolume), d.upTo(r.askVolume));
    }

    function _payload(Dice memory d, uint256 slots, bool wide) private pure returns (bytes memory) {
        bytes memory entries;
        bytes memory prefixes;
        for (uint256 i = 1 + (d.roll() % 10); i > 0; --i) {
            uint256 most = wide ? type(uint32).max : type(uint16).max;
            uint256 lots = 1 + d.upTo(65_534);
            uint256 prefix = d.one(4) ? most : d.upTo(most - lots);
            entries = abi.encodePacked(entries, uint8(d.roll() % slots), uint8(d.roll()), uint16(lots));
            prefixes = wide ? abi.encodePacked(prefixes, uint32(prefix)) : abi.encodePacked(prefixes, uint16(prefix));
        }
        return bytes.concat(entries, prefixes);
    }

    function _empty(uint256 ticks) private pure returns (uint256[][2] memory) {
        return [new uint256[](ticks), new uint256[](ticks)];
    }

    function _sum(uint256[][2] memory sides) private pure returns (uint256 sum) {
        for (uint256 i = 0; i < sides[0].length; ++i) sum += sides[0][i] + sides[1][i];
    }

    function _uint(bytes calldata data) private pure returns (uint256 value) {
        for (uint256 i = 0; i < data.length; ++i) value = (value << 8) | uint8(data[i]);
    }
}
