// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPaymentEscrow} from "../../contracts/interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "../../contracts/interfaces/IProsumerRegistry.sol";
import {BatchCalls} from "../../contracts/libraries/BatchCalls.sol";
import {Mem} from "../../contracts/libraries/Mem.sol";
import {Terms} from "../../contracts/types/Terms.sol";
import {Check} from "./Check.sol";
import {Canary} from "./support/Canary.sol";
import {Responder} from "./support/Responder.sol";
import {VM} from "./support/Vm.sol";

/// @notice The calls of a batch are what the compiler would encode, their answers what it would decode; memory around stays as it is.
contract BatchCallsTest {
    Responder private immutable _responder = new Responder();

    // ---------------------------------------------------------------------------------------------------- the market

    function testFuzz_marketAsTheCompilerAsks(
        uint32 community,
        uint32 period,
        uint256 terms,
        bool paused,
        address tariff
    ) external {
        bytes memory call_ = abi.encodeCall(IProsumerRegistry.tradingFor, (community, period));
        _responder.expect(call_, abi.encode(terms, paused, tariff), false);
        Canary.soil(16);
        (Terms t, bool p, address b) = this.tradingFor(community, period);
        Check.eq(Terms.unwrap(t), terms, "terms");
        Check.yes(p == paused && b == tariff, "market");
    }

    function tradingFor(uint32 community, uint32 period) external view returns (Terms, bool, address) {
        Canary.soil(16);
        return BatchCalls.tradingFor(IProsumerRegistry(address(_responder)), community, period);
    }

    function testFuzz_marketPassesReasonsOn(uint32 community, uint32 period, bytes calldata reason) external {
        _responder.expect(abi.encodeCall(IProsumerRegistry.tradingFor, (community, period)), reason, true);
        (bool ok, bytes memory data) = address(this).call(abi.encodeCall(this.tradingFor, (community, period)));
        Check.yes(!ok, "reverts");
        Check.eqBytes(data, reason, "reason");
    }

    function testFuzz_marketTakesNoOtherLength(bytes calldata answer) external {
        if (answer.length == 96) return;
        _responder.expect(abi.encodeCall(IProsumerRegistry.tradingFor, (1, 2)), answer, false);
        VM.expectRevert();
        this.tradingFor(1, 2);
    }

    // ---------------------------------------------------------------------------------------------------- members of a run

    function testFuzz_tradersAsTheCompilerAsks(uint32 community, uint32 period, uint256[2][] calldata pairs) external {
        (uint256[] memory members, uint256[] memory words) = _columns(pairs);
        bytes memory call_ = abi.encodeCall(IProsumerRegistry.tradersOf, (community, period, members));
        _responder.expect(call_, abi.encode(words), false);
        uint256[] memory found = this.tradersOf(community, period, members);
        Check.eqBytes(abi.encode(found), abi.encode(words), "words");
    }

    function testFuzz_standingsAsTheCompilerAsks(
        uint32 community,
        uint32 period,
        uint256[2][] calldata pairs,
        bool ringFree,
        address firstModule
    ) external {
        (uint256[] memory members, uint256[] memory words) = _columns(pairs);
        bytes memory call_ = abi.encodeCall(IPaymentEscrow.standings, (community, period, members));
        _responder.expect(call_, abi.encode(words, ringFree, firstModule), false);
        (uint256[] memory found, bool free, address first) = this.standings(community, period, members);
        Check.eqBytes(abi.encode(found), abi.encode(words), "standings");
        Check.yes(free == ringFree && first == firstModule, "ring and first module");
    }

    /// @dev Asked one after the other with the same members, as a batch does.
    function tradersOf(uint32 c, uint32 p, uint256[] calldata members) external view returns (uint256[] memory) {
        (uint256 guard, uint256 place) = _members(c, p, members);
        BatchCalls.tradersOf(IProsumerRegistry(address(_responder)), place, members.length);
        Check.yes(Canary.isIntact(guard), "memory before");
        Check.yes(Canary.isSoiled(8), "memory behind");
        Check.eq(Mem.load(place + 32 * members.length), 0, "the word behind");
        return _copy(place, members.length);
    }

    function standings(
        uint32 c,
        uint32 p,
        uint256[] calldata members
    ) external view returns (uint256[] memory words, bool ringFree, address firstModule) {
        (uint256 guard, uint256 place) = _members(c, p, members);
        uint256 pos;
        (pos, ringFree, firstModule) = BatchCalls.standings(IPaymentEscrow(address(_responder)), place, members.length);
        Check.yes(Canary.isIntact(guard), "memory before");
        Check.yes(Canary.isSoiled(8), "memory behind");
        Check.eqBytes(abi.encode(_copy(place, members.length)), abi.encode(members), "members");
        return (_copy(pos, members.length), ringFree, firstModule);
    }

    function testFuzz_answersOfAnotherLengthRevert(uint256[2][] calldata pairs, bool more) external {
        (uint256[] memory members, ) = _columns(pairs);
        uint256[] memory words = new uint256[](more ? members.length + 1 : members.length / 2);
        if (words.length == members.length) return;
        _responder.expect(abi.encodeCall(IProsumerRegistry.tradersOf, (1, 2, members)), abi.encode(words), false);
        VM.expectRevert();
        this.tradersOf(1, 2, members);
        bytes memory answer = abi.encode(words, true, address(1));
        _responder.expect(abi.encodeCall(IPaymentEscrow.standings, (1, 2, members)), answer, false);
        VM.expectRevert();
        this.standings(1, 2, members);
    }

    function testFuzz_membersPassReasonsOn(uint256[2][] calldata pairs, bytes calldata reason) external {
        (uint256[] memory members, ) = _columns(pairs);
        _responder.expect(abi.encodeCall(IProsumerRegistry.tradersOf, (1, 2, members)), reason, true);
        (bool ok, bytes memory data) = address(this).call(abi.encodeCall(this.tradersOf, (1, 2, members)));
        Check.yes(!ok, "reverts");
        Check.eqBytes(data, reason, "reason");
    }

    // ---------------------------------------------------------------------------------------------------- records

    function testFuzz_appendAsTheCompilerTells(
        uint32 community,
        uint32 period,
        address feeTo,
        bytes calldata records
    ) external {
        bytes memory padded = abi.encodeCall(IPaymentEscrow.append, (community, period, 0, feeTo, records));
        // Behind the records the compiler pads with zeros to a whole word: nobody reads them.
        bytes memory call_ = new bytes(4 + 6 * 32 + records.length);
        for (uint256 i = 0; i < call_.length; ++i) call_[i] = padded[i];
        _responder.expect(call_, "", false);
        this.append(community, period, feeTo, records);
        _responder.expect(call_, records, true);
        bytes memory own = abi.encodeCall(this.append, (community, period, feeTo, records));
        (bool ok, bytes memory data) = address(this).call(own);
        Check.yes(!ok, "reverts");
        Check.eqBytes(data, records, "reason");
    }

    function append(uint32 community, uint32 period, address feeTo, bytes calldata records) external {
        uint256 before = Canary.guard();
        Canary.soil(8 + records.length / 32 + 8);
        uint256 pos = BatchCalls.roomForRecords(records.length);
        uint256 behind = Canary.guard();
        Mem.copy(pos, records);
        address dirty = feeTo;
        assembly ("memory-safe") {
            dirty := or(dirty, shl(160, 1))
        }
        IPaymentEscrow escrow = IPaymentEscrow(address(_responder));
        BatchCalls.append(escrow, community, period, dirty, pos, records.length);
        Check.yes(Canary.isIntact(before) && Canary.isIntact(behind), "memory beside it");
    }

    // ---------------------------------------------------------------------------------------------------- parts

    function _columns(
        uint256[2][] calldata pairs
    ) private pure returns (uint256[] memory first, uint256[] memory second) {
        (first, second) = (new uint256[](pairs.length), new uint256[](pairs.length));
        for (uint256 i = 0; i < pairs.length; ++i) (first[i], second[i]) = (pairs[i][0], pairs[i][1]);
    }

    function _members(
        uint32 community,
        uint32 period,
        uint256[] calldata members
    ) private pure returns (uint256 guard, uint256 place) {
        guard = Canary.guard();
        Canary.soil(64 + 4 * members.length);
        place = BatchCalls.roomForMembers();
        for (uint256 i = 0; i < members.length; ++i) Mem.store(place + 32 * i, members[i]);
        BatchCalls.keepMembers(place, members.length, community, period);
    }

    function _copy(uint256 pos, uint256 count) private pure returns (uint256[] memory words) {
        words = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) words[i] = Mem.load(pos + 32 * i);
    }
}
