// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EntryAcceptanceTest} from "./EntryAcceptance.t.sol";

/// @notice Acceptance as in a large batch: whatever holds entry by entry holds where strips are tried in one sweep first.
contract EntrySweepsTest is EntryAcceptanceTest {
    function _sweeps() internal pure override returns (bool) {
        return true;
    }
}
