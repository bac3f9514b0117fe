// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// Assembly names the constants, which the linter does not see.
/* solhint-disable no-unused-import */
import {AREA, EAGER, EntryStrip, LANE_LOG, NEWEST, PERIOD, TABLE, TICK_WORDS} from "./EntryStrip.sol";
/* solhint-enable no-unused-import */
import {Mem} from "./Mem.sol";

/// @title Entry cells
/// @notice What `Book` has in memory of the slots of a strip: brings slots and tick words out of storage, and finds a tick's room.
library EntryCells {
    /// @dev Bytes from a book's table to the groups.
    uint256 private constant GROUPS = 0x420;

    /// @return place Where the room at an entry's tick is kept, in the lowest bits of that word.
    /// @param entry On the grid.
    function placeOf(EntryStrip.Strip memory s, uint256 entry) internal pure returns (uint256 place) {
        unchecked {
            place = s.table + Mem.load(s.table + 32 + ((entry >> 19) & 0x1fe0)) - (((entry >> 16) & 0xff) << s.laneLog);
        }
    }

    /// @notice Gives back what entries took, the last taken first within each eight: then even a tick that had too little room gets back
    /// what it lent from its neighbours.
    function undo(EntryStrip.Strip memory s, uint256 pos, uint256 end) internal pure {
        unchecked {
            for (; pos < end; pos += 4) {
                uint256 entry = Mem.load(pos) >> 224;
                uint256 place = placeOf(s, entry);
                Mem.store(place, Mem.load(place) + (entry & 0xffff));
            }
        }
    }

    /// @notice Brings what the entries of an eight need into memory.
    /// @param pos Where they are.
    /// @return known False if an older period still needs the group of one of their slots.
    function bringAll(EntryStrip.Strip memory s, uint256 pos, uint256 end) internal view returns (bool known) {
        unchecked {
            for (; pos < end; pos += 4) if (bring(s, Mem.load(pos) >> 224) == 0) return false;
            return true;
        }
    }

    /// @notice Brings an entry's slot and tick word into memory, as far as they are not there.
    /// @param wanted The entry, on the grid.
    /// @return found Where its room is kept, see `placeOf`; 0 if an older period still needs the group of the slot.
    // solhint-disable-next-line function-max-lines
    function bring(EntryStrip.Strip memory s, uint256 wanted) internal view returns (uint256 found) {
        assembly ("memory-safe") {
            // Where a tick word is kept, bids first; `top` is the slot's first bid word.
            function wordAt(e, top, index) -> place {
                let half := mload(add(e, TICK_WORDS))
                place := sub(top, shl(5, index))
                if iszero(lt(index, half)) {
                    // An ask lies 128 lanes behind the bid of its tick.
                    place := sub(add(place, shl(5, half)), shl(add(7, mload(add(e, LANE_LOG))), 1))
                }
            }
            // The words of a side of a new cell, from `first` on: empty ones without volume, live ones full, to be read on the first
            // visit; or read here from storage at `pos`, if `eager` is 1.
            function fill(first, words, live, pos, eager) {
                for {
                    let end := sub(first, shl(5, words))
                } gt(first, end) {
                    first := sub(first, 0x20)
                } {
                    let room := sub(and(live, 1), 1)
                    if and(live, eager) {
                        room := not(sload(pos))
                    }
                    mstore(first, room)
                    live := shr(1, live)
                    pos := add(pos, 1)
                }
            }
            // The word of a group of slots, which it brings into memory on the first visit; 0 if an older period still needs it. A
            // slot has `words` live bits and a cleared bit, see `SlotGroup`; `fit` slots are in a group.
            function groupOf(e, index, fit, words) -> group {
                let place := sub(sub(mload(add(e, TABLE)), GROUPS), shl(5, index))
                group := mload(place)
                if group {
                    leave
                }
                group := sload(add(mload(add(e, AREA)), shl(6, index)))
                if xor(and(group, 0xffffffff), mload(add(e, PERIOD))) {
                    // Another period's: free if each slot is cleared or never had volume. Adding all ones to live bits carries into
                    // the place of the cleared bit unless they are zero.
                    let ones := div(sub(shl(mul(fit, add(words, 1)), 1), 1), sub(shl(words, 2), 1))
                    let all := mul(ones, sub(shl(words, 1), 1))
                    group := shr(32, group)
                    group := and(and(add(and(group, all), all), not(group)), shl(words, ones))
                    group := mul(iszero(group), mload(add(e, PERIOD)))
                }
                mstore(place, group)
            }
            // Makes a slot's cell on the first visit. False if an older period still needs the slot's group.
            function open(e, offset) -> free {
                let half := mload(add(e, TICK_WORDS))
                let words := shl(1, half)
                let fit := div(224, add(words, 1))
                let index := div(offset, fit)
                let live := groupOf(e, index, fit, words)
                if iszero(live) {
                    leave
                }
                free := 1
                let shift := add(32, mul(sub(offset, mul(index, fit)), add(words, 1)))
                live := and(shr(shift, live), sub(shl(words, 1), 1))
                let pos := add(add(mload(add(e, AREA)), shl(6, offset)), 1)
                let span := shl(add(7, mload(add(e, LANE_LOG))), 1) // from a bid to the ask of its tick
                let top := sub(add(mload(0x40), shl(1, span)), 0x20)
                // Lanes of ticks off the grid are zero: copying from beyond the end of calldata writes that.
                calldatacopy(mload(0x40), calldatasize(), shl(1, span))
                mstore(0x40, add(top, 0x80))
                // A large batch will want every word.
                let eager := iszero(iszero(mload(add(e, EAGER))))
                fill(top, half, live, pos, eager)
                fill(sub(top, span), half, shr(half, live), add(pos, half), eager)
                mstore(add(top, 0x20), or(or(offset, shl(8, index)), shl(16, shift)))
                mstore(add(top, 0x40), mul(iszero(eager), live))
                mstore(add(top, 0x60), mload(add(e, NEWEST)))
                mstore(add(e, NEWEST), top)
                let table := mload(add(e, TABLE))
                mstore(add(add(table, 0x20), shl(5, offset)), sub(top, table))
            }
            // Brings a live tick word into memory on the first visit.
            function fetch(e, entry, top) {
                let index := shr(sub(5, mload(add(e, LANE_LOG))), and(shr(16, entry), 0x7f))
                if and(entry, 0x800000) {
                    index := add(index, mload(add(e, TICK_WORDS)))
                }
                let unread := mload(add(top, 0x40))
                if and(shr(index, unread), 1) {
                    mstore(add(top, 0x40), xor(unread, shl(index, 1)))
                    let word := sload(add(add(mload(add(e, AREA)), shl(6, shr(24, entry))), add(index, 1)))
                    mstore(wordAt(e, top, index), not(word))
                }
            }

            let table := mload(add(s, TABLE))
            let at := add(add(table, 0x20), shl(5, shr(24, wanted)))
            let free := 1
            if iszero(mload(at)) {
                free := open(s, shr(24, wanted))
            }
            if free {
                found := add(table, mload(at))
                fetch(s, wanted, found)
                found := sub(found, shl(mload(add(s, LANE_LOG)), and(shr(16, wanted), 0xff)))
            }
        }
    }
}
