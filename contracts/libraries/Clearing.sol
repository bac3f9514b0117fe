// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Lanes} from "./Lanes.sol";
import {SlotBook} from "./SlotBook.sol";

/// @title Clearing
/// @notice The uniform-price call auction over tick volumes, and the share of one entry in it.
/// @dev Units: volumes in lots, ticks as indices. S(t) = asks at ticks <= t, D(t) = bids at ticks >= t.
///
/// 1. t* is the lowest tick with S(t) >= D(t+1). Both sides are monotone, so it is unique.
/// 2. Q = min(S(t*), D(t*)) is the largest tradable volume; Q = 0 means no price.
/// 3. S(t*) = D(t*+1): every tick up to and including the next live one clears. The price is the midpoint of that interval,
///    rounded down to a tick, and nothing is rationed.
/// 4. Otherwise the price is t*; bids above and asks below fill whole, and the long side at t* is rationed.
///
/// No tick word is read that does not matter: asks above t* and bids below it fill nothing, whatever they are.
library Clearing {
    using Lanes for uint256;
    using SlotBook for SlotBook.View;

    uint256 internal constant NO_TRADE = 255;

    /// @param marginalTick t*, or `NO_TRADE`.
    /// @param priceTick Tick of the price.
    /// @param lots Q.
    /// @param bidAllotment Lots filled of `bidVolume`, the bids at t*.
    /// @param askAllotment Lots filled of `askVolume`.
    struct Result {
        uint256 marginalTick;
        uint256 priceTick;
        uint256 lots;
        uint256 bidAllotment;
        uint256 bidVolume;
        uint256 askAllotment;
        uint256 askVolume;
    }

    function clear(SlotBook.View memory v) internal view returns (Result memory r) {
        unchecked {
            // Volumes are at most 32 bits and ticks at most 128: no sum comes near 256 bits.
            (uint256 index, uint256 bids, uint256 asks, uint256 above, uint256 below) = _findWord(v);
            // S(t) >= D(t+1) says that all asks and bids at ticks <= t are at least as much as all bids.
            (uint256 lane, uint256 asked, uint256 bid) = asks.reach(bids, above - below, v.wide);
            below += asked; // S(t*)
            above -= bid; // D(t*+1)
            r.bidVolume = bids.get(lane, v.wide);
            uint256 demand = above + r.bidVolume; // D(t*)
            r.lots = below < demand ? below : demand;
            if (r.lots == 0) {
                (r.marginalTick, r.priceTick, r.bidVolume) = (NO_TRADE, NO_TRADE, 0);
                return r;
            }
            r.askVolume = asks.get(lane, v.wide);
            r.bidAllotment = r.lots - above; // bids above t* fill whole
            r.askAllotment = r.lots - (below - r.askVolume); // asks below t* fill whole
            r.marginalTick = index * v.perWord + lane;
            r.priceTick =
                below == above // [C2]
                    ? (r.marginalTick + _nextLive(v, index, bids | asks, lane)) / 2
                    : r.marginalTick;
        }
    }

    /// @notice Lots filled of an entry at the marginal tick, given the volume that stood there before it.
    /// @dev Telescopes over the tick to exactly `allotment`, each entry within one lot of its exact share. // [C3]
    function shareDown(
        uint256 prefix,
        uint256 lots,
        uint256 allotment,
        uint256 volume
    ) internal pure returns (uint256) {
        unchecked {
            // 32 bits * 32 bits; `volume` holds the entry, so it is not zero.
            return ((prefix + lots) * allotment) / volume - (prefix * allotment) / volume;
        }
    }

    /// @dev Adds ask words from the lowest up and bid words from the highest down, always to the side that has less, until they meet.
    /// While they are apart, t* lies beyond the asks if these are less than the bids, and below the bids otherwise. // [C1]
    /// @return index Which word of its side holds t*.
    /// @return bids That word.
    /// @return asks Likewise.
    /// @return above Bids in it and in the words above.
    /// @return below Asks in the words below it.
    function _findWord(
        SlotBook.View memory v
    ) private view returns (uint256 index, uint256 bids, uint256 asks, uint256 above, uint256 below) {
        unchecked {
            uint256 askAt = v.words;
            uint256 bidAt = askAt;
            asks = v.word(askAt, v.asks);
            uint256 sum = asks.sum(v.wide);
            below = sum; // with `asks` until the end
            while (askAt - bidAt != v.words) {
                if (below < above) {
                    asks = v.word(++askAt, v.asks);
                    sum = asks.sum(v.wide);
                    below += sum;
                } else {
                    bids = v.word(--bidAt, v.bids);
                    above += bids.sum(v.wide);
                }
            }
            return (bidAt, bids, asks, above, below - sum);
        }
    }

    /// @dev In the balanced case a live tick above t* exists: D(t*+1) = S(t*) > 0.
    /// @param live Bids and asks of the word that holds t*.
    function _nextLive(
        SlotBook.View memory v,
        uint256 index,
        uint256 live,
        uint256 lane
    ) private view returns (uint256) {
        unchecked {
            uint256 next = lane + 1;
            live >>= next * (256 / v.perWord);
            while (live == 0) {
                ++index;
                next = 0;
                live = v.word(index, v.bids) | v.word(v.words + index, v.asks);
            }
            return index * v.perWord + next + live.lowest(v.wide);
        }
    }
}
