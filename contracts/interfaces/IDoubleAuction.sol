// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOrderBook} from "./IOrderBook.sol";

/// @title Double auction
/// @notice The order book of open communities: orders come in until the gate of their slot, signed by members and posted by anyone.
interface IDoubleAuction is IOrderBook {
    /// @notice Posts signed strips of one period for their members. A bad strip is skipped and named; the rest goes through.
    /// @param feeTo Whom every strip of the call was signed for.
    /// @param strips One behind the other: `member 4 | after 1 | epoch 4 | deadline 5 | maxReserve 12 | feePerEntry 4 | r 32 | vs 32 |
    /// count 2 | entries 4 * count`, big-endian. Cheapest where members ascend; any order is right.
    /// @return accepted Number of strips accepted.
    function post(
        uint32 community,
        uint32 period,
        address feeTo,
        bytes calldata strips
    ) external returns (uint256 accepted);
}
