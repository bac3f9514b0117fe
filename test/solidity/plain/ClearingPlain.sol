// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Clearing} from "../../../contracts/libraries/Clearing.sol";

/// @notice `Clearing` over arrays, tick by tick.
library ClearingPlain {
    /// @param bids Lots per tick.
    /// @param asks Lots per tick, same length.
    function clear(uint256[] memory bids, uint256[] memory asks) internal pure returns (Clearing.Result memory r) {
        uint256 above = 0; // D(t+1)
        for (uint256 tick = 0; tick < bids.length; ++tick) above += bids[tick];
        above -= bids[0];
        uint256 below = asks[0]; // S(t)
        uint256 marginal = 0;
        while (below < above) {
            ++marginal;
            below += asks[marginal];
            above -= bids[marginal];
        }
        uint256 demand = above + bids[marginal]; // D(t*)
        r.lots = below < demand ? below : demand;
        if (r.lots == 0) {
            (r.marginalTick, r.priceTick) = (Clearing.NO_TRADE, Clearing.NO_TRADE);
            return r;
        }
        (r.marginalTick, r.bidVolume, r.askVolume) = (marginal, bids[marginal], asks[marginal]);
        r.bidAllotment = r.lots - above;
        r.askAllotment = r.lots - (below - r.askVolume);
        r.priceTick = below == above ? (marginal + _nextLive(bids, asks, marginal)) / 2 : marginal;
    }

    function _nextLive(uint256[] memory bids, uint256[] memory asks, uint256 tick) private pure returns (uint256) {
        do ++tick; while (bids[tick] == 0 && asks[tick] == 0);
        return tick;
    }
}
