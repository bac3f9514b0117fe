// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AuctionLanes} from "../../contracts/libraries/AuctionLanes.sol";
import {Mem} from "../../contracts/libraries/Mem.sol";
import {NetLoops} from "../../contracts/libraries/NetLoops.sol";
import {Parts} from "../../contracts/libraries/Parts.sol";
import {TickTotals} from "../../contracts/libraries/TickTotals.sol";
import {Terms, packTerms} from "../../contracts/types/Terms.sol";
import {Check, Dice} from "./Check.sol";
import {AuctionPlain} from "./plain/AuctionPlain.sol";
import {Canary} from "./support/Canary.sol";

/// @notice The loops of the metered auction against their plain twin.
contract AuctionLanesTest {
    using AuctionLanes for AuctionLanes.Cleared;
    using Mem for bytes;
    using Mem for uint256[];
    using TickTotals for TickTotals.Rows;
    using TickTotals for uint256[];

    uint256 private constant SPAN = 256;
    uint256 private constant MOST_WH = type(uint24).max;

    /// @param homes In the order in which they are counted.
    /// @param octets What each takes and gives.
    /// @param start Totals before the second chunk.
    struct Lab {
        uint256 slots;
        AuctionPlain.Home[] homes;
        uint256[][] octets;
        uint256[] start;
        uint256[] words;
    }

    /// @dev A few homes in two chunks, one of which may be empty.
    function testFuzz_day(uint256 seed) external {
        Dice memory d = Dice(seed);
        Lab memory l;
        l.slots = d.one(12) ? 144 : 1 + d.upTo(24);
        uint256 room = 8 * NetLoops.octetsOf(l.slots);
        Check.yes(l.slots <= room && room < l.slots + 8, "octets");
        l.homes = new AuctionPlain.Home[](1 + d.upTo(5));
        l.octets = new uint256[][](l.homes.length);
        uint256 cut = d.upTo(l.homes.length);
        (uint256 most, uint256 ticks) = (
            d.one(3)
                ? MOST_WH
                : d.one(2)
                    ? 3
                    : 1000,
            d.one(2) ? 3 : 127
        );
        _count(d, l, 0, cut, most, ticks);
        l.start = l.words;
        _count(d, l, cut, l.homes.length, most, ticks);
        Terms t = Terms.wrap(packTerms(300, l.slots, 10, d.upTo(100), 1 + d.upTo(9), 128, false));
        uint256 guard = Canary.guard();
        AuctionLanes.Cleared memory c = AuctionLanes.clear(l.words, NetLoops.octetsOf(l.slots), t);
        Check.yes(Canary.isIntact(guard), "memory behind");
        AuctionPlain.Slot[] memory plain = _slots(l, c, t);
        if (d.one(2)) {
            // The second chunk alone, as `settle` has it.
            c.setBefore(l.start, l.slots);
            for (uint256 i = cut; i < l.homes.length; ++i) _fill(l, c, t, plain, i);
        } else {
            for (uint256 i = 0; i < l.homes.length; ++i) _fill(l, c, t, plain, i);
        }
    }

    function testFuzz_clip(uint256 seed) external pure {
        Dice memory d = Dice(seed);
        Lab memory l;
        l.slots = 1 + d.upTo(24);
        l.homes = new AuctionPlain.Home[](1);
        l.octets = new uint256[][](1);
        TickTotals.Rows memory rows = TickTotals.newRows(NetLoops.octetsOf(l.slots));
        _read(d, l, rows, 0, 30, 5);
        uint256[] memory losses = new uint256[](l.slots);
        for (uint256 k = 0; k < l.slots; ++k) losses[k] = d.one(2) ? 0 : d.upTo(5);
        (uint256 price, uint256 budget) = (d.upTo(9), d.upTo(90 * l.slots));
        AuctionPlain.Home memory h = l.homes[0];
        (uint256 bids, uint256 asks) = (rows.bidsOf(h.buyTick), rows.asksOf(h.sellTick));
        NetLoops.remove(l.octets[0], bids, asks);
        uint256 left = NetLoops.clip(l.octets[0], price, losses, budget);
        NetLoops.add(l.octets[0], bids, asks);
        Check.eq(left, AuctionPlain.clip(h, price, losses, budget), "left");
        _same(l, 0);
        _sameTotals(l, new uint256[](0).plus(rows));
    }

    // ---------------------------------------------------------------------------------------------------- steps

    function _count(Dice memory d, Lab memory l, uint256 from, uint256 to, uint256 most, uint256 ticks) private pure {
        TickTotals.Rows memory rows = TickTotals.newRows(NetLoops.octetsOf(l.slots));
        for (uint256 i = from; i < to; ++i) _read(d, l, rows, i, most, ticks);
        uint256 guard = Canary.guard();
        l.words = l.words.plus(rows);
        Check.yes(Canary.isIntact(guard), "memory behind");
        AuctionPlain.Home[] memory all = l.homes;
        l.homes = new AuctionPlain.Home[](to);
        for (uint256 i = 0; i < to; ++i) l.homes[i] = all[i];
        _sameTotals(l, l.words);
        l.homes = all;
    }

    function _read(
        Dice memory d,
        Lab memory l,
        TickTotals.Rows memory rows,
        uint256 home,
        uint256 most,
        uint256 ticks
    ) private pure {
        AuctionPlain.Home memory h = l.homes[home];
        (h.buyTick, h.sellTick) = (
            d.one(6) ? AuctionPlain.NONE : d.upTo(ticks),
            d.one(6) ? AuctionPlain.NONE : d.upTo(ticks)
        );
        (uint256[] memory imported, uint256[] memory exported) = (new uint256[](l.slots), new uint256[](l.slots));
        bytes memory values = new bytes(6 * l.slots + 64);
        for (uint256 k = 0; k < l.slots; ++k) {
            (imported[k], exported[k]) = (d.one(3) ? 0 : d.upTo(most), d.one(3) ? 0 : d.upTo(most));
            uint256 both = (imported[k] << 24) | exported[k];
            for (uint256 i = 0; i < 6; ++i) values[6 * k + i] = bytes1(uint8(both >> (40 - 8 * i)));
        }
        values.cut(6 * l.slots);
        AuctionPlain.net(h, imported, exported);
        uint256[] memory wh = Mem.wordsOf(2 * NetLoops.octetsOf(l.slots));
        rows.open(h.buyTick, h.sellTick);
        uint256 guard = Canary.guard();
        Canary.soil(SPAN);
        (uint256 taken, uint256 given) = NetLoops.unpack(values, wh, rows.bidsOf(h.buyTick), rows.asksOf(h.sellTick));
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        Check.yes(Canary.isIntact(guard), "memory behind");
        if (h.buyTick == AuctionPlain.NONE) taken = NetLoops.dropTaken(wh);
        if (h.sellTick == AuctionPlain.NONE) given = NetLoops.dropGiven(wh);
        for (uint256 k = 0; k < l.slots; ++k) {
            taken -= h.taken[k];
            given -= h.given[k];
        }
        Check.eq(taken | given, 0, "sums");
        l.octets[home] = wh;
        _same(l, home);
    }

    function _slots(
        Lab memory l,
        AuctionLanes.Cleared memory c,
        Terms t
    ) private pure returns (AuctionPlain.Slot[] memory plain) {
        plain = new AuctionPlain.Slot[](l.slots);
        for (uint256 k = 0; k < 4 * c.slots.length; ++k) {
            uint256 said = uint64(c.slots[k >> 2] >> (192 - 64 * (k & 3)));
            if (k >= l.slots) {
                Check.eq(said, 0, "behind the last slot");
                continue;
            }
            plain[k] = AuctionPlain.clear(l.homes, k);
            Check.eq(said >> 24, plain[k].wh, "Wh");
            Check.eq(uint8(said), plain[k].tick, "marginal tick");
            uint256 price = plain[k].wh == 0 ? 0 : t.floorPrice() + plain[k].price * t.tickSize();
            Check.eq(uint16(said >> 8), price, "price");
        }
    }

    function _fill(
        Lab memory l,
        AuctionLanes.Cleared memory c,
        Terms t,
        AuctionPlain.Slot[] memory plain,
        uint256 home
    ) private {
        AuctionPlain.Home memory h = l.homes[home];
        uint256 pos = Parts.placeOf(1, 2, home);
        uint256 guard = Canary.guard();
        Canary.soil(SPAN);
        (uint256 paid, uint256 received, uint256 written) = c.fill(h.buyTick, h.sellTick, l.octets[home], pos);
        Check.yes(Canary.isSoiled(SPAN), "free memory");
        Check.yes(Canary.isIntact(guard), "memory behind");
        Parts.keepHead(pos, paid, received, written);
        (bool known, uint256 paid_, uint256 received_, bytes memory position) = Parts.find(1, 2, home, l.slots);
        Check.yes(known, "known");
        Check.eq(paid_, paid, "kept paid");
        Check.eq(received_, received, "kept received");
        for (uint256 k = 0; k < l.slots; ++k) {
            (uint256 bought, uint256 sold) = AuctionPlain.fill(l.homes, home, k, plain[k]);
            uint256 both = Mem.load(position.start() + 8 * k) >> 192;
            Check.eq(both >> 32, bought, "bought");
            Check.eq(uint32(both), sold, "sold");
            uint256 price = t.floorPrice() + plain[k].price * t.tickSize();
            paid -= bought * price;
            received -= sold * price;
        }
        Check.eq(paid | received, 0, "money");
    }

    // ---------------------------------------------------------------------------------------------------- comparisons

    function _same(Lab memory l, uint256 home) private pure {
        uint256[] memory wh = l.octets[home];
        uint256 size = wh.length / 2;
        for (uint256 k = 0; k < 8 * size; ++k) {
            (uint256 taken, uint256 given) = (
                uint32(wh[k >> 3] >> NetLoops.shiftOf(k)),
                uint32(wh[size + (k >> 3)] >> NetLoops.shiftOf(k))
            );
            Check.eq(taken, k < l.slots ? l.homes[home].taken[k] : 0, "taken of a slot");
            Check.eq(given, k < l.slots ? l.homes[home].given[k] : 0, "given of a slot");
        }
    }

    function _sameTotals(Lab memory l, uint256[] memory words) private pure {
        uint256 octets = NetLoops.octetsOf(l.slots);
        uint256 rows = 0;
        for (uint256 tick = 0; tick < AuctionPlain.TICKS; ++tick) {
            for (uint256 side = 0; side < 2; ++side) {
                uint256 row = words.rowOf(tick, side == 0, octets);
                uint256 sum = 0;
                for (uint256 k = 0; k < l.slots; ++k) {
                    uint256 wh =
                        side == 0 ? AuctionPlain.bidsAt(l.homes, k, tick) : AuctionPlain.asksAt(l.homes, k, tick);
                    sum += wh;
                    if (row == 0) continue;
                    Check.eq(uint64(Mem.load(row + 32 * (k >> 2)) >> (192 - 64 * (k & 3))), wh, "total of a tick");
                }
                Check.yes((sum != 0) == (row != 0), "a row where there is something");
                if (row != 0) ++rows;
            }
        }
        Check.eq(words.length, 1 + 2 * octets * rows, "words");
    }
}
