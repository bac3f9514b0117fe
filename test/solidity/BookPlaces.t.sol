// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BookPlaces} from "../../contracts/libraries/BookPlaces.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Check} from "./Check.sol";

/// @title Places of an order book
contract BookPlacesTest {
    function testAreasAreNamed() external pure {
        Check.eq(BookPlaces.BOOKS, Words.area("wattbook.auction.books"), "books");
        Check.eq(BookPlaces.RESULTS, Words.area("wattbook.auction.results"), "results");
        Check.eq(BookPlaces.TERMS, Words.area("wattbook.auction.terms"), "terms");
    }
}
