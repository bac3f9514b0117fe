// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OrderBook} from "../../../contracts/OrderBook.sol";
import {IPaymentEscrow} from "../../../contracts/interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "../../../contracts/interfaces/IProsumerRegistry.sol";
import {Book} from "../../../contracts/libraries/Book.sol";
import {BookPlaces} from "../../../contracts/libraries/BookPlaces.sol";
import {EntryLoops} from "../../../contracts/libraries/EntryLoops.sol";
import {EntryStrip} from "../../../contracts/libraries/EntryStrip.sol";
import {Mem} from "../../../contracts/libraries/Mem.sol";
import {StripLoops} from "../../../contracts/libraries/StripLoops.sol";
import {Words} from "../../../contracts/libraries/Words.sol";
import {Terms} from "../../../contracts/types/Terms.sol";

/// @title Clear lab
/// @notice An order book without registry and escrow: entries go in without a signature, in any period, and slots are due when it is
/// told so. What it stores and clears is the order book's own.
contract ClearLab is OrderBook {
    using Book for Book.Copy;
    using EntryLoops for EntryStrip.Strip;
    using EntryStrip for EntryStrip.Strip;
    using Mem for bytes;

    uint32 public constant COMMUNITY = 7;

    Terms public terms;

    /// @dev The first slot that is not due.
    uint256 private _notDue;

    constructor(Terms terms_) OrderBook(IProsumerRegistry(address(0)), IPaymentEscrow(address(0))) {
        terms = terms_;
        Words.store(BookPlaces.TERMS | COMMUNITY, Terms.unwrap(terms_));
    }

    function setNotDue(uint256 slot) external {
        _notDue = slot;
    }

    /// @notice Accepts entries and writes the book back, or clears the period out of memory as the last reveal of a period does.
    /// @param entries Four bytes each.
    /// @return busy Whether an older period needs a group of theirs: then nothing is accepted.
    function accept(uint32 period, bytes calldata entries, bool clears) external returns (bool busy) {
        StripLoops.Batch memory b = StripLoops.create()[0];
        Terms t = terms;
        (b.community, b.period, b.slots) = (COMMUNITY, period, t.slotsPerPeriod());
        uint256 area = BookPlaces.bookAt(COMMUNITY, t, period * b.slots);
        b.book.open(area, period, t.tickCount(), t.wideTicks(), b.slots);
        EntryStrip.Strip memory e = b.loop;
        e.setGrid(b.slots, t.tickCount(), b.book.laneLog);
        e.setPrices(t.lotWh(), t.floorPrice(), t.tickSize(), 0);
        (e.table, e.tickWords, e.area, e.period) = (b.book.table, b.book.wordsPerSide, area, period);
        e.setLimits(type(uint16).max, type(uint16).max, type(uint96).max, 0);
        e.prices = new bytes(4 * b.slots + 32).start();
        e.reasons = new bytes(entries.length / 4 + 32).start();
        e.reset(0, 0);
        uint256 payload = new bytes(2 * entries.length + 32).start();
        Mem.copy(payload, entries);
        (, , busy) = e.accept(payload, entries.length / 4);
        if (clears) _clearCopy(b, t);
        else b.book.flush(e.newest);
    }

    function _isSealed() internal pure override returns (bool) {
        return false;
    }

    function _isRevealing() internal pure override returns (bool) {
        return false;
    }

    function _isDue(uint32, Terms, uint256 slot) internal view override returns (bool) {
        return slot < _notDue;
    }
}
