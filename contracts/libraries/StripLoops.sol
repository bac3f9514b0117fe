// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Book} from "./Book.sol";
import {EntryStrip} from "./EntryStrip.sol";
import {Terms} from "../types/Terms.sol";

/// @title Strip loops
/// @notice Takes signed strips of one entry: what is paid per strip, they pay per entry.
/// @dev `take` does what is usual. Whatever is not, it leaves to `OrderBook`, which says why a strip is not accepted, before it has
/// changed anything for that strip: an inactive member, a full tick, but also the first entry of a tick word, which is not in
/// memory yet. Only of a signature it says itself that it is wrong, so that it is not recovered twice. Layouts are those of `PackedStrips`, `Member`, `Account`, `Journal`, `PackedRecords` and `Book`.
library StripLoops {
    /// @notice What the strips of a call share, then what those of a run do: places in memory.
    /// @dev Assembly addresses its words by their position: keep the order.
    struct Batch {
        Book.Copy book;
        EntryStrip.Strip loop;
        uint32 community;
        uint32 period;
        address feeTo;
        uint256 settlementFee; // base units
        uint256 slots;
        uint256 message; // see `PackedStrips`
        uint256 time; // at which orders count, unix seconds
        uint256 index; // of the run's first strip among those of the call
        bool own; // a member's own transaction, without a signature
        bytes tariff;
        uint256 class; // of the tariff, whose prices the loop has
        uint256 words; // of the members, see `Member`
        uint256 toStanding; // from a member's word to that of `IPaymentEscrow.standings`
        uint256 ringBusy; // 1 if the period's ring entry cannot take records
        uint256 records; // where the first goes
        uint256 next; // where the next goes
        uint256 forged; // 1 if the loop stopped at a strip that is not signed by its member
        Terms terms; // if it is an own transaction
        address blob; // of the tariff, likewise
    }

    // Words that `create` takes for each struct and for the message, at least as many as it has.
    uint256 internal constant BATCH_WORDS = 24;
    uint256 internal constant COPY_WORDS = 8;
    uint256 internal constant STRIP_WORDS = 44;
    uint256 internal constant MESSAGE_WORDS = 14;
    uint256 internal constant RECOVERY_WORDS = 5;

    // Where a call's first batch is in memory, so that its words have places that the code can name; a word that is found by adding to
    // a variable costs twice as much.
    uint256 private constant ARRAY = 0x200;
    uint256 private constant BATCH = 0x240;

    // Words of that batch.
    uint256 private constant SETTLEMENT_FEE = 0x2e0;
    uint256 private constant SLOTS = 0x300;
    uint256 private constant TIME = 0x340;
    uint256 private constant TARIFF = 0x3a0;
    uint256 private constant TO_STANDING = 0x400;
    uint256 private constant RING_BUSY = 0x420;
    uint256 private constant NEXT_RECORD = 0x460;
    uint256 private constant FORGED = 0x480;

    // Words of its loop.
    uint256 private constant LOOP = 0x640;
    uint256 private constant BUY_FLOOR = 0x6c0;
    uint256 private constant LANE_LOG = 0x7c0;
    uint256 private constant LOT_AMOUNT = 0x740;
    uint256 private constant SELL_FLOOR = 0x6e0;
    uint256 private constant SELL_LEAST = 0x700;
    uint256 private constant TABLE = 0x820;
    uint256 private constant TICK_AMOUNT = 0x720;

    // Words of its message, see `PackedStrips.setMessage`.
    uint256 private constant MESSAGE = 0xbc0;
    uint256 private constant SIGNED_MEMBER = 0xc00;
    uint256 private constant SIGNED_AFTER = 0xc40;
    uint256 private constant SIGNED_EPOCH = 0xc60;
    uint256 private constant SIGNED_DEADLINE = 0xc80;
    uint256 private constant SIGNED_RESERVE = 0xca0;
    uint256 private constant SIGNED_FEE = 0xcc0;
    uint256 private constant SIGNED_ENTRIES = 0xd00;
    uint256 private constant SIGNED_DOMAIN = 0xd20;
    uint256 private constant SIGNED_STRUCT = 0xd42;

    // Behind the message: digest, v, r and s as the precompile takes them, and the strip at hand, whose signature is a part of that.
    uint256 private constant RECOVERY = 0xd80;
    uint256 private constant V = 0xda0;
    uint256 private constant VS = 0xde0;
    uint256 private constant STRIP = 0xda2;
    uint256 private constant LAST_WORD = 0xde6;
    uint256 private constant COUNT = 0xe00;
    uint256 private constant ENTRY = 0xe02;

    /// @dev Bytes of a packed strip of one entry.
    uint256 private constant SIZE = 100;

    /// @dev Bytes of a record with a payload of one entry, before its digest, and from its head to its digest.
    uint256 private constant RECORD = 77;
    uint256 private constant DIGEST = 39;
    uint256 private constant FROM_HEAD = 28;

    /// @dev Of a head: one entry, and the size of its payload.
    uint256 private constant ONE = 0x1000000000000000000000000000000000000000000000000000600000000;

    /// @dev Of a member's status: bits that are looked at, and which of them are set while it trades.
    uint256 private constant STATUS = 0x1f;
    uint256 private constant TRADES = 0x03;

    /// @dev Of an account above its balance: epoch, module 0 and a debt above the line; and how they are, but for the epoch.
    uint256 private constant ASKED = 0x80001ffffffff;
    uint256 private constant USUAL = 0x100000000;

    /// @dev Of a journal: its number of records and the highest bit of that of entries, of which a full one has 2,048. A record more carries
    /// into the bit behind the records if they are 255.
    uint256 private constant COUNTS = 0x00ff8000000000000000000000000000000000000000;
    uint256 private constant RECORDS = 0x00ff0000000000000000000000000000000000000000;
    uint256 private constant ONE_RECORD = 0x0010000000000000000000000000000000000000000;
    uint256 private constant FULL = 0x001008000000000000000000000000000000000000000;

    /// @dev Of a header.
    uint256 private constant MEMBER = 0xffffffff00000000000000000000000000000000000000000000000000000000;

    /// @dev Half the order of the group, see `CompactSignature`.
    uint256 private constant MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @dev Makes a batch of zeros. A variable of its own would be written word by word, and so would one that is returned; an array is
    /// left alone.
    function create() internal pure returns (Batch[] memory one) {
        unchecked {
            uint256 size = 32 * (2 + BATCH_WORDS + COPY_WORDS + STRIP_WORDS + MESSAGE_WORDS + RECOVERY_WORDS);
            assembly ("memory-safe") {
                one := mload(0x40)
                if lt(one, ARRAY) {
                    one := ARRAY
                }
                // Copying from beyond the end of calldata writes zeros.
                calldatacopy(one, calldatasize(), size)
                mstore(0x40, add(one, size))
                mstore(one, 1)
                let b := add(one, 0x40)
                mstore(add(one, 0x20), b)
                // Its first fields: the book and the loop.
                mstore(b, add(b, shl(5, BATCH_WORDS)))
                mstore(add(b, 0x20), add(b, sub(LOOP, BATCH)))
                mstore(add(b, 0xe0), add(b, sub(MESSAGE, BATCH))) // `message`
            }
        }
    }

    /// @notice Takes strips for as long as they are of one entry and nothing about them is unusual, and appends their records.
    /// @param pos Of the first strip.
    /// @param word Where its member's word is in memory. The word behind the last one is of no member that trades.
    /// @return Where the first strip starts that it did not take, the end of the run if there is none.
    /// @return Where its member's word is.
    // solhint-disable-next-line function-max-lines
    function take(
        Batch memory b,
        bytes calldata strips,
        uint256 pos,
        uint256 word
    ) internal view returns (uint256, uint256) {
        assembly ("memory-safe") {
            // In a function of its own, which the compiler leaves one, it keeps its variables on the stack.
            function run(from, first) -> at, member, to {
                at := from
                member := first
                to := add(mload(NEXT_RECORD), DIGEST) // where the digest goes
                for {} 1 {} {
                    // Its signature comes to lie where the precompile takes it from.
                    calldatacopy(STRIP, at, SIZE)
                    let header := mload(STRIP) // member 32 | after 8 | epoch 32 | deadline 40 | maxReserve 96 | fee 32 | ...
                    let entry := mload(LAST_WORD) // ... | count 16 | slot offset 8 | side 1 | tick 7 | lots 16
                    let m := mload(member)
                    let wrong := or(xor(shr(240, mload(COUNT)), 1), xor(and(byte(3, m), STATUS), TRADES))
                    mstore(SIGNED_MEMBER, shr(224, header))

                    let a := mload(add(member, mload(TO_STANDING))) // account 128, low half of journal 128
                    let field := and(shr(184, header), 0xffffffff) // epoch
                    mstore(SIGNED_EPOCH, field)
                    wrong := or(wrong, xor(and(xor(shr(64, a), field), ASKED), USUAL))
                    field := and(shr(144, header), 0xffffffffff) // deadline
                    mstore(SIGNED_DEADLINE, field)
                    wrong := or(wrong, lt(field, mload(TIME)))
                    let reserve := and(shr(48, header), 0xffffffffffffffffffffffff)
                    mstore(SIGNED_RESERVE, reserve)
                    wrong := or(wrong, gt(reserve, and(a, 0xffffffffffffffff)))

                    let offset := byte(28, entry)
                    field := byte(4, header) // after
                    mstore(SIGNED_AFTER, field)
                    wrong := or(wrong, or(xor(field, byte(10, a)), lt(offset, field)))
                    wrong := or(wrong, and(add(and(a, COUNTS), ONE_RECORD), FULL))
                    let fees := mul(iszero(and(a, RECORDS)), mload(SETTLEMENT_FEE))
                    field := and(shr(16, header), 0xffffffff) // feePerEntry
                    mstore(SIGNED_FEE, field)
                    fees := add(fees, field)
                    mstore(sub(to, DIGEST), or(or(and(header, MEMBER), shl(216, add(offset, 1))), shl(168, field)))

                    // Its entry: in front of the frontier, within the cap, and not without lots. That the gate is open, who made the cell saw.
                    let key := shr(16, entry)
                    let lots := and(entry, 0xffff)
                    let step := mul(and(key, 0x7f), mload(TICK_AMOUNT))
                    let amount := add(step, mload(BUY_FLOOR))
                    let cap := shr(160, m)
                    if and(key, 0x80) {
                        // The import price of the member's class.
                        amount := add(mul(and(shr(192, m), 0xff), mload(SLOTS)), offset)
                        amount := shr(240, mload(add(add(mload(TARIFF), 34), shl(2, amount))))
                        amount := sub(mul(amount, mload(LOT_AMOUNT)), add(step, mload(SELL_FLOOR)))
                        if slt(amount, mload(SELL_LEAST)) {
                            amount := mload(SELL_LEAST)
                        }
                        cap := shr(16, cap)
                    }
                    wrong := or(wrong, gt(lots, and(cap, 0xffff)))
                    amount := mul(amount, lots)
                    wrong := or(wrong, gt(add(shr(144, amount), fees), reserve))
                    mstore(sub(to, FROM_HEAD), or(amount, ONE))

                    // The room at its tick; none for a slot that is not there.
                    let place := mload(add(add(mload(TABLE), 0x20), shl(5, offset)))
                    place := mul(place, lt(offset, mload(SLOTS)))
                    place := sub(add(mload(TABLE), place), shl(1, and(key, 0xff)))
                    let rooms := mload(place)
                    if or(or(wrong, iszero(lots)), gt(lots, and(rooms, 0xffff))) {
                        leave
                    }

                    mstore(SIGNED_ENTRIES, keccak256(ENTRY, 4))
                    mstore(SIGNED_STRUCT, keccak256(MESSAGE, 0x160))
                    let digest := keccak256(SIGNED_DOMAIN, 0x42)
                    mstore(to, digest)
                    mstore(RECOVERY, digest)
                    let s := mload(VS)
                    mstore(V, add(27, shr(255, s)))
                    s := shr(1, shl(1, s))
                    mstore(VS, s)
                    mstore(0, 0)
                    wrong := staticcall(gas(), 1, RECOVERY, 0x80, 0, 0x20)
                    let signer := mload(0)
                    if or(or(iszero(signer), gt(s, MAX_S)), shl(96, xor(signer, m))) {
                        if iszero(wrong) {
                            revert(0, 0) // out of gas
                        }
                        // Nothing else is wrong, so this is why it is not accepted.
                        mstore(FORGED, 1)
                        leave
                    }

                    mstore(place, sub(rooms, lots))
                    // Behind the digest come entry and prefix.
                    mstore(add(to, 0x20), or(shl(224, entry), shl(208, and(not(rooms), 0xffff))))
                    to := add(to, RECORD)
                    member := add(member, 0x20)
                    at := add(at, SIZE)
                }
            }

            // Wide ticks are left alone.
            if iszero(or(or(mload(RING_BUSY), xor(mload(LANE_LOG), 1)), xor(b, BATCH))) {
                let to
                pos, word, to := run(add(strips.offset, pos), word)
                pos := sub(pos, strips.offset)
                mstore(NEXT_RECORD, sub(to, DIGEST))
            }
        }
        return (pos, word);
    }
}
