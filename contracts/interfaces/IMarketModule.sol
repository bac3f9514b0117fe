// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Market module
/// @notice A mechanism that trades energy for the members of a community: an order book, a sharing pool, bilateral trades.
/// @dev A module appends signed records to members' journals through `IPaymentEscrow.append`, which reserves money. When the
/// period is over, settlement hands the records back and asks what became of them. The module moves no money itself.
///
/// What settlement enforces, whatever the module answers:
/// - `contextOf` gets `30,000 + 2,400 * slotsPerPeriod` gas and may return up to `2 * slotsPerPeriod + 2` words;
/// - `positionOf` gets `30,000 + 1,000 * entries` gas, with the entries that the heads of its records name, and returns
///   `5 + slotsPerPeriod / 4` words, rounded up; a community's first module gets twice as much for both;
/// - `paid` and `received` fit 88 bits, a position 24 bits a side and slot;
/// - `paid + network fee - received + sum(sold * import price) <= reserve`: the worst case was reserved;
/// - the sums of bought and of sold Wh stay within the Wh named at `append`;
/// - the module's pot of the period plus what it still has reserved never goes below zero.
///
/// What it cannot enforce: `append` takes a fee from the member's free balance, within that balance. Whoever enables a module trusts
/// it with as much.
///
/// A call that fails or breaks a bound voids the module's records of that member: no position, no payment, the reserve
/// comes back as far as the pot allows. Among peers a module can therefore lose only what its own members reserved with it. The
/// supplier is less safe: a module that invents bought Wh makes it pay the export price for them, or forgo the import price. So a
/// module added later needs the supplier's consent.
interface IMarketModule {
    /// @notice What the answers about a period have in common, say prices: settlement asks for it once in a batch and hands it to
    /// every `positionOf` of the batch. Where this call fails or returns too much, the context is empty.
    /// @param community Community index.
    /// @param period Period index, `unix time / period length`.
    /// @return context Words that mean something to the module alone.
    function contextOf(uint32 community, uint32 period) external view returns (uint256[] memory context);

    /// @notice What the records of one member became.
    /// @param community Community index.
    /// @param member Member index.
    /// @param period Period index, `unix time / period length`.
    /// @param context What `contextOf` returned.
    /// @param payloads The `payload` of each of the member's records with this module, oldest first, exactly as appended.
    /// @return ready False while something outside the records is missing (an uncleared slot, open totals). Settlement then
    /// leaves the member alone until the correction window ends; from then on "not ready" counts as a failed call. Not so for a
    /// community's first module, its order book, which every member signed: settlement waits for it without end, so that nobody
    /// gains by waiting. Anybody must be able to make it ready, as with `IDoubleAuction.clear`: otherwise it freezes its community.
    /// @return paid Base units the member pays to its peers.
    /// @return received Base units the member gets from its peers.
    /// @return position Eight bytes per slot of the period, big-endian: Wh bought (4 bytes), Wh sold (4 bytes).
    function positionOf(
        uint32 community,
        uint32 member,
        uint32 period,
        uint256[] calldata context,
        bytes[] calldata payloads
    ) external view returns (bool ready, uint256 paid, uint256 received, bytes memory position);
}
