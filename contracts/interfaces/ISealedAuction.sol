// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOrderBook} from "./IOrderBook.sol";

/// @title Sealed auction
/// @notice The order book of sealed (day-ahead) communities: one gate per period, before which relayers commit to strips that nobody
/// can read, and after which they reveal them, in turns. Then everything clears.
/// @dev Revealed orders count as of the gate: key, status, caps, epoch, modules and pledged money as they were then, whatever their member,
/// the coordinator or anyone did since; debts are not looked at and no pause stops a reveal. So nobody can void an order after
/// seeing others. Members may place their own orders before the gate, in the clear. Who committed to what stands in `ICommitBook`.
interface ISealedAuction is IOrderBook {
    /// @notice A chunk came to light; its strips were accepted or skipped as in an open book.
    /// @param index Of the chunk in its commit.
    /// @param strips Strips in it.
    event ChunkRevealed(
        uint32 indexed community,
        uint32 indexed period,
        uint256 indexed place,
        uint256 index,
        uint256 strips
    );

    /// @notice Reveals the next chunk of the commit whose turn it is: its strips are accepted or skipped, each on its own. Anyone who has
    /// the chunk.
    /// @param chunk Its bytes.
    /// @param before Hashes of the commit's chunks before it.
    /// @param rest Root of the chain behind it, zero behind the last.
    /// @param clears Whether to clear the period at once if nothing is left to reveal: out of memory, without writing tick words. It
    /// takes gas for every slot, so a chunk near the limit of a transaction is revealed without, and `clear` follows.
    /// @return accepted Number of strips accepted.
    function reveal(
        uint32 community,
        uint32 period,
        uint256 place,
        bytes calldata chunk,
        bytes32[] calldata before,
        bytes32 rest,
        bool clears
    ) external returns (uint256 accepted);

    /// @return Where relayers commit. It alone moves their bonds in communities of this order book.
    function bondKeeper() external view returns (address);
}
