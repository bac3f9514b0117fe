// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Journal} from "../types/Journal.sol";
import {Terms} from "../types/Terms.sol";

/// @title Payment escrow
/// @notice Holds the payment token of every community: one account per member, one pot per module and period, debts, the journals that
/// say what open periods reserved and why, and in sealed communities members' pledges and relayers' bonds.
/// @dev Assumptions about a payment token: `transfer` and `transferFrom` move exactly the amount or fail (missing and false
/// return values are handled; a fee on transfer is refused at deposit).
///
/// Warning: a rebasing token, or one that can be confiscated, cannot be detected. If its balance shrinks, the last ones to
/// withdraw are not paid. `shortfall` shows it: a community must not choose such a token.
///
/// Solvency, per token: balance >= sum of free + pledged + fees + dueFund + bonds + (outstanding + pot). Debts between accounts are
/// claims, never counted as money. Every way out is a pull by the owner; no role, pause or module can stop it, but for a bond's locked
/// part, which the community's first module holds.
///
/// Sealed communities: orders are paid from *pledged* money, and count by what was so at their period's gate. What a member does after
/// the gate, when others' orders become known, changes neither what backs its own nor whether they are valid: money pledged since
/// then does not count for that period, money asked back stays until the reveal is over, and epoch and modules are kept as they were.
interface IPaymentEscrow {
    /// @notice One member's settled period, as `ISettlement` computed it; base units.
    /// @param member Member index.
    /// @param supplier Its supplier's member index.
    /// @param reserved Reserve to release, over all modules, settlement fee included.
    /// @param lost Part of `reserved` that a voided module keeps in its pot.
    /// @param paid To peers.
    /// @param received From peers.
    /// @param networkFee To the DSO.
    /// @param settlementFee To whoever settles.
    /// @param gridLeg Positive: the member pays its supplier; negative: the supplier pays the member.
    /// @param journal The member's journal afterwards; of no use once the period has left the ring.
    struct Leg {
        uint32 member;
        uint32 supplier;
        uint96 reserved;
        uint96 lost;
        uint96 paid;
        uint96 received;
        uint96 networkFee;
        uint96 settlementFee;
        int128 gridLeg;
        Journal journal;
    }

    event Deposited(uint32 indexed community, uint32 indexed member, address from, uint256 amount);
    event Withdrawn(uint32 indexed community, uint32 indexed member, address to, uint256 amount);
    event FeesWithdrawn(address indexed token, address indexed account, address to, uint256 amount);
    event EpochBumped(uint32 indexed community, uint32 indexed member, uint32 epoch);
    event ModuleEnabled(uint32 indexed community, uint32 indexed member, uint8 module, bool on);
    event Pledged(uint32 indexed community, uint32 indexed member, uint256 amount);

    /// @notice `amount` was asked back. `leavesAt`: unix seconds from which all that was asked back so far can be released.
    event Unpledged(uint32 indexed community, uint32 indexed member, uint256 amount, uint40 leavesAt);
    event PledgeReleased(uint32 indexed community, uint32 indexed member, uint256 amount);
    event BondPosted(uint32 indexed community, address indexed relayer, uint256 amount);
    event BondWithdrawn(uint32 indexed community, address indexed relayer, address to, uint256 amount);
    event BondLocked(uint32 indexed community, address indexed relayer, uint256 amount);
    event BondReleased(uint32 indexed community, address indexed relayer, uint256 amount);

    /// @notice Part of a locked bond went to the community's fee collector.
    event BondForfeited(uint32 indexed community, address indexed relayer, uint256 amount);
    event CreditLineSet(uint32 indexed community, uint32 indexed member, uint64 line);

    /// @notice A member's period is settled.
    /// @param due After it: positive, the member owes its supplier; negative, it is owed.
    event Settled(
        uint32 indexed community,
        uint32 indexed member,
        uint32 indexed period,
        uint256 paid,
        uint256 received,
        uint256 networkFee,
        uint256 settlementFee,
        int256 gridLeg,
        int256 due
    );

    /// @notice A module appended records: all that settlement needs of them, packed as `PackedRecords` says.
    /// @param feeTo Whom the fees in the records were paid to.
    event Recorded(uint32 indexed community, uint32 indexed period, uint8 indexed module, address feeTo, bytes records);
    /// @notice A debt shrank without a settlement: `amount` was paid from a credit, marked as paid off chain, or pulled from a fund.
    event DebtReduced(uint32 indexed community, uint32 indexed member, uint256 amount, int256 due);
    event PotSwept(uint32 indexed community, uint8 indexed module, uint32 indexed period, uint256 amount);

