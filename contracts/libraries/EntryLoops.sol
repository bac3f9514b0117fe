// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Entry loops
/// @notice The loops that the order book runs once per entry: accepting it into the tick volumes, and its share after clearing.
/// @dev They are most of the cost of a market, so they are in assembly; `EntryLoopsPlain` in the tests says the same without, and
/// both run against the same inputs. Words of the two structs are addressed by their position: keep the order.
///
/// An entry is `slot offset 8 | side 1 | tick 7 | lots 16`, its key the upper 16 bits. Sums stay far below 256 bits: at most 2,048
/// entries of 16-bit lots, 10-bit Wh per lot and 17-bit prices.
library EntryLoops {
    /// @notice Everything that accepting a strip reads or changes. Amounts in base units per lot.
    /// @param lastKey Largest key of the period's last slot.
    /// @param lastTick Largest tick.
    /// @param buyCap Largest lots per slot; the seller's follows.
    /// @param buyFloor A lot bought at tick 0, network fee included.
    /// @param sellFloor A lot sold at tick 0.
    /// @param tickAmount A lot times a price step.
    /// @param lotWh Wh per lot.
    /// @param maxReserve Base units that the strip may take.
    /// @param feePerEntry Base units per accepted entry.
    /// @param prices Tariff entries of the member's class, in memory; import in the upper two of four bytes.
    /// @param wide Whether tick volumes take 32 bits instead of 16.
    /// @param cells The book in memory, see `Book`.
    /// @param stride Bytes per slot in it.
    /// @param tickWords Tick words of one side.
    /// @param reasons Where the reasons go, in memory: one byte per entry.
    /// @param out Where the prefixes go, in memory; a spare word follows the last.
    /// @param area The book in storage.
    /// @param firstSlot Slot of offset 0.
    /// @param frontier The member's frontier; earlier offsets are covered.
    /// @param openFrom Offset of the first slot whose gate is open.
    /// @param used Base units of `maxReserve` so far: fees and reserves.
    /// @param lots Accepted lots: bought in the low, sold in the high 128 bits.
    /// @param nextKey One above the largest key seen.
    /// @param offGrid Once a slot off the grid was named: two above the largest key on the grid; 0 before.
    /// @param refused Entries.
    /// @param seen Entries read; fewer than there are if a slot's ring entry is busy.
    struct Strip {
        uint256 lastKey;
        uint256 lastTick;
        uint256 buyCap;
        uint256 sellCap;
        uint256 buyFloor;
        uint256 sellFloor;
        uint256 tickAmount;
        uint256 lotWh;
        uint256 maxReserve;
        uint256 feePerEntry;
        uint256 prices;
        uint256 wide;
        uint256 cells;
        uint256 stride;
        uint256 tickWords;
        uint256 reasons;
        uint256 out;
        uint256 area;
        uint256 firstSlot;
        uint256 frontier;
        uint256 openFrom;
        uint256 used;
        uint256 lots;
        uint256 nextKey;
        uint256 offGrid;
        uint256 refused;
        uint256 seen;
    }

    // The fields' places, as assembly needs them.
    uint256 private constant LAST_TICK = 0x20;
    uint256 private constant CAPS = 0x40;
    uint256 private constant BUY_FLOOR = 0x80;
    uint256 private constant SELL_FLOOR = 0xa0;
    uint256 private constant TICK_AMOUNT = 0xc0;
    uint256 private constant LOT_WH = 0xe0;
    uint256 private constant MAX_RESERVE = 0x100;
    uint256 private constant FEE_PER_ENTRY = 0x120;
    uint256 private constant PRICES = 0x140;
    uint256 private constant WIDE = 0x160;
    uint256 private constant CELLS = 0x180;
    uint256 private constant STRIDE = 0x1a0;
    uint256 private constant TICK_WORDS = 0x1c0;
    uint256 private constant REASONS = 0x1e0;
    uint256 private constant OUT = 0x200;
    uint256 private constant AREA = 0x220;
    uint256 private constant FIRST_SLOT = 0x240;
    uint256 private constant FRONTIER = 0x260;
    uint256 private constant OPEN_FROM = 0x280;
    uint256 private constant USED = 0x2a0;
    uint256 private constant LOTS = 0x2c0;
    uint256 private constant NEXT_KEY = 0x2e0;
    uint256 private constant OFF_GRID = 0x300;
    uint256 private constant REFUSED = 0x320;
    uint256 private constant SEEN = 0x340;

    /// @notice Runs the entries in order: the checks of `IDoubleAuction.EntryReason`, by number, then tick volume and prefix.
    /// @param entries Where the entries start in memory: a variable read from there is not read again at each use.
    /// @param count Number of entries.
    /// @return busy Whether it stopped at a slot whose ring entry an older slot still needs.
    // solhint-disable-next-line function-max-lines
    function accept(Strip memory s, uint256 entries, uint256 count) internal view returns (bool busy) {
        assembly ("memory-safe") {
            // Notes why the entry at an index was refused.
            function refuse(e, index, reason) {
                mstore8(add(mload(add(e, REASONS)), index), reason)
                mstore(add(e, REFUSED), add(mload(add(e, REFUSED)), 1))
            }
            // Which of the first five reasons it is; the caller knows that it is one of them. `low` is one above the largest key
            // that passed them, or the first key whose slot is open.
            function judge(e, index, entry, low) -> nextLow {
                let key := shr(16, entry)
                let offset := shr(24, entry)
                nextLow := low
                let seen := mload(add(e, NEXT_KEY))
                let first := shl(8, mload(add(e, OPEN_FROM)))
                if lt(first, shl(8, mload(add(e, FRONTIER)))) {
                    first := shl(8, mload(add(e, FRONTIER)))
                }
                if and(gt(low, first), gt(low, seen)) {
                    seen := low
                }
                if lt(key, seen) {
                    // Behind a slot off the grid it may still name the largest slot on the grid.
                    let last := mload(add(e, OFF_GRID))
                    if last {
                        if and(iszero(gt(key, mload(e))), gt(add(key, 2), last)) {
                            mstore(add(e, OFF_GRID), add(key, 2))
                        }
                    }
                    refuse(e, index, 1) // NotAscending
                    leave
                }
                mstore(add(e, NEXT_KEY), add(key, 1))
                if gt(key, mload(e)) {
                    if iszero(mload(add(e, OFF_GRID))) {
                        mstore(add(e, OFF_GRID), add(seen, 1))
                    }
                    nextLow := add(key, 1)
                    refuse(e, index, 2) // OffGrid
                    leave
                }
                let reason := 5 // GateClosed
                if lt(offset, mload(add(e, FRONTIER))) {
                    reason := 4
                } // BehindFrontier
                if iszero(and(entry, 0xffff)) {
                    reason := 3
                } // ZeroLots
                if gt(and(key, 0x7f), mload(add(e, LAST_TICK))) {
                    reason := 2
                }
                if gt(add(key, 1), low) {
                    nextLow := add(key, 1)
                }
                refuse(e, index, reason)
            }
            // Reads a slot's header on the first visit. False if an older slot still needs the ring entry.
            function open(e, offset, cell) -> free {
                let header := sload(add(mload(add(e, AREA)), shl(6, offset)))
                let slot := add(mload(add(e, FIRST_SLOT)), offset)
                free := 1
                if xor(and(header, 0xffffffff), slot) {
                    // Another slot's: free if that is cleared or never had volume.
                    free := or(iszero(iszero(and(header, 0xff00000000))), iszero(shr(40, header)))
                    header := slot
                }
                if free {
                    mstore(cell, header)
                }
            }
            // Brings a tick word into memory on the first visit and marks it live.
            function fetch(e, offset, index, cell) {
                mstore(add(cell, 0x20), or(mload(add(cell, 0x20)), shl(index, 1)))
                let header := mload(cell)
                let live := shl(add(40, index), 1)
                if and(header, live) {
                    let word := sload(add(add(mload(add(e, AREA)), shl(6, offset)), add(index, 1)))
                    mstore(add(add(cell, 0x40), shl(5, index)), word)
                    leave
                }
                mstore(cell, or(header, live))
            }

            let low := shl(8, mload(add(s, OPEN_FROM)))
            if lt(low, shl(8, mload(add(s, FRONTIER)))) {
                low := shl(8, mload(add(s, FRONTIER)))
            }
            let used := mload(add(s, USED))
            let cell := 0
            let run := not(0) // slot and side of the entries before, then 24 bits of lots accepted of them
            let pos := entries
            for {
                let end := add(pos, shl(2, count))
            } lt(pos, end) {
                pos := add(pos, 4)
            } {
                let entry := shr(224, mload(pos))
                let prefix := not(0)
                for {} 1 {} {
                    {
                        let key := shr(16, entry)
                        let bad := or(lt(key, low), gt(key, mload(s)))
                        bad := or(bad, gt(and(key, 0x7f), mload(add(s, LAST_TICK))))
                        if or(bad, iszero(and(entry, 0xffff))) {
                            low := judge(s, shr(2, sub(pos, entries)), entry, low)
                            break
                        }
                        low := add(key, 1)
                    }
                    if xor(shr(24, run), shr(23, entry)) {
                        run := shl(24, shr(23, entry))
                        cell := add(mload(add(s, CELLS)), mul(shr(24, entry), mload(add(s, STRIDE))))
                        if iszero(mload(cell)) {
                            if iszero(open(s, shr(24, entry), cell)) {
                                busy := 1
                                break
                            }
                        }
                    }
                    // A buyer's worst case is its limit and the network fee; a seller's that it buys all of it back at the import
                    // price, but at least a tick.
                    let amount := mul(and(shr(16, entry), 0x7f), mload(add(s, TICK_AMOUNT)))
                    let cap := mload(add(s, CAPS))
                    switch and(entry, 0x800000)
                    case 0 {
                        amount := add(amount, mload(add(s, BUY_FLOOR)))
                    }
                    default {
                        cap := mload(add(s, 0x60))
                        let retail := mload(add(mload(add(s, PRICES)), shl(2, shr(24, entry))))
                        retail := mul(shr(240, retail), mload(add(s, LOT_WH)))
                        amount := add(amount, mload(add(s, SELL_FLOOR)))
                        switch gt(retail, add(amount, mload(add(s, TICK_AMOUNT))))
                        case 0 {
                            amount := mload(add(s, TICK_AMOUNT))
                        }
                        default {
                            amount := sub(retail, amount)
                        }
                    }
                    let lots := and(entry, 0xffff)
                    if gt(add(and(run, 0xffffff), lots), cap) {
                        refuse(s, shr(2, sub(pos, entries)), 6) // OverCap
                        break
                    }
                    amount := add(add(used, mload(add(s, FEE_PER_ENTRY))), mul(lots, amount))
                    if gt(amount, mload(add(s, MAX_RESERVE))) {
                        refuse(s, shr(2, sub(pos, entries)), 7) // OverReserve
                        break
                    }
                    // The tick's word and its place in it.
                    let index := and(shr(16, entry), 0x7f)
                    let shift := 0
                    let mask := 0xffff
                    switch mload(add(s, WIDE))
                    case 0 {
                        shift := shl(4, and(index, 15))
                        index := shr(4, index)
                    }
                    default {
                        shift := shl(5, and(index, 7))
                        index := shr(3, index)
                        mask := 0xffffffff
                    }
                    if and(entry, 0x800000) {
                        index := add(index, mload(add(s, TICK_WORDS)))
                    }
                    if iszero(and(shr(index, mload(add(cell, 0x20))), 1)) {
                        fetch(s, shr(24, entry), index, cell)
                    }
                    index := add(add(cell, 0x40), shl(5, index))
                    let volume := and(shr(shift, mload(index)), mask)
                    if gt(add(volume, lots), mask) {
                        refuse(s, shr(2, sub(pos, entries)), 8) // TickFull
                        break
                    }
                    mstore(index, add(mload(index), shl(shift, lots)))
                    prefix := volume
                    used := amount
                    run := add(run, lots)
                    mstore(add(s, LOTS), add(mload(add(s, LOTS)), shl(shr(16, and(entry, 0x800000)), lots)))
                    break
                }
                if busy {
                    break
                }
                {
                    let out := mload(add(s, OUT))
                    switch mload(add(s, WIDE))
                    case 0 {
                        mstore(out, shl(240, prefix))
                        mstore(add(s, OUT), add(out, 2))
                    }
                    default {
                        mstore(out, shl(224, prefix))
                        mstore(add(s, OUT), add(out, 4))
                    }
                }
            }
            mstore(add(s, USED), used)
            if gt(low, mload(add(s, NEXT_KEY))) {
                mstore(add(s, NEXT_KEY), low)
            }
            mstore(add(s, SEEN), shr(2, sub(pos, entries)))
        }
    }

    /// @notice Makes the state ready for a strip.
    /// @param initial Base units already taken of `maxReserve`.
    function reset(Strip memory s, uint256 frontier, uint256 initial) internal pure {
        s.frontier = frontier;
        s.used = initial;
        s.lots = 0;
        s.nextKey = 0;
        s.offGrid = 0;
        s.refused = 0;
    }

    /// @return One past the largest offset that an entry named on the grid; at least the frontier.
    function slotEnd(Strip memory s) internal pure returns (uint256) {
        uint256 next = s.offGrid != 0 ? s.offGrid - 1 : s.nextKey;
        uint256 end = next == 0 ? 0 : ((next - 1) >> 8) + 1;
        return end > s.frontier ? end : s.frontier;
    }

    /// @notice What the entries of a member filled.
    /// @param results The period's first result word, in storage.
    /// @param firstSlot Slot of offset 0.
    /// @param floorAmount Price of tick 0, base units per lot.
    /// @param tickAmount Price step, base units per lot.
    /// @param lotWh Wh per lot.
    /// @param prefixBytes Two or four.
    /// @param position The first position word, in memory.
    /// @param paid Base units so far.
    /// @param received Base units so far.
    struct Fills {
        uint256 results;
        uint256 firstSlot;
        uint256 floorAmount;
        uint256 tickAmount;
        uint256 lotWh;
        uint256 prefixBytes;
        uint256 position;
        uint256 paid;
        uint256 received;
    }

    /// @notice Adds up what accepted entries filled; see `SlotResult` for the word and `Clearing.shareDown` for the share.
    /// @param payload Entries, then prefixes. In memory: the compiler would read calldata again at each use of a variable.
    /// @return cleared False if a slot of an accepted entry is not cleared.
    function fills(Fills memory f, bytes memory payload) internal view returns (bool cleared) {
        assembly ("memory-safe") {
            cleared := 1
            let prefixBytes := mload(add(f, 0xa0))
            let shift := sub(256, shl(3, prefixBytes))
            let refused := shr(shift, not(0))
            let pos := add(payload, 32)
            let prefixPos := add(pos, shl(2, div(mload(payload), add(4, prefixBytes))))
            let end := prefixPos
            let seen := not(0)
            let result := 0
            let amount := 0 // base units per lot
            for {} lt(pos, end) {
                pos := add(pos, 4)
            } {
                let prefix := shr(shift, mload(prefixPos))
                prefixPos := add(prefixPos, prefixBytes)
                if eq(prefix, refused) {
                    continue
                }
                let entry := shr(224, mload(pos))
                let offset := shr(24, entry)
                if xor(offset, seen) {
                    seen := offset
                    result := sload(add(mload(f), offset))
                    if xor(and(result, 0xffffffff), add(mload(add(f, 0x20)), offset)) {
                        cleared := 0
                        break
                    }
                    amount := add(mload(add(f, 0x40)), mul(and(shr(40, result), 0xff), mload(add(f, 0x60))))
                }
                let marginal := and(shr(32, result), 0xff)
                if eq(marginal, 255) {
                    continue
                } // no trade
                let tick := and(shr(16, entry), 0x7f)
                let side := and(shr(23, entry), 1)
                let lots := and(entry, 0xffff)
                switch eq(tick, marginal)
                case 0 {
                    // A bid above the margin or an ask below it fills whole, anything else not at all.
                    if eq(gt(tick, marginal), side) {
                        continue
                    }
                }
                default {
                    let pair := shr(add(48, shl(6, side)), result)
                    let allotment := and(pair, 0xffffffff)
                    let volume := and(shr(32, pair), 0xffffffff)
                    lots := sub(div(mul(add(prefix, lots), allotment), volume), div(mul(prefix, allotment), volume))
                }
                // Bought in the high half, sold in the low one.
                let place := add(mload(add(f, 0xc0)), shl(5, offset))
                mstore(place, add(mload(place), shl(shl(7, iszero(side)), mul(lots, mload(add(f, 0x80))))))
                place := add(f, add(0xe0, shl(5, side)))
                mstore(place, add(mload(place), mul(lots, amount)))
            }
        }
    }
}
