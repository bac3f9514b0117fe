// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "../../contracts/libraries/Mem.sol";
import {PackedRecords} from "../../contracts/libraries/PackedRecords.sol";
import {RecordLoops} from "../../contracts/libraries/RecordLoops.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Account, ACCOUNT_ACTIVE, ACCOUNT_DEBT} from "../../contracts/types/Account.sol";
import {Journal, newJournal, tagFor} from "../../contracts/types/Journal.sol";
import {Check, Dice} from "./Check.sol";
import {RecordLoopsPlain} from "./plain/RecordLoopsPlain.sol";
import {Canary} from "./support/Canary.sol";

/// @notice The loops of the escrow against their plain twins: the same words from the same records, whatever is unusual about any of them.
contract RecordLoopsTest {
    using Mem for uint256[];
    using RecordLoops for RecordLoops.Run;
    using RecordLoopsPlain for RecordLoops.Run;

    uint256 private constant MEMBERS = 6;

    /// @dev What a run took before: opened journals, fees, reserve.
    uint256 private constant SOME = (3 << 192) | (5 << 128) | 7;

    uint256 private immutable _accounts = Words.area("test.accounts");
    uint256 private immutable _journals = Words.area("test.journals");
    uint256 private immutable _plainAccounts = Words.area("test.plain.accounts");
    uint256 private immutable _plainJournals = Words.area("test.plain.journals");

    function testFuzz_takesWhatItsPlainTwinTakes(uint256 seed) external {
        Dice memory d = Dice(seed);
        uint256 period = d.upTo(type(uint32).max);
        _fill(d, period);
        _take(_records(d, false), period, false);
    }

    function testFuzz_takesSinglesAsItsPlainTwinDoes(uint256 seed) external {
        Dice memory d = Dice(seed);
        uint256 period = d.upTo(type(uint32).max);
        _fill(d, period);
        _take(_records(d, true), period, true);
    }

    function _take(bytes memory records, uint256 period, bool singles) private {
        RecordLoops.Run memory plain = _run(_plainAccounts, _plainJournals, period);
        uint256 expected = plain.take(records, 0, singles);
        (uint256 pos, uint256 sums) = this.take(records, period, singles);
        Check.eq(pos, expected, "end");
        Check.eq(sums, plain.sums, "sums");
        for (uint256 i = 0; i < MEMBERS; ++i) {
            Check.eq(Words.load(_accounts | (i >> 1)), Words.load(_plainAccounts | (i >> 1)), "accounts");
            Check.eq(Words.load(_journals | (i << 8)), Words.load(_plainJournals | (i << 8)), "journal");
        }
    }

    function test_takesTheLastUnitOfABalanceAndNoneMore() external {
        uint256 usual = (uint256(1) << 96) | (uint256(1 | ACCOUNT_ACTIVE) << 112);
        // Reserve, fee and settlement fee.
        bytes memory record = PackedRecords.single(1, 0, 13, uint208(uint256(17) << 96), 0, "");
        for (uint256 free = 13 + 17 + 6; free < 13 + 17 + 9; ++free) {
            Words.store(_accounts, (usual | free) << 128);
            (uint256 pos, ) = this.take(record, 5, false);
            Check.eq(pos, free < 13 + 17 + 7 ? 0 : record.length, "end");
            Words.store(_journals | (1 << 8), 0);
        }
    }

    function testFuzz_readsWhatItsPlainTwinReads(uint256 seed, uint256[] memory members) external {
        Dice memory d = Dice(seed);
        uint256 period = d.upTo(type(uint32).max);
        _fill(d, period);
        for (uint256 i = 0; i < members.length; ++i) {
            members[i] = (members[i] << 32) | (members[i] % MEMBERS); // the rest of the word does not count
            if (i != 0 && d.one(2)) members[i] = (uint256(uint32(members[i - 1])) + 1) % MEMBERS; // mostly neighbours follow one another
        }
        // Whoever stands behind the last one is nobody's business.
        uint256 count = members.length == 0 ? 0 : d.upTo(members.length - 1);
        (uint256[] memory words, uint256 all) = this.read(members, count, period);
        RecordLoops.Run memory plain = _run(_plainAccounts, _plainJournals, period);
        uint256 any = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 account = Account.unwrap(plain.accountAt(uint32(members[i])));
            uint256 journal = Journal.unwrap(plain.journalAt(uint32(members[i])));
            Check.eq(uint128(words[i]), account, "account");
            Check.eq(words[i] >> 128, uint128(journal), "journal");
            any |= words[i];
        }
        Check.eq(all, any, "all");
    }

    function testFuzz_loadsRecordsAsTheirEventHasThem(address feeTo, bytes calldata records) external pure {
        RecordLoops.Run memory w;
        assembly ("memory-safe") {
            // Memory that is not clean.
            let free := mload(0x40)
            for {
                let i := 0
            } lt(i, add(records.length, 160)) {
                i := add(i, 32)
            } {
                mstore(add(free, i), not(0))
            }
        }
        w.load(feeTo, records);
        bytes memory behind = new bytes(32); // must not lie where the records are
        for (uint256 i = 0; i < behind.length; ++i) behind[i] = 0xff;
        bytes memory data = new bytes(w.end - w.start + 96 + ((32 - (records.length % 32)) % 32));
        uint256 from = w.start - 96;
        assembly ("memory-safe") {
            mcopy(add(data, 32), from, mload(data))
        }
        Check.eqBytes(data, abi.encode(feeTo, records), "data");
    }

    function take(bytes calldata records, uint256 period, bool singles) external returns (uint256 pos, uint256 sums) {
        RecordLoops.Run memory w = _run(_accounts, _journals, period);
        w.load(address(0), records);
        w.sums = SOME;
        uint256 free = Mem.mark();
        pos = singles ? w.takeSingles(0) : w.take(0);
        Check.eq(Mem.mark(), free, "free memory");
        Check.eq(Mem.load(0x60), 0, "the word of zeros");
        w.sums -= SOME;
        if (w.place != 0) Words.store(w.place, w.word);
        return (pos, w.sums);
    }

    function read(
        uint256[] calldata members,
        uint256 count,
        uint256 period
    ) external view returns (uint256[] memory words, uint256 all) {
        words = new uint256[](count);
        uint256 behind = Canary.guard();
        all = RecordLoops.read(_accounts, _journals, tagFor(period), members[:count], words.words());
        Check.yes(Canary.isIntact(behind), "memory behind");
    }

    function _run(uint256 accounts, uint256 journals, uint256 period) private pure returns (RecordLoops.Run memory w) {
        (w.period, w.tag) = (period, tagFor(period));
        (w.accounts, w.journals) = (accounts, journals);
        w.settlementFee = 7;
    }

    /// @dev Mostly members who may, with some money and a journal of the period.
    function _fill(Dice memory d, uint256 period) private {
        for (uint256 i = 0; i < MEMBERS; i += 2) {
            uint256 word = _someAccount(d) | (_someAccount(d) << 128);
            Words.store(_accounts | (i >> 1), word);
            Words.store(_plainAccounts | (i >> 1), word);
        }
        for (uint256 i = 0; i < MEMBERS; ++i) {
            uint256 word = _someJournal(d, period);
            Words.store(_journals | (i << 8), word);
            Words.store(_plainJournals | (i << 8), word);
        }
    }

    function _someAccount(Dice memory d) private pure returns (uint256) {
        uint256 flags = 1 | (d.one(20) ? 0 : ACCOUNT_ACTIVE) | (d.one(20) ? ACCOUNT_DEBT : 0) | (d.one(2) ? 4 : 0);
        uint256 modules = (d.roll() & 0xfffe) | (d.one(20) ? 0 : 1);
        uint256 free = d.one(8) ? d.upTo(type(uint64).max) : d.upTo(3000);
        return free | (d.upTo(type(uint32).max) << 64) | (modules << 96) | (flags << 112);
    }

    function _someJournal(Dice memory d, uint256 period) private pure returns (uint256) {
        if (d.one(4)) return d.one(2) ? 0 : d.roll();
        uint256 entries = d.one(8) ? 2048 - d.upTo(4) : d.upTo(100);
        uint256 records = d.one(8) ? 255 - d.upTo(3) : d.upTo(5);
        uint256 frontier = d.one(4) ? d.upTo(255) : 0;
        return Journal.unwrap(newJournal(period, entries, records, frontier, d.roll() >> 52));
    }

    /// @param singles Whether most are of one entry with a prefix of 16 bits.
    function _records(Dice memory d, bool singles) private pure returns (bytes memory records) {
        uint256 count = d.upTo(9);
        for (uint256 i = 0; i < count; ++i) {
            uint256 entries = d.one(20) ? d.upTo(type(uint16).max) : d.upTo(3);
            uint256 reserve = d.one(20) ? d.upTo(type(uint96).max) : d.upTo(200);
            uint256 head = (d.roll() >> 160) | (reserve << 96) | (entries << 192);
            bytes memory payload = new bytes(d.one(20) ? d.upTo(150) : d.upTo(64));
            if (singles && !d.one(10)) {
                head = (head & ((1 << 192) - 1)) | (1 << 192);
                payload = new bytes(d.one(20) ? 8 : 6);
            }
            for (uint256 k = 0; k < payload.length; ++k) payload[k] = bytes1(uint8(d.roll()));
            uint8 frontier = uint8(d.one(6) ? d.upTo(255) : 255);
            uint48 fee = uint48(d.one(20) ? d.upTo(type(uint48).max) : d.upTo(50));
            uint32 member = uint32(d.upTo(MEMBERS - 1));
            records = bytes.concat(
                records,
                PackedRecords.single(member, frontier, fee, uint208(head), bytes32(d.roll()), payload)
            );
        }
        // Sometimes the end is missing.
        if (records.length != 0 && d.one(6)) {
            uint256 length = d.upTo(records.length - 1);
            assembly ("memory-safe") {
                mstore(records, length)
            }
        }
    }
}
