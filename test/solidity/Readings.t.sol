// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {Readings} from "../../contracts/libraries/Readings.sol";
import {SlotLoops} from "../../contracts/libraries/SlotLoops.sol";
import {Batch, Work} from "../../contracts/types/Batch.sol";
import {Member} from "../../contracts/types/Member.sol";
import {Terms} from "../../contracts/types/Terms.sol";
import {Check, Dice} from "./Check.sol";
import {Canary} from "./support/Canary.sol";
import {Vm, VM} from "./support/Vm.sol";

/// @notice What a meter signs is what EIP-712 says, and the event of a reading what the compiler would emit; memory around stays as it is.
contract ReadingsTest {
    bytes32 private constant READING_TYPE = keccak256(
        "Reading(uint32 community,uint32 member,uint32 period,bool closesGap,uint96 startImport,uint96 startExport,bytes values)"
    );

    // ---------------------------------------------------------------------------------------------------- the digest

    function testFuzz_digestAsEip712Says(
        bytes32 domain,
        uint32[3] calldata place,
        bool closesGap,
        uint96 startImport,
        uint96 startExport,
        bytes calldata values
    ) external pure {
        bytes32 fields = keccak256(
            abi.encode(
                READING_TYPE,
                place[0],
                place[1],
                place[2],
                closesGap,
                startImport,
                startExport,
                keccak256(values)
            )
        );
        bytes32 expected = keccak256(abi.encodePacked(hex"1901", domain, fields));
        bytes32 valuesHash = keccak256(values);
        uint256 before = Canary.guard();
        Canary.soil(16);
        uint256 free = Canary.take(0);
        bytes32 digest = Readings.digestOf(
            domain,
            place[0],
            place[1],
            place[2],
            closesGap,
            startImport,
            startExport,
            valuesHash
        );
        uint256 freeAfter = Canary.take(0);
        Check.yes(digest == expected, "digest");
        Check.yes(Canary.isIntact(before), "memory before");
        Check.eq(freeAfter, free, "free memory");
    }

    // ---------------------------------------------------------------------------------------------------- the event

    /// @dev Readings of several members in the same room: nothing of the one before shows.
    function testFuzz_emitsWhatTheCompilerEmits(
        uint32 community,
        uint32 period,
        uint32[3] calldata members,
        int128 gapLeg,
        uint8 slots,
        uint256 seed
    ) external {
        slots = slots < 16 ? 144 : 1 + (slots % 12);
        VM.recordLogs();
        this.emitByHand(community, period, members, gapLeg, slots, seed);
        Vm.Log[] memory found = VM.getRecordedLogs();
        Dice memory d = Dice(seed);
        for (uint256 i = 0; i < members.length; ++i) {
            emit ISettlement.Metered(community, members[i], period, gapLeg, _values(d, slots));
        }
        Check.eqBytes(abi.encode(found), abi.encode(VM.getRecordedLogs()), "logs");
    }

    /// @dev Settlement keeps its fields in memory, where the rest of a word may be anything.
    function emitByHand(
        uint32 community,
        uint32 period,
        uint32[3] calldata members,
        int128 gapLeg,
        uint256 slots,
        uint256 seed
    ) external {
        Batch memory b;
        Work memory w;
        (b.community, b.period, w.gapLeg) = (community, period, gapLeg);
        Dice memory d = Dice(seed);
        uint256 before = Canary.guard();
        Canary.soil(64 + slots);
        b.values = Readings.room(slots);
        uint256 behind = Canary.guard();
        Check.eqBytes(b.values, new bytes(6 * slots), "zeros at first");
        _checkZerosBehind(b.values);
        for (uint256 i = 0; i < members.length; ++i) {
            w.member = members[i];
            bytes memory reading = _values(d, slots);
            for (uint256 k = 0; k < reading.length; ++k) b.values[k] = reading[k];
            assembly ("memory-safe") {
                mstore(b, or(mload(b), shl(32, not(0))))
                mstore(add(b, 32), or(mload(add(b, 32)), shl(32, not(0))))
                mstore(w, or(mload(w), shl(32, not(0))))
            }
            Readings.emitMetered(b, w);
            Check.eqBytes(b.values, reading, "reading");
            _checkZerosBehind(b.values);
        }
        Check.yes(Canary.isIntact(before) && Canary.isIntact(behind), "memory beside it");
    }

    // ---------------------------------------------------------------------------------------------------- the values

    function testFuzz_unpacksAndAddsUp(uint256 seed, uint8 slots, uint16[2] calldata caps) external view {
        Dice memory d = Dice(seed);
        slots = slots < 16 ? 144 : 1 + (slots % 12);
        this.unpack(_values(d, slots), _values(d, slots), slots, caps);
    }

    function unpack(bytes calldata first, bytes calldata second, uint256 slots, uint16[2] calldata caps) external pure {
        Batch memory b;
        Work memory w;
        uint256 lotWh = 10;
        b.terms = Terms.wrap(lotWh << 24);
        w.word = Member.wrap((uint256(caps[0]) << 160) | (uint256(caps[1]) << 176));
        b.reading = SlotLoops.newReading(slots);
        uint256 before = Canary.guard();
        Canary.soil(64 + slots);
        b.values = Readings.room(slots);
        uint256 behind = Canary.guard();
        _unpack(b, w, first, caps, lotWh);
        _unpack(b, w, second, caps, lotWh);
        Check.yes(Canary.isIntact(before) && Canary.isIntact(behind), "memory beside it");
    }

    function _unpack(
        Batch memory b,
        Work memory w,
        bytes calldata values,
        uint16[2] calldata caps,
        uint256 lotWh
    ) private pure {
        (uint256 imported, uint256 exported, bool rated) = Readings.unpack(b, w, values);
        Check.yes(w.valuesHash == keccak256(values), "hash");
        Check.eqBytes(b.values, values, "values");
        _checkZerosBehind(b.values);
        uint256[2] memory most;
        for (uint256 side = 0; side < 2; ++side) {
            most[side] = (uint256(caps[side]) * lotWh * 11) / 10; // its caps and a tenth
            Check.eq(Readings.ratedWh(b, w.word, side), most[side], "rated energy");
        }
        uint256[2] memory sums;
        bool allRated = true;
        for (uint256 pos = 0; pos < values.length; pos += 3) {
            uint256 wh = uint24(bytes3(values[pos:pos + 3]));
            sums[(pos / 3) % 2] += wh;
            if (wh > most[(pos / 3) % 2]) allRated = false;
        }
        Check.eq(imported, sums[0], "imported");
        Check.eq(exported, sums[1], "exported");
        Check.yes(rated == allRated, "rated");
    }

    // ---------------------------------------------------------------------------------------------------- parts

    function _values(Dice memory d, uint256 slots) private pure returns (bytes memory values) {
        values = new bytes(6 * slots);
        uint256 most = d.one(2) ? type(uint24).max : 60_000;
        for (uint256 pos = 0; pos < values.length; pos += 3) {
            uint256 wh = d.upTo(most);
            for (uint256 i = 0; i < 3; ++i) values[pos + i] = bytes1(uint8(wh >> (16 - 8 * i)));
        }
    }

    /// @dev The event pads with them, and loops over slots read some.
    function _checkZerosBehind(bytes memory values) private pure {
        uint256 first;
        uint256 second;
        assembly ("memory-safe") {
            let end := add(add(values, 32), mload(values))
            first := mload(end)
            second := mload(add(end, 18))
        }
        Check.eq(first | second, 0, "zeros behind it");
    }
}
