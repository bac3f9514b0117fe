// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PaymentEscrow} from "../../contracts/PaymentEscrow.sol";
import {IProsumerRegistry} from "../../contracts/interfaces/IProsumerRegistry.sol";
import {Account} from "../../contracts/types/Account.sol";
import {Check, Dice} from "./Check.sol";

/// @notice The short way of a grid leg against the long one: where it says that it paid the leg, the long way would have left the same
/// balance, the same supplier and no debt; where it says that it cannot, the long way would have left a debt.
contract WholeLegsTest is PaymentEscrow {
    constructor() PaymentEscrow(IProsumerRegistry(address(0)), address(0)) {}

    function testFuzz_aLegIsPaidWholeExactlyWhereTheLongWayLeavesNoDebt(uint256 seed) external {
        Dice memory d = Dice(seed);
        uint256 most = d.one(2) ? 9 : type(uint64).max;
        SupplierBook memory book;
        (book.member, book.loaded, book.free) = (3, true, d.upTo(most));
        // A supplier that owes others sets aside what it earns.
        if (d.one(2)) book.owed = d.upTo(most);
        book.fund = d.upTo(book.owed);
        (uint256 free, uint256 available) = (d.upTo(most), d.upTo(most));
        int256 gridLeg = d.one(2) ? int256(d.upTo(2 * most)) : -int256(d.upTo(most));
        // Often to the unit what there is, and one more.
        if (d.one(4)) gridLeg = int256(free + available + (d.roll() % 2));
        if (d.one(4)) gridLeg = -int256(book.free + (d.roll() % 2));
        _compare(free, available, gridLeg, book);
    }

    function test_aLegIsPaidToTheLastUnitOfWhatThereIs() external {
        uint256[5] memory legs = [uint256(11), 12, 13, 0, 1];
        for (uint256 i = 0; i < legs.length; ++i) {
            SupplierBook memory book;
            (book.member, book.loaded, book.free, book.fund, book.owed) = (3, true, 12, 1, 8);
            // Owed by a member with 5 free and 7 available, and owed to it by a supplier with 12.
            for (uint256 way = 0; way < 2; ++way) {
                bool paid = _compare(5, 7, way == 0 ? int256(legs[i]) : -int256(legs[i]), _copy(book));
                Check.yes(paid == (legs[i] <= 12), "paid");
            }
        }
    }

    /// @dev Both ways, each with a supplier of its own; money neither comes nor goes.
    function _compare(
        uint256 free,
        uint256 available,
        int256 gridLeg,
        SupplierBook memory book
    ) private returns (bool paid) {
        SupplierBook memory short = _copy(book);
        uint256 balance;
        (paid, balance) = _payWhole(free, available, gridLeg, short);
        uint256 before = free + available + book.free + book.fund;
        bytes memory untouched = abi.encode(book);
        (uint256 expected, int256 due) = _gridLeg(1, 9, Account.wrap(0), free, available, gridLeg, book);
        Check.yes(paid == (due == 0), "paid");
        if (!paid) {
            Check.eq(balance, 0, "no balance");
            Check.eqBytes(abi.encode(short), untouched, "an untouched supplier");
            return false;
        }
        Check.eq(balance, expected, "balance");
        Check.eqBytes(abi.encode(short), abi.encode(book), "supplier");
        Check.eq(balance + short.free + short.fund, before, "money");
    }

    function _copy(SupplierBook memory book) private pure returns (SupplierBook memory) {
        return SupplierBook(book.member, book.loaded, book.free, book.fund, book.owed);
    }
}
