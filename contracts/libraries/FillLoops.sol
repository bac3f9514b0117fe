// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Fill loops
/// @notice The loop that the order book runs once per entry of a journal: what it filled.
/// @dev In assembly, see `EntryLoops`, with its plain twin in `EntryLoopsPlain`. Words of the struct are addressed by their position:
/// keep the order.
library FillLoops {
    /// @notice What the entries of a member filled.
    /// @param position The first position word, in memory.
    /// @param results The period's first result word, in storage.
    /// @param firstSlot Slot of offset 0.
    /// @param floorAmount Price of tick 0, base units per lot.
    /// @param tickAmount Price step, base units per lot.
    /// @param lotWh Wh per lot.
    /// @param prefixBytes Two or four.
    /// @param paid Base units so far.
    /// @param received Base units so far.
    struct Fills {
        uint256 position;
        uint256 results;
        uint256 firstSlot;
        uint256 floorAmount;
        uint256 tickAmount;
        uint256 lotWh;
        uint256 prefixBytes;
        uint256 paid;
        uint256 received;
    }

    // The fields' places, as assembly needs them; `position` is the first.
    uint256 private constant RESULTS = 0x20;
    uint256 private constant FIRST = 0x40;
    uint256 private constant LOT_WH = 0xa0;
    uint256 private constant PREFIX = 0xc0;

    /// @dev All below the slot of an entry in the upper bits of a word.
    uint256 private constant BEHIND_SLOT = 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff;

    /// @dev The lower half of a word.
    uint256 private constant LOW = 0xffffffffffffffffffffffffffffffff;

    /// @dev No sum of lots comes near.
    uint256 private constant NOT_CLEARED = 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff;

    /// @dev A lot in the sums of lots and price ticks.
    uint256 private constant LOT = 1 << 64;

    /// @notice Adds up what accepted entries filled; see `SlotResult` for the word and `Clearing.shareDown` for the share.
    /// @param payload Entries, then prefixes. In memory: the compiler would read calldata again at each use of a variable.
    /// @return cleared False if a slot of an accepted entry is not cleared.
    function fills(Fills memory f, bytes memory payload) internal view returns (bool cleared) {
        uint256 sums = _walk(f, payload);
        if (sums == NOT_CLEARED) return false;
        f.paid += _amount(f, sums & LOW);
        f.received += _amount(f, sums >> 128);
        return true;
    }

    /// @param sum Lots in the upper, lots times price ticks in the lower half of 128 bits.
    /// @return Base units.
    function _amount(Fills memory f, uint256 sum) private pure returns (uint256) {
        return (sum % LOT) * f.tickAmount + (sum / LOT) * f.floorAmount;
    }

    /// @return sums Lots times (2^64 + price tick), bought in the lower, sold in the upper half; or `NOT_CLEARED`.
    function _walk(Fills memory f, bytes memory payload) private view returns (uint256 sums) {
        assembly ("memory-safe") {
            // In a function of its own that keeps its variables on the stack. `at` as in `EntryLoops`.
            function run(g, at, end, step, lotWh, shift) -> sum {
                let slot := not(0) // an entry of the slot that `result` belongs to
                let result := 0
                for {} lt(at, end) {
                    at := add(at, step)
                } {
                    let entry := mload(shr(128, at))
                    if gt(xor(entry, slot), BEHIND_SLOT) {
                        let found := sload(add(mload(add(g, RESULTS)), shr(248, entry)))
                        if xor(and(found, 0xffffffff), add(mload(add(g, FIRST)), shr(248, entry))) {
                            if iszero(shr(shift, not(mload(and(at, LOW))))) {
                                continue // a refused entry does not care
                            }
                            sum := NOT_CLEARED
                            leave
                        }
                        slot := entry
                        result := found
                    }
                    let lots := and(shr(224, entry), 0xffff)
                    {
                        let tick := and(shr(240, entry), 0x7f)
                        let marginal := and(shr(32, result), 0xff)
                        switch eq(tick, marginal)
                        case 0 {
                            // A bid above the margin or an ask below it fills whole, anything else not at all. No ask without a trade.
                            if or(eq(gt(tick, marginal), and(shr(247, entry), 1)), eq(marginal, 255)) {
                                continue
                            }
                            if iszero(shr(shift, not(mload(and(at, LOW))))) {
                                continue // refused
                            }
                        }
                        default {
                            let prefix := shr(shift, mload(and(at, LOW)))
                            if iszero(shr(shift, not(mload(and(at, LOW))))) {
                                continue
                            }
                            let pair := shr(add(48, and(shr(241, entry), 64)), result)
                            let volume := and(shr(32, pair), 0xffffffff)
                            pair := and(pair, 0xffffffff) // the allotment
                            lots := sub(div(mul(add(prefix, lots), pair), volume), div(mul(prefix, pair), volume))
                        }
                    }
                    // Bought in the high half of a position, sold in the low one; in the sums the other way round.
                    let half := and(shr(240, entry), 0x80)
                    let place := add(mload(g), shl(5, shr(248, entry)))
                    mstore(place, add(mload(place), shl(xor(half, 0x80), mul(lots, lotWh))))
                    sum := add(sum, shl(half, mul(lots, or(LOT, and(shr(40, result), 0xff)))))
                }
            }

            let prefixBytes := mload(add(f, PREFIX))
            let pos := add(payload, 32)
            let prefixes := add(pos, shl(2, div(mload(payload), add(4, prefixBytes))))
            sums := run(
                f,
                or(shl(128, pos), prefixes),
                shl(128, prefixes),
                or(shl(128, 4), prefixBytes),
                mload(add(f, LOT_WH)),
                sub(256, shl(3, prefixBytes))
            )
        }
    }
}
