// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IEnergySharing} from "../interfaces/IEnergySharing.sol";

/// @title Sharing rules
/// @notice What a Wh that members share costs, as an exact fraction of base units per Wh.
/// @dev The published rules give every buyer one price and every seller another, for all it draws or feeds in. Both are what its part
/// of the shared energy costs inside and its rest at the retailer; so one inner price says the same, and settlement does the rest.
/// S: supply, D: demand, Wh; i: import, e: export price; c: compensating price, b = e + c at most i.
///
/// - supply-demand ratio (Liu et al. 2017; with c Long et al. 2018): b i D / ((i - b) S + b D) up to S = D, then b;
/// - mid-market rate (Long et al. 2017): (i + e) / 2;
/// - bill sharing (Long et al. 2017): 0, so that a seller gets nothing while supply is short;
/// - feed-in only: nothing is shared.
library SharingRules {
    /// @param rule Announced.
    /// @param supply Wh, below 2^40.
    /// @param demand Wh, below 2^40.
    /// @param importPrice i, what a shared Wh saves its buyer: the import price less the network fee.
    /// @param exportPrice e.
    /// @param compensation c; what of it lies above i - e does not count.
    /// @return shared Wh that change hands inside: the smaller of both totals, 0 where sharing has no room between the prices.
    /// @return num Base units.
    /// @return den Wh, never 0.
    function priceOf(
        IEnergySharing.Rule rule,
        uint256 supply,
        uint256 demand,
        uint256 importPrice,
        uint256 exportPrice,
        uint256 compensation
    ) internal pure returns (uint256 shared, uint256 num, uint256 den) {
        den = 1;
        if (rule == IEnergySharing.Rule.FeedInOnly || importPrice < exportPrice) return (0, 0, den);
        unchecked {
            shared = supply < demand ? supply : demand;
            if (rule == IEnergySharing.Rule.SupplyDemandRatio) {
                uint256 base = exportPrice + compensation;
                if (base > importPrice) base = importPrice;
                if (supply > demand) return (shared, base, den);
                den = (importPrice - base) * supply + base * demand; // 16 bits and 40 bits
                if (den == 0) return (shared, 0, 1); // nobody on a side, or the retailer gives energy away
                return (shared, base * importPrice * demand, den);
            }
            if (rule == IEnergySharing.Rule.MidMarketRate) return (shared, importPrice + exportPrice, 2);
        }
    }
}
