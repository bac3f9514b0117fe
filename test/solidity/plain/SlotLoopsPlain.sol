// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice `SlotLoops` without assembly and packed words: one array per quantity, one element per slot.
library SlotLoopsPlain {
    /// @dev Most that a reading, and so a position, holds per slot and direction.
    uint256 internal constant MOST_WH = type(uint24).max;

    /// @dev Wh per slot.
    struct Energy {
        uint256[] bought;
        uint256[] sold;
    }

    /// @dev Wh per slot.
    struct Reading {
        uint256[] imported;
        uint256[] exported;
    }

    /// @dev Base units per Wh, per slot.
    struct Prices {
        uint256[] importPrice;
        uint256[] exportPrice;
    }

    /// @dev Wh per slot.
    struct Balance {
        uint256[] delivered;
        uint256[] bought;
        uint256[] sold;
        uint256[] imported;
        uint256[] exported;
    }

    function sums(
        Reading memory r,
        uint256 mostImport,
        uint256 mostExport
    ) internal pure returns (uint256 imported, uint256 exported, bool rated) {
        rated = true;
        for (uint256 k = 0; k < r.imported.length; ++k) {
            imported += r.imported[k];
            exported += r.exported[k];
            if (r.imported[k] > mostImport || r.exported[k] > mostExport) rated = false;
        }
    }

    /// @return bought Wh.
    /// @return sold Wh.
    /// @return replacement Base units.
    /// @return sane False if a value does not fit a reading.
    function weigh(
        Energy memory answer,
        Prices memory p
    ) internal pure returns (uint256 bought, uint256 sold, uint256 replacement, bool sane) {
        for (uint256 k = 0; k < answer.bought.length; ++k) {
            if (answer.bought[k] > MOST_WH || answer.sold[k] > MOST_WH) return (0, 0, 0, false);
        }
        sane = true;
        for (uint256 k = 0; k < answer.bought.length; ++k) {
            bought += answer.bought[k];
            sold += answer.sold[k];
            replacement += answer.sold[k] * p.importPrice[k];
        }
    }

    /// @return cost Base units: a surplus at the export price it would have fetched, the rest at the import price.
    function costOfSold(Reading memory r, Energy memory answer, Prices memory p) internal pure returns (uint256 cost) {
        for (uint256 k = 0; k < answer.sold.length; ++k) {
            uint256 surplus = r.exported[k] > r.imported[k] ? r.exported[k] - r.imported[k] : 0;
            uint256 sold = answer.sold[k];
            uint256 delivered = sold < surplus ? sold : surplus;
            cost += delivered * p.exportPrice[k] + (sold - delivered) * p.importPrice[k];
        }
    }

    function add(Energy memory position, Energy memory answer) internal pure {
        for (uint256 k = 0; k < answer.bought.length; ++k) {
            position.bought[k] += answer.bought[k];
            position.sold[k] += answer.sold[k];
        }
    }

    /// @return leg Base units; positive, the member pays.
    function gridLeg(
        Reading memory r,
        Energy memory position,
        Prices memory p,
        Balance memory ledger
    ) internal pure returns (int256 leg) {
        for (uint256 k = 0; k < r.imported.length; ++k) {
            uint256 sold = position.sold[k];
            ledger.delivered[k] += sold < r.exported[k] ? sold : r.exported[k];
            ledger.bought[k] += position.bought[k];
            ledger.sold[k] += sold;
            ledger.imported[k] += r.imported[k];
            ledger.exported[k] += r.exported[k];
            // The imbalance n - b + s: what came from the grid, less what was bought, plus what was sold.
            int256 imbalance = int256(r.imported[k]) - int256(r.exported[k]);
            imbalance += int256(sold) - int256(position.bought[k]);
            leg += imbalance * int256(imbalance > 0 ? p.importPrice[k] : p.exportPrice[k]);
        }
    }

    /// @notice A missing reading: import max(bought, load), export 0.
    function estimate(Energy memory position, Reading memory r, uint256 load) internal pure returns (uint256 imported) {
        for (uint256 k = 0; k < r.imported.length; ++k) {
            r.imported[k] = position.bought[k] > load ? position.bought[k] : load;
            r.exported[k] = 0;
            imported += r.imported[k];
        }
    }
}
