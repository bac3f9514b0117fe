// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {World} from "./World.sol";
import {VM} from "./Vm.sol";

/// @title Books
/// @notice The sums that must hold after every call, over every account there is. Totals that the contracts keep are not trusted:
/// pots are read word by word from storage.
abstract contract Books is World {
    error Insolvent(uint256 balance, uint256 owed);
    error ReserveWithoutPot(uint32 community, uint256 reserved, uint256 outstanding);
    error PotBelowZero(uint32 community, uint256 ringEntry, uint256 module);
    error FundAboveDebt(uint32 community, uint32 supplier);
    error DuesDiffer(uint32 community, uint32 supplier, uint256 dues, uint256 owed);
    error DebtOfService(uint32 community, uint32 member);

    uint256 private constant POTS = uint256(keccak256("wattbook.escrow.pots")) & ~uint256(type(uint128).max);

    /// @notice Rule 1: balance == free + pledged + fees + due funds + bonds + pots, to the unit, and nothing is below zero.
    function checkSolvency() public view {
        uint256 owed = _relayers(RELAYER) + _relayers(SETTLER);
        for (uint32 community = 0; community <= SEALED; ++community) {
            (uint256 accounts, uint256 reserved) = _accounts(community);
            (int256 amounts, uint256 outstanding) = _pots(community);
            if (reserved != outstanding) revert ReserveWithoutPot(community, reserved, outstanding);
            owed += accounts + uint256(amounts + int256(outstanding));
        }
        uint256 balance = euro.balanceOf(address(escrow));
        if (balance != owed || escrow.shortfall(address(euro)) != 0) revert Insolvent(balance, owed);
    }

    /// @notice What members are owed adds up to what their suppliers owe, and no fund holds more than that.
    function checkDues() public view {
        for (uint32 community = 0; community < COMMUNITIES; ++community) {
            uint32 count = registry.memberCount(community);
            for (uint32 supplier = 0; supplier < FIRST_HOME; ++supplier) {
                uint256 dues = 0;
                for (uint32 member = FIRST_HOME; member < count; ++member) {
                    if (registry.supplierOf(community, member) != supplier) continue;
                    (int256 due, ) = escrow.debt(community, member);
                    if (due < 0) dues += uint256(-due);
                }
                (uint256 fund, uint256 owed) = escrow.dueFund(community, supplier);
                if (dues != owed) revert DuesDiffer(community, supplier, dues, owed);
                if (fund > owed) revert FundAboveDebt(community, supplier);
                (int256 own, ) = escrow.debt(community, supplier);
                if (own != 0) revert DebtOfService(community, supplier);
            }
        }
    }

    /// @return owed Fees and bonds.
    function _relayers(address relayer) private view returns (uint256 owed) {
        owed = escrow.fees(address(euro), relayer);
        for (uint32 community = 0; community <= SEALED; ++community) {
            (uint256 bond, ) = escrow.bond(community, relayer);
            owed += bond;
        }
    }

    /// @return total Free and pledged balances, and funds.
    /// @return reserved Reserves.
    function _accounts(uint32 community) private view returns (uint256 total, uint256 reserved) {
        uint32 count = registry.memberCount(community);
        for (uint32 member = 0; member < count; ++member) {
            (uint256 free, uint256 held, , ) = escrow.account(community, member);
            (uint256 fund, ) = escrow.dueFund(community, member);
            (uint256 pledged, , ) = escrow.pledgeOf(community, member);
            total += free + pledged + fund;
            reserved += held;
        }
    }

    function _pots(uint32 community) private view returns (int256 amounts, uint256 outstanding) {
        for (uint256 entry = 0; entry < RING; ++entry) {
            for (uint256 module = 0; module < MODULES; ++module) {
                uint256 word = uint256(VM.load(address(escrow), _potSlot(community, entry, module)));
                int256 amount = int96(uint96(word >> 24));
                uint256 held = uint96(word >> 120);
                if (amount + int256(held) < 0) revert PotBelowZero(community, entry, module);
                amounts += amount;
                outstanding += held;
            }
        }
    }

    function _potSlot(uint32 community, uint256 entry, uint256 module) internal pure returns (bytes32) {
        return bytes32(POTS | (uint256(community) << 16) | (entry << 8) | module);
    }
}
