// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {Crossing} from "./Crossing.sol";
import {SlotMarket} from "./SlotMarket.sol";

/// @title NaiveDoubleAuction
/// @notice A call auction per slot that keeps orders as they come, and sorts, matches and pays them all when it clears.
contract NaiveDoubleAuction is SlotMarket {
    using Arrays for uint256[];
    using Crossing for Crossing.Cursor;

    /// @dev One word.
    struct Order {
        address owner;
        uint32 price;
        uint24 lots;
        Side side;
    }

    /// @dev One word.
    struct Head {
        uint32 slot;
        uint16 bids; // orders
        uint16 asks;
        bool cleared;
    }

    /// @dev Taken over by the slot `RING` later without wiping: what counts is what `head` counts.
    struct Book {
        Head head;
        Order[2 ** 17] orders;
    }

    struct Placement {
        uint32 slot;
        Side side;
        uint32 price;
        uint24 lots;
    }

    /// @dev A word to sort by: `| lots 24 | index 17 | rank 32 |`, low bit first; lower is better. See `Crossing`.
    uint256 private constant INDEX_SHIFT = 24;
    uint256 private constant RANK_SHIFT = 41;

    mapping(uint256 index => Book book) private _books;

    constructor(IERC20 token_) SlotMarket(token_) {}

    /// @notice Adds an order of the caller to a slot.
    function place(Placement calldata order) external {
        _place(order);
    }

    /// @notice Adds orders of the caller, to any slots.
    function placeMany(Placement[] calldata orders) external {
        for (uint256 i = 0; i < orders.length; ++i) _place(orders[i]);
    }

    /// @notice Once the gate of a slot is closed: finds its price, pays for what trades and releases all reserves.
    /// @return price Base units per Wh; 0 where nothing trades.
    /// @return lots What trades.
    function clear(uint32 slot) external returns (uint256 price, uint256 lots) {
        _checkGateClosed(slot);
        Book storage book = _books[slot % RING];
        Head memory head = book.head;
        if (head.slot != slot || head.cleared) revert NothingToClear(slot);
        book.head.cleared = true;
        (uint256[] memory bids, uint256[] memory asks) = _sorted(book, head.bids, head.asks);
        Crossing.Cursor memory bid;
        Crossing.Cursor memory ask;
        _moveTo(bid, bids, 1, false);
        _moveTo(ask, asks, 1, true);
        while (bid.crosses(ask)) {
            unchecked {
                lots += bid.trade(ask);
            }
            if (bid.left == 0) _moveTo(bid, bids, bid.id + 1, false);
            if (ask.left == 0) _moveTo(ask, asks, ask.id + 1, true);
        }
        if (lots != 0) price = bid.priceOf(ask);
        _payBids(book, bids, bid, price);
        _payAsks(book, asks, ask, price);
        emit Cleared(slot, uint32(price), lots);
    }

    /// @notice The state of a slot's book.
    function headOf(uint32 slot) external view returns (Head memory head) {
        head = _books[slot % RING].head;
        if (head.slot != slot) delete head;
    }

    function _place(Placement calldata order) private {
        (uint32 slot, uint24 lots) = (order.slot, order.lots);
        _checkTrading(slot);
        if (lots == 0) revert NoLots();
        Book storage book = _books[slot % RING];
        Head memory head = book.head;
        if (head.slot != slot) {
            if (!head.cleared && head.slot != 0) revert Unsettled(head.slot);
            head = Head({slot: slot, bids: 0, asks: 0, cleared: false});
        }
        uint256 index = uint256(head.bids) + head.asks;
        book.orders[index] = Order(msg.sender, order.price, lots, order.side);
        uint16 id;
        if (order.side == Side.Buy) {
            id = ++head.bids;
            _reserve(msg.sender, _amountOf(lots, order.price));
        } else {
            id = ++head.asks;
        }
        book.head = head;
        emit Placed(slot, msg.sender, order.side, order.price, lots, id);
    }

    /// @dev Both sides of a book as words to sort by, from the best to the worst.
    function _sorted(
        Book storage book,
        uint256 bidCount,
        uint256 askCount
    ) private view returns (uint256[] memory bids, uint256[] memory asks) {
        bids = new uint256[](bidCount);
        asks = new uint256[](askCount);
        uint256 bid = 0;
        uint256 ask = 0;
        uint256 count = bidCount + askCount;
        for (uint256 index = 0; index < count; ++index) {
            Order memory order = book.orders[index];
            bool sells = order.side == Side.Sell;
            uint256 rank = Crossing.rankOf(sells, order.price);
            uint256 word = (rank << RANK_SHIFT) | (index << INDEX_SHIFT) | order.lots;
            if (sells) asks[ask++] = word;
            else bids[bid++] = word;
        }
        bids.sort();
        asks.sort();
    }

    /// @dev Puts a cursor on an order; ids are positions in the sorted array, from 1.
    function _moveTo(Crossing.Cursor memory cursor, uint256[] memory side, uint256 id, bool sells) private pure {
        if (id > side.length) {
            cursor.id = 0;
            return;
        }
        uint256 word = side[id - 1];
        cursor.moveTo(id, Crossing.priceAt(sells, uint32(word >> RANK_SHIFT)), _lotsOf(word));
    }

    function _payBids(Book storage book, uint256[] memory bids, Crossing.Cursor memory cursor, uint256 price) private {
        for (uint256 i = 0; i < bids.length; ++i) {
            uint256 word = bids[i];
            uint256 reserved = _amountOf(_lotsOf(word), Crossing.priceAt(false, uint32(word >> RANK_SHIFT)));
            _payFor(_ownerOf(book, word), reserved, _amountOf(_fillOf(cursor, i + 1, word), price));
        }
    }

    function _payAsks(Book storage book, uint256[] memory asks, Crossing.Cursor memory cursor, uint256 price) private {
        // Asks behind the last one that traded get nothing, and reserved nothing.
        for (uint256 i = 0; i < cursor.lastId; ++i) {
            uint256 word = asks[i];
            _credit(_ownerOf(book, word), _amountOf(_fillOf(cursor, i + 1, word), price));
        }
    }

    function _ownerOf(Book storage book, uint256 word) private view returns (address) {
        return book.orders[uint256(uint24(word >> INDEX_SHIFT)) & (2 ** 17 - 1)].owner;
    }

    function _lotsOf(uint256 word) private pure returns (uint256) {
        return uint24(word);
    }

    /// @dev Lots that the order at a position trades: all before the last one that traded, none after it.
    function _fillOf(Crossing.Cursor memory cursor, uint256 id, uint256 word) private pure returns (uint256) {
        if (id == cursor.lastId) return cursor.lastFill;
        return id < cursor.lastId ? _lotsOf(word) : 0;
    }
}
