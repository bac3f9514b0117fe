// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EntryAcceptanceTest} from "./EntryAcceptance.t.sol";

/// @notice Acceptance as in a large batch: whatever holds elsewhere holds where a slot's live words are read at
/// its first visit.
contract EntrySweepsTest is EntryAcceptanceTest {
    function _eager() internal pure override returns (bool) {
        return true;
    }
}
