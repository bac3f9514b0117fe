// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IEnergyToken} from "../../contracts/interfaces/IEnergyToken.sol";
import {IPaymentEscrow} from "../../contracts/interfaces/IPaymentEscrow.sol";
import {Books} from "./support/Books.sol";
import {deployed} from "./support/Deployed.sol";
import {Driver} from "./support/Driver.sol";
import {SealedCalls} from "./support/SealedCalls.sol";
import {Evidence} from "./support/Evidence.sol";
import {Finale} from "./support/Finale.sol";
import {Handler} from "./support/Handler.sol";
import {Tills} from "./support/Tills.sol";
import {VM} from "./support/Vm.sol";

/// @title Seeded theft
/// @notice The invariants are worth something: each catches what it is there for, be it a single unit.
contract SeededTheftTest is Driver {
    uint256 private constant ACCOUNTS = uint256(keccak256("wattbook.escrow.accounts")) & ~uint256(type(uint128).max);
    uint256 private constant FUNDS = uint256(keccak256("wattbook.escrow.funds")) & ~uint256(type(uint128).max);
    uint256 private constant PLEDGES = uint256(keccak256("wattbook.escrow.pledges")) & ~uint256(type(uint128).max);
    uint256 private constant POTS = uint256(keccak256("wattbook.escrow.pots")) & ~uint256(type(uint128).max);

    Handler private _handler;
    address private _escrow;

    error NotCaught();
    error CaughtAsSomethingElse(bytes reason);

    function setUp() public {
        _handler = Handler(deployed("Handler", ""));
        (_escrow, , ) = _handler.parts();
        for (uint256 step = 0; step < 150; ++step) _step(_handler, 7, step);
        // Enough for the supplier to owe nobody anything that it does not have.
        for (uint256 i = 0; i < 8; ++i) _handler.deposit(0, 3, 400_000);
        _handler.deposit(0, 5, 10_000);
        _handler.checkSolvency();
        _handler.checkDues();
        _handler.checkEnergy();
    }

    /// As a settlement that pays `free[seller] += pay + 1` would, totals kept right or not.
    function testCatchesAUnitOutOfNothing() external {
        for (uint32 community = 0; community < 2; ++community) {
            for (uint32 member = 0; member < 8; ++member) {
                _change(_account(community, member), _unit(member), 0);
                _caught(_handler.checkSolvency, Books.Insolvent.selector);
                _change(_account(community, member), 0, _unit(member));
                _handler.checkSolvency();
            }
        }
    }

    function testCatchesAUnitThatVanished() external {
        _change(_account(0, 5), 0, _unit(5));
        _caught(_handler.checkSolvency, Books.Insolvent.selector);
    }

    /// From a free balance into a pot, and no record says so: the total stays right.
    function testCatchesAReserveWithoutARecord() external {
        _change(_account(0, 5), 0, _unit(5));
        _change(_pot(0, 3, 1), 1 << 120, 0);
        _caught(_handler.checkSolvency, Books.ReserveWithoutPot.selector);
    }

    function testCatchesAUnitInAPledge() external {
        _change(PLEDGES | (uint256(2) << 32) | 3, 1, 0);
        _caught(_handler.checkSolvency, Books.Insolvent.selector);
        _caught(_handler.checkSealed, SealedCalls.PledgeDiffers.selector);
    }

    /// From pledged to free: the total stays right.
    function testCatchesAPledgeThatLeftTooSoon() external {
        _handler.pledge(3, 1000);
        _change(PLEDGES | (uint256(2) << 32) | 3, 0, 1000);
        _change(_account(2, 3), 1000, 0);
        _handler.checkSolvency();
        _caught(_handler.checkSealed, SealedCalls.PledgeDiffers.selector);
    }

    function testCatchesAUnitInAPot() external {
        _change(_pot(1, 3, 1), 1 << 24, 0);
        _caught(_handler.checkSolvency, Books.Insolvent.selector);
    }

    /// A pot that owes more than is reserved, with the money on a member's account: the total stays right.
    function testCatchesAnOverdrawnPot() external {
        uint256 word = uint256(VM.load(_escrow, bytes32(_pot(1, 3, 1))));
        uint256 below = uint96(int96(-int256(uint256(uint96(word >> 120))) - 1));
        VM.store(_escrow, bytes32(_pot(1, 3, 1)), bytes32((word & ~(uint256(type(uint96).max) << 24)) | (below << 24)));
        _caught(_handler.checkSolvency, Books.PotBelowZero.selector);
    }

    /// Money of a supplier set aside for nobody: the total stays right.
    function testCatchesAFundForNobody() external {
        (uint256 fund, uint256 owed) = IPaymentEscrow(_escrow).dueFund(0, 3);
        _change(_account(0, 3), 0, (owed - fund + 1) * _unit(3));
        _change(_fund(0, 3), owed - fund + 1, 0);
        _handler.checkSolvency();
        _caught(_handler.checkDues, Books.FundAboveDebt.selector);
    }

    function testCatchesADebtToNobody() external {
        _change(_fund(0, 3), 1 << 96, 0);
        _caught(_handler.checkDues, Books.DuesDiffer.selector);
    }

    /// Whatever a settlement books otherwise than its legs say.
    function testCatchesAUnitBookedOtherwise() external {
        Finale handler = Finale(deployed("Finale", ""));
        for (uint256 step = 0; step < 150; ++step) _step(handler, 7, step);
        uint32 period = uint32(block.timestamp / 3600);
        for (uint256 field = 0; field < handler.fields(); ++field) {
            for (uint256 index = 0; index < 8; ++index) {
                try handler.compare(0, period, field, index) {
                    revert NotCaught();
                } catch (bytes memory reason) {
                    if (bytes4(reason) != Tills.BookedOtherwise.selector) revert CaughtAsSomethingElse(reason);
                }
            }
        }
        handler.compare(0, period, handler.fields(), 0);
    }

    function testCatchesTokensThatNobodyClaimed() external {
        (, address energyToken, address settlement) = _handler.parts();
        uint256[] memory ids = new uint256[](1);
        uint256[] memory amounts = new uint256[](1);
        ids[0] = IEnergyToken(energyToken).idOf(0, uint32(block.timestamp / 3600) - 1, 0, 0);
        amounts[0] = 1;
        VM.prank(settlement);
        IEnergyToken(energyToken).mint(address(0xBEEF), ids, amounts);
        _caught(_handler.checkEnergy, Evidence.SupplyDiffers.selector);
    }

    // ---------------------------------------------------------------------------------------------------- hands in the till

    function _change(uint256 slot, uint256 plus, uint256 minus) private {
        VM.store(_escrow, bytes32(slot), bytes32(uint256(VM.load(_escrow, bytes32(slot))) + plus - minus));
    }

    function _account(uint32 community, uint32 member) private pure returns (uint256) {
        return ACCOUNTS | (uint256(community) << 32) | (member >> 1);
    }

    /// @return A base unit in a member's half of its word.
    function _unit(uint32 member) private pure returns (uint256) {
        return 1 << ((member & 1) << 7);
    }

    function _fund(uint32 community, uint32 supplier) private pure returns (uint256) {
        return FUNDS | (uint256(community) << 32) | supplier;
    }

    function _pot(uint32 community, uint256 entry, uint256 module) private pure returns (uint256) {
        return POTS | (uint256(community) << 16) | (entry << 8) | module;
    }

    function _caught(function() external view check, bytes4 expected) private view {
        try check() {
            revert NotCaught();
        } catch (bytes memory reason) {
            if (bytes4(reason) != expected) revert CaughtAsSomethingElse(reason);
        }
    }
}
