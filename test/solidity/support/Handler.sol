// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SettleCalls} from "./SettleCalls.sol";

/// @title Handler
/// @notice Everything that happens in the two communities, one random call at a time.
contract Handler is SettleCalls {
    constructor() {
        for (uint32 community = 0; community < COMMUNITIES; ++community) {
            uint32 count = registry.memberCount(community);
            _fund(community, FIRST_SUPPLIER, 20_000);
            for (uint32 member = FIRST_HOME; member < count; ++member) _fund(community, member, 400_000);
        }
        for (uint32 member = 0; member < FIRST_HOME; ++member) _fund(SEALED, member, 400_000);
    }
}
