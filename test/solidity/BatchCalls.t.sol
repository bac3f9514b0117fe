// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OrderBook} from "../../contracts/OrderBook.sol";
import {IPaymentEscrow} from "../../contracts/interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "../../contracts/interfaces/IProsumerRegistry.sol";
import {BatchCalls} from "../../contracts/libraries/BatchCalls.sol";
import {Book} from "../../contracts/libraries/Book.sol";
import {EntryStrip} from "../../contracts/libraries/EntryStrip.sol";
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
        (uint256[] memory accounts, uint256[] memory journals) = _columns(pairs);
        bytes memory call_ = abi.encodeCall(IPaymentEscrow.standings, (community, period, accounts));
        _responder.expect(call_, abi.encode(accounts, journals, ringFree, firstModule), false);
        (uint256[] memory a, uint256[] memory j, bool free, address first) = this.standings(
            community,
            period,
            accounts
        );
        Check.eqBytes(abi.encode(a, j), abi.encode(accounts, journals), "standings");
        Check.yes(free == ringFree && first == firstModule, "ring and first module");
    }

    /// @dev Asked one after the other with the same members, as a batch does.
    function tradersOf(uint32 c, uint32 p, uint256[] calldata members) external view returns (uint256[] memory) {
        (uint256 guard, uint256 place) = _members(c, p, members);
        uint256 words = BatchCalls.tradersOf(IProsumerRegistry(address(_responder)), place, members.length);
        Check.yes(Canary.isIntact(guard), "memory before");
        Check.yes(Canary.isSoiled(8), "memory behind");
        return _copy(words, members.length);
    }

    function standings(
        uint32 c,
        uint32 p,
        uint256[] calldata members
    ) external view returns (uint256[] memory accounts, uint256[] memory journals, bool ringFree, address firstModule) {
        (uint256 guard, uint256 place) = _members(c, p, members);
        uint256 a;
        uint256 j;
        (a, j, ringFree, firstModule) = BatchCalls.standings(
            IPaymentEscrow(address(_responder)),
            place,
            members.length
        );
        Check.yes(Canary.isIntact(guard), "memory before");
        Check.yes(Canary.isSoiled(8), "memory behind");
        return (_copy(a, members.length), _copy(j, members.length), ringFree, firstModule);
    }

    function testFuzz_answersOfAnotherLengthRevert(uint256[2][] calldata pairs, bool more) external {
        (uint256[] memory members, ) = _columns(pairs);
        uint256[] memory words = new uint256[](more ? members.length + 1 : members.length / 2);
        if (words.length == members.length) return;
        _responder.expect(abi.encodeCall(IProsumerRegistry.tradersOf, (1, 2, members)), abi.encode(words), false);
        VM.expectRevert();
        this.tradersOf(1, 2, members);
        bytes memory answer = abi.encode(words, words, true, address(1));
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

/// @notice An order book's batch is what the compiler would make of its structs.
contract BatchOfZerosTest is OrderBook {
    constructor() OrderBook(IProsumerRegistry(address(0)), IPaymentEscrow(address(0))) {}

    function test_everyStructHasRoom() external pure {
        uint256 start = Mem.mark();
        Book.Copy memory copy;
        uint256 afterCopy = Mem.mark();
        EntryStrip.Strip memory strip;
        uint256 afterStrip = Mem.mark();
        Batch memory b;
        uint256 all = Mem.mark() - afterStrip;
        Check.atMost(afterCopy - start, 32 * COPY_WORDS, "copy");
        Check.atMost(afterStrip - afterCopy, 32 * STRIP_WORDS, "strip");
        Check.atMost(all - (afterStrip - start), 32 * BATCH_WORDS, "batch");
        Check.eq(copy.table + strip.beyond + b.time, 0, "zeros");
    }

    function test_itIsMadeOfZerosInDirtyMemory() external pure {
        Canary.soil(256);
        uint256 from = Mem.mark();
        Batch memory b = _newBatch()[0];
        uint256 end = Mem.mark();
        Check.yes(Canary.isSoiled(8), "memory behind");
        Check.eq(end - from, 32 * (2 + BATCH_WORDS + COPY_WORDS + STRIP_WORDS), "size");
        uint256 place;
        assembly ("memory-safe") {
            place := b
        }
        Check.eq(place, from + 64, "batch");
        uint256 book = Mem.load(place);
        uint256 loop = Mem.load(place + 32);
        Check.eq(book, place + 32 * BATCH_WORDS, "book");
        Check.eq(loop, book + 32 * COPY_WORDS, "loop");
        for (uint256 pos = place + 64; pos < end; pos += 32) Check.eq(Mem.load(pos), 0, "zero");
        // The compiler finds them there too.
        (b.book.table, b.loop.beyond) = (1, 2);
        Check.eq(Mem.load(book), 1, "table");
        Check.eq(Mem.load(loop), 2, "beyond");
    }

    function _isRevealing() internal pure override returns (bool) {
        return false;
    }

    function _isSealed() internal pure override returns (bool) {
        return false;
    }

    function _isDue(uint32, Terms, uint256) internal pure override returns (bool) {
        return false;
    }
}
