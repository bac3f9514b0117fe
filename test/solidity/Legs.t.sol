// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPaymentEscrow} from "../../contracts/interfaces/IPaymentEscrow.sol";
import {Legs} from "../../contracts/libraries/Legs.sol";
import {Journal} from "../../contracts/types/Journal.sol";
import {Check} from "./Check.sol";
import {Canary} from "./support/Canary.sol";
import {Responder} from "./support/Responder.sol";
import {Vm, VM} from "./support/Vm.sol";

/// @notice The call that books legs is what the compiler would encode, its legs are what the compiler would read, and their events what it
/// would emit; memory around stays as it is.
contract LegsTest {
    using Legs for bytes;
    using Legs for uint256;
    using Legs for IPaymentEscrow.Leg[];

    /// @dev As settlement keeps them: in memory, where the rest of a word may be anything.
    struct Head {
        uint32 community;
        uint32 period;
    }

    Responder private immutable _responder = new Responder();

    // ---------------------------------------------------------------------------------------------------- the call

    function testFuzz_settleAsTheCompilerTells(
        Head calldata head,
        IPaymentEscrow.Leg[] calldata legs,
        uint256[] calldata pots,
        uint256 opened,
        uint256 settled,
        address settler,
        uint8 spare
    ) external {
        bytes memory call_ = abi.encodeCall(
            IPaymentEscrow.settle,
            (head.community, head.period, legs, pots, opened, settled, settler)
        );
        _responder.expect(call_, "", false);
        VM.prank(settler);
        this.send(head, legs, pots, opened, settled, legs.length + (spare % 4));
    }

    function test_settleNobodyOfAPeriodThatHasLeftTheRing() external {
        IPaymentEscrow.Leg[] memory legs;
        uint256[] memory pots;
        bytes memory call_ = abi.encodeCall(IPaymentEscrow.settle, (1, 2, legs, pots, 0, 0, address(this)));
        _responder.expect(call_, "", false);
        this.send(Head(1, 2), legs, pots, 0, 0, 0);
        this.send(Head(1, 2), legs, pots, 0, 0, 3);
    }

    function testFuzz_settlePassesReasonsOn(
        Head calldata head,
        IPaymentEscrow.Leg[] calldata legs,
        uint256[] calldata pots,
        bytes calldata reason
    ) external {
        bytes memory call_ = abi.encodeCall(
            IPaymentEscrow.settle,
            (head.community, head.period, legs, pots, 3, 4, address(this))
        );
        _responder.expect(call_, reason, true);
        (bool ok, bytes memory data) = address(this).call(
            abi.encodeCall(this.send, (head, legs, pots, 3, 4, legs.length))
        );
        Check.yes(!ok, "reverts");
        Check.eqBytes(data, reason, "reason");
    }

    /// @param most Legs that there is room for.
    function send(
        Head memory head,
        IPaymentEscrow.Leg[] calldata legs,
        uint256[] memory pots,
        uint256 opened,
        uint256 settled,
        uint256 most
    ) external {
        assembly ("memory-safe") {
            mstore(head, or(mload(head), shl(32, not(0))))
            mstore(add(head, 32), or(mload(add(head, 32)), shl(32, not(0))))
        }
        bytes32 inputs = keccak256(abi.encode(pots));
        uint256 before = Canary.guard();
        Canary.soil(16 + 10 * most + pots.length);
        bytes memory data = Legs.room(most, pots.length);
        uint256 behind = Canary.guard();
        for (uint256 i = 0; i < legs.length; ++i) _put(data.placeOf(i), legs[i]);
        for (uint256 i = 0; i < legs.length; ++i) Check.eq(data.memberAt(i), legs[i].member, "member");
        Canary.soil(8);
        data.send(
            legs.length,
            IPaymentEscrow(address(_responder)),
            head.community,
            head.period,
            pots,
            opened,
            settled,
            msg.sender
        );
        Check.yes(Canary.isSoiled(8), "free memory");
        Check.yes(Canary.isIntact(before) && Canary.isIntact(behind), "memory beside it");
        Check.yes(keccak256(abi.encode(pots)) == inputs, "pots");
    }

    function _put(uint256 leg, IPaymentEscrow.Leg calldata l) private pure {
        leg.put(Legs.MEMBER, l.member);
        leg.put(Legs.SUPPLIER, l.supplier);
        leg.put(Legs.RESERVED, l.reserved);
        leg.put(Legs.LOST, l.lost);
        leg.put(Legs.PAID, l.paid);
        leg.put(Legs.RECEIVED, l.received);
        leg.put(Legs.NETWORK_FEE, l.networkFee);
        leg.put(Legs.SETTLEMENT_FEE, l.settlementFee);
        leg.put(Legs.GRID_LEG, uint256(int256(l.gridLeg)));
        leg.put(Legs.JOURNAL, Journal.unwrap(l.journal));
    }

    // ---------------------------------------------------------------------------------------------------- what the escrow reads

    /// @dev What stands before the legs moves them about.
    function testFuzz_readsWhatTheCompilerReads(bytes calldata, IPaymentEscrow.Leg[] calldata legs) external pure {
        uint256 leg = legs.start();
        for (uint256 i = 0; i < legs.length; ++i) {
            Check.yes(leg != legs.behind(), "not the end");
            IPaymentEscrow.Leg calldata l = legs[i];
            Check.eq(leg.get(Legs.MEMBER), l.member, "member");
            Check.eq(leg.get(Legs.SUPPLIER), l.supplier, "supplier");
            Check.eq(leg.get(Legs.RESERVED), l.reserved, "reserved");
            Check.eq(leg.get(Legs.LOST), l.lost, "lost");
            Check.eq(leg.get(Legs.PAID), l.paid, "paid");
            Check.eq(leg.get(Legs.RECEIVED), l.received, "received");
            Check.eq(leg.get(Legs.NETWORK_FEE), l.networkFee, "network fee");
            Check.eq(leg.get(Legs.SETTLEMENT_FEE), l.settlementFee, "settlement fee");
            Check.eqSigned(int256(leg.get(Legs.GRID_LEG)), l.gridLeg, "grid leg");
            Check.eq(leg.get(Legs.JOURNAL), Journal.unwrap(l.journal), "journal");
            leg = leg.next();
        }
        Check.eq(leg, legs.behind(), "the end");
    }

    function testFuzz_emitsWhatTheCompilerEmits(
        Head calldata head,
        IPaymentEscrow.Leg[] calldata legs,
        uint256 fee,
        int256 due
    ) external {
        VM.recordLogs();
        this.emitByHand(head, legs, fee, due);
        Vm.Log[] memory found = VM.getRecordedLogs();
        for (uint256 i = 0; i < legs.length; ++i) {
            IPaymentEscrow.Leg calldata l = legs[i];
            emit IPaymentEscrow.Settled(
                head.community,
                l.member,
                head.period,
                l.paid,
                l.received,
                l.networkFee,
                fee,
                l.gridLeg,
                due
            );
        }
        Vm.Log[] memory expected = VM.getRecordedLogs();
        Check.eqBytes(abi.encode(found), abi.encode(expected), "logs");
    }

    function emitByHand(Head memory head, IPaymentEscrow.Leg[] calldata legs, uint256 fee, int256 due) external {
        assembly ("memory-safe") {
            mstore(head, or(mload(head), shl(32, not(0))))
            mstore(add(head, 32), or(mload(add(head, 32)), shl(32, not(0))))
        }
        uint256 leg = legs.start();
        for (uint256 i = 0; i < legs.length; ++i) {
            uint256 before = Canary.guard();
            Canary.soil(8);
            uint256 free = Canary.take(0);
            leg.emitSettled(head.community, legs[i].member, head.period, fee, due);
            uint256 freeAfter = Canary.take(0);
            Check.yes(Canary.isIntact(before), "memory before");
            Check.eq(freeAfter, free, "free memory");
            leg = leg.next();
        }
    }
}
