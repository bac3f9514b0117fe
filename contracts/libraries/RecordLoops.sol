// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "./Mem.sol";

/// @title Record loops
/// @notice What the escrow does for every record of a batch, and for every member that an order book asks about, in assembly: as compiled code
/// it took three times as much.
/// @dev Layouts are those of `PackedRecords`, `Journal` and `Account`. `take` does what is usual; whatever is not, it leaves to the
/// compiled code that does the same for a single record, before it has touched anything of that record.
library RecordLoops {
    using Mem for uint256[];

    /// @dev What the records of a call share and add up to; amounts in base units.
    struct Run {
        uint256 community;
        uint256 period;
        uint256 module;
        bool pledged; // whether they are paid from pledged money
        uint256[] doubtful; // members that the registry has to be asked about
        uint256 settlementFee;
        uint256 accounts; // place of the community's first account
        uint256 journals; // place of the first member's journal
        uint256 tag; // how journals name the period
        uint256 place; // of the two accounts in hand, zero for none
        uint256 word; // those accounts
        uint256 start; // of the records, in memory
        uint256 end;
        uint256 sums; // what the records take, see `reservedOf`, `feesOf`, `openedOf`
        uint256 revealed; // the earlier period that is revealed meanwhile, zero for none
    }

    // Offsets in `Run`.
    uint256 private constant PERIOD = 32;
    uint256 private constant MODULE = 64;
    uint256 private constant SETTLEMENT_FEE = 160;
    uint256 private constant ACCOUNTS = 192;
    uint256 private constant JOURNALS = 224;
    uint256 private constant TAG = 256;
    uint256 private constant PLACE = 288;
    uint256 private constant WORD = 320;
    uint256 private constant START = 352;
    uint256 private constant END = 384;
    uint256 private constant SUMS = 416;

    /// @dev Bytes of a record before its payload, and where head, reserve and digest start.
    uint256 private constant HEADER = 71;
    uint256 private constant HEAD = 11;
    uint256 private constant RESERVED = 13;
    uint256 private constant DIGEST = 39;

    uint256 private constant MAX_ENTRIES = 2048;

    /// @dev Bytes of a record of one entry with a prefix of 16 bits.
    uint256 private constant SINGLE = 77;

    /// @dev Fields of a journal, where they stand; and the reserve of a head.
    uint256 private constant RECORDS = 0xff00000000;
    uint256 private constant ONE_RECORD = 0x100000000;
    uint256 private constant HASH = 0xfffffffffffffffffffffffffffffffffffffffffffffffffff0000000000000;
    uint256 private constant RESERVE = 0xffffffffffffffffffffffff;

    /// @dev Number of records and the highest bit of that of entries, of which a full journal has 2,048; a record more carries into the bit
    /// behind if there are 255.
    uint256 private constant COUNTS = 0xff80000000;
    uint256 private constant FULL = 0x10080000000;

    /// @dev Bits in `Run.sums`.
    uint256 private constant FEES = 128;
    uint256 private constant OPENED = 192;

    /// @dev Of an account: module 0, the flags that it may owe or be owed and that it stays active; and how a usual one has them.
    uint256 private constant ASKED = 0x120001000000000000000000000000;
    uint256 private constant USUAL = 0x100001000000000000000000000000;

    /// @dev The same above the lowest 96 bits: where a shift costs less than a longer number.
    uint256 private constant ASKED_HIGH = 0x120001;
    uint256 private constant USUAL_HIGH = 0x100001;

    /// @notice Copies records into memory, as the data of their event has them: `feeTo`, where the bytes start, how many, the bytes.
    function load(Run memory w, address feeTo, bytes calldata records) internal pure {
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, and(feeTo, 0xffffffffffffffffffffffffffffffffffffffff))
            mstore(add(data, 32), 64)
            mstore(add(data, 64), records.length)
            let start := add(data, 96)
            let end := add(start, records.length)
            calldatacopy(start, records.offset, records.length)
            mstore(end, 0)
            mstore(0x40, and(add(end, 63), not(31)))
            mstore(add(w, START), start)
            mstore(add(w, END), end)
        }
    }

    /// @notice Logs the records that `load` has copied.
    /// @param topic The event, which has community, period and module as topics.
    function log(Run memory w, bytes32 topic) internal {
        assembly ("memory-safe") {
            let data := sub(mload(add(w, START)), 96)
            let size := and(add(sub(mload(add(w, END)), data), 31), not(31))
            log4(data, size, topic, mload(w), mload(add(w, PERIOD)), mload(add(w, MODULE)))
        }
    }

    /// @notice Adds what one record takes.
    /// @param first Whether it opens a journal: then the settlement fee is in `amount`.
    function count(Run memory w, uint256 amount, uint256 fee, bool first) internal pure {
        unchecked {
            w.sums += amount | (fee << FEES) | (uint256(first ? 1 : 0) << OPENED);
        }
    }

    /// @notice Notes a member that the registry has to be asked about.
    /// @param most Records of the call.
    function doubt(Run memory w, uint256 member, uint256 most) internal pure {
        uint256 count_ = w.doubtful.length;
        // Room for all of them, of which so many are in use.
        if (count_ == 0) w.doubtful = Mem.wordsOf(most);
        uint256[] memory doubtful = w.doubtful;
        unchecked {
            Mem.store(doubtful.words() + 32 * count_, member);
            doubtful.cut(count_ + 1);
        }
    }

    /// @return Base units that become outstanding.
    function reservedOf(Run memory w) internal pure returns (uint256) {
        return w.sums & ((1 << FEES) - 1);
    }

    /// @return Base units.
    function feesOf(Run memory w) internal pure returns (uint256) {
        return (w.sums >> FEES) & ((1 << (OPENED - FEES)) - 1);
    }

    /// @return Journals.
    function openedOf(Run memory w) internal pure returns (uint256) {
        return w.sums >> OPENED;
    }

    /// @notice As `take`, for records of one entry and its prefix of 16 bits: what is paid per record, they pay per entry.
    /// @param pos Where the first record starts.
    /// @return Where the first one starts that it did not take; the end of the records if there is none.
    // solhint-disable-next-line function-max-lines
    function takeSingles(Run memory w, uint256 pos) internal returns (uint256) {
        assembly ("memory-safe") {
            // In a function of its own, which the compiler leaves one, it keeps its variables on the stack.
            function run(r, from) -> at, place, word, sums {
                at := from
                place := mload(add(r, PLACE))
                word := mload(add(r, WORD))
                let accounts := mload(add(r, ACCOUNTS))
                let journals := mload(add(r, JOURNALS))
                let tag := mload(add(r, TAG))
                let settlementFee := mload(add(r, SETTLEMENT_FEE))
                let last := sub(mload(add(r, END)), SINGLE) // where the last of these can start
                for {} 1 {} {
                    let middle := mload(add(at, HEAD)) // entries 16 | reserve 96 | Wh 96 | size 16 | ...
                    let unusual := or(xor(shr(240, middle), 1), xor(and(shr(32, middle), 0xffff), 6))
                    if or(unusual, gt(at, last)) {
                        leave
                    }
                    let start := mload(at) // member 32 | frontier 8 | fee 48 | ...
                    let spot := or(accounts, shr(225, start))
                    if xor(spot, place) {
                        if place {
                            sstore(place, word)
                        }
                        place := spot
                        word := sload(place)
                    }
                    spot := or(journals, and(shr(216, start), 0xffffffff00))
                    let j := sload(spot)
                    j := mul(j, eq(and(j, 0xfffff), tag))

                    // What it takes.
                    let opening := iszero(and(j, RECORDS))
                    let fee := and(shr(168, start), 0xffffffffffff)
                    let total := add(shr(160, mload(add(at, RESERVED))), fee)
                    total := add(total, mul(opening, settlementFee))

                    // What may be unusual about it.
                    let shift := and(shr(217, start), 0x80)
                    let account := shr(shift, word)
                    unusual := xor(and(shr(96, account), ASKED_HIGH), USUAL_HIGH)
                    unusual := or(unusual, gt(total, and(account, 0xffffffffffffffff)))
                    unusual := or(unusual, lt(byte(4, start), byte(26, j))) // frontiers
                    if or(unusual, and(add(and(j, COUNTS), ONE_RECORD), FULL)) {
                        leave
                    }

                    word := sub(word, shl(shift, total))
                    sums := add(add(sums, total), add(shl(FEES, fee), shl(OPENED, opening)))
                    mstore(0, shr(52, j))
                    mstore(0x20, shr(48, middle))
                    mstore(0x40, mload(add(at, DIGEST)))
                    mstore(0x60, keccak256(add(at, HEADER), 6))
                    j := add(and(j, 0xfffff00000), 0x100100000) // one record more, and one entry
                    j := or(j, or(tag, shl(40, byte(4, start))))
                    sstore(spot, or(j, and(keccak256(0, 0x80), HASH)))
                    at := add(at, SINGLE)
                }
            }

            // What is hashed lies in the lowest four words, which cost least to name: the end of memory and the word of zeros are put back.
            let free := mload(0x40)
            let at, place, word, sums := run(w, add(mload(add(w, START)), pos))
            mstore(0x40, free)
            mstore(0x60, 0)
            mstore(add(w, PLACE), place)
            mstore(add(w, WORD), word)
            // Totals have the fees in them, which are counted above too.
            sums := sub(sums, and(shr(FEES, sums), 0xffffffffffffffff))
            mstore(add(w, SUMS), add(mload(add(w, SUMS)), sums))
            pos := sub(at, mload(add(w, START)))
        }
        return pos;
    }

    /// @notice Takes records of the first module of an open community into journals and free balances for as long as they are whole, fit
    /// their journals, do not move the frontier back, and are of members that stay active, may not owe anything, have enabled the module
    /// and have the money.
    /// @param pos Where the first record starts.
    /// @return Where the first one starts that it did not take; the end of the records if there is none.
    function take(Run memory w, uint256 pos) internal returns (uint256) {
        assembly ("memory-safe") {
            // In a function of its own, which the compiler leaves one, it keeps its variables on the stack.
            function run(r, pos_) -> at, place, word {
                at := pos_
                place := mload(add(r, PLACE))
                word := mload(add(r, WORD))
                let end := mload(add(r, END))
                for {} lt(at, end) {} {
                    let start := mload(at) // member 32 | frontier 8 | fee 48 | ...
                    let middle := mload(add(at, HEAD)) // entries 16 | reserve 96 | Wh 96 | size 16 | ...
                    let size := and(shr(32, middle), 0xffff)
                    // Where the header is cut off already, the size may be anything.
                    if gt(add(add(at, HEADER), size), end) {
                        leave
                    }
                    let member := shr(224, start)
                    let spot := or(mload(add(r, ACCOUNTS)), shr(1, member))
                    if xor(spot, place) {
                        if place {
                            sstore(place, word)
                        }
                        place := spot
                        word := sload(place)
                    }
                    spot := or(mload(add(r, JOURNALS)), shl(8, member))
                    let j := sload(spot)
                    j := mul(j, eq(and(j, 0xfffff), mload(add(r, TAG))))

                    // What it takes.
                    let opening := iszero(and(j, RECORDS))
                    let fee := and(shr(168, start), 0xffffffffffff)
                    let total := add(and(shr(144, middle), RESERVE), mul(opening, mload(add(r, SETTLEMENT_FEE))))
                    let sums := add(total, add(shl(FEES, fee), shl(OPENED, opening)))
                    total := add(total, fee)

                    // What may be unusual about it.
                    let entries := shr(240, middle)
                    let unusual := gt(size, add(64, shl(4, entries)))
                    entries := add(entries, and(shr(20, j), 0xfff))
                    unusual := or(unusual, or(gt(entries, MAX_ENTRIES), eq(and(j, RECORDS), RECORDS)))
                    unusual := or(unusual, lt(byte(4, start), byte(26, j))) // frontiers
                    let shift := shl(7, and(member, 1))
                    let account := shr(shift, word)
                    unusual := or(unusual, xor(and(account, ASKED), USUAL))
                    if or(unusual, gt(total, and(account, 0xffffffffffffffff))) {
                        leave
                    }

                    word := sub(word, shl(shift, total))
                    mstore(add(r, SUMS), add(mload(add(r, SUMS)), sums))
                    let free := mload(0x40)
                    mstore(free, shr(52, j))
                    mstore(add(free, 32), shr(48, middle))
                    mstore(add(free, 64), mload(add(at, DIGEST)))
                    mstore(add(free, 96), keccak256(add(at, HEADER), size))
                    // The number of records grows by one; the sum of entries fits its field, as checked.
                    let counts := add(shl(20, entries), add(and(j, RECORDS), ONE_RECORD))
                    counts := or(or(counts, mload(add(r, TAG))), shl(40, byte(4, start)))
                    sstore(spot, or(counts, and(keccak256(free, 128), HASH)))
                    at := add(add(at, HEADER), size)
                }
            }

            let at, place, word := run(w, add(mload(add(w, START)), pos))
            mstore(add(w, PLACE), place)
            mstore(add(w, WORD), word)
            pos := sub(at, mload(add(w, START)))
        }
        return pos;
    }

    /// @notice Reads accounts and journals of members.
    /// @param accounts Place of the community's first account.
    /// @param journals Place of the first member's journal.
    /// @param tag How journals name the period.
    /// @param to Where the words go in memory, one per member: its account, and above that the low half of its journal, or zeros where that
    /// is of another period.
    /// @return all The words, or-ed.
    function read(
        uint256 accounts,
        uint256 journals,
        uint256 tag,
        uint256[] calldata members,
        uint256 to
    ) internal view returns (uint256 all) {
        assembly ("memory-safe") {
            // In a function of its own, which the compiler leaves one, it keeps its variables on the stack.
            function run(accounts_, journals_, tag_, from, at, end) -> any {
                for {} 1 {} {
                    if iszero(lt(at, end)) {
                        leave
                    }
                    let member := and(calldataload(add(from, at)), 0xffffffff)
                    let word := sload(or(accounts_, shr(1, member)))
                    // Even ones are the low half.
                    if iszero(and(member, 1)) {
                        let j := sload(or(journals_, shl(8, member)))
                        j := mul(j, eq(and(j, 0xfffff), tag_))
                        j := xor(word, shl(128, xor(shr(128, word), j)))
                        any := or(any, j)
                        mstore(at, j)
                        at := add(at, 32)
                        // Mostly its neighbour follows, in the other half of the same word.
                        member := add(member, 1)
                        if or(xor(and(calldataload(add(from, at)), 0xffffffff), member), iszero(lt(at, end))) {
                            continue
                        }
                    }
                    let j := sload(or(journals_, shl(8, member)))
                    j := mul(j, eq(and(j, 0xfffff), tag_))
                    j := or(shr(128, word), shl(128, j))
                    any := or(any, j)
                    mstore(at, j)
                    at := add(at, 32)
                }
            }

            all := run(accounts, journals, tag, sub(members.offset, to), to, add(to, shl(5, members.length)))
        }
    }
}
