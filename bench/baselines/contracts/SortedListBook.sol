// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Crossing} from "./Crossing.sol";
import {SlotMarket} from "./SlotMarket.sol";

/// @title SortedListBook
/// @notice A call auction per slot over two linked lists that are kept sorted from the best order to the worst.
/// @dev Insertion walks from a hint; with a good one it takes no step. Clearing reads the orders that trade and writes one
/// word; an order's fill follows from the last order that traded on its side, so settling writes accounts alone.
contract SortedListBook is SlotMarket {
    using Crossing for Crossing.Cursor;

    /// @dev One word. Ids count from 1 per side of a slot, in order of arrival; 0 ends a list.
    struct Order {
        address owner;
        uint32 rank; // see `Crossing`
        uint24 lots;
        uint16 next;
    }

    /// @dev One word.
    struct Head {
        uint32 slot;
        uint32 settled; // orders, bids first
        uint32 price;
        bool cleared;
        uint16 bids; // orders
        uint16 asks;
        uint16 bestBid;
        uint16 bestAsk;
        uint16 lastBid; // the last order that traded
        uint16 lastAsk;
        uint24 lastBidLots; // what of it traded
        uint24 lastAskLots;
    }

    /// @dev Taken over by the slot `RING` later without wiping: what counts is what `head` leads to.
    struct Book {
        Head head;
        Order[2 ** 16] bids;
        Order[2 ** 16] asks;
    }

    /// @param hint Id of an order on the same side that is at least as good, best the last such; 0 starts at the best order.
    struct Placement {
        uint32 slot;
        Side side;
        uint32 price;
        uint24 lots;
        uint16 hint;
    }

    mapping(uint256 index => Book book) private _books;

    event Settled(uint32 indexed slot, uint256 from, uint256 to);

    error BadHint(uint16 hint);
    error NotCleared(uint32 slot);

    constructor(IERC20 token_) SlotMarket(token_) {}

    /// @notice Adds an order of the caller to a slot.
    function place(Placement calldata order) external {
        _place(order);
    }

    /// @notice Adds orders of the caller, to any slots.
    function placeMany(Placement[] calldata orders) external {
        for (uint256 i = 0; i < orders.length; ++i) _place(orders[i]);
    }

    /// @notice Fixes the price of a slot and who trades, once its gate is closed.
    /// @return price Base units per Wh; 0 where nothing trades.
    /// @return lots What trades.
    function clear(uint32 slot) external returns (uint256 price, uint256 lots) {
        _checkGateClosed(slot);
        Book storage book = _bookOf(slot);
        Head memory head = book.head;
        if (head.slot != slot || head.cleared) revert NothingToClear(slot);
        Crossing.Cursor memory bid;
        Crossing.Cursor memory ask;
        uint256 nextBid = _moveTo(bid, book.bids, head.bestBid, false);
        uint256 nextAsk = _moveTo(ask, book.asks, head.bestAsk, true);
        while (bid.crosses(ask)) {
            unchecked {
                lots += bid.trade(ask);
            }
            if (bid.left == 0) nextBid = _moveTo(bid, book.bids, nextBid, false);
            if (ask.left == 0) nextAsk = _moveTo(ask, book.asks, nextAsk, true);
        }
        if (lots != 0) price = bid.priceOf(ask);
        head.cleared = true;
        head.price = uint32(price);
        (head.lastBid, head.lastBidLots) = (uint16(bid.lastId), uint24(bid.lastFill));
        (head.lastAsk, head.lastAskLots) = (uint16(ask.lastId), uint24(ask.lastFill));
        book.head = head;
        emit Cleared(slot, uint32(price), lots);
    }

    /// @notice Pays for the next orders of a cleared slot and releases what they reserved, in the order of arrival.
    /// @param most How many orders at most.
    function settle(uint32 slot, uint256 most) external {
        Book storage book = _bookOf(slot);
        Head memory head = book.head;
        if (head.slot != slot || !head.cleared) revert NotCleared(slot);
        uint256 from = head.settled;
        uint256 bids = head.bids;
        uint256 to = bids + head.asks;
        if (most < to - from) to = from + most;
        uint256 lastRank = book.bids[head.lastBid].rank;
        uint256 i = from;
        for (; i < to && i < bids; ++i) {
            Order memory order = book.bids[i + 1];
            uint256 fill = _fillOf(order, i + 1, head.lastBid, lastRank, head.lastBidLots);
            uint256 reserved = _amountOf(order.lots, Crossing.priceAt(false, order.rank));
            _payFor(order.owner, reserved, _amountOf(fill, head.price));
        }
        lastRank = book.asks[head.lastAsk].rank;
        for (; i < to; ++i) {
            uint256 id = i - bids + 1;
            Order memory order = book.asks[id];
            uint256 fill = _fillOf(order, id, head.lastAsk, lastRank, head.lastAskLots);
            if (fill != 0) _credit(order.owner, _amountOf(fill, head.price));
        }
        book.head.settled = uint32(to);
        emit Settled(slot, from, to);
    }

    /// @notice The state of a slot's book.
    function headOf(uint32 slot) external view returns (Head memory head) {
        head = _bookOf(slot).head;
        if (head.slot != slot) delete head;
    }

    /// @notice An order of the book that a slot's storage holds.
    function orderOf(uint32 slot, Side side, uint16 id) external view returns (Order memory) {
        Book storage book = _bookOf(slot);
        return side == Side.Buy ? book.bids[id] : book.asks[id];
    }

    function _place(Placement calldata order) private {
        (uint32 slot, uint24 lots) = (order.slot, order.lots);
        _checkTrading(slot);
        if (lots == 0) revert NoLots();
        Book storage book = _bookOf(slot);
        Head memory head = book.head;
        if (head.slot != slot) {
            if (head.settled != uint256(head.bids) + head.asks) revert Unsettled(head.slot);
            delete head;
            head.slot = slot;
        }
        uint16 id;
        if (order.side == Side.Buy) {
            id = ++head.bids;
            head.bestBid = _insert(book.bids, head.bestBid, order, id);
            _reserve(msg.sender, _amountOf(lots, order.price));
        } else {
            id = ++head.asks;
            head.bestAsk = _insert(book.asks, head.bestAsk, order, id);
        }
        book.head = head;
        emit Placed(slot, msg.sender, order.side, order.price, lots, id);
    }

    /// @dev Links an order behind all that are at least as good.
    /// @return The best order of the list.
    function _insert(
        Order[2 ** 16] storage orders,
        uint16 best,
        Placement calldata order,
        uint16 id
    ) private returns (uint16) {
        uint32 rank = Crossing.rankOf(order.side == Side.Sell, order.price);
        uint16 previous = order.hint;
        uint16 next = best;
        if (previous != 0) {
            // Ids from `id` on are those of an earlier slot.
            if (previous >= id || orders[previous].rank > rank) revert BadHint(previous);
            next = orders[previous].next;
        }
        while (next != 0) {
            Order storage other = orders[next];
            if (other.rank > rank) break;
            previous = next;
            next = other.next;
        }
        orders[id] = Order(msg.sender, rank, order.lots, next);
        if (previous == 0) return id;
        orders[previous].next = id;
        return best;
    }

    /// @dev Puts a cursor on an order.
    /// @return The order after it.
    function _moveTo(
        Crossing.Cursor memory cursor,
        Order[2 ** 16] storage orders,
        uint256 id,
        bool sells
    ) private view returns (uint256) {
        if (id == 0) {
            cursor.id = 0;
            return 0;
        }
        Order memory order = orders[id];
        cursor.moveTo(id, Crossing.priceAt(sells, order.rank), order.lots);
        return order.next;
    }

    function _bookOf(uint32 slot) private view returns (Book storage) {
        return _books[slot % RING];
    }

    /// @dev Lots that an order trades: all before the last one in the list, none after it.
    function _fillOf(
        Order memory order,
        uint256 id,
        uint256 lastId,
        uint256 lastRank,
        uint256 lastLots
    ) private pure returns (uint256) {
        if (id == lastId) return lastLots;
        if (lastId == 0 || order.rank > lastRank || (order.rank == lastRank && id > lastId)) return 0;
        return order.lots;
    }
}
