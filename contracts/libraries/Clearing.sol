// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "./Mem.sol";

/// @title Clearing
/// @notice The uniform-price call auction over tick volumes, and the share of one entry in it.
/// @dev Units: volumes in lots, ticks as indices. S(t) = asks at ticks <= t, D(t) = bids at ticks >= t.
///
/// 1. t* is the lowest tick with S(t) >= D(t+1). Both sides are monotone, so it is unique.
/// 2. Q = min(S(t*), D(t*)) is the largest tradable volume; Q = 0 means no price.
/// 3. S(t*) = D(t*+1): every tick up to and including the next live one clears. The price is the midpoint of that interval,
///    rounded down to a tick, and nothing is rationed.
/// 4. Otherwise the price is t*; bids above and asks below fill whole, and the long side at t* is rationed.
library Clearing {
    using Mem for uint256[];

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

    /// @param bids Lots per tick.
    /// @param asks Lots per tick, same length.
    function clear(uint256[] memory bids, uint256[] memory asks) internal pure returns (Result memory r) {
        unchecked {
            // Volumes are at most 32 bits and ticks at most 128: no sum comes near 256 bits.
            uint256 above = 0; // D(t+1)
            uint256 bid = bids.words();
            uint256 end = bid + 32 * bids.length;
            for (uint256 pos = bid; pos < end; pos += 32) above += Mem.load(pos);
            uint256 below = 0; // S(t)
            uint256 ask = asks.words();
            uint256 start = ask;
            // The loop always breaks: above is 0 at the last tick. // [C1]
            while (true) {
                below += Mem.load(ask);
                above -= Mem.load(bid);
                if (below >= above) break;
                ask += 32;
                bid += 32;
            }
            uint256 marginal = (ask - start) / 32;
            r.bidVolume = bids[marginal];
            r.askVolume = asks[marginal];
            uint256 demand = above + r.bidVolume; // D(t*)
            r.lots = below < demand ? below : demand;
            if (r.lots == 0) {
                r.marginalTick = NO_TRADE;
                r.priceTick = NO_TRADE;
                r.bidVolume = 0;
                r.askVolume = 0;
                return r;
            }
            r.marginalTick = marginal;
            r.bidAllotment = r.lots - above; // bids above t* fill whole
            r.askAllotment = r.lots - (below - r.askVolume); // asks below t* fill whole
            r.priceTick = below == above ? (marginal + _nextLive(bids, asks, marginal)) / 2 : marginal; // [C2]
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

    /// @dev In the balanced case a live tick above t* exists: D(t*+1) = S(t*) > 0.
    function _nextLive(uint256[] memory bids, uint256[] memory asks, uint256 tick) private pure returns (uint256) {
        unchecked {
            do ++tick; while (bids[tick] == 0 && asks[tick] == 0);
            return tick;
        }
    }
}
