// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Crossing
/// @notice Where supply meets demand: both sides are walked from their best order on, for as long as the bid pays the ask.
/// @dev Orders have a rank: the lower, the better; at equal ranks the older is better. Both sides then sort alike.
library Crossing {
    uint256 private constant NO_ASK = type(uint32).max;

    /// @dev One side: the order at which the walk stands, and the last one that traded.
    struct Cursor {
        uint256 id; // 0 past the end
        uint256 price;
        uint256 lots;
        uint256 left; // lots not traded yet
        uint256 lastId; // 0 where nothing trades
        uint256 lastPrice;
        uint256 lastFill; // lots
    }

    /// @notice Puts a cursor on an order.
    function moveTo(Cursor memory cursor, uint256 id, uint256 price, uint256 lots) internal pure {
        cursor.id = id;
        cursor.price = price;
        cursor.lots = lots;
        cursor.left = lots;
    }

    function crosses(Cursor memory bid, Cursor memory ask) internal pure returns (bool) {
        return bid.id != 0 && ask.id != 0 && bid.price >= ask.price;
    }

    /// @notice Trades what the two orders have in common.
    function trade(Cursor memory bid, Cursor memory ask) internal pure returns (uint256 lots) {
        lots = bid.left < ask.left ? bid.left : ask.left;
        _take(bid, lots);
        _take(ask, lots);
    }

    /// @notice The middle of all prices at which nobody left out would trade, rounded down; after at least one trade.
    function priceOf(Cursor memory bid, Cursor memory ask) internal pure returns (uint256) {
        uint256 nextBid = bid.id == 0 ? 0 : bid.price;
        uint256 nextAsk = ask.id == 0 ? NO_ASK : ask.price;
        uint256 low = ask.lastPrice > nextBid ? ask.lastPrice : nextBid;
        uint256 high = bid.lastPrice < nextAsk ? bid.lastPrice : nextAsk;
        unchecked {
            return (low + high) / 2;
        }
    }

    /// @notice The rank of a price: bids rank from the highest price, asks from the lowest.
    function rankOf(bool sells, uint256 price) internal pure returns (uint32) {
        return uint32(sells ? price : ~price);
    }

    /// @notice The price of a rank.
    function priceAt(bool sells, uint32 rank) internal pure returns (uint256) {
        return sells ? rank : ~rank;
    }

    function _take(Cursor memory cursor, uint256 lots) private pure {
        unchecked {
            cursor.left -= lots;
            cursor.lastId = cursor.id;
            cursor.lastPrice = cursor.price;
            cursor.lastFill = cursor.lots - cursor.left;
        }
    }
}
