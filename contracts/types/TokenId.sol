// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @return id Of an energy token: `community 32 | vintage 32 | zone 16 | source 8`, high bit first. Zone and source 0 are a community's mix.
function tokenId(uint256 community, uint256 vintage, uint256 zone, uint256 source) pure returns (uint256 id) {
    return (community << 56) | (vintage << 24) | (zone << 8) | source;
}
