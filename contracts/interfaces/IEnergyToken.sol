// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Energy token
/// @notice One unit is one Wh that a meter measured, of one community, vintage (period), grid zone and source.
/// @dev ERC-1155. `id = community 32 | vintage 32 | zone 16 | source 8`, high bits first. Minted once per member and period
/// by settlement, against metered delivery; gone for good when retired. Not a guarantee of origin in the legal sense.
interface IEnergyToken {
    /// @notice `amount` Wh were used for `purpose` by `beneficiary` and can never be sold again.
    event Retired(
        address indexed account,
        uint256 indexed id,
        uint256 amount,
        address indexed beneficiary,
        string purpose
    );

    error NotSettlement(address caller);

    /// @notice Mints to `to`. Settlement only, as the last step of a claim.
    function mint(address to, uint256[] calldata ids, uint256[] calldata amounts) external;

    /// @notice Burns the caller's tokens as consumed.
    function retire(uint256 id, uint256 amount, address beneficiary, string calldata purpose) external;

    /// @return The only contract that mints.
    function settlement() external view returns (address);

    /// @return id Of the token.
    function idOf(uint32 community, uint32 vintage, uint16 zone, uint8 source) external pure returns (uint256 id);
}
