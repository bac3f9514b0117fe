// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPaymentEscrow} from "../../contracts/interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "../../contracts/interfaces/IProsumerRegistry.sol";
import {Lookups} from "../../contracts/libraries/Lookups.sol";
import {Check} from "./Check.sol";
import {Canary} from "./support/Canary.sol";
import {Responder} from "./support/Responder.sol";
import {VM} from "./support/Vm.sol";

/// @notice Questions about many members are what the compiler would encode, answers what it would decode; memory around stays as it is.
contract LookupsTest {
    /// @dev As settlement keeps them: in memory, where the rest of a word may be anything.
    struct Head {
        uint32 community;
        uint32 period;
    }

    Responder private immutable _responder = new Responder();

    function testFuzz_journalsAsTheCompilerAsks(Head calldata head, uint256[2][] calldata pairs) external {
        (uint256[] memory members, uint256[] memory words) = _columns(pairs);
        bytes memory call_ = abi.encodeCall(IPaymentEscrow.journalWords, (head.community, head.period, members));
        _responder.expect(call_, abi.encode(words), false);
        uint256[] memory found = this.ask(head, IPaymentEscrow.journalWords.selector, members, words.length);
        Check.eqBytes(abi.encode(found), abi.encode(words), "words");
    }

    /// @dev As many words as there are, whatever the number of members: none or several each.
    function testFuzz_readingsAsTheCompilerAsks(
        Head calldata head,
        uint256[] calldata members,
        uint256[] calldata words
    ) external {
        bytes memory call_ = abi.encodeCall(IProsumerRegistry.readingsOf, (head.community, head.period, members));
        _responder.expect(call_, abi.encode(words), false);
        uint256[] memory found = this.ask(head, IProsumerRegistry.readingsOf.selector, members, words.length);
        Check.eqBytes(abi.encode(found), abi.encode(words), "words");
    }

    function testFuzz_passesReasonsOn(Head calldata head, uint256[] calldata members, bytes calldata reason) external {
        bytes memory call_ = abi.encodeCall(IPaymentEscrow.journalWords, (head.community, head.period, members));
        _responder.expect(call_, reason, true);
        (bool ok, bytes memory data) = address(this).call(
            abi.encodeCall(this.ask, (head, IPaymentEscrow.journalWords.selector, members, members.length))
        );
        Check.yes(!ok, "reverts");
        Check.eqBytes(data, reason, "reason");
    }

    function testFuzz_refusesAnswersOfAnotherLength(
        uint256[] calldata words,
        bytes calldata answer,
        uint8 count
    ) external {
        uint256[] memory members = new uint256[](2);
        if (words.length != count) _refused(members, abi.encode(words), count);
        if (answer.length != 64 + 32 * uint256(count)) _refused(members, answer, count);
    }

    function testFuzz_refusesAnswersThatSayAnotherLength(uint256[] calldata words, uint256 length) external {
        if (length == words.length) return;
        _refused(new uint256[](1), abi.encodePacked(uint256(32), length, words), words.length);
    }

    function test_refusesAnswersOfOneByteMoreOrLess() external {
        uint256[] memory words = new uint256[](3);
        _refused(words, bytes.concat(abi.encode(words), hex"00"), 3);
        bytes memory answer = abi.encode(words);
        assembly ("memory-safe") {
            mstore(answer, 159)
        }
        _refused(words, answer, 3);
        _refused(words, "", 0);
    }

    function _refused(uint256[] memory members, bytes memory answer, uint256 count) private {
        bytes memory call_ = abi.encodeCall(IPaymentEscrow.journalWords, (1, 2, members));
        _responder.expect(call_, answer, false);
        VM.expectRevert(abi.encodeWithSelector(Lookups.BadLookup.selector, address(_responder)));
        this.ask(Head(1, 2), IPaymentEscrow.journalWords.selector, members, count);
    }

    function ask(
        Head memory head,
        bytes4 selector,
        uint256[] memory members,
        uint256 count
    ) external view returns (uint256[] memory words) {
        assembly ("memory-safe") {
            mstore(head, or(mload(head), shl(32, not(0))))
            mstore(add(head, 32), or(mload(add(head, 32)), shl(32, not(0))))
        }
        bytes32 inputs = keccak256(abi.encode(members));
        uint256 before = Canary.guard();
        Canary.soil(16 + members.length + count);
        words = Lookups.ask(address(_responder), selector, head.community, head.period, members, count);
        uint256 behind = Canary.guard();
        Check.yes(Canary.isIntact(before), "memory before");
        Check.yes(keccak256(abi.encode(members)) == inputs, "members");
        Check.eq(words.length, count, "count");
        uint256 end;
        assembly ("memory-safe") {
            end := add(add(words, 32), shl(5, count))
        }
        Check.eq(behind, end, "what is allocated next");
    }

    function _columns(
        uint256[2][] calldata pairs
    ) private pure returns (uint256[] memory first, uint256[] memory second) {
        (first, second) = (new uint256[](pairs.length), new uint256[](pairs.length));
        for (uint256 i = 0; i < pairs.length; ++i) (first[i], second[i]) = (pairs[i][0], pairs[i][1]);
    }
}
