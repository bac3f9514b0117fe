// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Chain} from "../../contracts/libraries/Chain.sol";
import {Chunks} from "../../contracts/libraries/Chunks.sol";
import {Check, Dice} from "./Check.sol";
import {VM} from "./support/Vm.sol";

/// @notice A root fixes its chunks, and a chunk its strips.
contract ChunksTest {
    // ---------------------------------------------------------------------------------------------------- chains

    function testFuzz_everyChunkStandsInItsChain(uint256 seed) external view {
        bytes32[] memory hashes = _hashes(Dice(seed));
        bytes32[] memory rests = _rests(hashes);
        for (uint256 i = 0; i < hashes.length; ++i) {
            Check.yes(this.rootOf(_first(hashes, i), hashes[i], rests[i + 1]) == rests[0], "root");
        }
    }

    function testFuzz_noTamperingLeavesTheRoot(uint256 seed) external view {
        Dice memory d = Dice(seed);
        bytes32[] memory hashes = _hashes(d);
        bytes32[] memory rests = _rests(hashes);
        uint256 i = d.upTo(hashes.length - 1);
        bytes32[] memory before = _first(hashes, i);
        (bytes32 chunk, bytes32 rest) = (hashes[i], rests[i + 1]);
        bytes32 flip = bytes32(uint256(1) << d.upTo(255));
        Check.yes(this.rootOf(before, chunk ^ flip, rest) != rests[0], "another chunk");
        Check.yes(this.rootOf(before, chunk, rest ^ flip) != rests[0], "another rest");
        Check.yes(this.rootOf(before, rest, chunk) != rests[0] || rest == chunk, "swapped");
        if (i > 0) {
            Check.yes(this.rootOf(_first(hashes, i - 1), chunk, rest) != rests[0], "one before it left out");
            before[d.upTo(i - 1)] ^= flip;
            Check.yes(this.rootOf(before, chunk, rest) != rests[0], "another before it");
        }
        bytes32[] memory more = new bytes32[](i + 1);
        for (uint256 k = 0; k < i; ++k) more[k] = hashes[k];
        more[i] = d.one(2) ? bytes32(d.roll()) : chunk;
        Check.yes(this.rootOf(more, chunk, rest) != rests[0], "one more before it");
    }

    function rootOf(bytes32[] calldata before, bytes32 chunk, bytes32 rest) external pure returns (bytes32) {
        return Chain.rootOf(before, chunk, rest);
    }

    // ---------------------------------------------------------------------------------------------------- strips

    function testFuzz_everyStripIsFoundWhereItStands(uint256 seed, address feeTo) external {
        Dice memory d = Dice(seed);
        bytes[] memory strips = _strips(d);
        bytes memory chunk = _chunk(feeTo, strips);
        Check.yes(this.feeToOf(chunk) == feeTo, "feeTo");
        Check.eq(this.count(chunk), strips.length, "count");
        for (uint256 i = 0; i < strips.length; ++i) Check.eqBytes(this.stripAt(chunk, i), strips[i], "strip");
        uint256 beyond = strips.length + d.upTo(3);
        VM.expectRevert(abi.encodeWithSelector(Chunks.NoSuchStrip.selector, beyond, strips.length));
        this.stripAt(chunk, beyond);
    }

    /// @dev A strip hidden among another one's entries is none: only walking finds strips.
    function testFuzz_aStripInsideAnotherIsNone(uint256 seed) external view {
        Dice memory d = Dice(seed);
        bytes memory hidden = _strip(d, d.upTo(16));
        bytes memory outer = bytes.concat(_head(d, hidden.length / 4), hidden);
        bytes[] memory strips = new bytes[](1);
        strips[0] = outer;
        bytes memory chunk = _chunk(address(1), strips);
        Check.eq(this.count(chunk), 1, "one strip");
        Check.eqBytes(this.stripAt(chunk, 0), outer, "the outer one");
    }

    function testFuzz_aChunkThatEndsTooSoonIsBroken(uint256 seed) external {
        Dice memory d = Dice(seed);
        bytes[] memory strips = _strips(d);
        bytes memory chunk = _chunk(address(1), strips);
        uint256 start = chunk.length - strips[strips.length - 1].length;
        uint256 length = start + 1 + d.upTo(chunk.length - start - 2);
        assembly ("memory-safe") {
            mstore(chunk, length)
        }
        bytes memory broken = abi.encodeWithSelector(Chunks.BrokenChunk.selector, start);
        VM.expectRevert(broken);
        this.count(chunk);
        VM.expectRevert(broken);
        this.stripAt(chunk, strips.length - 1);
        if (strips.length > 1) Check.eqBytes(this.stripAt(chunk, 0), strips[0], "a whole one before it");
    }

    function testFuzz_aChunkHasAHead(uint8 length) external {
        bytes memory chunk = new bytes(length % 20);
        bytes memory broken = abi.encodeWithSelector(Chunks.BrokenChunk.selector, 0);
        VM.expectRevert(broken);
        this.feeToOf(chunk);
        VM.expectRevert(broken);
        this.count(chunk);
        VM.expectRevert(broken);
        this.stripAt(chunk, 0);
        Check.eq(this.count(new bytes(20)), 0, "a head alone");
    }

    function count(bytes calldata chunk) external pure returns (uint256) {
        return Chunks.count(chunk);
    }

    function stripAt(bytes calldata chunk, uint256 index) external pure returns (bytes memory) {
        return Chunks.stripAt(chunk, index);
    }

    function feeToOf(bytes calldata chunk) external pure returns (address) {
        return Chunks.feeToOf(chunk);
    }

    // ---------------------------------------------------------------------------------------------------- made up

    function _hashes(Dice memory d) private pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](1 + d.upTo(20));
        for (uint256 i = 0; i < hashes.length; ++i) hashes[i] = bytes32(d.roll());
    }

    /// @dev Roots of the chain from each hash on, then zero.
    function _rests(bytes32[] memory hashes) private pure returns (bytes32[] memory rests) {
        rests = new bytes32[](hashes.length + 1);
        for (uint256 i = hashes.length; i > 0; --i) rests[i - 1] = keccak256(abi.encode(hashes[i - 1], rests[i]));
    }

    function _first(bytes32[] memory hashes, uint256 length) private pure returns (bytes32[] memory first) {
        first = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) first[i] = hashes[i];
    }

    function _strips(Dice memory d) private pure returns (bytes[] memory strips) {
        strips = new bytes[](1 + d.upTo(6));
        for (uint256 i = 0; i < strips.length; ++i) strips[i] = _strip(d, d.upTo(96));
    }

    function _strip(Dice memory d, uint256 entries) private pure returns (bytes memory strip) {
        strip = _head(d, entries);
        for (uint256 i = 0; i < entries; ++i) strip = bytes.concat(strip, bytes4(uint32(d.roll())));
    }

    function _head(Dice memory d, uint256 entries) private pure returns (bytes memory) {
        return abi.encodePacked(uint240(d.roll()), d.roll(), d.roll(), uint16(entries));
    }

    function _chunk(address feeTo, bytes[] memory strips) private pure returns (bytes memory chunk) {
        chunk = abi.encodePacked(feeTo);
        for (uint256 i = 0; i < strips.length; ++i) chunk = bytes.concat(chunk, strips[i]);
    }
}
