// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "../../contracts/libraries/Mem.sol";
import {SlotLoops} from "../../contracts/libraries/SlotLoops.sol";
import {Ledger, newLedger} from "../../contracts/types/Ledger.sol";
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
        uint256 wrap;
        bytes values;
        uint256[] answerWords;
        uint256[] positionWords;
        bytes tariff;
        uint256[] ledgerWords;
        uint256[8] guards;
        uint256 guardCount;
    }

    // ---------------------------------------------------------------------------------------------------- fuzzed

    function testFuzz_sums(uint256 seed, bytes calldata) external pure {
        Lab memory l = _lab(Dice(seed));
        Dice memory d = Dice(~seed);
        uint256 mostImport = d.one(2) ? SlotLoopsPlain.MOST_WH : _largest(l.reading.imported, d);
        uint256 mostExport = d.one(2) ? SlotLoopsPlain.MOST_WH : _largest(l.reading.exported, d);
        Canary.soil(SPAN);
        (uint256 imported, uint256 exported, bool rated) = SlotLoops.sums(l.values, mostImport, mostExport);
        Check.yes(Canary.isSoiled(SPAN), "free memory");
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
        SlotLoops.add(l.positionWords.words(), l.answerWords.words(), l.slots);
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        _check(l);
    }

    function testFuzz_gridLeg(uint256 seed, bytes calldata) external pure {
        _gridLeg(_lab(Dice(seed)));
    }

    function testFuzz_wipeAndHashOf(uint256 seed, bytes calldata) external pure {
        Lab memory l = _lab(Dice(seed));
        uint256[] memory plain = abi.decode(abi.encode(l.positionWords), (uint256[]));
        bytes32 expected = SlotLoopsPlain.hashOf(plain);
        Canary.soil(SPAN);
        bytes32 hash = SlotLoops.hashOf(l.positionWords);
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        Check.yes(hash == expected, "hash");
        SlotLoopsPlain.wipe(plain);
        Canary.soil(SPAN);
        SlotLoops.wipe(l.positionWords);
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        Check.eqBytes(abi.encode(l.positionWords), abi.encode(plain), "wiped");
        (l.position.bought, l.position.sold) = (new uint256[](l.slots), new uint256[](l.slots));
        _check(l);
    }

    // ---------------------------------------------------------------------------------------------------- at the bounds

    function test_aReadingAtItsRatedEnergyIsRatedAndOneWhMoreIsNot() external pure {
        Lab memory l = _empty(3);
        (l.reading.imported[2], l.reading.exported[0]) = (700, 900);
        _pack(l);
        (, , bool rated) = SlotLoops.sums(l.values, 700, 900);
        Check.yes(rated, "at both bounds");
        (, , rated) = SlotLoops.sums(l.values, 699, 900);
        Check.yes(!rated, "above the import");
        (, , rated) = SlotLoops.sums(l.values, 700, 899);
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
            SlotLoopsPlain.MOST_WH,
            SlotLoopsPlain.MOST_WH
        );
        Check.eq(imported, 144 * SlotLoopsPlain.MOST_WH, "imported");
        Check.eq(exported, 144 * SlotLoopsPlain.MOST_WH, "exported");
        Check.yes(rated, "rated");
        Check.yes(_weigh(l), "sane");
        SlotLoopsPlain.add(l.position, l.answer);
        SlotLoops.add(l.positionWords.words(), l.answerWords.words(), l.slots);
        _gridLeg(l);
    }

    function test_anAnswerOfOneBitTooMuchIsNotSane() external pure {
        for (uint256 bit = 0; bit < 256; ++bit) {
            Lab memory l = _empty(2);
            _pack(l);
            l.answerWords[1] = 1 << bit;
            (, , , bool sane) = SlotLoops.weigh(l.answerWords.words(), _prices(l), 2);
            Check.yes(sane == (bit < 24 || (bit >= 128 && bit < 152)), "sane");
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
            l.answerWords.words(),
            _prices(l),
            l.slots
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
        leg = SlotLoops.gridLeg(l.values, l.positionWords.words(), _prices(l), l.ledgerWords.words());
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        Check.eqSigned(leg, SlotLoopsPlain.gridLeg(l.reading, l.position, l.prices, l.ledger), "grid leg");
        _check(l);
    }

    /// @dev Every array says what its plain twin says, and nothing between the arrays was written.
    function _check(Lab memory l) private pure {
        for (uint256 k = 0; k < l.slots; ++k) {
            Check.eq(PackedPlain.read(l.values, 6 * k, 3), l.reading.imported[k], "imported");
            Check.eq(PackedPlain.read(l.values, 6 * k + 3, 3), l.reading.exported[k], "exported");
            Check.eq(l.answerWords[k], _both(l.answer, k), "answer");
            Check.eq(l.positionWords[k], _both(l.position, k), "position");
            Check.eq(PackedPlain.read(l.tariff, 2 + 4 * k, 2), l.prices.importPrice[k], "import price");
            Check.eq(PackedPlain.read(l.tariff, 4 + 4 * k, 2), l.prices.exportPrice[k], "export price");
            Check.eq(l.ledgerWords[k], _ledgerWord(l, k), "ledger");
        }
        for (uint256 i = 0; i < l.guardCount; ++i) Check.yes(Canary.isIntact(l.guards[i]), "guard");
    }

    // ---------------------------------------------------------------------------------------------------- inputs

    function _lab(Dice memory d) private pure returns (Lab memory l) {
        l = _empty(d.one(10) ? 144 : 1 + d.upTo(24));
        uint256 most = d.one(2) ? SlotLoopsPlain.MOST_WH : 20;
        uint256 dearest = d.one(2) ? type(uint16).max : 9;
        l.wrap = d.upTo(type(uint16).max);
        for (uint256 k = 0; k < l.slots; ++k) {
            (l.reading.imported[k], l.reading.exported[k]) = (d.upTo(most), d.upTo(most));
            if (d.one(2)) (l.answer.bought[k], l.answer.sold[k]) = (d.upTo(most), d.upTo(most));
            // Sixteen modules, the answer's among them.
            (l.position.bought[k], l.position.sold[k]) = (d.upTo(15 * most), d.upTo(15 * most));
            (l.prices.importPrice[k], l.prices.exportPrice[k]) = (d.upTo(dearest), d.upTo(dearest));
            (l.ledger.delivered[k], l.ledger.exported[k]) = (d.upTo(1 << 39), d.upTo(1 << 39));
            (l.ledger.bought[k], l.ledger.sold[k]) = (d.upTo(1 << 43), d.upTo(1 << 43));
            l.ledger.imported[k] = d.upTo(1 << 43);
        }
        _pack(l);
    }

    /// @dev Makes one word of the answer too large, at most so large that the sum with a position wraps.
    function _spoil(Lab memory l, Dice memory d) private pure {
        uint256 k = d.upTo(l.slots - 1);
        uint256 over = d.one(3) ? type(uint128).max : (uint256(1) << (24 + d.upTo(103))) + d.upTo(1 << 24);
        if (d.one(2)) l.answer.bought[k] = over;
        else l.answer.sold[k] = over;
        l.answerWords[k] = _both(l.answer, k);
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
        l.answerWords = SlotLoops.room(l.slots);
        _guard(l);
        l.positionWords = SlotLoops.room(l.slots);
        _guard(l);
        l.tariff = Canary.takeBytes(2 + 4 * l.slots);
        _guard(l);
        l.ledgerWords = SlotLoops.room(l.slots);
        _guard(l);
        for (uint256 k = 0; k < l.slots; ++k) {
            _put(l.values, 6 * k, l.reading.imported[k], 3);
            _put(l.values, 6 * k + 3, l.reading.exported[k], 3);
            l.answerWords[k] = _both(l.answer, k);
            l.positionWords[k] = _both(l.position, k);
            _put(l.tariff, 2 + 4 * k, l.prices.importPrice[k], 2);
            _put(l.tariff, 4 + 4 * k, l.prices.exportPrice[k], 2);
            l.ledgerWords[k] = _ledgerWord(l, k);
        }
    }

    /// @dev As `SlotLoops.copied` leaves them: zeros behind the last, and garbage behind the zeros.
    function _values(uint256 length) private pure returns (bytes memory values) {
        values = Canary.takeBytes(length + 32);
        for (uint256 i = 0; i < 32; ++i) values[length + i] = 0;
        assembly ("memory-safe") {
            mstore(values, length)
        }
    }

    function _guard(Lab memory l) private pure {
        l.guards[l.guardCount++] = Canary.guard();
    }

    function _ledgerWord(Lab memory l, uint256 k) private pure returns (uint256) {
        SlotLoopsPlain.Balance memory b = l.ledger;
        // `newLedger` takes the smaller of sold and exported for delivered: put the balance's own there.
        uint256 rest = Ledger.unwrap(newLedger(b.bought[k], 0, b.imported[k], b.exported[k]));
        return (rest + (b.delivered[k] << 172) + b.sold[k]) | (l.wrap << 212);
    }

    /// @dev Where the tariff entries start: at an odd place, as in a tariff.
    function _prices(Lab memory l) private pure returns (uint256) {
        return Mem.start(l.tariff) + 2;
    }

    function _both(SlotLoopsPlain.Energy memory e, uint256 k) private pure returns (uint256) {
        return (e.bought[k] << 128) | e.sold[k];
    }

    function _largest(uint256[] memory values, Dice memory d) private pure returns (uint256 largest) {
        for (uint256 k = 0; k < values.length; ++k) if (values[k] > largest) largest = values[k];
        return largest == 0 || d.one(2) ? largest : largest - 1;
    }

    function _put(bytes memory data, uint256 pos, uint256 value, uint256 width) private pure {
        for (uint256 i = 0; i < width; ++i) data[pos + i] = bytes1(uint8(value >> (8 * (width - 1 - i))));
    }
}
