// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOrderBook} from "./IOrderBook.sol";

/// @title Order book lens
/// @notice What an order book has in storage, as books and results. Serves every order book, open or sealed.
/// @dev It has no state and nobody needs it: order books and settlement do not know of it.
///
/// A slot is there as long as its place in the ring is: a book until a later period takes orders there, a result until a later period
/// clears there. Afterwards it reads as empty and as not cleared.
interface IOrderBookLens {
    /// @return bids Lots per tick.
    /// @return asks Lots per tick.
    function book(
        IOrderBook auction,
        uint32 community,
        uint256 slot
    ) external view returns (uint256[] memory bids, uint256[] memory asks);

    /// @return cleared Whether the slot cleared.
    /// @return marginalTick t*, 255 for no trade.
    /// @return priceTick Tick of the price.
    /// @return price Base units per Wh.
    /// @return lots Volume.
    /// @return side Whose orders at t* fill in part or not at all: 0 bids, 1 asks. At most one side's; 0 where neither.
    /// @return allotment Lots filled of `volume`.
    /// @return volume Lots of that side at t*, more than `allotment`; 0 where all orders at t* fill whole.
    function result(
        IOrderBook auction,
        uint32 community,
        uint256 slot
    )
        external
        view
        returns (
            bool cleared,
            uint256 marginalTick,
            uint256 priceTick,
            uint256 price,
            uint256 lots,
            uint256 side,
            uint256 allotment,
            uint256 volume
        );

    /// @return The EIP-712 digest that the trading key signs.
    function stripDigest(
        IOrderBook auction,
        uint32 community,
        uint32 period,
        IOrderBook.Strip calldata strip
    ) external view returns (bytes32);
}
