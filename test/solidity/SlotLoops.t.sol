// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "../../contracts/libraries/Mem.sol";
import {SlotLoops} from "../../contracts/libraries/SlotLoops.sol";
import {Tariff} from "../../contracts/libraries/Tariff.sol";
import {Check, Dice} from "./Check.sol";
import {PackedPlain} from "./plain/PackedPlain.sol";
import {SlotLoopsPlain} from "./plain/SlotLoopsPlain.sol";
import {Canary} from "./support/Canary.sol";

/// @notice The slot loops against their plain twins, on the same inputs, in dirty memory, with calldata of any length.
contract SlotLoopsTest {
    using Mem for uint256[];

    uint256 private constant SPAN = 1024; // words of garbage behind what is allocated

    /// @dev What the loops read and write, packed and plain. Every packed array stands between two guards.
    struct Lab {
        uint256 slots;
        SlotLoopsPlain.Reading reading;
        SlotLoopsPlain.Energy answer;
        SlotLoopsPlain.Energy position;
        SlotLoopsPlain.Prices prices;
        SlotLoopsPlain.Balance ledger;
        bytes values;
        uint256[] readingQuads;
        uint256[] answerQuads;
        uint256[] positionQuads;
        bytes tariff;
        uint256[] priceQuads;
        uint256[] tally;
        uint256[8] guards;
        uint256 guardCount;
    }

    // ---------------------------------------------------------------------------------------------------- fuzzed

    function testFuzz_sums(uint256 seed, bytes calldata) external pure {
        Lab memory l = _lab(Dice(seed));
        Dice memory d = Dice(~seed);
        uint256 mostImport = d.one(2) ? SlotLoopsPlain.MOST_WH : _largest(l.reading.imported, d);
        uint256 mostExport = d.one(2) ? SlotLoopsPlain.MOST_WH : _largest(l.reading.exported, d);
        uint256[] memory expected = abi.decode(abi.encode(l.readingQuads), (uint256[]));
        for (uint256 i = 0; i < l.readingQuads.length; ++i) l.readingQuads[i] = d.roll(); // of an earlier member
        Canary.soil(SPAN);
        (uint256 imported, uint256 exported, bool rated) = SlotLoops.sums(
            l.values,
            l.readingQuads,
            mostImport,
            mostExport
        );
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        Check.eqBytes(abi.encode(l.readingQuads), abi.encode(expected), "reading");
        (uint256 imported_, uint256 exported_, bool rated_) = SlotLoopsPlain.sums(l.reading, mostImport, mostExport);
        Check.eq(imported, imported_, "imported");
        Check.eq(exported, exported_, "exported");
        Check.yes(rated == rated_, "rated");
        _check(l);
    }

    function testFuzz_weighAndAdd(uint256 seed, bytes calldata) external pure {
        Lab memory l = _lab(Dice(seed));
        Dice memory d = Dice(~seed);
        if (d.one(3)) _spoil(l, d);
        // Of an answer that is not sane nothing is added.
        if (!_weigh(l)) return;
        _check(l);
        SlotLoopsPlain.add(l.position, l.answer);
        Canary.soil(SPAN);
        SlotLoops.add(l.positionQuads.words(), l.answerQuads.words(), SlotLoops.quadsOf(l.slots));
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        _check(l);
    }

    function testFuzz_costOfSold(uint256 seed, bytes calldata) external pure {
        Lab memory l = _lab(Dice(seed));
        Canary.soil(SPAN);
        uint256 cost = SlotLoops.costOfSold(l.readingQuads, l.answerQuads.words(), l.priceQuads.words());
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        Check.eq(cost, SlotLoopsPlain.costOfSold(l.reading, l.answer, l.prices), "cost");
        _check(l);
    }

    function testFuzz_gridLeg(uint256 seed, bytes calldata) external pure {
        _gridLeg(_lab(Dice(seed)));
    }

    function testFuzz_estimate(uint256 seed, bytes calldata) external pure {
        Dice memory d = Dice(seed);
        Lab memory l = _lab(d);
        uint256 load = d.one(3) ? d.upTo(20) : d.upTo(SlotLoopsPlain.MOST_WH);
        Canary.soil(SPAN);
        uint256 imported = SlotLoops.estimate(l.positionQuads.words(), l.readingQuads, l.slots, load);
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        Check.eq(imported, SlotLoopsPlain.estimate(l.position, l.reading, load), "imported");
        l.values = _values(6 * l.slots); // no longer what the reading says
        _check(l);
        _gridLeg(l);
    }

    function testFuzz_pricesOfAnyClass(uint256 seed, bytes calldata) external pure {
        Lab memory l = _lab(Dice(seed));
        Canary.soil(SPAN);
        uint256[] memory quads = Tariff.quadsOf(l.tariff, 0, l.slots);
        Check.eqBytes(abi.encode(quads), abi.encode(l.priceQuads), "prices");
        _check(l);
    }

    /// @dev As many members and modules as a tally takes, all at the most they can be.
    function test_aFullTally() external pure {
        Lab memory l = _empty(5);
        for (uint256 k = 0; k < 5; ++k) {
            (l.reading.imported[k], l.reading.exported[k]) = (SlotLoopsPlain.MOST_WH, SlotLoopsPlain.MOST_WH);
            (l.position.bought[k], l.position.sold[k]) = (16 * SlotLoopsPlain.MOST_WH, 16 * SlotLoopsPlain.MOST_WH);
            l.prices.importPrice[k] = 7;
        }
        _pack(l);
        for (uint256 i = 0; i < SlotLoops.MOST_TALLIED / 16; ++i) _gridLeg(l);
    }

    // ---------------------------------------------------------------------------------------------------- at the bounds

    function test_aReadingAtItsRatedEnergyIsRatedAndOneWhMoreIsNot() external pure {
        Lab memory l = _empty(3);
        (l.reading.imported[2], l.reading.exported[0]) = (700, 900);
        _pack(l);
        (, , bool rated) = SlotLoops.sums(l.values, l.readingQuads, 700, 900);
        Check.yes(rated, "at both bounds");
        (, , rated) = SlotLoops.sums(l.values, l.readingQuads, 699, 900);
        Check.yes(!rated, "above the import");
        (, , rated) = SlotLoops.sums(l.values, l.readingQuads, 700, 899);
        Check.yes(!rated, "above the export");
    }

    function test_theLargestReadingOfTheLongestPeriod() external pure {
        Lab memory l = _empty(144);
        for (uint256 k = 0; k < 144; ++k) {
            (l.reading.imported[k], l.reading.exported[k]) = (SlotLoopsPlain.MOST_WH, SlotLoopsPlain.MOST_WH);
            (l.answer.bought[k], l.answer.sold[k]) = (SlotLoopsPlain.MOST_WH, SlotLoopsPlain.MOST_WH);
            (l.position.bought[k], l.position.sold[k]) = (15 * SlotLoopsPlain.MOST_WH, 15 * SlotLoopsPlain.MOST_WH);
            (l.prices.importPrice[k], l.prices.exportPrice[k]) = (type(uint16).max, type(uint16).max);
        }
        _pack(l);
        (uint256 imported, uint256 exported, bool rated) = SlotLoops.sums(
            l.values,
            l.readingQuads,
            SlotLoopsPlain.MOST_WH,
            SlotLoopsPlain.MOST_WH
        );
        Check.eq(imported, 144 * SlotLoopsPlain.MOST_WH, "imported");
        Check.eq(exported, 144 * SlotLoopsPlain.MOST_WH, "exported");
        Check.yes(rated, "rated");
        Check.yes(_weigh(l), "sane");
        SlotLoopsPlain.add(l.position, l.answer);
        SlotLoops.add(l.positionQuads.words(), l.answerQuads.words(), SlotLoops.quadsOf(l.slots));
        _gridLeg(l);
    }

    function test_anAnswerOfOneBitTooMuchIsNotSane() external pure {
        for (uint256 bit = 0; bit < 256; ++bit) {
            Lab memory l = _empty(2);
            _pack(l);
            l.answerQuads[0] = 1 << bit;
            (, , , bool sane) = SlotLoops.weigh(l.answerQuads.words(), l.priceQuads.words(), 1);
            Check.yes(sane == (bit % 32 < 24), "sane");
        }
    }

    function test_nothingToPayWhereThePositionIsWhatTheMeterSays() external pure {
        Lab memory l = _empty(2);
        (l.position.bought[0], l.reading.imported[0]) = (40, 40);
        (l.position.sold[1], l.reading.exported[1]) = (60, 60);
        (l.prices.importPrice[0], l.prices.exportPrice[1]) = (9, 3);
        _pack(l);
        Check.eqSigned(_gridLeg(l), 0, "grid leg");
    }

    // ---------------------------------------------------------------------------------------------------- both, compared

    function _weigh(Lab memory l) private pure returns (bool) {
        Canary.soil(SPAN);
        (uint256 bought, uint256 sold, uint256 replacement, bool sane) = SlotLoops.weigh(
            l.answerQuads.words(),
            l.priceQuads.words(),
            SlotLoops.quadsOf(l.slots)
        );
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        (uint256 bought_, uint256 sold_, uint256 replacement_, bool sane_) = SlotLoopsPlain.weigh(l.answer, l.prices);
        Check.yes(sane == sane_, "sane");
        if (!sane) return false;
        Check.eq(bought, bought_, "bought");
        Check.eq(sold, sold_, "sold");
        Check.eq(replacement, replacement_, "replacement");
        return sane;
    }

    function _gridLeg(Lab memory l) private pure returns (int256 leg) {
        Canary.soil(SPAN);
        leg = SlotLoops.gridLeg(l.readingQuads, l.positionQuads.words(), l.priceQuads.words(), l.tally);
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        Check.eqSigned(leg, SlotLoopsPlain.gridLeg(l.reading, l.position, l.prices, l.ledger), "grid leg");
        _check(l);
    }

    /// @dev Every array says what its plain twin says, and nothing between the arrays was written.
    function _check(Lab memory l) private pure {
        for (uint256 k = 0; k < l.slots; ++k) {
            Check.eq(_slot(l.readingQuads, k), _both(l.reading.imported[k], l.reading.exported[k]), "reading");
            Check.eq(_slot(l.answerQuads, k), _both(l.answer.bought[k], l.answer.sold[k]), "answer");
            Check.eq(_slot(l.positionQuads, k), _both(l.position.bought[k], l.position.sold[k]), "position");
            Check.eq(PackedPlain.read(l.tariff, 2 + 4 * k, 2), l.prices.importPrice[k], "import price");
            Check.eq(PackedPlain.read(l.tariff, 4 + 4 * k, 2), l.prices.exportPrice[k], "export price");
            (uint256 imported, uint256 exported, uint256 bought, uint256 sold, uint256 delivered) = SlotLoops.talliedAt(
                l.tally,
                k
            );
            Check.eq(imported, l.ledger.imported[k], "tallied import");
            Check.eq(exported, l.ledger.exported[k], "tallied export");
            Check.eq(bought, l.ledger.bought[k], "tallied bought");
            Check.eq(sold, l.ledger.sold[k], "tallied sold");
            Check.eq(delivered, l.ledger.delivered[k], "tallied delivered");
        }
        for (uint256 i = 0; i < l.guardCount; ++i) Check.yes(Canary.isIntact(l.guards[i]), "guard");
    }

    // ---------------------------------------------------------------------------------------------------- inputs

    function _lab(Dice memory d) private pure returns (Lab memory l) {
        l = _empty(d.one(10) ? 144 : 1 + d.upTo(24));
        uint256 most = d.one(2) ? SlotLoopsPlain.MOST_WH : 20;
        uint256 dearest = d.one(2) ? type(uint16).max : 9;
        for (uint256 k = 0; k < l.slots; ++k) {
            (l.reading.imported[k], l.reading.exported[k]) = (d.upTo(most), d.upTo(most));
            if (d.one(2)) (l.answer.bought[k], l.answer.sold[k]) = (d.upTo(most), d.upTo(most));
            // Sixteen modules, the answer's among them.
            (l.position.bought[k], l.position.sold[k]) = (d.upTo(15 * most), d.upTo(15 * most));
            (l.prices.importPrice[k], l.prices.exportPrice[k]) = (d.upTo(dearest), d.upTo(dearest));
            (l.ledger.delivered[k], l.ledger.exported[k]) = (d.upTo(1 << 31), d.upTo(1 << 31));
            (l.ledger.bought[k], l.ledger.sold[k]) = (d.upTo(1 << 31), d.upTo(1 << 31));
            l.ledger.imported[k] = d.upTo(1 << 31);
        }
        _pack(l);
    }

    /// @dev Makes one slot of the answer too large, at most as large as it can be said.
    function _spoil(Lab memory l, Dice memory d) private pure {
        uint256 k = d.upTo(l.slots - 1);
        uint256 over = d.one(3) ? type(uint32).max : (uint256(1) << (24 + d.upTo(6))) + d.upTo(1 << 24);
        if (d.one(2)) l.answer.bought[k] = over;
        else l.answer.sold[k] = over;
        _set(l.answerQuads, k, _both(l.answer.bought[k], l.answer.sold[k]));
    }

    function _empty(uint256 slots) private pure returns (Lab memory l) {
        l.slots = slots;
        (l.reading.imported, l.reading.exported) = (new uint256[](slots), new uint256[](slots));
        (l.answer.bought, l.answer.sold) = (new uint256[](slots), new uint256[](slots));
        (l.position.bought, l.position.sold) = (new uint256[](slots), new uint256[](slots));
        (l.prices.importPrice, l.prices.exportPrice) = (new uint256[](slots), new uint256[](slots));
        l.ledger.delivered = new uint256[](slots);
        (l.ledger.bought, l.ledger.sold) = (new uint256[](slots), new uint256[](slots));
        (l.ledger.imported, l.ledger.exported) = (new uint256[](slots), new uint256[](slots));
    }

    function _pack(Lab memory l) private pure {
        Canary.soil(8 * SPAN);
        _guard(l);
        l.values = _values(6 * l.slots);
        _guard(l);
        l.readingQuads = SlotLoops.newReading(l.slots);
        _guard(l);
        l.answerQuads = SlotLoops.room(l.slots, 2);
        _guard(l);
        l.positionQuads = SlotLoops.room(l.slots, 2);
        _guard(l);
        l.tariff = Canary.takeBytes(2 + 4 * l.slots);
        _guard(l);
        l.priceQuads = SlotLoops.room(l.slots, 4);
        _guard(l);
        l.tally = SlotLoops.newTally(l.slots);
        _guard(l);
        for (uint256 k = 0; k < l.slots; ++k) {
            _put(l.values, 6 * k, l.reading.imported[k], 3);
            _put(l.values, 6 * k + 3, l.reading.exported[k], 3);
            _set(l.readingQuads, k, _both(l.reading.imported[k], l.reading.exported[k]));
            _set(l.answerQuads, k, _both(l.answer.bought[k], l.answer.sold[k]));
            _set(l.positionQuads, k, _both(l.position.bought[k], l.position.sold[k]));
            _put(l.tariff, 2 + 4 * k, l.prices.importPrice[k], 2);
            _put(l.tariff, 4 + 4 * k, l.prices.exportPrice[k], 2);
            l.priceQuads[2 * (k / 4)] |= l.prices.importPrice[k] << (64 * (k % 4));
            l.priceQuads[2 * (k / 4) + 1] |= l.prices.exportPrice[k] << (64 * (k % 4));
            uint256 shift = 192 - 64 * (k % 4);
            l.tally[3 * (k / 4)] |= _both(l.ledger.imported[k], l.ledger.exported[k]) << shift;
            l.tally[3 * (k / 4) + 1] |= _both(l.ledger.bought[k], l.ledger.sold[k]) << shift;
            l.tally[3 * (k / 4) + 2] |= l.ledger.delivered[k] << shift;
        }
    }

    /// @dev As `Readings.room` leaves them: zeros behind the last, and garbage behind the zeros.
    function _values(uint256 length) private pure returns (bytes memory values) {
        values = Canary.takeBytes(length + 64);
        for (uint256 i = 0; i < 64; ++i) values[length + i] = 0;
        assembly ("memory-safe") {
            mstore(values, length)
        }
    }

    function _guard(Lab memory l) private pure {
        l.guards[l.guardCount++] = Canary.guard();
    }

    function _both(uint256 high, uint256 low) private pure returns (uint256) {
        return (high << 32) | low;
    }

    /// @return The 64 bits of a slot.
    function _slot(uint256[] memory quads, uint256 k) private pure returns (uint256) {
        return uint64(quads[k / 4] >> (192 - 64 * (k % 4)));
    }

    function _set(uint256[] memory quads, uint256 k, uint256 both) private pure {
        quads[k / 4] = (quads[k / 4] ^ (_slot(quads, k) << (192 - 64 * (k % 4)))) | (both << (192 - 64 * (k % 4)));
    }

    function _largest(uint256[] memory values, Dice memory d) private pure returns (uint256 largest) {
        for (uint256 k = 0; k < values.length; ++k) if (values[k] > largest) largest = values[k];
        return largest == 0 || d.one(2) ? largest : largest - 1;
    }

    function _put(bytes memory data, uint256 pos, uint256 value, uint256 width) private pure {
        for (uint256 i = 0; i < width; ++i) data[pos + i] = bytes1(uint8(value >> (8 * (width - 1 - i))));
    }
}
