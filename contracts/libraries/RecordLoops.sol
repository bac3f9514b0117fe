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

    /// @dev Bytes of a record before its payload, and where head and digest start.
    uint256 private constant HEADER = 71;
    uint256 private constant HEAD = 11;
    uint256 private constant DIGEST = 39;

    uint256 private constant MAX_ENTRIES = 2048;

    /// @dev Fields of a journal, where they stand; and the reserve of a head.
    uint256 private constant RECORDS = 0xff00000000;
    uint256 private constant ONE_RECORD = 0x100000000;
    uint256 private constant HASH = 0xfffffffffffffffffffffffffffffffffffffffffffffffffff0000000000000;
    uint256 private constant RESERVE = 0xffffffffffffffffffffffff;

    /// @dev Bits in `Run.sums`.
    uint256 private constant FEES = 128;
    uint256 private constant OPENED = 192;

    /// @dev Of an account: module 0, the flags that it may owe or be owed and that it stays active; and how a usual one has them.
    uint256 private constant ASKED = 0x120001000000000000000000000000;
    uint256 private constant USUAL = 0x100001000000000000000000000000;

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
    /// @param to Where the accounts go in memory, a word per member.
    /// @param gap Bytes from an account to its journal; there are zeros where the word is of another period.
    /// @return all The accounts, or-ed.
    function read(
        uint256 accounts,
        uint256 journals,
        uint256 tag,
        uint256[] calldata members,
        uint256 to,
        uint256 gap
    ) internal view returns (uint256 all) {
        assembly ("memory-safe") {
            let from := members.offset
            for {
                let end := add(to, shl(5, members.length))
            } lt(to, end) {
                to := add(to, 32)
            } {
                let member := and(calldataload(from), 0xffffffff)
                let word := sload(or(accounts, shr(1, member)))
                // Even ones are the low half, odd ones the high half.
                word := shr(128, shl(shl(7, iszero(and(member, 1))), word))
                mstore(to, word)
                all := or(all, word)
                word := sload(or(journals, shl(8, member)))
                mstore(add(to, gap), mul(word, eq(and(word, 0xfffff), tag)))
                from := add(from, 32)
            }
        }
    }
}
