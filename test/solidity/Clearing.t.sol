// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Clearing} from "../../contracts/libraries/Clearing.sol";
import {SlotBook} from "../../contracts/libraries/SlotBook.sol";
import {SlotResult, fillOf, packResult, rationedOf} from "../../contracts/types/SlotResult.sol";
import {Check, Dice} from "./Check.sol";
import {ClearingPlain} from "./plain/ClearingPlain.sol";
import {SlotBooks} from "./support/SlotBooks.sol";
import {VM} from "./support/Vm.sol";

/// @notice Clearing against its plain twin and against sums taken tick by tick, and fills against what fair shares are.
contract ClearingTest {
    uint256 private constant NONE = 255;

    /// @dev A book with its sums: supply at a tick and below, demand at a tick and above (one tick more than there are).
    struct Sums {
        uint256[] bids;
        uint256[] asks;
        uint256[] supply;
        uint256[] demand;
        bool wide;
        Dice dice;
    }

    function testFuzz_equalsItsPlainTwin(uint256 seed) external {
        Sums memory s = _book(seed);
        Check.eqBytes(abi.encode(_clear(s)), abi.encode(ClearingPlain.clear(s.bids, s.asks)), "result");
    }

    function testFuzz_readsOneWordMoreThanASideHasWhereThePriceIsNoMidpoint(uint256 seed) external {
        Sums memory s = _book(seed);
        SlotBook.View memory v = SlotBooks.lay(s.bids, s.asks, s.wide, s.dice);
        VM.record();
        Clearing.Result memory r = Clearing.clear(v);
        (bytes32[] memory reads, ) = VM.accesses(address(this));
        bool balanced = r.lots != 0 && r.lots == s.supply[r.marginalTick] && r.lots == s.demand[r.marginalTick + 1];
        Check.atMost(reads.length, balanced ? 2 * v.words + 1 : v.words + 1, "reads");
        Check.yes(v.stored != 0 || reads.length == 0, "nothing in storage");
    }

    function testFuzz_marginalTickIsTheLowestThatCoversDemandAbove(uint256 seed) external {
        Sums memory s = _book(seed);
        Clearing.Result memory r = _clear(s);
        uint256 lowest = 0;
        while (s.supply[lowest] < s.demand[lowest + 1]) ++lowest;
        if (r.lots == 0) lowest = NONE;
        Check.eq(r.marginalTick, lowest, "marginal tick");
    }

    function testFuzz_volumeIsTheLargestTradableAtAnyPrice(uint256 seed) external {
        Sums memory s = _book(seed);
        Clearing.Result memory r = _clear(s);
        uint256 most = 0;
        for (uint256 tick = 0; tick < s.bids.length; ++tick) {
            uint256 volume = s.supply[tick] < s.demand[tick] ? s.supply[tick] : s.demand[tick];
            if (volume > most) most = volume;
        }
        Check.eq(r.lots, most, "lots");
        if (most == 0) {
            Check.eq(r.priceTick, NONE, "price of no trade");
            Check.eq(r.bidAllotment + r.askAllotment + r.bidVolume + r.askVolume, 0, "allotments of no trade");
        }
    }

    function testFuzz_priceLeavesNobodyWithABetterLimitUnfilled(uint256 seed) external {
        Sums memory s = _book(seed);
        Clearing.Result memory r = _clear(s);
        if (r.lots == 0) return;
        Check.atMost(s.demand[r.priceTick + 1], r.lots, "bids above the price");
        Check.atMost(r.priceTick == 0 ? 0 : s.supply[r.priceTick - 1], r.lots, "asks below the price");
        Check.yes(s.demand[r.priceTick] >= r.lots && s.supply[r.priceTick] >= r.lots, "nobody beyond its limit");
    }

    function testFuzz_priceIsTheMiddleOfAllClearingPrices(uint256 seed) external {
        Sums memory s = _book(seed);
        Clearing.Result memory r = _clear(s);
        if (r.lots == 0) return;
        // Prices at which neither a bid above nor an ask below stays without a partner.
        uint256 low = NONE;
        uint256 high = 0;
        for (uint256 tick = 0; tick < s.bids.length; ++tick) {
            uint256 below = tick == 0 ? 0 : s.supply[tick - 1];
            if (below > s.demand[tick] || s.demand[tick + 1] > s.supply[tick]) continue;
            if (low == NONE) low = tick;
            high = tick;
        }
        Check.eq(low, r.marginalTick, "lowest clearing price");
        Check.eq(r.priceTick, (low + high) / 2, "price");
    }

    function testFuzz_allotmentsFillTheMarginAndNothingIsRationedTwice(uint256 seed) external {
        Sums memory s = _book(seed);
        Clearing.Result memory r = _clear(s);
        if (r.lots == 0) return;
        uint256 t = r.marginalTick;
        Check.eq(r.bidVolume, s.bids[t], "bid volume");
        Check.eq(r.askVolume, s.asks[t], "ask volume");
        Check.eq(s.demand[t + 1] + r.bidAllotment, r.lots, "bids filled");
        Check.eq((t == 0 ? 0 : s.supply[t - 1]) + r.askAllotment, r.lots, "asks filled");
        Check.atMost(r.bidAllotment, r.bidVolume, "bid allotment");
        Check.atMost(r.askAllotment, r.askVolume, "ask allotment");
        Check.yes(r.bidAllotment == r.bidVolume || r.askAllotment == r.askVolume, "only the long side is rationed");
    }

    function testFuzz_fillsOfBothSidesAddUpToTheVolume(uint256 seed) external {
        Sums memory s = _book(seed);
        Clearing.Result memory r = _clear(s);
        SlotResult word = packResult(r, _bits(s));
        Dice memory d = Dice(seed);
        Check.eq(_fillSide(word, s, 0, d), r.lots, "bought");
        Check.eq(_fillSide(word, s, 1, d), r.lots, "sold");
    }

    function testFuzz_aPackedResultKeepsWhatItCleared(uint256 seed) external {
        Sums memory s = _book(seed);
        Clearing.Result memory r = _clear(s);
        SlotResult word = packResult(r, _bits(s));
        Check.yes(word.isCleared() && SlotResult.unwrap(word) >> (3 * _bits(s) + 16) == 0, "within its bits");
        (uint256 marginal, uint256 price, uint256 pairs) = word.unpack(_bits(s));
        Check.eq(marginal, r.marginalTick, "marginal tick");
        Check.eq(price, r.priceTick, "price tick");
        Check.eq(word.lots(_bits(s)), r.lots, "lots");
        (uint256 side, uint256 allotment, uint256 volume) = rationedOf(pairs);
        uint256[3] memory expected;
        if (r.bidAllotment < r.bidVolume) expected = [0, r.bidAllotment, r.bidVolume];
        if (r.askAllotment < r.askVolume) expected = [1, r.askAllotment, r.askVolume];
        Check.eq(side, expected[0], "side");
        Check.eq(allotment, expected[1], "allotment");
        Check.eq(volume, expected[2], "volume");
    }

    function testFuzz_sharesTelescopeToTheAllotmentEachWithinALot(
        uint32 volume_,
        uint32 allotment_,
        uint256 seed
    ) external pure {
        if (volume_ == 0) volume_ = 1;
        uint256 volume = volume_;
        uint256 allotment = allotment_ % (volume + 1);
        Dice memory d = Dice(seed);
        uint256 prefix = 0;
        uint256 filled = 0;
        while (prefix < volume) {
            uint256 lots = 1 + d.upTo(volume / 9);
            if (lots > volume - prefix) lots = volume - prefix;
            uint256 share = Clearing.shareDown(prefix, lots, allotment, volume);
            uint256 exact = lots * allotment; // times `volume`
            Check.yes(share * volume < exact + volume && exact < share * volume + volume, "within one lot");
            Check.atMost(share, lots, "share");
            filled += share;
            prefix += lots;
        }
        Check.eq(filled, allotment, "sum of shares");
    }

    function test_fullTicksOf32BitsOnBothSidesDoNotOverflow() external {
        Sums memory s;
        (s.bids, s.asks, s.wide) = (new uint256[](128), new uint256[](128), true);
        for (uint256 tick = 0; tick < 128; ++tick) (s.bids[tick], s.asks[tick]) = (type(uint32).max, type(uint32).max);
        Clearing.Result memory r = _clear(s);
        Check.eq(r.marginalTick, 63, "marginal tick");
        Check.eq(r.priceTick, 63, "price");
        Check.eq(r.lots, 64 * uint256(type(uint32).max), "lots");
        SlotResult word = packResult(r, 32);
        Check.eq(word.lots(32), r.lots, "packed lots");
        (uint256 marginal, , uint256 pairs) = word.unpack(32);
        uint256 last = type(uint32).max - 65_535;
        Check.eq(fillOf(marginal, pairs, 1, 63, 65_535, last), 65_535, "a fill at the end of the tick");
    }

    function test_anEmptyBookAndOneSidedBooksHaveNoPrice() external {
        Sums memory s;
        uint256[] memory some = new uint256[](32);
        uint256[] memory none = new uint256[](32);
        (some[0], some[31]) = (5, 5);
        (s.bids, s.asks) = (none, none);
        Check.eq(_clear(s).marginalTick, NONE, "empty");
        s.bids = some;
        Check.eq(_clear(s).marginalTick, NONE, "bids only");
        (s.bids, s.asks) = (none, some);
        Check.eq(_clear(s).marginalTick, NONE, "asks only");
    }

    /// @return Bits of a tick's volume.
    function _bits(Sums memory s) private pure returns (uint256) {
        return s.wide ? 32 : 16;
    }

    function _clear(Sums memory s) private returns (Clearing.Result memory) {
        return Clearing.clear(SlotBooks.lay(s.bids, s.asks, s.wide, s.dice));
    }

    /// @dev Splits every tick of a side into entries and adds up what each fills.
    function _fillSide(
        SlotResult word,
        Sums memory s,
        uint256 side,
        Dice memory d
    ) private pure returns (uint256 filled) {
        uint256[] memory volumes = side == 0 ? s.bids : s.asks;
        (uint256 marginal, , uint256 pairs) = word.unpack(_bits(s));
        for (uint256 tick = 0; tick < volumes.length; ++tick) {
            uint256 prefix = 0;
            while (prefix < volumes[tick]) {
                uint256 lots = 1 + d.upTo(volumes[tick] / 3);
                if (lots > volumes[tick] - prefix) lots = volumes[tick] - prefix;
                filled += fillOf(marginal, pairs, side, tick, lots, prefix);
                prefix += lots;
            }
        }
    }

    /// @dev Sparse or dense, one side now and then empty, of few lots, of many, all the same or all full, of 32, 64 or 128 ticks: so
    /// that equal sums are common.
    function _book(uint256 seed) private pure returns (Sums memory s) {
        Dice memory d = Dice(seed);
        (s.dice, s.wide) = (d, d.one(2));
        uint256 ticks = 32 << (d.roll() % 3);
        uint256 full = s.wide ? type(uint32).max : type(uint16).max;
        uint256 most = [1, 3, 1000, full, full][d.roll() % 5];
        uint256 least = d.one(4) ? most : 0;
        (s.bids, s.asks) = (_side(d, ticks, least, most), _side(d, ticks, least, most));
        (s.supply, s.demand) = (new uint256[](ticks), new uint256[](ticks + 1));
        for (uint256 tick = 0; tick < ticks; ++tick) {
            s.supply[tick] = s.asks[tick] + (tick == 0 ? 0 : s.supply[tick - 1]);
        }
        for (uint256 tick = ticks; tick > 0; --tick) s.demand[tick - 1] = s.bids[tick - 1] + s.demand[tick];
    }

    function _side(
        Dice memory d,
        uint256 ticks,
        uint256 least,
        uint256 most
    ) private pure returns (uint256[] memory volumes) {
        volumes = new uint256[](ticks);
        uint256 gaps = d.one(16) ? ticks * ticks : 1 + (d.roll() % 12);
        for (uint256 tick = 0; tick < ticks; ++tick) if (d.one(gaps)) volumes[tick] = least + d.upTo(most - least);
    }
}
