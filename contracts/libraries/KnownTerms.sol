// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IProsumerRegistry} from "../interfaces/IProsumerRegistry.sol";
import {Terms} from "../types/Terms.sol";
import {Words} from "./Words.sol";

/// @title Known terms
/// @notice A contract's own copy of the terms of communities, which never change: reading it costs a tenth of asking the registry.
library KnownTerms {
    /// @notice Terms from the copy, or from the registry where there is none yet.
    /// @param area Where the copies are in storage.
    /// @dev Reverts for an unknown community, as the registry does.
    function load(uint256 area, IProsumerRegistry registry, uint32 community) internal view returns (Terms t) {
        t = Terms.wrap(Words.load(area | community));
        if (!t.exists()) (t, ) = registry.trading(community);
    }

    /// @notice As `load`, and keeps a copy of what the registry says.
    function keep(uint256 area, IProsumerRegistry registry, uint32 community) internal returns (Terms t) {
        t = Terms.wrap(Words.load(area | community));
        if (t.exists()) return t;
        (t, ) = registry.trading(community);
        Words.store(area | community, Terms.unwrap(t));
    }
}
