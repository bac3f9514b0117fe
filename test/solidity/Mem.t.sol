// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "../../contracts/libraries/Mem.sol";
import {Work, Taken, clear, newTaken} from "../../contracts/types/Batch.sol";
import {Check} from "./Check.sol";
import {Canary} from "./support/Canary.sol";

/// @notice Memory by address does what the compiler does with arrays and bytes, and touches nothing beside them.
contract MemTest {
    using Mem for bytes;
    using Mem for uint256[];

    // ---------------------------------------------------------------------------------------------------- hashes

    function testFuzz_hashesAreThoseOfTheEncoding(uint256[4] calldata w, bytes calldata data) external pure {
        Canary.soil(8 + data.length / 32);
        uint256 free = Mem.mark();
        bytes32 hash = Mem.hashOf(data);
        uint256 two = Mem.hashWords(w[0], w[1]);
        uint256 three = Mem.hashWords(w[0], w[1], w[2]);
        uint256 four = Mem.hashWords(w[0], w[1], w[2], w[3]);
        uint256 freeAfter = Mem.mark();
        Check.eq(freeAfter, free, "free memory");
        Check.yes(hash == keccak256(data), "bytes");
        Check.eq(two, uint256(keccak256(abi.encode(w[0], w[1]))), "two words");
        Check.eq(three, uint256(keccak256(abi.encode(w[0], w[1], w[2]))), "three words");
        Check.eq(four, uint256(keccak256(abi.encode(w))), "four words");
        bytes memory copy = data;
        Check.yes(Mem.hashAt(copy.start(), copy.length) == hash, "in memory");
    }

    // ---------------------------------------------------------------------------------------------------- allocation

    function testFuzz_takesAsMuchMemoryAsTheCompiler(uint16 length) external pure {
        uint256 free = Mem.mark();
        bytes memory own = Mem.bytesOf(length);
        uint256 taken = Mem.mark() - free;
        free = Mem.mark();
        bytes memory usual = new bytes(length);
        Check.eq(taken, Mem.mark() - free, "bytes");
        Check.eq(own.length, usual.length, "length");
        length %= 512;
        free = Mem.mark();
        uint256[] memory words = Mem.wordsOf(length);
        taken = Mem.mark() - free;
        Check.eq(taken, 32 + 32 * uint256(length), "words");
        Check.eq(words.length, length, "number of words");
        Mem.release(free);
        Check.eq(Mem.mark(), free, "given back");
    }

    function testFuzz_copiesAnArray(bytes calldata, uint256[] calldata data) external pure {
        uint256 before = Canary.guard();
        Canary.soil(16 + data.length);
        uint256[] memory copy = data.copied();
        uint256 behind = Canary.guard();
        uint256[] memory usual = data;
        Check.eqBytes(abi.encode(copy), abi.encode(usual), "words");
        for (uint256 i = 0; i < data.length; ++i) {
            Check.eq(copy.wordAt(i), data[i], "word");
            Check.eq(Mem.load(copy.words() + 32 * i), data[i], "word by address");
        }
        copy.wipe();
        Check.eqBytes(abi.encode(copy), abi.encode(new uint256[](data.length)), "wiped");
        uint256 length = data.length / 2;
        Check.eqBytes(abi.encode(usual.cut(length)), abi.encode(data[:length]), "cut");
        Check.yes(Canary.isIntact(before) && Canary.isIntact(behind), "memory beside it");
    }

    function testFuzz_copiesBytes(bytes calldata, bytes calldata data, uint16 from) external pure {
        from = uint16(from % (data.length + 1));
        uint256 before = Canary.guard();
        Canary.soil(16 + data.length / 32);
        bytes memory all = Canary.takeBytes(data.length);
        uint256 behindAll = Canary.guard();
        bytes memory some = Canary.takeBytes(data.length - from);
        uint256 behindSome = Canary.guard();
        Mem.copy(all.start(), data);
        Mem.copyFrom(some.start(), Mem.placeOf(data) + from, some.length);
        Check.eqBytes(all, data, "all");
        Check.eqBytes(some, data[from:], "some");
        Mem.wipe(all.start(), all.length);
        Check.eqBytes(all, new bytes(data.length), "wiped");
        Mem.move(all.start(), some);
        Check.eqBytes(all, bytes.concat(data[from:], new bytes(from)), "moved");
        Check.eqBytes(all.cut(from), bytes.concat(data[from:], new bytes(from)).cut(from), "cut");
        Check.eqBytes(Mem.bytesAt(some.start()), some, "by address");
        Check.yes(Canary.isIntact(before), "memory before");
        Check.yes(Canary.isIntact(behindAll) && Canary.isIntact(behindSome), "memory behind");
    }

    function testFuzz_zerosInDirtyMemory(uint8 count) external pure {
        uint256 before = Canary.guard();
        Canary.soil(16 + uint256(count));
        uint256 pos = Mem.zeros(count);
        uint256 behind = Canary.guard();
        Check.eq(behind, pos + 32 * uint256(count), "size");
        for (uint256 i = 0; i < count; ++i) Check.eq(Mem.load(pos + 32 * i), 0, "zero");
        Check.yes(Canary.isIntact(before) && Canary.isIntact(behind), "memory beside it");
    }

    // ---------------------------------------------------------------------------------------------------- the end of a call

    function testFuzz_returnsBytesAsTheyLie(bytes calldata data) external view {
        (bool ok, bytes memory found) = address(this).staticcall(abi.encodeCall(this.finish, (data)));
        Check.yes(ok, "returns");
        Check.eqBytes(found, data, "bytes");
    }

    function finish(bytes memory data) external pure {
        Mem.finish(data.start(), data.length);
    }

    // ---------------------------------------------------------------------------------------------------- structs

    /// @dev An item starts from zeros, whatever the one before left: each word of the structs, and no other.
    function testFuzz_clearsStructsWhole(uint256 dirt, uint8 modules) external pure {
        modules %= 17;
        uint256 before = Canary.guard();
        Work memory w;
        uint256 between = Canary.guard();
        Taken[] memory all = newTaken(modules);
        uint256 behind = Canary.guard();
        Check.eq(all.length, modules, "modules");
        bytes memory nothing = abi.encode(w, all);
        uint256[] memory places; // behind them the structs lie side by side
        assembly ("memory-safe") {
            places := all
        }
        _soil(before + 128, between, dirt);
        _soil(Mem.words(places) + 32 * uint256(modules), behind, dirt);
        clear(w);
        clear(all);
        Check.eqBytes(abi.encode(w, all), nothing, "cleared");
        Check.yes(Canary.isIntact(before) && Canary.isIntact(between) && Canary.isIntact(behind), "memory beside them");
    }

    function _soil(uint256 from, uint256 to, uint256 dirt) private pure {
        for (uint256 pos = from; pos < to; pos += 32) Mem.store(pos, dirt);
    }
}