    error NotSettlement(address caller);
    error NotModule(uint32 community, uint8 module, address caller);
    error PeriodNotOpen(uint32 community, uint32 period);
    error NotActive(uint32 community, uint32 member);
    error PayloadTooLong(uint256 length);
    /// @notice The record at a byte position is longer than what is there.
    error RecordsCutOff(uint256 position);
    error JournalFull(uint32 community, uint32 member, uint32 period);
    error FrontierBack(uint256 frontier, uint256 proposed);
    error NotRegistry(address caller);
    error NotOwner(uint32 community, uint32 member, address caller);
    error NotTrader(uint32 community, uint32 member, address caller);
    error NotSupplier(uint32 community, uint32 member, address caller);
    error UnknownMember(uint32 community, uint32 member);
    error TransferFee(uint256 sent, uint256 received);
    error InsufficientFree(uint256 amount, uint256 free);
    error ModuleNotEnabled(uint32 community, uint32 member, uint8 module);
    error InDebt(uint32 community, uint32 member);
    error SupplierRefusesModule(uint32 supplier, uint8 module);
    error UnknownModule(uint32 community, uint8 module);
    error MoreThanDebt(uint256 amount, int256 due);
    error RingBusy(uint32 community, uint32 period);
    error InvalidRecipient(address to);
    error AmountTooLarge(uint256 amount);

    /// @dev The community is open, or does not exist.
    error NotSealed(uint32 community);
    error NotFirstModule(uint32 community, address caller);
    error InsufficientPledge(uint256 amount, uint256 available);
    error InsufficientBond(uint256 amount, uint256 available);
    error BondNotLocked(uint256 amount, uint256 locked);

    /// @notice Deposits `amount` of the community's token for a member. Anyone may; a debt is paid first.
    /// @dev The escrow holds at most 2^63 - 1 base units of a token.
    function deposit(uint32 community, uint32 member, uint256 amount) external;

