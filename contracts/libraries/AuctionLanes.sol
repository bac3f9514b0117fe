// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Terms} from "../types/Terms.sol";
import {Mem} from "./Mem.sol";
import {NetLoops} from "./NetLoops.sol";
import {TickTotals} from "./TickTotals.sol";

/// @title Auction lanes
/// @notice The call auction of the order book over tick totals, four slots at a time, and what a member gets of it.
/// @dev The rule is that of `Clearing`, in Wh: with S(t) the asks at ticks <= t and D(t + 1) the bids at ticks > t, t* is the lowest tick with
/// S(t) >= D(t + 1), and Q = min(S(t*), D(t*)) changes hands. Bids above t* and asks below it fill whole. At t* the long side shares
/// what is left: floor((P + q) A / V) - floor(P A / V) Wh of q behind P of members before it, of V for which A are left. Where
/// S(t*) = D(t* + 1) the price is the middle of t* and the next tick with an order, rounded down to a tick; else it is t*.
///
/// S and D change at ticks with orders only, so nothing is looked at but those. Where nothing changes hands, there are no asks below t* and
/// no bids above: then it does no harm that they are said to fill whole.
library AuctionLanes {
    using Mem for uint256[];

    uint256 private constant GUARDS = 0x8000000000000000800000000000000080000000000000008000000000000000;
    uint256 private constant SLOT = type(uint64).max;
    uint256 private constant LEFT_HALVES = 0xffffffff00000000ffffffff00000000ffffffff00000000ffffffff00000000;
    uint256 private constant RIGHT_HALVES = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
    uint256 private constant TICKS = 128;

    /// @dev Of a tick with orders: where its bids and asks are, and where it goes what fills of them.
    uint256 private constant BIDS = 0x00;
    uint256 private constant ASKS = 0x20;
    uint256 private constant BIDS_TO = 0x40;
    uint256 private constant ASKS_TO = 0x60;
    uint256 private constant TICK = 0x80;
    uint256 private constant STRIDE = 0xa0;

    /// @dev Of a slot in which a side is rationed: what is left for its marginal tick, its volume there, Wh of members so far, and which
    /// side and tick that is.
    uint256 private constant LEFT = 0x00;
    uint256 private constant VOLUME = 0x20;
    uint256 private constant BEFORE = 0x40;
    uint256 private constant WHERE = 0x60;
    uint256 private constant SHARE = 0x80;
    uint256 private constant SHARE_OF_OCTET = 0x400;

    /// @notice A cleared period, by octets, see `NetLoops`.
    /// @param octets Of a row.
    /// @param bids Where it is of each tick what fills of its bids: a row of ones in lanes that fill whole, and one in lanes that are
    /// rationed.
    /// @param asks Likewise.
    /// @param live Where a row of ones is in lanes of slots in which energy changes hands.
    /// @param prices Where the prices are, base units per Wh, 64 bits a slot, the first of four slots lowest.
    /// @param shares Where what is said of rationed slots is, in the order of their lanes.
    /// @param slots What is public, a word of four slots, the first one highest: `| tick 8 | price 16 | Wh 40 |`, low bit first.
    struct Cleared {
        uint256 octets;
        uint256[] bids;
        uint256[] asks;
        uint256 live;
        uint256 prices;
        uint256 shares;
        uint256[] slots;
    }

    /// @param words Totals, see `TickTotals`.
    function clear(uint256[] memory words, uint256 octets, Terms t) internal pure returns (Cleared memory c) {
        unchecked {
            c.octets = octets;
            c.bids = new uint256[](TICKS);
            c.asks = new uint256[](TICKS);
            c.live = Mem.zeros(octets);
            c.prices = Mem.zeros(2 * octets);
            c.shares = Mem.zeros((SHARE_OF_OCTET / 32) * octets);
            c.slots = new uint256[](2 * octets);
            (uint256 list, uint256 end) = _list(c, words);
            for (uint256 i = 0; i < 2 * octets; ++i) _clearFour(c, list, end, i, t);
        }
    }

    /// @return list Where it is in memory what `STRIDE` has of each tick with orders, ascending.
    /// @return end Behind it.
    function _list(Cleared memory c, uint256[] memory words) private pure returns (uint256 list, uint256 end) {
        unchecked {
            uint256 size = 64 * c.octets; // bytes
            uint256 live = words[0];
            uint256 both = (live | (live >> TICKS)) & ((1 << TICKS) - 1);
            uint256 nothing = Mem.zeros(2 * c.octets);
            uint256 nowhere = Mem.zeros(2 * c.octets);
            uint256 row = words.words() + 32;
            list = end = Mem.mark();
            for (uint256 bits = both; bits != 0; bits &= bits - 1) end += STRIDE;
            Mem.zeros((end - list) / 32);
            uint256 pos = list;
            for (uint256 tick = 0; pos < end; ++tick) {
                if ((both >> tick) & 1 == 0) continue;
                (uint256 bids, uint256 asks, uint256 bidsTo, uint256 asksTo) = (nothing, nothing, nowhere, nowhere);
                if ((live >> (tick + TICKS)) & 1 != 0) {
                    (bids, row) = (row, row + size);
                    bidsTo = c.bids[tick] = Mem.zeros(2 * c.octets);
                }
                if ((live >> tick) & 1 != 0) {
                    (asks, row) = (row, row + size);
                    asksTo = c.asks[tick] = Mem.zeros(2 * c.octets);
                }
                Mem.store(pos + BIDS, bids);
                Mem.store(pos + ASKS, asks);
                Mem.store(pos + BIDS_TO, bidsTo);
                Mem.store(pos + ASKS_TO, asksTo);
                Mem.store(pos + TICK, tick);
                pos += STRIDE;
            }
        }
    }

    /// @param index Of four slots.
    function _clearFour(Cleared memory c, uint256 list, uint256 end, uint256 index, Terms t) private pure {
        unchecked {
            uint256 offset = 32 * index;
            uint256 demand = 0; // D(t + 1)
            for (uint256 pos = list; pos < end; pos += STRIDE) demand += Mem.load(Mem.load(pos + BIDS) + offset);
            (uint256 supply, uint256 behind) = (0, 0); // S(t), and lanes whose t* is below t
            uint256 half = index & 1 == 0 ? LEFT_HALVES : RIGHT_HALVES;
            uint256 octet = 32 * (index >> 1);
            for (uint256 pos = list; pos < end; pos += STRIDE) {
                supply += Mem.load(Mem.load(pos + ASKS) + offset);
                demand -= Mem.load(Mem.load(pos + BIDS) + offset);
                // In a lane the highest bit stays where the difference is not negative.
                uint256 reached = (((supply + GUARDS - demand) & GUARDS) >> 63) * SLOT;
                _set(Mem.load(pos + BIDS_TO) + octet, behind & half);
                _set(Mem.load(pos + ASKS_TO) + octet, ~reached & half);
                uint256 here = reached ^ behind;
                behind = reached;
                for (uint256 k = 4 * index; here != 0; (here <<= 64, ++k)) {
                    if (here >> 192 == 0) continue;
                    uint256 shift = 192 - 64 * (k & 3);
                    _clearSlot(c, pos, end, k, _lane(supply, shift), _lane(demand, shift), t);
                }
            }
        }
    }

    /// @param pos Of t* in the list.
    /// @param below S(t*).
    /// @param above D(t* + 1).
    function _clearSlot(
        Cleared memory c,
        uint256 pos,
        uint256 end,
        uint256 slot,
        uint256 below,
        uint256 above,
        Terms t
    ) private pure {
        unchecked {
            uint256 shift = 192 - 64 * (slot & 3);
            uint256 offset = 32 * (slot >> 2);
            uint256 bids = _lane(Mem.load(Mem.load(pos + BIDS) + offset), shift);
            uint256 asks = _lane(Mem.load(Mem.load(pos + ASKS) + offset), shift);
            uint256 wh = above + bids;
            if (below < wh) wh = below;
            if (wh == 0) return;
            uint256 tick = Mem.load(pos + TICK);
            // At most one of both sides is rationed: all of the other one changes hands.
            _ration(c, Mem.load(pos + BIDS_TO), wh - above, bids, slot, (tick << 1) | 1);
            _ration(c, Mem.load(pos + ASKS_TO), wh + asks - below, asks, slot, tick << 1);
            uint256 price = tick;
            if (below == above) price = (tick + _nextTick(pos, end, offset, shift)) / 2;
            price = t.floorPrice() + price * t.tickSize();
            _set(c.live + 32 * (slot >> 3), uint256(type(uint32).max) << NetLoops.shiftOf(slot));
            _set(c.prices + offset, price << (192 - shift));
            c.slots[slot >> 2] |= ((wh << 24) | (price << 8) | tick) << shift;
        }
    }

    /// @param to Where it goes what fills of the tick's side.
    /// @param left Wh of `volume` that change hands.
    function _ration(
        Cleared memory c,
        uint256 to,
        uint256 left,
        uint256 volume,
        uint256 slot,
        uint256 where
    ) private pure {
        unchecked {
            if (left == 0) return;
            if (left < volume) {
                to += 32 * c.octets;
                uint256 share = _shareOf(c, slot);
                Mem.store(share + LEFT, left);
                Mem.store(share + VOLUME, volume);
                Mem.store(share + WHERE, where);
            }
            _set(to + 32 * (slot >> 3), uint256(type(uint32).max) << NetLoops.shiftOf(slot));
        }
    }

    function _shareOf(Cleared memory c, uint256 slot) private pure returns (uint256) {
        unchecked {
            return c.shares + SHARE_OF_OCTET * (slot >> 3) + SHARE * (2 * (slot & 3) + ((slot >> 2) & 1));
        }
    }

    /// @return The next tick with an order in the slot; there are bids above.
    function _nextTick(uint256 pos, uint256 end, uint256 offset, uint256 shift) private pure returns (uint256) {
        unchecked {
            for (pos += STRIDE; pos < end; pos += STRIDE) {
                uint256 both = Mem.load(Mem.load(pos + BIDS) + offset) | Mem.load(Mem.load(pos + ASKS) + offset);
                if (_lane(both, shift) != 0) return Mem.load(pos + TICK);
            }
            return 0;
        }
    }

    function _set(uint256 pos, uint256 bits) private pure {
        Mem.store(pos, Mem.load(pos) | bits);
    }

    function _lane(uint256 word, uint256 shift) private pure returns (uint256) {
        return (word >> shift) & SLOT;
    }

    /// @notice Says what members counted before have at the rationed ticks.
    /// @param words Totals before.
    /// @param slots Of the period.
    function setBefore(Cleared memory c, uint256[] memory words, uint256 slots) internal pure {
        unchecked {
            for (uint256 k = 0; k < slots; ++k) {
                uint256 share = _shareOf(c, k);
                if (Mem.load(share + VOLUME) == 0) continue;
                uint256 where = Mem.load(share + WHERE);
                uint256 row = TickTotals.rowOf(words, where >> 1, where & 1 != 0, c.octets);
                if (row == 0) continue;
                Mem.store(share + BEFORE, _lane(Mem.load(row + 32 * (k >> 2)), 192 - 64 * (k & 3)));
            }
        }
    }

    /// @notice A member's part, and moves the shares on to the next member.
    /// @param bidTick Highest tick at which it buys, `askTick` lowest at which it sells; `NONE` where it does not.
    /// @param wh What it takes and gives, octets.
    /// @param to Where its position goes in transient storage, see `Parts`: a word of four slots.
    /// @return paid Base units.
    /// @return received Base units.
    /// @return written Which words of its position are not zero, a bit for each.
    function fill(
        Cleared memory c,
        uint256 bidTick,
        uint256 askTick,
        uint256[] memory wh,
        uint256 to
    ) internal returns (uint256 paid, uint256 received, uint256 written) {
        uint256 bids = bidTick < TICKS ? c.bids[bidTick] : 0;
        uint256 asks = askTick < TICKS ? c.asks[askTick] : 0;
        // What has no row is nothing: it does not matter which lanes of it are said to fill.
        if (bids == 0) bids = asks;
        if (asks == 0) asks = bids;
        if (bids == 0) return (0, 0, 0);
        (paid, received, written) = _fill(c, bids, asks, wh, to);
        // The highest 64 bits of a sum of products are what four slots come to.
        return (paid >> 192, received >> 192, written);
    }

    /// @dev In assembly functions that keep their variables on the stack.
    /// @param bids Where what fills of its bids is, and `asks` of its asks.
    function _fill(
        Cleared memory c,
        uint256 bids,
        uint256 asks,
        uint256[] memory wh,
        uint256 to
    ) private returns (uint256 paid, uint256 received, uint256 written) {
        (uint256 live, uint256 prices, uint256 shares) = (c.live, c.prices, c.shares);
        assembly ("memory-safe") {
            function ration(lanes, share) -> filled {
                for {
                    let shift := 224
                } lanes {
                    lanes := shl(32, lanes)
                    share := add(share, SHARE)
                    shift := sub(shift, 32)
                } {
                    let some := shr(224, lanes)
                    if some {
                        let before := mload(add(share, BEFORE))
                        some := add(some, before)
                        mstore(add(share, BEFORE), some)
                        let left := mload(share)
                        let volume := mload(add(share, VOLUME))
                        some := sub(div(mul(some, left), volume), div(mul(before, left), volume))
                        filled := or(filled, shl(shift, some))
                    }
                }
            }
            function cost(some, price) -> amount {
                amount := mul(and(shr(32, some), RIGHT_HALVES), mload(price))
                amount := add(amount, mul(and(some, RIGHT_HALVES), mload(add(price, 0x20))))
            }
            function run(i, from, size, bid, ask, traded, price, share, pos) -> paying, getting, bits {
                for {} lt(i, size) {
                    i := add(i, 0x20)
                } {
                    if mload(add(traded, i)) {
                        let bought := mload(add(from, i))
                        let some := and(bought, mload(add(add(bid, size), i)))
                        bought := and(bought, mload(add(bid, i)))
                        if some {
                            bought := or(bought, ration(some, add(share, shl(5, i))))
                        }
                        let sold := mload(add(add(from, size), i))
                        some := and(sold, mload(add(add(ask, size), i)))
                        sold := and(sold, mload(add(ask, i)))
                        if some {
                            sold := or(sold, ration(some, add(share, shl(5, i))))
                        }
                        if bought {
                            paying := add(paying, cost(bought, add(price, shl(1, i))))
                        }
                        if sold {
                            getting := add(getting, cost(sold, add(price, shl(1, i))))
                        }
                        some := or(and(bought, LEFT_HALVES), and(shr(32, sold), RIGHT_HALVES))
                        if some {
                            tstore(add(pos, shr(4, i)), some)
                            bits := or(bits, shl(shr(4, i), 1))
                        }
                        some := or(shl(32, and(bought, RIGHT_HALVES)), and(sold, RIGHT_HALVES))
                        if some {
                            tstore(add(add(pos, shr(4, i)), 1), some)
                            bits := or(bits, shl(shr(4, i), 2))
                        }
                    }
                }
            }
            paid, received, written := run(0, add(wh, 0x20), shl(4, mload(wh)), bids, asks, live, prices, shares, to)
        }
    }
}
