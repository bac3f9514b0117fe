// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Clearing} from "../../contracts/libraries/Clearing.sol";
import {FillLoops} from "../../contracts/libraries/FillLoops.sol";
import {Mem} from "../../contracts/libraries/Mem.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {SlotResults, packResult, resultPlace} from "../../contracts/types/SlotResult.sol";
import {Check, Dice} from "./Check.sol";
import {entryOf} from "./EntryLab.sol";
import {EntryLoopsPlain} from "./plain/EntryLoopsPlain.sol";
import {Canary} from "./support/Canary.sol";

/// @notice Fills against their plain twin, on the same results and payloads, in dirty memory, with calldata of any length.
contract EntryFillsTest {
    using Mem for uint256[];

    /// @dev Where results are stored, and of which period.
    uint256 private constant AREA = 1 << 200;
    uint256 private constant PERIOD = 20_000;

    uint256 private constant SPAN = 512; // words of garbage behind what is allocated

    /// @param prefixBytes Two or four.
    struct Lab {
        uint256 slots;
        uint256 prefixBytes;
        EntryLoopsPlain.Fills plain;
        uint256[] context;
        FillLoops.Parts parts;
        uint256[] quads; // behind what they amount to
        bool apart; // something was not multiplied by its price
        uint256 paid;
        uint256 received;
        uint256[2] guards;
    }

    // ---------------------------------------------------------------------------------------------------- fuzzed

    function testFuzz_fillsOfAnyPayloads(uint256 seed, bytes calldata) external {
        Dice memory d = Dice(seed);
        Lab memory l = _lab(d.one(25) ? 144 : 1 + (d.roll() % (d.one(2) ? 6 : 40)), d.one(2) ? 2 : 4);
        l.plain.lotWh = 10 ** (d.roll() % 4);
        (l.plain.floorPrice, l.plain.tickSize) = (d.upTo(40_000), 1 + d.upTo(200));
        uint256 ticks = d.one(2) ? 4 : 128;
        for (uint256 slot = 0; slot < l.slots; ++slot) {
            if (!d.one(60)) _store(l, slot, _randomResult(d, ticks, l.prefixBytes == 4));
        }
        _open(l);
        for (uint256 payloads = 1 + (d.roll() % 3); payloads > 0; --payloads) {
            (EntryLoopsPlain.Order[] memory orders, uint256[] memory prefixes) = _randomOrders(l, d, ticks);
            if (!_fill(l, orders, prefixes)) return;
        }
    }

    // ---------------------------------------------------------------------------------------------------- at the bounds

    function test_theLastLotsOfFullMarginalTicksOnBothSides() external {
        _lastLots(4, type(uint32).max);
        _lastLots(2, type(uint16).max);
    }

    /// @dev A tick full to the last lot and an allotment of one lot less: the shares of all entries miss one lot together.
    function _lastLots(uint256 prefixBytes, uint256 full) private {
        for (uint256 long = 0; long < 2; ++long) _lastLots(prefixBytes, full, long);
    }

    /// @param long The side that misses the lot.
    function _lastLots(uint256 prefixBytes, uint256 full, uint256 long) private {
        Lab memory l = _lab(144, prefixBytes);
        _store(l, 143, Clearing.Result(127, 127, full, full - 1 + long, full, full - long, full));
        _open(l);
        EntryLoopsPlain.Order[] memory orders = new EntryLoopsPlain.Order[](4);
        uint256[] memory prefixes = new uint256[](4);
        for (uint256 side = 0; side < 2; ++side) {
            orders[2 * side] = EntryLoopsPlain.Order(143, side, 127, 65_535);
            (orders[2 * side + 1], prefixes[2 * side + 1]) = (EntryLoopsPlain.Order(143, side, 127, 1), full - 1);
        }
        Check.yes(_fill(l, orders, prefixes), "cleared");
        // The first misses a lot in a narrow tick: there it is all but the last.
        uint256 first = (65_535 * (full - 1)) / full;
        uint256[2] memory wh = [uint256(65_536) * 10, 65_536 * 10];
        wh[long] = (first + 1) * 10;
        Check.eq(_slot(l, 143), (wh[0] << 32) | wh[1], "both");
        Check.eq(l.paid, wh[0] * (100 + 127 * 2), "paid");
    }

    function test_aBidBeyondTheMarginFillsWholeAndOneShortOfItNotAtAll() external {
        Lab memory l = _lab(1, 2);
        _store(l, 0, Clearing.Result(10, 12, 9, 0, 5, 5, 5));
        _open(l);
        EntryLoopsPlain.Order[] memory orders = new EntryLoopsPlain.Order[](6);
        for (uint256 i = 0; i < 6; ++i) orders[i] = EntryLoopsPlain.Order(0, i / 3, 9 + (i % 3), 5);
        Check.yes(_fill(l, orders, new uint256[](6)), "cleared");
        // Of bids only the one above, of asks the one below and the whole margin.
        Check.eq(_slot(l, 0), (uint256(50) << 32) | 100, "position");
        Check.eq(l.paid, 50 * 124, "paid");
        Check.eq(l.received, 100 * 124, "received");
    }

    function test_nothingIsFilledWhereThereWasNoTrade() external {
        Lab memory l = _lab(1, 4);
        _store(l, 0, Clearing.Result(255, 255, 0, 0, 0, 0, 0));
        _open(l);
        EntryLoopsPlain.Order[] memory orders = new EntryLoopsPlain.Order[](2);
        orders[0] = EntryLoopsPlain.Order(0, 0, 127, 9);
        orders[1] = EntryLoopsPlain.Order(0, 1, 0, 9);
        Check.yes(_fill(l, orders, new uint256[](2)), "cleared");
        Check.eq(_slot(l, 0) + l.paid + l.received, 0, "nothing");
    }

    /// @dev Side and tick of an entry minus the marginal tick: every pair that wraps around must not fill.
    function test_everyTickOfBothSidesAgainstTheMarginsAtTheEndsOfTheGrid() external {
        uint256[7] memory margins = [uint256(0), 1, 63, 64, 126, 127, Clearing.NO_TRADE];
        for (uint256 prefixBytes = 2; prefixBytes <= 4; prefixBytes += 2) {
            for (uint256 i = 0; i < margins.length; ++i) {
                Lab memory l = _lab(2, prefixBytes);
                bool none = margins[i] == Clearing.NO_TRADE;
                if (none) _store(l, 1, Clearing.Result(255, 255, 0, 0, 0, 0, 0));
                else if (i % 2 == 0) _store(l, 1, Clearing.Result(margins[i], margins[i], 98, 37, 100, 100, 100));
                else _store(l, 1, Clearing.Result(margins[i], margins[i], 98, 100, 100, 61, 100));
                _open(l);
                EntryLoopsPlain.Order[] memory orders = new EntryLoopsPlain.Order[](256);
                uint256[] memory prefixes = new uint256[](256);
                for (uint256 k = 0; k < 256; ++k) {
                    (orders[k], prefixes[k]) = (EntryLoopsPlain.Order(1, k / 128, k % 128, 5), k % 96);
                }
                Check.yes(_fill(l, orders, prefixes), "cleared");
                if (none) Check.eq(_slot(l, 1) + l.paid + l.received, 0, "nothing");
            }
        }
    }

    /// @dev An ask of tick 127 minus the margin of no trade is 0, as a bid at the margin: its volume is none.
    function test_anAskOfTheHighestTickFillsNothingWhereThereWasNoTradeOrNoClearing() external {
        for (uint256 prefixBytes = 2; prefixBytes <= 4; prefixBytes += 2) {
            Lab memory l = _lab(2, prefixBytes);
            _store(l, 0, Clearing.Result(255, 255, 0, 0, 0, 0, 0));
            _open(l);
            EntryLoopsPlain.Order[] memory orders = new EntryLoopsPlain.Order[](3);
            uint256[] memory prefixes = new uint256[](3);
            for (uint256 i = 0; i < 2; ++i) orders[i] = EntryLoopsPlain.Order(0, 1, 127, 65_535);
            prefixes[1] = (uint256(1) << (8 * prefixBytes)) - 2; // the largest that was accepted
            (orders[2], prefixes[2]) = (EntryLoopsPlain.Order(1, 1, 127, 65_535), EntryLoopsPlain.REFUSED);
            Check.yes(_fill(l, orders, prefixes), "cleared");
            Check.eq(_slot(l, 0) + _slot(l, 1) + l.paid + l.received, 0, "nothing");
            prefixes[2] = 0;
            Check.yes(!_fill(l, orders, prefixes), "not cleared");
            Check.eq(_slot(l, 0) + _slot(l, 1), 0, "still nothing");
        }
    }

    function test_aSlotThatIsNotClearedStopsOnlyThoseWithAnAcceptedEntryThere() external {
        Lab memory l = _lab(2, 2);
        _store(l, 0, Clearing.Result(3, 3, 9, 9, 9, 9, 9));
        _open(l);
        EntryLoopsPlain.Order[] memory orders = new EntryLoopsPlain.Order[](2);
        orders[0] = EntryLoopsPlain.Order(0, 0, 3, 9);
        orders[1] = EntryLoopsPlain.Order(1, 0, 3, 9);
        uint256[] memory prefixes = new uint256[](2);
        prefixes[1] = EntryLoopsPlain.REFUSED;
        Check.yes(_fill(l, orders, prefixes), "the entry in it was refused");
        prefixes[1] = 0;
        Check.yes(!_fill(l, orders, prefixes), "the entry in it was accepted");
    }

    /// @dev Eight slots in a row, but for one entry that lies a slot further on, or in one of which a bit is another one.
    function test_eachOfEightFillsInItsOwnSlot() external {
        for (uint256 prefixBytes = 2; prefixBytes <= 4; prefixBytes += 2) {
            for (uint256 moved = 0; moved < 8; ++moved) {
                for (uint256 bit = 0; bit < 9; ++bit) _fillBeside(prefixBytes, moved, bit);
            }
        }
    }

    /// @param moved Which of the entries lies in another slot than the row.
    function _fillBeside(uint256 prefixBytes, uint256 moved, uint256 bit) private {
        Lab memory l = _lab(144, prefixBytes);
        EntryLoopsPlain.Order[] memory orders = new EntryLoopsPlain.Order[](8);
        for (uint256 i = 0; i < 8; ++i) {
            uint256 slot = 8 + i;
            if (i == moved) slot = bit == 8 ? slot + 1 : slot ^ (1 << bit);
            if (slot >= 144) slot = 8 + i;
            // Each slot has a margin of its own, at which one entry in two is.
            _store(l, slot, Clearing.Result(20 + i, 20 + i, 9, 7 + i, 20, 20, 20));
            orders[i] = EntryLoopsPlain.Order(slot, 0, 20 + i + (i % 2), 1 + i);
        }
        _open(l);
        Check.yes(_fill(l, orders, new uint256[](8)), "cleared");
    }

    /// @dev Whichever bit of its period is another one, a word of the ring says nothing about this one.
    function test_aResultOfAnyOtherPeriodIsNone() external {
        for (uint256 bit = 0; bit < 33; ++bit) {
            Lab memory l = _lab(1, 2);
            _store(l, 0, Clearing.Result(3, 3, 9, 9, 9, 9, 9));
            _storeResults(l);
            uint256 period = bit == 32 ? PERIOD : PERIOD ^ (1 << bit);
            l.context = FillLoops.newContext(l.plain.lotWh, l.prefixBytes, 1);
            FillLoops.put(FillLoops.partsOf(l.context)[0], AREA, period, 100, 2);
            bool waits = l.context[1] >> 255 != 0;
            Check.yes(waits == (bit != 32), "waits");
        }
    }

    function test_anEmptyPayloadFillsNothing() external {
        Lab memory l = _lab(1, 2);
        _open(l);
        Check.yes(_fill(l, new EntryLoopsPlain.Order[](0), new uint256[](0)), "cleared");
    }

    // ---------------------------------------------------------------------------------------------------- both, compared

    /// @dev Runs a payload through both and compares what they add up to.
    function _fill(
        Lab memory l,
        EntryLoopsPlain.Order[] memory orders,
        uint256[] memory prefixes
    ) private view returns (bool cleared) {
        bool rows;
        (cleared, rows, l.quads) = this.fillOf(l.context, l.quads, _payload(l, orders, prefixes));
        if (!rows) l.apart = true;
        Check.yes(cleared == EntryLoopsPlain.fills(l.plain, orders, prefixes), "cleared");
        if (!cleared) return false; // then nothing of the answer counts
        // All at once is right always, entry by entry where nothing was left out.
        for (uint256 way = l.apart ? 1 : 0; way < 2; ++way) {
            (l.paid, l.received) = this.worthOf(l.context, l.quads, way == 0);
            Check.eq(l.paid, l.plain.paid, "paid");
            Check.eq(l.received, l.plain.received, "received");
        }
        for (uint256 slot = 0; slot < l.slots; ++slot) {
            Check.eq(_slot(l, slot), (l.plain.bought[slot] << 32) | l.plain.sold[slot], "position");
        }
    }

    /// @dev Fills, with a context in calldata; what the loop writes lies between guards.
    /// @param before Quads so far.
    function fillOf(
        uint256[] calldata context,
        uint256[] calldata before,
        bytes calldata entries
    ) external pure returns (bool cleared, bool rows, uint256[] memory quads) {
        Canary.soil(4 * SPAN);
        uint256[4] memory guards;
        guards[0] = Canary.guard();
        quads = before;
        guards[1] = Canary.guard();
        FillLoops.Parts memory p = FillLoops.partsIn(context)[0];
        guards[2] = Canary.guard();
        bytes memory payload = entries;
        guards[3] = Canary.guard();
        bytes32 inputs = keccak256(abi.encode(p, payload));
        Canary.soil(SPAN);
        (cleared, rows) = FillLoops.fills(p, quads.words() + FillLoops.WORTH, payload);
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        for (uint256 i = 0; i < guards.length; ++i) Check.yes(Canary.isIntact(guards[i]), "guard");
        Check.yes(keccak256(abi.encode(p, payload)) == inputs, "inputs");
    }

    function worthOf(
        uint256[] calldata context,
        uint256[] memory quads,
        bool rows
    ) external pure returns (uint256 paid, uint256 received) {
        FillLoops.Parts memory p = FillLoops.partsIn(context)[0];
        Canary.soil(SPAN);
        (paid, received) = FillLoops.worth(p, quads.words() + FillLoops.WORTH, rows);
        Check.yes(Canary.isSoiled(SPAN), "free memory");
    }

    /// @return The 64 bits of a slot: bought, sold.
    function _slot(Lab memory l, uint256 slot) private pure returns (uint256) {
        return uint64(l.quads[FillLoops.WORTH / 32 + slot / 4] >> (192 - 64 * (slot % 4)));
    }

    /// @dev Entries, then prefixes.
    function _payload(
        Lab memory l,
        EntryLoopsPlain.Order[] memory orders,
        uint256[] memory prefixes
    ) private pure returns (bytes memory payload) {
        uint256 width = l.prefixBytes;
        payload = Canary.takeBytes(orders.length * (4 + width));
        for (uint256 i = 0; i < orders.length; ++i) {
            uint256 entry = entryOf(orders[i]);
            for (uint256 j = 0; j < 4; ++j) payload[4 * i + j] = bytes1(uint8(entry >> (24 - 8 * j)));
            uint256 place = 4 * orders.length + width * i;
            for (uint256 j = 0; j < width; ++j) {
                payload[place + j] = bytes1(uint8(prefixes[i] >> (8 * (width - 1 - j))));
            }
        }
    }

    // ---------------------------------------------------------------------------------------------------- inputs

    function _lab(uint256 slots, uint256 prefixBytes) private pure returns (Lab memory l) {
        (l.slots, l.prefixBytes) = (slots, prefixBytes);
        (l.plain.floorPrice, l.plain.tickSize, l.plain.lotWh) = (100, 2, 10);
        (l.plain.bought, l.plain.sold) = (new uint256[](slots), new uint256[](slots));
        l.plain.cleared = new bool[](slots);
        l.plain.results = new Clearing.Result[](slots);
    }

    /// @dev Fills the context between guards.
    function _open(Lab memory l) private {
        Canary.soil(4 * SPAN);
        l.quads = new uint256[](FillLoops.WORTH / 32 + (l.slots + 3) / 4 + 1);
        l.guards[0] = Canary.guard();
        l.context = FillLoops.newContext(l.plain.lotWh, l.prefixBytes, l.slots);
        l.guards[1] = Canary.guard();
        l.parts = FillLoops.partsOf(l.context)[0];
        EntryLoopsPlain.Fills memory p = l.plain;
        _storeResults(l);
        FillLoops.put(l.parts, AREA, PERIOD, p.floorPrice, p.tickSize);
        for (uint256 i = 0; i < l.guards.length; ++i) Check.yes(Canary.isIntact(l.guards[i]), "guard");
    }

    /// @dev Every word is an older period's before, with garbage in it; some stay so where nothing is cleared.
    function _storeResults(Lab memory l) private {
        uint256 bits = 8 * l.prefixBytes;
        for (uint256 slot = 0; slot < l.slots; ++slot) {
            (uint256 word, uint256 index) = resultPlace(slot, bits);
            if (index == 0) Words.store(AREA + word, (type(uint256).max << 32) | (PERIOD - 1));
            if (!l.plain.cleared[slot]) continue;
            SlotResults results = SlotResults.wrap(Words.load(AREA + word));
            results = results.withResult(PERIOD, index, packResult(l.plain.results[slot], bits), bits);
            Words.store(AREA + word, SlotResults.unwrap(results));
        }
    }

    function _store(Lab memory l, uint256 slot, Clearing.Result memory r) private pure {
        l.plain.cleared[slot] = true;
        l.plain.results[slot] = r;
    }

    function _randomResult(Dice memory d, uint256 ticks, bool wide) private pure returns (Clearing.Result memory r) {
        if (d.one(6)) return Clearing.Result(Clearing.NO_TRADE, Clearing.NO_TRADE, 0, 0, 0, 0, 0);
        uint256 most =
            d.one(2)
                ? 9
                : wide
                    ? type(uint32).max - 1
                    : type(uint16).max - 1;
        (r.marginalTick, r.lots) = (d.upTo(ticks - 1), 1 + d.upTo(62 * (most + 1)));
        r.priceTick = r.marginalTick;
        // A volume of nothing has no entry at the margin; the plain twin would divide by zero.
        (r.bidVolume, r.askVolume) = (1 + d.upTo(most), 1 + d.upTo(most));
        (r.bidAllotment, r.askAllotment) = (r.bidVolume, r.askVolume);
        // At most one side is rationed, and bids get nothing where the price lies above them.
        if (d.one(3)) (r.bidAllotment, r.priceTick) = (0, r.marginalTick + d.upTo(ticks - 1 - r.marginalTick));
        else if (d.one(2)) r.bidAllotment = d.upTo(r.bidVolume);
        else r.askAllotment = d.upTo(r.askVolume);
    }

    /// @dev Orders of any slots, in order or not; refused ones may lie off the grid.
    function _randomOrders(
        Lab memory l,
        Dice memory d,
        uint256 ticks
    ) private pure returns (EntryLoopsPlain.Order[] memory orders, uint256[] memory prefixes) {
        uint256 count = d.upTo(d.one(10) ? 120 : 20);
        orders = new EntryLoopsPlain.Order[](count);
        prefixes = new uint256[](count);
        uint256 most = (uint256(1) << (8 * l.prefixBytes)) - 2;
        uint256 slot = 0;
        bool inARow = d.one(2);
        for (uint256 i = 0; i < count; ++i) {
            if (inARow && !d.one(20)) slot = (slot + 1) % l.slots;
            else if (d.one(2)) slot = d.one(3) ? d.upTo(l.slots - 1) : (slot + 1) % l.slots;
            bool refused = d.one(inARow ? 20 : 4);
            orders[i] = EntryLoopsPlain.Order(
                refused && d.one(2) ? d.upTo(255) : slot,
                d.roll() & 1,
                d.upTo(refused ? 127 : ticks - 1),
                refused
                    ? d.upTo(65_535)
                    : 1 +
                        d.upTo(
                            d.one(2)
                                ? 9
                                : count > 20
                                    ? 999
                                    : 65_534
                        ) // within 32 bits of Wh a slot
            );
            prefixes[i] = refused ? EntryLoopsPlain.REFUSED : d.upTo(d.one(2) ? 9 : most);
        }
    }
}
