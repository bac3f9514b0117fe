// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IEnergySharing} from "../../contracts/interfaces/IEnergySharing.sol";
import {Mem} from "../../contracts/libraries/Mem.sol";
import {ShareLoops} from "../../contracts/libraries/ShareLoops.sol";
import {SharingRules} from "../../contracts/libraries/SharingRules.sol";
import {SlotLoops} from "../../contracts/libraries/SlotLoops.sol";
import {Check, Dice} from "./Check.sol";
import {ShareLoopsPlain} from "./plain/ShareLoopsPlain.sol";
import {Canary} from "./support/Canary.sol";

/// @notice The loops of energy sharing against their plain twins, and the published prices against their definition.
contract ShareLoopsTest {
    using Mem for uint256[];

    uint256 private constant SPAN = 256;
    uint256 private constant PLACE = 1000;
    uint256 private constant MOST_WH = type(uint24).max;

    struct Lab {
        uint256 slots;
        uint256[] imported;
        uint256[] exported;
        bytes values;
        uint256[] quads;
    }

    function testFuzz_take(uint256 seed) external pure {
        Dice memory d = Dice(seed);
        Lab memory l = _reading(d, d.one(2) ? MOST_WH : 30);
        uint256[] memory totals = SlotLoops.newReading(l.slots);
        for (uint256 i = 0; i < totals.length; ++i) totals[i] = i;
        uint256 guard = Canary.guard();
        Canary.soil(SPAN);
        uint256 taken = ShareLoops.take(l.values, l.quads, totals);
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        ShareLoopsPlain.Net memory n = ShareLoopsPlain.net(l.imported, l.exported);
        uint256 sum = 0;
        for (uint256 k = 0; k < l.slots; ++k) sum += n.taken[k];
        Check.eq(taken, sum, "taken");
        _same(l, n);
        for (uint256 i = 0; i < totals.length; ++i) Check.eq(totals[i], i + l.quads[i], "totals");
        Check.yes(Canary.isIntact(guard), "memory behind");
    }

    function testFuzz_clip(uint256 seed) external pure {
        Dice memory d = Dice(seed);
        Lab memory l = _reading(d, 30);
        uint256[] memory prices = new uint256[](l.slots);
        uint256[] memory floors = new uint256[](l.slots);
        bool losing = d.one(2);
        for (uint256 k = 0; k < l.slots; ++k) (prices[k], floors[k]) = (d.upTo(9), losing ? d.upTo(5) : 0);
        uint256[] memory totals = SlotLoops.newReading(l.slots);
        ShareLoops.take(l.values, l.quads, totals);
        ShareLoopsPlain.Net memory n = ShareLoopsPlain.net(l.imported, l.exported);
        uint256 budget = d.upTo(90 * l.slots);
        uint256 left = ShareLoops.clip(l.quads, prices, floors, budget, totals);
        Check.eq(left, ShareLoopsPlain.clip(n, prices, floors, budget), "left");
        _same(l, n);
        // The totals are of what is left, too.
        for (uint256 i = 0; i < totals.length; ++i) Check.eq(totals[i], l.quads[i], "totals");
    }

    /// @dev Three members one after the other, with others before them and behind them.
    function testFuzz_share(uint256 seed) external {
        Dice memory d = Dice(seed);
        uint256 most = d.one(2) ? MOST_WH : 30;
        uint256 slots = d.one(10) ? 144 : 1 + d.upTo(24);
        Lab[3] memory labs;
        ShareLoopsPlain.Net[3] memory nets;
        for (uint256 i = 0; i < 3; ++i) {
            labs[i] = _reading(d, most, slots);
            ShareLoops.take(labs[i].values, labs[i].quads, SlotLoops.newReading(slots));
            nets[i] = ShareLoopsPlain.net(labs[i].imported, labs[i].exported);
        }
        uint256 table = ShareLoops.tableOf(slots);
        uint256[] memory live = ShareLoops.newLive(slots);
        ShareLoopsPlain.Slot[] memory plain = new ShareLoopsPlain.Slot[](slots);
        (uint256 dawn, uint256 dusk) = d.one(2) ? (d.upTo(slots), d.upTo(slots)) : (0, slots);
        for (uint256 k = 0; k < slots; ++k) {
            plain[k] = _slot(d, nets, k, most);
            ShareLoopsPlain.Slot memory s = plain[k];
            if (k < dawn || k > dusk) s.shared = 0;
            ShareLoops.setSlot(live, table, k, s.supply, s.demand, s.shared, s.num, s.den);
            ShareLoops.setBefore(table, k, s.given, s.taken);
        }
        (uint256 from, uint256 to) = ShareLoops.bounds(live);
        _outsideIsDark(plain, from, to);
        for (uint256 i = 0; i < 3; ++i) _share(live, table, labs[i], plain, nets[i]);
    }

    function _share(
        uint256[] memory live,
        uint256 table,
        Lab memory l,
        ShareLoopsPlain.Slot[] memory plain,
        ShareLoopsPlain.Net memory n
    ) private {
        (uint256 from, uint256 to) = ShareLoops.bounds(live);
        uint256 guard = Canary.guard();
        Canary.soil(SPAN);
        (uint256 paid, uint256 received) = ShareLoops.share(live, table, l.quads, from, to, PLACE);
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        (ShareLoopsPlain.Net memory part, uint256 paid_, uint256 received_) = ShareLoopsPlain.share(plain, n);
        Check.eq(paid, paid_, "paid");
        Check.eq(received, received_, "received");
        // Outside of the bounds nothing is traded, and nothing is written.
        for (uint256 i = 0; i < l.quads.length; ++i) {
            uint256 word;
            assembly ("memory-safe") {
                word := tload(add(PLACE, i))
                tstore(add(PLACE, i), 0)
            }
            l.quads[i] = word;
        }
        _same(l, part);
        Check.yes(Canary.isIntact(guard), "memory behind");
    }

    function _outsideIsDark(ShareLoopsPlain.Slot[] memory plain, uint256 from, uint256 to) private pure {
        for (uint256 k = 0; k < plain.length; ++k) {
            if (plain[k].shared != 0) Check.yes(from <= k / 4 && k / 4 < to, "within the bounds");
        }
        if (from == to) return;
        bool lit = false;
        for (uint256 k = 4 * from; k < 4 * from + 4 && k < plain.length; ++k) lit = lit || plain[k].shared != 0;
        Check.yes(lit, "first quad");
        lit = false;
        for (uint256 k = 4 * to - 4; k < 4 * to && k < plain.length; ++k) lit = lit || plain[k].shared != 0;
        Check.yes(lit, "last quad");
    }

    /// @dev A rate makes of any number of Wh what the fraction makes, rounded down: at the borders of what it can be asked.
    function testFuzz_rates(uint40 wh, uint40 total, uint40 part, uint256 num, uint256 den) external pure {
        if (total == 0) return;
        if (part > total) (part, total) = (total, part);
        if (wh > total) wh = wh % total;
        den = 1 + (den % (2 ** 57 - 1));
        num = num % (den * type(uint16).max + 1);
        uint256 table = ShareLoops.tableOf(4);
        uint256[] memory live = ShareLoops.newLive(4);
        uint256 slot = wh & 3;
        ShareLoops.setSlot(live, table, slot, total, total, part, num, den);
        ShareLoops.setBefore(table, slot, 0, wh);
        uint256 shift = 192 - 64 * slot;
        if (part == 0) return;
        uint256 shared = (uint256(wh) * part) / total;
        Check.eq(Mem.load(table), uint256(wh) << shift, "Wh");
        Check.eq(Mem.load(table + 32), shared << shift, "shared");
        Check.eq(Mem.load(table + 64), (shared * num) / den, "money");
    }

    /// @dev Where a fraction is as little below a whole number as it can be: 1 / den, what a rate that is too large would add.
    function testFuzz_ratesJustBelow(uint40 wh, uint256 den) external pure {
        wh |= 2 ** 39;
        den = 2 ** 56 + (den % 2 ** 56);
        uint256 inverse = _inverse(wh, den);
        if (inverse == 0) return;
        uint256 num = den - inverse;
        Check.eq((wh * num) % den, den - 1, "just below");
        uint256 table = ShareLoops.tableOf(4);
        ShareLoops.setSlot(ShareLoops.newLive(4), table, 0, wh, wh, wh, num, den);
        ShareLoops.setBefore(table, 0, 0, wh);
        Check.eq(Mem.load(table + 64), (wh * num) / den, "money");
    }

    /// @return What times `a` is 1 modulo `m`; 0 where they have a common divisor.
    function _inverse(uint256 a, uint256 m) private pure returns (uint256) {
        (int256 r, int256 next, int256 t, int256 nextT) = (int256(m), int256(a % m), 0, 1);
        while (next != 0) {
            int256 q = r / next;
            (r, next, t, nextT) = (next, r - q * next, nextT, t - q * nextT);
        }
        if (r != 1) return 0;
        return t < 0 ? uint256(t + int256(m)) : uint256(t);
    }

    /// @dev Chunks of up to 256 members of the largest readings, added to totals of as many as there can be.
    function testFuzz_totals(uint256 seed) external pure {
        Dice memory d = Dice(seed);
        uint256 slots = 1 + d.upTo(24);
        uint256[] memory chunk = SlotLoops.newReading(slots);
        // What is behind the chunk is no part of it.
        Mem.store(Mem.zeros(1), type(uint256).max);
        uint256 words = ShareLoops.totalWords(slots);
        Check.eq(words, slots / 3 + (slots % 3 == 0 ? 0 : 1), "words");
        uint256[] memory totals = new uint256[](words);
        uint256[] memory supply = new uint256[](slots);
        uint256[] memory demand = new uint256[](slots);
        for (uint256 round = 0; round < 3; ++round) {
            for (uint256 k = 0; k < slots; ++k) {
                (uint256 given, uint256 taken) = (d.upTo(256 * MOST_WH), d.upTo(256 * MOST_WH));
                uint256 shift = 192 - 64 * (k & 3);
                chunk[k >> 2] &= ~(uint256(type(uint64).max) << shift);
                chunk[k >> 2] |= ((taken << 32) | given) << shift;
                (supply[k], demand[k]) = (supply[k] + given, demand[k] + taken);
            }
            for (uint256 i = 0; i < words; ++i) totals[i] = ShareLoops.plusChunk(totals[i], chunk, i, slots);
        }
        if (slots % 3 != 0) Check.eq(totals[words - 1] >> (80 * (slots % 3)), 0, "behind the last slot");
        for (uint256 k = 0; k < slots; ++k) {
            (uint256 s, uint256 t) = ShareLoops.totalsAt(totals[k / 3], k);
            Check.eq(s, supply[k], "supply");
            Check.eq(t, demand[k], "demand");
        }
    }

    /// @dev The inner price keeps what the published prices of both sides promise: what buyers pay beyond the retailer's part is what
    /// sellers get beyond it.
    function testFuzz_rules(uint40 supply, uint40 demand, uint16 a, uint16 b, uint16 c, uint8 which) external pure {
        (uint256 imp, uint256 exp) = a > b ? (a, b) : (b, a);
        IEnergySharing.Rule rule = IEnergySharing.Rule(1 + (which % 4));
        (uint256 shared, uint256 num, uint256 den) = SharingRules.priceOf(rule, supply, demand, imp, exp, c);
        Check.yes(den != 0, "denominator");
        if (rule == IEnergySharing.Rule.FeedInOnly) {
            Check.eq(shared, 0, "shared");
            return;
        }
        Check.eq(shared, supply < demand ? supply : demand, "shared");
        if (shared == 0) return;
        if (rule == IEnergySharing.Rule.BillSharing) {
            Check.eq(num, 0, "bill sharing");
            return;
        }
        // Nobody is worse off than with its supplier.
        Check.atMost(exp * den, num, "at least the export price");
        Check.atMost(num, imp * den, "at most the import price");
        if (rule == IEnergySharing.Rule.MidMarketRate) {
            Check.eq(2 * num, den * (imp + exp), "mid-market rate");
            return;
        }
        uint256 base = exp + c < imp ? exp + c : imp;
        // sell = base * imp / ((imp - base) r + base) with r = supply / demand, which is base from r = 1 on.
        if (supply >= demand) Check.eq(num, base * den, "supply to spare");
        else Check.eq(num * ((imp - base) * supply + base * demand), den * base * imp * demand, "ratio");
    }

    /// @dev At a ratio of exactly 1 both branches of the supply-demand ratio say the same.
    function testFuzz_ratioOfOne(uint40 wh, uint16 a, uint16 b, uint16 c) external pure {
        if (wh == 0) return;
        (uint256 imp, uint256 exp) = a > b ? (a, b) : (b, a);
        IEnergySharing.Rule rule = IEnergySharing.Rule.SupplyDemandRatio;
        (, uint256 num, uint256 den) = SharingRules.priceOf(rule, wh, wh, imp, exp, c);
        (, uint256 above, uint256 one) = SharingRules.priceOf(rule, uint256(wh) + 1, wh, imp, exp, c);
        Check.eq(num * one, above * den, "price");
    }

    // ---------------------------------------------------------------------------------------------------- inputs

    function _slot(
        Dice memory d,
        ShareLoopsPlain.Net[3] memory nets,
        uint256 k,
        uint256 most
    ) private pure returns (ShareLoopsPlain.Slot memory s) {
        (s.taken, s.given) = (d.upTo(1000 * most), d.upTo(1000 * most));
        (s.demand, s.supply) = (s.taken + d.upTo(1000 * most), s.given + d.upTo(1000 * most));
        for (uint256 i = 0; i < 3; ++i)
            (s.demand, s.supply) = (s.demand + nets[i].taken[k], s.supply + nets[i].given[k]);
        if (!d.one(8)) s.shared = s.demand < s.supply ? s.demand : s.supply;
        s.den = d.one(2) ? 1 : 1 + d.upTo(type(uint56).max);
        s.num = d.upTo(s.den * (d.one(2) ? 700 : type(uint16).max));
    }

    function _reading(Dice memory d, uint256 most) private pure returns (Lab memory) {
        return _reading(d, most, d.one(10) ? 144 : 1 + d.upTo(24));
    }

    function _reading(Dice memory d, uint256 most, uint256 slots) private pure returns (Lab memory l) {
        l.slots = slots;
        (l.imported, l.exported) = (new uint256[](slots), new uint256[](slots));
        l.values = Mem.cut(new bytes(6 * slots + 64), 6 * slots);
        l.quads = SlotLoops.newReading(slots);
        for (uint256 k = 0; k < slots; ++k) {
            if (d.one(5)) continue;
            (l.imported[k], l.exported[k]) = (d.one(3) ? 0 : d.upTo(most), d.one(3) ? 0 : d.upTo(most));
            uint256 both = (l.imported[k] << 24) | l.exported[k];
            for (uint256 i = 0; i < 6; ++i) l.values[6 * k + i] = bytes1(uint8(both >> (40 - 8 * i)));
        }
    }

    function _same(Lab memory l, ShareLoopsPlain.Net memory n) private pure {
        for (uint256 k = 0; k < l.slots; ++k) {
            uint256 both = uint64(l.quads[k >> 2] >> (192 - 64 * (k & 3)));
            Check.eq(both >> 32, n.taken[k], "taken of a slot");
            Check.eq(uint32(both), n.given[k], "given of a slot");
        }
        for (uint256 k = l.slots; k < 4 * l.quads.length; ++k) {
            Check.eq(uint64(l.quads[k >> 2] >> (192 - 64 * (k & 3))), 0, "behind the last slot");
        }
    }
}
