// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOrderBook} from "../../contracts/interfaces/IOrderBook.sol";
import {PackedRecords} from "../../contracts/libraries/PackedRecords.sol";
import {PackedStrips} from "../../contracts/libraries/PackedStrips.sol";
import {Mem} from "../../contracts/libraries/Mem.sol";
import {Check, Dice} from "./Check.sol";
import {PackedBatchesPlain} from "./plain/PackedBatchesPlain.sol";
import {Canary} from "./support/Canary.sol";

/// @notice Packed strips and records read as their plain twins read them, wherever they stand, and say what was packed.
contract PackedBatchesTest {
    using PackedRecords for bytes;
    using PackedStrips for bytes;
    using PackedStrips for uint256;

    // ---------------------------------------------------------------------------------------------------- strips

    function testFuzz_stripsReadAsTheirPlainTwin(bytes calldata data, uint256 pos) external view {
        if (data.length < PackedStrips.HEADER) return;
        pos %= data.length - PackedStrips.HEADER + 1;
        IOrderBook.Strip memory plain = PackedBatchesPlain.stripAt(data, pos);
        Check.eq(data.memberAt(pos), plain.member, "member");
        Check.eq(data.countAt(pos), plain.entries.length / 4, "count");
        if (pos + PackedStrips.HEADER + plain.entries.length > data.length) return;
        (uint256 terms, bytes calldata entries) = data.read(pos);
        (bytes32 r, bytes32 vs) = data.signatureAt(pos);
        Check.eq(terms, this.termsOf(plain), "terms");
        Check.yes(r == plain.r && vs == plain.vs, "signature");
        Check.eqBytes(entries, plain.entries, "entries");
    }

    function testFuzz_stripsSayWhatWasPacked(IOrderBook.Strip memory s, bytes memory before) external view {
        uint256 length = s.entries.length - (s.entries.length % 4);
        bytes memory entries = new bytes(length);
        for (uint256 i = 0; i < length; ++i) entries[i] = s.entries[i];
        s.entries = entries;
        bytes memory packed = PackedBatchesPlain.pack(s);
        Check.eq(packed.length, PackedStrips.HEADER + length, "length");
        this.checkPacked(bytes.concat(before, packed), before.length, s);
    }

    function checkPacked(bytes calldata data, uint256 pos, IOrderBook.Strip calldata s) external pure {
        (uint256 terms, bytes calldata entries) = data.read(pos);
        (bytes32 r, bytes32 vs) = data.signatureAt(pos);
        Check.eq(terms, PackedStrips.termsOf(s), "terms");
        Check.eq(terms.memberOf(), s.member, "member");
        Check.eq(terms.afterOf(), s.after_, "after");
        Check.eq(terms.epochOf(), s.epoch, "epoch");
        Check.eq(terms.deadlineOf(), s.deadline, "deadline");
        Check.eq(terms.maxReserveOf(), s.maxReserve, "reserve");
        Check.eq(terms.feePerEntryOf(), s.feePerEntry, "fee");
        Check.yes(r == s.r && vs == s.vs, "signature");
        Check.eqBytes(entries, s.entries, "entries");
    }

    function testFuzz_digestsAreThoseOfTheTypedData(
        bytes32 domain,
        uint32 community,
        uint32 period,
        IOrderBook.Strip calldata s
    ) external pure {
        bytes32 expected = PackedBatchesPlain.digestOf(domain, community, period, s);
        Canary.soil(64);
        bytes32 digest = PackedStrips.digestOf(domain, community, period, s.feeTo, PackedStrips.termsOf(s), s.entries);
        Check.eq(uint256(digest), uint256(expected), "digest");
    }

    /// @dev Of strips of one call after the other, nothing of the one before is left in the message.
    function testFuzz_digestsInOneMessageAreThoseOfEach(
        bytes32 domain,
        uint32 community,
        uint32 period,
        IOrderBook.Strip[3] calldata strips
    ) external pure {
        address feeTo = strips[0].feeTo;
        Canary.soil(64);
        uint256 message = Canary.take(32 * PackedStrips.MESSAGE_WORDS);
        PackedStrips.setMessage(message, domain, community, period, feeTo);
        uint256 behind = Canary.guard();
        for (uint256 i = 0; i < 3; ++i) {
            IOrderBook.Strip memory s = strips[i];
            s.feeTo = feeTo;
            bytes32 expected = PackedBatchesPlain.digestOf(domain, community, period, s);
            bytes32 digest = PackedStrips.digestIn(message, PackedStrips.termsOf(strips[i]), keccak256(s.entries));
            Check.eq(uint256(digest), uint256(expected), "digest");
        }
        Check.yes(Canary.isIntact(behind), "memory behind");
    }

    function testFuzz_strayBitsOfAStripRevert(IOrderBook.Strip calldata s, uint8 stray) external {
        uint8[6] memory bits = [32, 8, 32, 40, 96, 32];
        for (uint256 field = 0; field < 6; ++field) {
            _checkStray(s, field, bits[field]);
            if (stray > bits[field]) _checkStray(s, field, stray);
        }
    }

    function _checkStray(IOrderBook.Strip calldata s, uint256 field, uint256 bit) private {
        bytes memory call_ = abi.encodeCall(this.termsOf, (s));
        uint256 pos = 4 + 32 + 32 * field + (31 - bit / 8);
        call_[pos] = call_[pos] | bytes1(uint8(1 << (bit % 8)));
        (bool ok, ) = address(this).call(call_);
        Check.yes(!ok, "reverts");
    }

    function testFuzz_runsAreWalkedAsTheirPlainTwin(uint256 seed, bytes calldata rest) external view {
        Dice memory d = Dice(seed);
        bytes memory data = "";
        uint256 member = 0;
        for (uint256 strips = d.roll() % 6; strips > 0; --strips) {
            member =
                d.one(4)
                    ? d.upTo(8)
                    : d.one(16)
                        ? type(uint32).max
                        : member + (d.roll() % 3);
            bytes memory entries = new bytes(4 * (d.roll() % 5));
            bytes memory head = bytes.concat(bytes4(uint32(member)), new bytes(90), bytes2(uint16(entries.length / 4)));
            data = bytes.concat(data, head, entries);
        }
        if (d.one(2)) data = bytes.concat(data, rest);
        uint256 pos = data.length == 0 || d.one(2) ? 0 : d.roll() % data.length;
        this.checkWalk(bytes.concat(data), pos, d.one(2) ? 250 : 10_000);
    }

    function checkWalk(bytes calldata data, uint256 pos, uint256 enough) external pure {
        PackedBatchesPlain.Run memory r = PackedBatchesPlain.walk(data, pos, enough);
        // A strip that is cut off may have left its member already.
        uint256 members = Canary.take(32 * (r.members.length + 1));
        uint256 behind = Canary.guard();
        (uint256 end, uint256 count, bool cut) = data.walk(pos, members, enough);
        Check.eq(end, r.end, "end");
        // What is left of a header can name a smaller member: then the run ends before it, and the next one is cut.
        if (r.torn && r.members.length != 0 && !cut) r.torn = false;
        Check.yes(cut == (r.cut || r.torn), "cut");
        Check.yes(Canary.isIntact(behind), "memory behind");
        if (cut) return;
        Check.eq(count, r.members.length, "count");
        Check.eq(PackedStrips.entriesIn(end - pos, count), r.entries, "entries");
        for (uint256 i = 0; i < count; ++i) Check.eq(Mem.load(members + 32 * i), r.members[i], "member");
    }

    function termsOf(IOrderBook.Strip calldata s) external pure returns (uint256) {
        return PackedStrips.termsOf(s);
    }

    // ---------------------------------------------------------------------------------------------------- records

    function testFuzz_recordsReadAsTheirPlainTwin(bytes calldata data, uint256 pos) external pure {
        if (data.length < PackedRecords.HEADER) return;
        pos %= data.length - PackedRecords.HEADER + 1;
        PackedBatchesPlain.Record memory plain = PackedBatchesPlain.recordAt(data, pos);
        (uint32 member, uint8 frontier, uint256 fee) = data.startAt(pos);
        (uint256 head, uint256 size, bytes32 digest) = data.recordAt(pos);
        Check.eq(member, plain.member, "member");
        Check.eq(frontier, plain.frontier, "frontier");
        Check.eq(fee, plain.fee, "fee");
        Check.eq(head, plain.head, "head");
        Check.eq(size, plain.size, "size");
        Check.yes(digest == plain.digest, "digest");
    }

    function testFuzz_recordsSayWhatWasWritten(
        uint32 member,
        uint8 frontier,
        uint48 fee,
        uint208 head,
        bytes32 digest,
        bytes memory payload
    ) external pure {
        bytes memory single = PackedRecords.single(member, frontier, fee, head, digest, payload);
        uint256 guard = Canary.guard();
        bytes memory written = Canary.takeBytes(PackedRecords.HEADER + payload.length);
        uint256 behind = Canary.guard();
        uint256 to;
        assembly ("memory-safe") {
            to := add(written, 32)
        }
        PackedRecords.write(to, member, frontier, fee, head, payload.length, digest);
        for (uint256 i = 0; i < payload.length; ++i) written[PackedRecords.HEADER + i] = payload[i];
        Check.eqBytes(written, single, "record");
        Check.yes(Canary.isIntact(guard) && Canary.isIntact(behind), "memory beside it");
    }
}
