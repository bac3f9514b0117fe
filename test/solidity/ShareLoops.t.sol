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
    uint256 private constant MOST_WH = type(uint24).max;

    struct Lab {
        uint256 slots;
        uint256[] imported;
        uint256[] exported;
        uint256[] quads;
    }

    function testFuzz_net(uint256 seed) external pure {
        Dice memory d = Dice(seed);
        Lab memory l = _reading(d, d.one(2) ? MOST_WH : 30);
        uint256 guard = Canary.guard();
        Canary.soil(SPAN);
        uint256 taken = ShareLoops.net(l.quads);
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        ShareLoopsPlain.Net memory n = ShareLoopsPlain.net(l.imported, l.exported);
        uint256 sum = 0;
        for (uint256 k = 0; k < l.slots; ++k) sum += n.taken[k];
        Check.eq(taken, sum, "taken");
        _same(l, n);
        Check.yes(Canary.isIntact(guard), "memory behind");
    }

    function testFuzz_clip(uint256 seed) external pure {
        Dice memory d = Dice(seed);
        Lab memory l = _reading(d, 30);
        uint256[] memory prices = new uint256[](l.slots);
        uint256[] memory floors = new uint256[](l.slots);
        bool losing = d.one(2);
        for (uint256 k = 0; k < l.slots; ++k) (prices[k], floors[k]) = (d.upTo(9), losing ? d.upTo(5) : 0);
        ShareLoops.net(l.quads);
        ShareLoopsPlain.Net memory n = ShareLoopsPlain.net(l.imported, l.exported);
        uint256 budget = d.upTo(90 * l.slots);
        uint256 left = ShareLoops.clip(l.quads, prices, floors, budget);
        Check.eq(left, ShareLoopsPlain.clip(n, prices, floors, budget), "left");
        _same(l, n);
    }

    /// @dev Three members one after the other, with others before them and behind them.
    function testFuzz_share(uint256 seed) external pure {
        Dice memory d = Dice(seed);
        uint256 most = d.one(2) ? MOST_WH : 30;
        Lab[3] memory labs;
        ShareLoopsPlain.Net[3] memory nets;
        uint256 slots = d.one(10) ? 144 : 1 + d.upTo(24);
        for (uint256 i = 0; i < 3; ++i) {
            labs[i] = _reading(d, most, slots);
            ShareLoops.net(labs[i].quads);
            nets[i] = ShareLoopsPlain.net(labs[i].imported, labs[i].exported);
        }
        uint256 table = ShareLoops.tableOf(slots);
        uint256[] memory live = ShareLoops.newLive(slots);
        ShareLoopsPlain.Slot[] memory plain = new ShareLoopsPlain.Slot[](slots);
        for (uint256 k = 0; k < slots; ++k) {
            plain[k] = _slot(d, nets, k, most);
            ShareLoopsPlain.Slot memory s = plain[k];
            ShareLoops.setSlot(live, table, k, s.supply, s.demand, s.shared, s.num, s.den);
            ShareLoops.setBefore(table, k, s.given, s.taken);
        }
        for (uint256 i = 0; i < 3; ++i) {
            uint256 guard = Canary.guard();
            Canary.soil(SPAN);
            (uint256 paid, uint256 received) = ShareLoops.share(live, table, labs[i].quads);
            Check.yes(Canary.isSoiled(SPAN), "free memory");
            (ShareLoopsPlain.Net memory part, uint256 paid_, uint256 received_) = ShareLoopsPlain.share(plain, nets[i]);
            Check.eq(paid, paid_, "paid");
            Check.eq(received, received_, "received");
            _same(labs[i], part);
            Check.yes(Canary.isIntact(guard), "memory behind");
        }
    }

    /// @dev Chunks of up to 256 members of the largest readings, added to totals of as many as there can be.
    function testFuzz_totals(uint256 seed) external pure {
        Dice memory d = Dice(seed);
        uint256 slots = 1 + d.upTo(24);
        uint256[] memory chunk = SlotLoops.newReading(slots);
        uint256 words = ShareLoops.totalWords(slots);
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
        (s.num, s.den) = d.one(2) ? (d.upTo(type(uint72).max), 1 + d.upTo(type(uint56).max)) : (d.upTo(700), 1);
    }

    function _reading(Dice memory d, uint256 most) private pure returns (Lab memory) {
        return _reading(d, most, d.one(10) ? 144 : 1 + d.upTo(24));
    }

    function _reading(Dice memory d, uint256 most, uint256 slots) private pure returns (Lab memory l) {
        l.slots = slots;
        (l.imported, l.exported) = (new uint256[](slots), new uint256[](slots));
        l.quads = SlotLoops.newReading(slots);
        for (uint256 k = 0; k < slots; ++k) {
            if (d.one(5)) continue;
            (l.imported[k], l.exported[k]) = (d.one(3) ? 0 : d.upTo(most), d.one(3) ? 0 : d.upTo(most));
            l.quads[k >> 2] |= ((l.imported[k] << 32) | l.exported[k]) << (192 - 64 * (k & 3));
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
