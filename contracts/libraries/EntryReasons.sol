// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// Assembly names the constants, which the linter does not see.
/* solhint-disable no-unused-import */
import {CAPS, CAP_STEP, EntryStrip, FRONTIER, NEXT, NO_TICK, ONES, OPEN_FROM, SIDE, TAKEN} from "./EntryStrip.sol";
/* solhint-enable no-unused-import */

/// @title Entry reasons
/// @notice Which of eight entries need not be looked at one by one, because what they say and what came before them refuses them.
/// @dev It works on words of eight lanes, see `EntryStrip`. Neither money nor the book is looked at, and of the caps no more than
/// what they leave before the eight: an entry that is above that is above it whatever becomes of the others.
library EntryReasons {
    /// @dev Of an entry that passes: one more than the last of the reasons.
    uint256 internal constant NONE = 7;

    /// @dev Above every key.
    uint256 private constant ALL_CLOSED = 0x10000;

    /// @notice Judges eight entries, or as many as there are, and notes the largest key that was seen.
    /// @param pos Where they start in memory.
    /// @param end Where the strip ends; entries behind it have a reason too.
    /// @return reasons In eight lanes, first entry highest: an `IOrderBook.EntryReason` from `NotAscending` to `OverCap`, or `NONE`.
    function judge(EntryStrip.Strip memory s, uint256 pos, uint256 end) internal pure returns (uint256 reasons) {
        assembly ("memory-safe") {
            // The larger one in each lane.
            function larger(a, b, tops) -> most {
                let above := and(sub(or(a, tops), b), tops)
                most := xor(b, and(xor(a, b), sub(above, shr(31, above))))
            }
            // Keeps tops where keys lie in a slot or behind it.
            function isFrom(keys, slot, ones) -> good {
                slot := shl(8, slot)
                if gt(slot, ALL_CLOSED) {
                    slot := ALL_CLOSED
                }
                good := sub(keys, mul(slot, ones))
            }

            // The constants of all lanes, which would take much code.
            let ones := mload(add(s, ONES))
            let tops := shl(31, ones)
            let lots := mload(pos)
            let keys := shr(16, lots)
            if gt(add(pos, 0x20), end) {
                // A key of 0 behind another one does not ascend.
                let cut := shl(3, sub(add(pos, 0x20), end))
                keys := shl(cut, shr(cut, keys))
            }
            let low := sub(shl(16, ones), ones)
            lots := or(and(lots, low), tops)
            keys := or(and(keys, low), tops)

            // One above the largest key before each, whatever became of that.
            let before := shr(32, add(xor(keys, tops), ones))
            before := or(before, shl(224, mload(add(s, NEXT))))
            before := larger(before, shr(32, before), tops)
            before := larger(before, shr(64, before), tops)
            before := larger(before, shr(128, before), tops)
            low := sub(keys, before)
            before := and(before, 0x1ffff)
            if and(low, 0x80000000) {
                before := add(and(keys, 0xffff), 1)
            }
            mstore(add(s, NEXT), before)

            // Tops stay set as long as nothing is wrong; each check that an entry passes makes its reason one more.
            let good := and(low, tops) // NotAscending
            reasons := add(ones, shr(31, good))
            low := or(and(keys, mul(shr(240, mload(add(s, NO_TICK))), ones)), tops)
            good := and(good, not(or(sub(low, ones), isFrom(keys, shr(248, mload(s)), ones)))) // OffGrid
            reasons := add(reasons, shr(31, good))
            good := and(good, sub(lots, ones)) // ZeroLots
            reasons := add(reasons, shr(31, good))
            good := and(good, isFrom(keys, mload(add(s, FRONTIER)), ones)) // BehindFrontier
            reasons := add(reasons, shr(31, good))
            good := and(good, isFrom(keys, mload(add(s, OPEN_FROM)), ones)) // GateClosed
            reasons := add(reasons, shr(31, good))
            // OverCap: what was accepted counts where slot and side are the same.
            low := and(xor(keys, mul(mload(add(s, TAKEN)), ones)), mul(0xff80, ones))
            low := shr(31, and(not(add(low, sub(tops, ones))), tops))
            lots := add(xor(lots, tops), mul(low, mload(add(s, SIDE))))
            low := add(mload(add(s, CAPS)), mul(mload(add(s, CAP_STEP)), and(shr(7, keys), ones)))
            good := and(good, sub(low, lots))
            reasons := add(reasons, shr(31, good))
        }
    }

    /// @return Whether each of eight has a reason.
    function areAll(EntryStrip.Strip memory s, uint256 reasons) internal pure returns (bool) {
        unchecked {
            return (reasons + s.ones) & (s.ones << 3) == 0;
        }
    }

    /// @return The reasons of eight, one byte each.
    function packed(EntryStrip.Strip memory s, uint256 reasons) internal pure returns (uint256) {
        uint256 pairs = s.pairs;
        reasons = (reasons | (reasons >> 24)) & pairs & (pairs >> 16);
        reasons = (reasons | (reasons >> 48)) & pairs & s.quads;
        return uint64(reasons | (reasons >> 96));
    }
}
