// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICoordinatorDesk} from "../interfaces/ICoordinatorDesk.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Packed} from "./Packed.sol";
import {Tariff} from "./Tariff.sol";

/// @title Sums over the slots of a PCC reading
/// @dev Plain loops: they run once per community and period. No sum comes near a word: 144 slots of 24 bits at prices of 16.
library PccSums {
    using Packed for bytes;
    using Tariff for bytes;

    /// @param most Wh that a slot may show each way.
    /// @return imported Wh.
    /// @return exported Wh.
    function energy(
        bytes calldata values,
        uint256 slots,
        uint256 most
    ) internal pure returns (uint256 imported, uint256 exported) {
        if (values.length != 6 * slots) revert ICoordinatorDesk.BadLength(values.length, 6 * slots);
        for (uint256 k = 0; k < slots; ++k) {
            (uint256 taken, uint256 given) = valueAt(values, k);
            if (taken > most) revert ICoordinatorDesk.OverRated(taken, most);
            if (given > most) revert ICoordinatorDesk.OverRated(given, most);
            imported += taken;
            exported += given;
        }
    }

    /// @param tariff One class.
    /// @return amount What the slots cost, base units: imports at the import price less exports at the export price.
    function cost(bytes calldata values, bytes memory tariff, uint256 slots) internal pure returns (int256 amount) {
        for (uint256 k = 0; k < slots; ++k) {
            (uint256 taken, uint256 given) = valueAt(values, k);
            (uint256 importPrice, uint256 exportPrice) = tariff.pricesAt(0, slots, k);
            amount += int256(taken * importPrice) - int256(given * exportPrice);
        }
    }

    /// @param values Of the PCC; empty where it is missing, which deviates by nothing.
    /// @param first Index of the period's first slot.
    /// @return pccNet Wh.
    /// @return membersNet Wh.
    /// @return deviation Sum of what the slots differ by, Wh.
    /// @return flow What members took and gave, Wh.
    function compare(
        ISettlement settlement,
        uint32 community,
        uint256 first,
        uint256 slots,
        bytes calldata values
    ) internal view returns (int256 pccNet, int256 membersNet, uint256 deviation, uint256 flow) {
        for (uint256 k = 0; k < slots; ++k) {
            (, , , uint256 imported, uint256 exported) = settlement.ledger(community, first + k);
            int256 members = int256(imported) - int256(exported);
            membersNet += members;
            flow += imported + exported;
            if (values.length == 0) continue;
            (uint256 taken, uint256 given) = valueAt(values, k);
            int256 pcc = int256(taken) - int256(given);
            pccNet += pcc;
            deviation += uint256(pcc > members ? pcc - members : members - pcc);
        }
    }

    /// @dev In bounds: the length was checked, or the hash of what was checked.
    function valueAt(bytes calldata values, uint256 slot) private pure returns (uint256 taken, uint256 given) {
        uint256 both = values.u48(6 * slot);
        return (both >> 24, both & 0xffffff);
    }
}