    /// @notice Deposits with an EIP-2612 permit of the caller. A permit that somebody sent before does not hurt: only the
    /// allowance counts.
    function depositWithPermit(
        uint32 community,
        uint32 member,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Withdraws free balance to any address but zero and the escrow's own. Owner only; nothing can stop it.
    function withdraw(uint32 community, uint32 member, address to, uint256 amount) external;

    /// @notice Withdraws the caller's relayer and settlement fees, to any address but zero and the escrow's own.
    /// @return amount Base units; where it is 0 nothing happens and `token` is not called.
    function withdrawFees(address token, address to) external returns (uint256 amount);

    /// @notice Voids every strip that the member signed and nobody posted yet. Owner or trading key.
    /// @dev In a sealed community from the next gate on: what is revealed after a gate that had closed stands.
    function bumpEpoch(uint32 community, uint32 member) external returns (uint32 epoch);

    /// @notice Enables or disables a module for new records. Owner only.
    /// @dev A module added after creation can be enabled only where the member's supplier enabled it for itself. In a sealed community
    /// orders of a period whose gate had closed keep the modules that were enabled then.
    function enableModule(uint32 community, uint32 member, uint8 module, bool on) external;

    /// @notice Moves free balance to pledged, which pays for sealed orders: for every period whose gate closes later, not for one that
    /// is being revealed. Owner only: a trading key that got lost could otherwise tie up all of a member's money. Not above the
    /// credit line, since debt blocks new orders and is not looked at when they are revealed.
    /// @param amount Base units.
    function pledge(uint32 community, uint32 member, uint256 amount) external;

    /// @notice Asks pledged money back. Owner only; nothing can stop it. Until it leaves, it backs orders as before.
    /// @dev It leaves when the reveal of period current + horizon ends: the last one that took commits when it was asked, so no order
    /// that counts on it is left. What is due by then is released first. Asking for more while some is still leaving extends the time
    /// for all of it. Orders that are revealed meanwhile use what stays first.
    /// @param amount Base units, at most what is pledged and not leaving yet.
    function unpledge(uint32 community, uint32 member, uint256 amount) external;

    /// @notice Moves pledged money that was asked back and is due to free. Anyone may; nothing can stop it.
    /// @return amount Base units; 0 where nothing is due.
    function releasePledge(uint32 community, uint32 member) external returns (uint256 amount);

    /// @notice Deposits `amount` of the community's token as the caller's bond in a sealed community; see `deposit`.
    function postBond(uint32 community, uint256 amount) external;

    /// @notice Withdraws what is not locked of the caller's bond, to any address but zero and the escrow's own; nothing can stop it.
    function withdrawBond(uint32 community, address to, uint256 amount) external;

    /// @notice Locks part of a relayer's bond, for a commit. The community's first module only.
    /// @dev That module decides alone over what relayers posted to its community, and over nothing else: a relayer posts to a community
    /// whose first module it trusts, as members do who sign for it.
    function lockBond(uint32 community, address relayer, uint256 amount) external;

    /// @notice Unlocks part of a bond. The community's first module only.
    function releaseBond(uint32 community, address relayer, uint256 amount) external;

    /// @notice Takes part of a locked bond for the community: it goes to the fee collector's free balance. First module only.
    function forfeitBond(uint32 community, address relayer, uint256 amount) external;

    /// @notice Sets the debt up to which a member may trade, base units. Owner of the member's supplier only.
    function setCreditLine(uint32 community, uint32 member, uint64 line) external;

    /// @notice Marks a debt as paid off chain. Its creditor only: the supplier for what a member owes, the member's owner for
    /// what its supplier owes. Only reduces.
    function markPaid(uint32 community, uint32 member, uint256 amount) external;

    /// @notice Moves what the supplier's due fund holds to a member whom the supplier owes. Anyone may.
    function claimDue(uint32 community, uint32 member) external returns (uint256 amount);

    /// @notice Opens the books of a community. Registry only.
    /// @param terms The packed terms, of which the calendar counts, and the settlement fee.
    /// @param firstModule The order book.
    function openCommunity(uint32 community, address token, Terms terms, address firstModule) external;

    /// @notice Opens an account. Registry only.
    function openAccount(uint32 community, uint32 member, uint16 modules) external;

    /// @notice Forgets that a member stays active, because it changes: its next record asks the registry again. Registry only.
    function recheck(uint32 community, uint32 member) external;

    /// @notice Appends records to the journals of members and reserves their money. Market modules of the community only. What is
    /// wrong with one record reverts all of them: the module checks before.
    /// @param module Index of the caller among the community's modules.
    /// @param feeTo Who gets the fee that each record names, from the member's free balance, beside the reserve in its head.
    /// @param records One behind the other: `member 4 | frontier 1 | fee 6 | entries 2 | reserve 12 | buyWh 6 | sellWh 6 | size 2 |
    /// digest 32 | payload size`, big-endian. The frontier is the order book's afterwards; only the community's first module moves it.
    /// @dev Only for active members, only for periods current ... + horizon, before the period ends; while orders of a sealed period
    /// are revealed, of that period from the first module alone. A payload takes at most 64 bytes and 16 per entry.
    function append(uint32 community, uint32 period, uint8 module, address feeTo, bytes calldata records) external;

    /// @notice Replaces a journal word: a reading, a correction or a claim changed it. Settlement only.
    function storeJournal(uint32 community, uint32 member, uint32 period, Journal journal_) external;

    /// @notice Counts journals that readings opened. Settlement only.
    function openJournals(uint32 community, uint32 period, uint256 count) external;

    /// @notice Books settled members. Settlement only.
    /// @param pots The pot words after these legs, one per module; empty for a period that has left the ring.
    /// @param opened Journals that these readings opened.
    /// @param settled Journals that became settled.
    /// @param settler Receives the settlement fees.
    function settle(
        uint32 community,
        uint32 period,
        Leg[] calldata legs,
        uint256[] calldata pots,
        uint256 opened,
        uint256 settled,
        address settler
    ) external;

    /// @notice Books the true-up of a grid leg. Settlement only.
    function correct(uint32 community, uint32 period, uint32 member, uint32 supplier, int256 gridLeg) external;

    /// @return free Base units. What open periods reserved is not in it: `pot` has it per module, a member's records per period.
    /// @return epoch Strips of another epoch are void.
    /// @return modules Enabled.
    function account(
        uint32 community,
        uint32 member
    ) external view returns (uint256 free, uint32 epoch, uint16 modules);

    /// @return due Positive: owes its supplier; negative: is owed.
    /// @return creditLine Base units.
    function debt(uint32 community, uint32 member) external view returns (int256 due, uint256 creditLine);

    /// @return fund Money set aside for the members whom this supplier owes.
    /// @return owed Total it owes them.
    function dueFund(uint32 community, uint32 supplier) external view returns (uint256 fund, uint256 owed);

    /// @return free Base units.
    /// @return epoch Current epoch.
    /// @return modules Enabled modules.
    /// @return inDebt Above the credit line.
    function standing(
        uint32 community,
        uint32 member
    ) external view returns (uint256 free, uint32 epoch, uint16 modules, bool inDebt);

    /// @notice What an order book asks about a batch of members. In a sealed community the accounts are as `standingAtGate` has them, with
    /// pledged money in the place of free.
    /// @param members A word per member, its index in the low 32 bits.
    /// @return words A word per member: in its low half the `Account`, with the flag 8 where it is above its credit line; in its high half
    /// the low half of the `Journal`, zeros where nothing was recorded.
    /// @return ringFree As `periodFree`.
    /// @return firstModule The order book that the community named.
    function standings(
        uint32 community,
        uint32 period,
        uint256[] calldata members
    ) external view returns (uint256[] memory words, bool ringFree, address firstModule);

    /// @return hash The journal, 204 bits.
    /// @return entries Entries so far.
    /// @return records Records so far.
    /// @return frontier One past the last slot covered by a strip.
    /// @return state 0 none or open, 1 metered, 2 settled, 3 estimated,
    /// 4 claimed.
    function journal(
        uint32 community,
        uint32 member,
        uint32 period
    ) external view returns (uint256 hash, uint256 entries, uint256 records, uint256 frontier, uint256 state);

    /// @return The packed journal, zero where nothing was recorded or read.
    function journalWord(uint32 community, uint32 member, uint32 period) external view returns (Journal);

    /// @return words The packed journals of several members, as `journalWord` returns them.
    function journalWords(
        uint32 community,
        uint32 period,
        uint256[] calldata members
    ) external view returns (uint256[] memory words);

    /// @return pledged Base units, with what is leaving.
    /// @return leaving The part that was asked back and not released yet.
    /// @return leavesAt Unix seconds from which that part can be released; 0 where there is none.
    function pledgeOf(
        uint32 community,
        uint32 member
    ) external view returns (uint256 pledged, uint256 leaving, uint40 leavesAt);

    /// @notice What a reveal looks at, in one call: a member as it was at the gate of a sealed `period`.
    /// @dev Exact from that gate to the end of the reveal. Debts do not count.
    /// @return pledged Base units that back orders of `period`: less what was pledged since its gate, and less what was due before.
    /// @return epoch Strips of another epoch are void.
    /// @return modules Enabled modules.
    function standingAtGate(
        uint32 community,
        uint32 member,
        uint32 period
    ) external view returns (uint256 pledged, uint32 epoch, uint16 modules);

    /// @return balance Base units that a relayer posted in a community and did not lose or withdraw.
    /// @return locked The part that cannot be withdrawn now.
    function bond(uint32 community, address relayer) external view returns (uint256 balance, uint256 locked);

    /// @return outstanding Reserves not yet released.
    /// @return amount Payments taken minus receipts paid.
    function pot(
        uint32 community,
        uint8 module,
        uint32 period
    ) external view returns (uint256 outstanding, int256 amount);

    /// @return words The raw pot words of a period, one per module (see `Pot`); empty if the period has left the ring.
    /// @return free False while the ring entry belongs to an older period that is not all settled.
    function potWords(
        uint32 community,
        uint32 period,
        uint256 count
    ) external view returns (uint256[] memory words, bool free);

    /// @return opened Journals of the period.
    /// @return settled Those settled.
    function journals(uint32 community, uint32 period) external view returns (uint256 opened, uint256 settled);

    /// @return True when records of `period` can be taken: the ring entry is its own or its old period is all settled.
    function periodFree(uint32 community, uint32 period) external view returns (bool);

    /// @return The only contract that moves money between accounts.
    function settlement() external view returns (address);

    /// @return The payment token of a community.
    function tokenOf(uint32 community) external view returns (address);

    /// @return Base units that `account` can withdraw with `withdrawFees`.
    function fees(address token, address account) external view returns (uint256);

    /// @return What the escrow owes in `token` beyond what it holds: always 0 unless the token itself takes money away.
    function shortfall(address token) external view returns (uint256);
}
