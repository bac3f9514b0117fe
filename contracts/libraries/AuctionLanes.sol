// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Terms} from "../types/Terms.sol";
import {Mem} from "./Mem.sol";
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
    uint256 private constant TAKEN = 0xffffffff00000000ffffffff00000000ffffffff00000000ffffffff00000000;
    uint256 private constant GIVEN = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
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
    uint256 private constant SHARE_OF_QUAD = 0x200;

    /// @notice A cleared period.
    /// @param bids Where it is of each tick what fills of its bids; 0 where it has none. Two words a quad: halves that fill whole,
    /// and halves that are rationed.
    /// @param asks Likewise.
    /// @param prices Where the prices of each quad are, base units per Wh, 64 bits each, the first slot in the lowest.
    /// @param shares Where what is said of rationed slots is.
    /// @param slots What is public, a word of four slots, the first one highest: `| tick 8 | price 16 | Wh 40 |`, low bit first.
    struct Cleared {
        uint256[] bids;
        uint256[] asks;
        uint256 prices;
        uint256 shares;
        uint256[] slots;
    }

    /// @param words Totals, see `TickTotals`.
    /// @param quads Words of a row.
    function clear(uint256[] memory words, uint256 quads, Terms t) internal pure returns (Cleared memory c) {
        unchecked {
            c.bids = new uint256[](TICKS);
            c.asks = new uint256[](TICKS);
            c.prices = Mem.zeros(quads);
            c.shares = Mem.zeros((SHARE_OF_QUAD / 32) * quads);
            c.slots = new uint256[](quads);
            (uint256 list, uint256 end) = _list(c, words, quads);
            for (uint256 i = 0; i < quads; ++i) _clearQuad(c, list, end, i, t);
        }
    }

    /// @return list Where it is in memory what `STRIDE` has of each tick with orders, ascending.
    /// @return end Behind it.
    function _list(
        Cleared memory c,
        uint256[] memory words,
        uint256 quads
    ) private pure returns (uint256 list, uint256 end) {
        unchecked {
            uint256 live = words[0];
            uint256 both = (live | (live >> TICKS)) & ((1 << TICKS) - 1);
            uint256 nothing = Mem.zeros(quads);
            uint256 nowhere = Mem.zeros(2 * quads);
            uint256 row = words.words() + 32;
            list = end = Mem.mark();
            for (uint256 bits = both; bits != 0; bits &= bits - 1) end += STRIDE;
            Mem.zeros((end - list) / 32);
            uint256 pos = list;
            for (uint256 tick = 0; pos < end; ++tick) {
                if ((both >> tick) & 1 == 0) continue;
                (uint256 bids, uint256 asks, uint256 bidsTo, uint256 asksTo) = (nothing, nothing, nowhere, nowhere);
                if ((live >> (tick + TICKS)) & 1 != 0) {
                    (bids, row) = (row, row + 32 * quads);
                    bidsTo = c.bids[tick] = Mem.zeros(2 * quads);
                }
                if ((live >> tick) & 1 != 0) {
                    (asks, row) = (row, row + 32 * quads);
                    asksTo = c.asks[tick] = Mem.zeros(2 * quads);
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

    function _clearQuad(Cleared memory c, uint256 list, uint256 end, uint256 index, Terms t) private pure {
        unchecked {
            uint256 offset = 32 * index;
            uint256 demand = 0; // D(t + 1)
            for (uint256 pos = list; pos < end; pos += STRIDE) demand += Mem.load(Mem.load(pos + BIDS) + offset);
            (uint256 supply, uint256 behind) = (0, 0); // S(t), and lanes whose t* is below t
            for (uint256 pos = list; pos < end; pos += STRIDE) {
                supply += Mem.load(Mem.load(pos + ASKS) + offset);
                demand -= Mem.load(Mem.load(pos + BIDS) + offset);
                // In a lane the highest bit stays where the difference is not negative.
                uint256 reached = (((supply + GUARDS - demand) & GUARDS) >> 63) * SLOT;
                Mem.store(Mem.load(pos + BIDS_TO) + 2 * offset, behind & TAKEN);
                Mem.store(Mem.load(pos + ASKS_TO) + 2 * offset, ~reached & GIVEN);
                uint256 here = reached ^ behind;
                behind = reached;
                for (uint256 shift = 256; here != 0; here <<= 64) {
                    shift -= 64;
                    if (here >> 192 == 0) continue;
                    _clearSlot(c, pos, end, 4 * index + 3 - shift / 64, _lane(supply, shift), _lane(demand, shift), t);
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
            uint256 share = c.shares + SHARE * slot;
            // At most one of both sides is rationed: all of the other one changes hands.
            _ration(share, Mem.load(pos + BIDS_TO) + 2 * offset, wh - above, bids, shift + 32, (tick << 1) | 1);
            _ration(share, Mem.load(pos + ASKS_TO) + 2 * offset, wh + asks - below, asks, shift, tick << 1);
            uint256 price = tick;
            if (below == above) price = (tick + _nextTick(pos, end, offset, shift)) / 2;
            price = t.floorPrice() + price * t.tickSize();
            uint256 to = c.prices + offset;
            Mem.store(to, Mem.load(to) | (price << (192 - shift)));
            c.slots[slot >> 2] |= ((wh << 24) | (price << 8) | tick) << shift;
        }
    }

    /// @param to Where it goes what fills of the tick's side.
    /// @param left Wh of `volume` that change hands.
    function _ration(
        uint256 share,
        uint256 to,
        uint256 left,
        uint256 volume,
        uint256 shift,
        uint256 where
    ) private pure {
        unchecked {
            if (left == 0) return;
            if (left < volume) {
                to += 32;
                Mem.store(share + LEFT, left);
                Mem.store(share + VOLUME, volume);
                Mem.store(share + WHERE, where);
            }
            Mem.store(to, Mem.load(to) | (uint256(type(uint32).max) << shift));
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

    function _lane(uint256 word, uint256 shift) private pure returns (uint256) {
        return (word >> shift) & SLOT;
    }

    /// @notice Says what members counted before have at the rationed ticks.
    /// @param words Totals before.
    /// @param slots Of the period.
    function setBefore(Cleared memory c, uint256[] memory words, uint256 slots, uint256 quads) internal pure {
        unchecked {
            for (uint256 k = 0; k < slots; ++k) {
                uint256 share = c.shares + SHARE * k;
                if (Mem.load(share + VOLUME) == 0) continue;
                uint256 where = Mem.load(share + WHERE);
                uint256 row = TickTotals.rowOf(words, where >> 1, where & 1 != 0, quads);
                if (row == 0) continue;
                Mem.store(share + BEFORE, _lane(Mem.load(row + 32 * (k >> 2)), 192 - 64 * (k & 3)));
            }
        }
    }

    /// @notice A member's part, and moves the shares on to the next member.
    /// @param bidTick Highest tick at which it buys, `askTick` lowest at which it sells; `NONE` where it does not.
    /// @param quads What it takes and gives. They become what it bought and sold.
    /// @return paid Base units.
    /// @return received Base units.
    function fill(
        Cleared memory c,
        uint256 bidTick,
        uint256 askTick,
        uint256[] memory quads
    ) internal pure returns (uint256 paid, uint256 received) {
        uint256 bids = bidTick < TICKS ? c.bids[bidTick] : 0;
        uint256 asks = askTick < TICKS ? c.asks[askTick] : 0;
        // Where there is nothing on a side, all of its halves are 0: whatever is said to fill of them.
        if (bids == 0) bids = asks;
        if (asks == 0) asks = bids;
        if (bids == 0) return (0, 0);
        (uint256 prices, uint256 shares) = (c.prices, c.shares);
        assembly ("memory-safe") {
            // In functions of their own that keep their variables on the stack.
            function ration(halves, share) -> filled {
                for {
                    let shift := 192
                } halves {
                    halves := shl(64, halves)
                    share := add(share, SHARE)
                    shift := sub(shift, 64)
                } {
                    let wh := shr(192, halves)
                    if iszero(wh) {
                        continue
                    }
                    let side := shift
                    if shr(32, wh) {
                        wh := shr(32, wh)
                        side := add(shift, 32)
                    }
                    let before := mload(add(share, BEFORE))
                    wh := add(wh, before)
                    mstore(add(share, BEFORE), wh)
                    let left := mload(add(share, LEFT))
                    let volume := mload(add(share, VOLUME))
                    wh := sub(div(mul(wh, left), volume), div(mul(before, left), volume))
                    filled := or(filled, shl(side, wh))
                }
            }
            function run(pos, end, bid, ask, price, share) -> paying, getting {
                for {} lt(pos, end) {
                    pos := add(pos, 0x20)
                    bid := add(bid, 0x40)
                    ask := add(ask, 0x40)
                    price := add(price, 0x20)
                    share := add(share, SHARE_OF_QUAD)
                } {
                    let quad := mload(pos)
                    if iszero(quad) {
                        continue
                    }
                    let some := and(quad, or(mload(bid), mload(ask)))
                    quad := and(quad, or(mload(add(bid, 0x20)), mload(add(ask, 0x20))))
                    if quad {
                        some := or(some, ration(quad, share))
                    }
                    mstore(pos, some)
                    // The highest 64 bits of each product are the sum of four slots.
                    quad := mload(price)
                    paying := add(paying, mul(and(shr(32, some), GIVEN), quad))
                    getting := add(getting, mul(and(some, GIVEN), quad))
                }
            }
            let start := add(quads, 0x20)
            paid, received := run(start, add(start, shl(5, mload(quads))), bids, asks, prices, shares)
            paid := shr(192, paid)
            received := shr(192, received)
        }
    }
}
