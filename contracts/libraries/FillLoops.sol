// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SlotResult} from "../types/SlotResult.sol";

/// @title Fill loops
/// @notice The loop that the order book runs once per entry of a journal: what it filled.
/// @dev In assembly, see `EntryLoops`, with its plain twin in `EntryLoopsPlain`.
///
/// A fill word says of a slot what the loop needs, made once for all members: `| askAllotment 32 | askVolume 32 | marginalTick 8 |
/// waiting 1 | - 55 | bidAllotment 32 | bidVolume 32 | - 32 | price 32 |`, low bit first. What belongs to bids lies 128 bits above what
/// belongs to asks, as bought lies above sold in a position word.
library FillLoops {
    /// @dev Of a slot that is not cleared: nothing fills in it, and whoever has an accepted entry there has to wait.
    uint256 internal constant WAITING = (1 << 72) | (255 << 64);

    /// @param price Base units per Wh.
    /// @return The fill word of a cleared slot.
    function wordOf(SlotResult result, uint256 price) internal pure returns (uint256) {
        uint256 word = SlotResult.unwrap(result);
        uint256 asks = uint64(word >> 112);
        uint256 bids = uint64(word >> 48);
        return asks | (result.marginalTick() << 64) | (bids << 128) | (price << 224);
    }

    /// @notice Adds up what accepted entries filled; `SlotResult.fill` says how much of an entry does.
    /// @param words Where the fill words of the period start in memory.
    /// @param position Where its position words start in memory; fills are added to them.
    /// @param lotWh Wh per lot.
    /// @param prefixBytes Two or four.
    /// @param payload Entries, then prefixes. In memory: the compiler would read calldata again at each use of a variable.
    /// @return paid Base units.
    /// @return received Base units.
    /// @return cleared False if a slot of an accepted entry is not cleared.
    function fills(
        uint256 words,
        uint256 position,
        uint256 lotWh,
        uint256 prefixBytes,
        bytes memory payload
    ) internal pure returns (uint256 paid, uint256 received, bool cleared) {
        uint256 money;
        uint256 seen;
        assembly ("memory-safe") {
            // The share of an entry at the margin: volume that is filled up to its end less what is filled up to its start.
            function share(pair, lots, prefix) -> filled {
                let volume := and(shr(32, pair), 0xffffffff)
                if iszero(volume) {
                    leave // no trade
                }
                pair := and(pair, 0xffffffff) // the allotment
                filled := sub(div(mul(add(prefix, lots), pair), volume), div(mul(prefix, pair), volume))
            }

            // In a function of its own that keeps its variables on the stack. Money as in a position: paid above, received below.
            function run(pos, end, prefixes, width, shift, wordsAt, positionAt, unit) -> sum, all {
                if iszero(lt(pos, end)) {
                    leave
                }
                for {} lt(pos, end) {
                    pos := add(pos, 4)
                    prefixes := add(prefixes, width)
                } {
                    let prefix := mload(prefixes)
                    if iszero(shr(shift, not(prefix))) {
                        continue // refused
                    }
                    let entry := mload(pos)
                    let place := shl(5, byte(0, entry))
                    let word := mload(add(wordsAt, place))
                    all := or(all, word)
                    // Side and tick of an entry minus the marginal tick: 0 is a bid, 128 an ask at the margin; between them are bids
                    // above and asks below it, which fill whole; beyond them lies what fills not at all.
                    let over := sub(byte(1, entry), byte(23, word))
                    if gt(over, 128) {
                        continue
                    }
                    let lane := and(not(byte(1, entry)), 128)
                    let lots := and(shr(224, entry), 0xffff)
                    if iszero(and(over, 127)) {
                        lots := share(shr(lane, word), lots, shr(shift, prefix))
                    }
                    lots := shl(lane, mul(lots, unit)) // now Wh, where it belongs
                    sum := add(sum, mul(lots, shr(224, word)))
                    place := add(positionAt, place)
                    mstore(place, add(mload(place), lots))
                }
            }

            let start := add(payload, 32)
            let end := add(start, shl(2, div(mload(payload), add(4, prefixBytes))))
            money, seen := run(start, end, end, prefixBytes, sub(256, shl(3, prefixBytes)), words, position, lotWh)
        }
        (paid, received) = (money >> 128, uint128(money));
        cleared = seen & (1 << 72) == 0;
    }
}
