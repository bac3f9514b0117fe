// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Evidence} from "./Evidence.sol";

/// @title Tills
/// @notice What settling a member moves, worked out beside the contracts: from the money that was there, the member's records, what the
/// modules said and which of them were void. Accounts, debts, funds, fees and pots must be, to the unit, as it comes out here.
abstract contract Tills is Evidence {
    /// @dev Base units; arrays by member or by module.
    struct Till {
        uint32 community;
        uint32 period;
        uint256[] free;
        int256[] due;
        uint256[] fund;
        uint256[] owed;
        int256[MODULES] amount;
        uint256[MODULES] outstanding;
        uint256 fees; // of who settles
        int256 pots; // amounts and what is outstanding, together
        int256 legs; // what legs take out of them
    }

    /// @dev As `IPaymentEscrow.Leg`.
    struct Leg {
        uint256 reserved;
        uint256 lost;
        uint256 paid;
        uint256 received;
        uint256 networkFee;
        uint256 settlementFee;
        int256 gridLeg;
    }

    error SettledOtherwise(uint256 home, bytes found, bytes expected);
    error BookedOtherwise(uint32 community, uint32 period, string what, int256 found, int256 expected);

    uint256 private constant DSO_ACCOUNT = 1;
    uint256 private constant COLLECTOR_ACCOUNT = 2;

    /// @return t What there is now.
    function _till(uint32 community, uint32 period) internal view returns (Till memory t) {
        uint32 count = registry.memberCount(community);
        (t.community, t.period) = (community, period);
        (t.free, t.due) = (new uint256[](count), new int256[](count));
        (t.fund, t.owed) = (new uint256[](count), new uint256[](count));
        for (uint32 member = 0; member < count; ++member) {
            (t.free[member], , ) = escrow.account(community, member);
            (t.due[member], ) = escrow.debt(community, member);
            (t.fund[member], t.owed[member]) = escrow.dueFund(community, member);
        }
        for (uint8 module = 0; module < MODULES; ++module) {
            (t.outstanding[module], t.amount[module]) = escrow.pot(community, module, period);
            t.pots += t.amount[module] + int256(t.outstanding[module]);
        }
        t.fees = escrow.fees(address(euro), SETTLER);
    }

    /// @dev Settles a home in `t`, as the call did whose logs were read.
    function _book(Till memory t, uint256 home, Told[MODULES] memory told) internal view {
        Leg memory leg;
        for (uint256 module = 0; module < MODULES; ++module) _bookModule(t, leg, home, module, told[module]);
        t.legs += int256(leg.reserved) - int256(leg.lost) + int256(leg.received) - int256(leg.paid);
        leg.gridLeg = _gridLegOf(home, t.period, _positionOf(home, told)) + days_[home][t.period].gapLeg;
        // Peers and network come first and were reserved for.
        uint256 available = leg.reserved + leg.received - leg.lost - leg.paid - leg.networkFee;
        leg.settlementFee = leg.reserved == 0 ? 0 : _least(SETTLEMENT_FEE, available);
        t.free[DSO_ACCOUNT] += leg.networkFee;
        t.fees += leg.settlementFee;
        _bookGridLeg(t, leg, home, available - leg.settlementFee);
    }

    /// @dev Books in `t` the difference that a late reading makes.
    function _bookTrueUp(Till memory t, uint256 home, int256 gridLeg) internal view {
        Leg memory leg;
        leg.gridLeg = gridLeg;
        _bookGridLeg(t, leg, home, 0);
    }

    /// @dev Nothing is otherwise than `t` says. What a period leaves in its pots goes to the fee collector.
    function _compare(Till memory t) internal view {
        Till memory found = _till(t.community, t.period);
        (uint256 opened, uint256 settled) = escrow.journals(t.community, t.period);
        for (uint256 module = 0; module < MODULES && opened == settled; ++module) {
            t.free[COLLECTOR_ACCOUNT] += uint256(t.amount[module]);
            t.legs += t.amount[module];
            t.amount[module] = 0;
        }
        _same(t, "all pots", found.pots, t.pots - t.legs);
        for (uint256 module = 0; module < MODULES; ++module) {
            _same(t, "pot", found.amount[module], t.amount[module]);
            _same(t, "outstanding", int256(found.outstanding[module]), int256(t.outstanding[module]));
        }
        for (uint256 member = 0; member < t.free.length; ++member) {
            _same(t, "free", int256(found.free[member]), int256(t.free[member]));
            _same(t, "due", found.due[member], t.due[member]);
            _same(t, "fund", int256(found.fund[member]), int256(t.fund[member]));
            _same(t, "owed", int256(found.owed[member]), int256(t.owed[member]));
        }
        _same(t, "fees", int256(found.fees), int256(t.fees));
    }

    /// @dev A module gives back what it reserved. If its records are void it keeps what its pot lacks without them; else it pays and is paid.
    function _bookModule(Till memory t, Leg memory leg, uint256 home, uint256 module, Told memory told) private view {
        uint256 release = _reservedBy(home, t.period, module);
        if (told.records == 0) return;
        int256 pot = t.amount[module] + int256(t.outstanding[module]);
        t.outstanding[module] -= release;
        leg.reserved += release;
        if (_isVoid(home, module)) {
            uint256 lost = pot < int256(release) ? uint256(int256(release) - pot) : 0;
            t.amount[module] += int256(lost);
            leg.lost += lost;
            return;
        }
        t.amount[module] += int256(told.paid) - int256(told.received);
        leg.paid += told.paid;
        leg.received += told.received;
        for (uint256 k = 0; k < SLOTS; ++k) {
            (uint256 bought, ) = _trade(told.position, k);
            leg.networkFee += bought * NETWORK_FEE;
        }
    }

    /// @dev What a home owes is paid from what came in, then, beyond its credit line, from what was free; what its supplier owes from
    /// the supplier's free balance, as far as that goes. The supplier's income goes into its fund while that is short.
    function _bookGridLeg(Till memory t, Leg memory leg, uint256 home, uint256 available) private view {
        (uint256 m, uint256 s) = (homes[home].member, homes[home].supplier);
        int256 due = t.due[m] + leg.gridLeg;
        uint256 owedBefore = t.due[m] < 0 ? uint256(-t.due[m]) : 0;
        uint256 fromMember = 0;
        uint256 fromSupplier = 0;
        if (due > 0) {
            (, uint256 line) = escrow.debt(t.community, homes[home].member);
            fromMember = _least(available, uint256(due));
            uint256 rest = uint256(due) - fromMember;
            if (rest > line) fromMember += _least(t.free[m], rest - line);
        } else if (uint256(-due) > owedBefore) {
            fromSupplier = _least(t.free[s], uint256(-due) - owedBefore);
        }
        due += int256(fromSupplier) - int256(fromMember);
        (t.due[m], t.free[m]) = (due, t.free[m] + available + fromSupplier - fromMember);
        t.owed[s] = t.owed[s] - owedBefore + (due < 0 ? uint256(-due) : 0);
        uint256 all = t.free[s] + t.fund[s] + fromMember - fromSupplier;
        t.fund[s] = _least(t.owed[s], t.fund[s] + fromMember);
        t.free[s] = all - t.fund[s];
        bytes memory expected = abi.encode(leg.paid, leg.received, leg.networkFee, leg.settlementFee, leg.gridLeg, due);
        if (keccak256(settledAs[home]) != keccak256(expected)) revert SettledOtherwise(home, settledAs[home], expected);
    }

    /// @return gridLeg Of a position and the reading as it is known, at import and export price; without what closing a gap costs.
    function _gridLegOf(uint256 home, uint32 period, bytes memory position) internal view returns (int256 gridLeg) {
        for (uint256 k = 0; k < SLOTS; ++k) {
            (uint256 bought, uint256 sold) = _trade(position, k);
            (uint256 imported, uint256 exported) = _meteredAt(home, period, k, bought);
            int256 off = int256(imported + sold) - int256(exported + bought);
            gridLeg += off * int256(off > 0 ? IMPORT_PRICE : EXPORT_PRICE);
        }
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _same(Till memory t, string memory what, int256 found, int256 expected) private pure {
        if (found != expected) revert BookedOtherwise(t.community, t.period, what, found, expected);
    }
}
