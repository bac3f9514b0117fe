// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Settlement
/// @notice Readings and journals in, money and energy out.
/// @dev A member's journal of a period is a hash chain of everything that affects its position:
///
/// 1. each record: `journal = H(journal, head, digest, keccak256(payload))`, starting at 0;
/// 2. the reading: `journal = H(journal, keccak256(values), gapLeg)`, left out where the period is estimated;
/// 3. the position as settled: `journal = H(journal, keccak256(position))`;
///
/// with `H(a, b, ...) = keccak256(abi.encode(a, b, ...)) >> 52` (204 bits). Settlement replays records and readings from calldata
/// and needs no other source than event data, so anyone who holds the logs can settle anyone.
///
/// Every batch skips a bad item, names it in `ItemSkipped` and goes on. The settlement fees of a call go to its caller; where a
/// community's first module calls, to the account that it names in a word behind the arguments.
///
/// What is assumed of a meter: its key signs one reading per period, contiguous, registers never going down. A stolen meter key
/// can invent at most the member's caps per slot (plus a tenth) until it is revoked.
interface ISettlement {
    /// @notice One record of a journal.
    /// @param head `sellWh 48 | buyWh 48 | reserve 96 | entries 16 | module 8`, low bit first: what the module reserved for.
    /// @param digest What the member signed (the order book: the EIP-712 digest of the strip).
    /// @param payload What the module made of it (the order book: entries, then prefixes).
    struct Record {
        uint256 head;
        bytes32 digest;
        bytes payload;
    }

    /// @notice A signed reading of one period.
    /// @param closesGap The registers start above those of the last reading, and the difference is to be billed as unexplained.
    /// @param startImport Import register at the period's start, Wh.
    /// @param startExport Export register, Wh.
    /// @param values Per slot import (3 bytes) and export (3 bytes), Wh, big-endian.
    /// @param r First word of the meter key's compact signature (EIP-2098).
    /// @param vs Second word.
    struct Reading {
        bool closesGap;
        uint96 startImport;
        uint96 startExport;
        bytes values;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice A reading, with the member's records where it is settled in the same pass.
    struct MeteredItem {
        uint32 member;
        Reading reading;
        Record[] records;
    }

    /// @notice A member whose reading was accepted before.
    /// @param values As in the reading.
    /// @param gapLeg As `Metered` named it.
    struct SettleItem {
        uint32 member;
        bytes values;
        int128 gapLeg;
        Record[] records;
    }

    /// @notice A member whose reading is missing.
    struct EstimateItem {
        uint32 member;
        Record[] records;
    }

    /// @notice A late reading for an estimated period.
    /// @param journal The journal after its last record.
    /// @param position As settled: per slot Wh bought (4 bytes) and sold (4 bytes), big-endian.
    struct CorrectItem {
        uint32 member;
        Reading reading;
        uint256 journal;
        bytes position;
    }

    /// @notice The settled period of a member, for a claim.
    /// @param values As in the reading; empty where the period stayed estimated.
    /// @param position As settled, eight bytes per slot.
    struct ClaimItem {
        uint32 member;
        uint256 journal;
        bytes values;
        int128 gapLeg;
        bytes position;
    }

    /// @notice Why an item was left out.
    enum Skip {
        None,
        NoMeter, // no meter is bound, or its first period is later
        PeriodNotOver, // readings are taken after the period's end
        BadLength, // `values` does not hold six bytes per slot
        OverRated, // a value exceeds the member's cap in Wh plus a tenth
        BadSignature, // not signed by the meter key
        AlreadyMetered, // a reading of this period was accepted before
        EarlierMissing, // an earlier period has neither reading nor estimate
        RegisterDown, // a start register lies below the last known one
        RegisterGap, // the start registers lie above the last known ones and the reading does not close the gap
        CorrectionOver, // the correction window is over: only a reading that closes the gap counts
        RingBusy, // an older period in this ring entry is not settled yet, or it is too late to open a journal without settling it
        JournalMismatch, // records, values or position do not hash to the journal
        NotMetered, // no reading was accepted for this period
        AlreadySettled,
        NotReady, // a module waits for something; the order book for a slot that anybody can clear
        DeadlineAhead, // estimates start at the reading deadline
        NotEstimated // nothing to correct
    }

    /// @notice Why a module's records were voided.
    enum Void {
        None,
        CallFailed, // reverted, ran out of its gas or, unless it is the first module, was not ready after the correction window
        BadAnswer, // malformed return data
        ChargeAboveReserve,
        PositionAboveReserve,
        PotOverdrawn
    }

    event Metered(uint32 indexed community, uint32 indexed member, uint32 indexed period, int128 gapLeg, bytes values);
    event Estimated(uint32 indexed community, uint32 indexed member, uint32 indexed period);
    event Corrected(
        uint32 indexed community,
        uint32 indexed member,
        uint32 indexed period,
        int256 gridLeg,
        bytes values
    );
    event RecordsVoided(
        uint32 indexed community,
        uint32 indexed member,
        uint32 indexed period,
        uint8 module,
        Void reason
    );
    event ItemSkipped(uint32 indexed community, uint32 indexed member, uint32 indexed period, Skip reason);
    event Claimed(
        uint32 indexed community,
        uint32 indexed member,
        uint32 indexed period,
        address to,
        uint256 bought,
        uint256 unsold
    );

    error NotRegistry(address caller);
    error TooLittleGas(uint256 needed);
    error NotOwner(uint32 community, uint32 member, address caller);
    error NotFinal(uint32 community, uint32 period);
    error ClaimWindowOver(uint32 community, uint32 period);
    error NotClaimable(uint32 community, uint32 member, uint32 period);
    error EvidenceMismatch(uint32 community, uint32 member, uint32 period);
    error Misdeployed(address part);

    /// @notice Accepts readings without settling them. They count in the ledger of the slots once their member is settled. Of members
    /// without a journal, only until the claim window ends: `meterAndSettle` takes theirs at any time.
    /// @return accepted Number of items that were not skipped.
    function meter(uint32 community, uint32 period, MeteredItem[] calldata items) external returns (uint256 accepted);

    /// @notice Settles members whose readings were accepted.
    /// @return accepted Number of items that were not skipped.
    function settle(uint32 community, uint32 period, SettleItem[] calldata items) external returns (uint256 accepted);

    /// @notice Both in one pass.
    /// @return accepted Number of items that were not skipped.
    function meterAndSettle(
        uint32 community,
        uint32 period,
        MeteredItem[] calldata items
    ) external returns (uint256 accepted);

    /// @notice Settles members without a reading, from the reading deadline on: export 0, import max(bought, default load).
    function settleEstimated(
        uint32 community,
        uint32 period,
        EstimateItem[] calldata items
    ) external returns (uint256 accepted);

    /// @notice Replaces estimates by late readings until the correction window ends: grid leg and slot ledger, nothing else.
    function correct(uint32 community, uint32 period, CorrectItem[] calldata items) external returns (uint256 accepted);

    /// @notice Mints the energy tokens of a member's period to `to`. Its owner only, once, when the period is final.
    /// @dev Bought: per slot floor(bought * delivered / max(bought, sold)) over the community's totals. Unsold metered export too.
    function claim(uint32 community, uint32 period, ClaimItem calldata item, address to) external;

    /// @notice Starts a meter word. Registry only.
    function bindMeter(
        uint32 community,
        uint32 member,
        uint32 fromPeriod,
        uint96 startImport,
        uint96 startExport
    ) external;

    /// @notice Ends a meter word. Registry only.
    /// @return released False unless every period through `lastPeriod` was read.
    function releaseMeter(uint32 community, uint32 member, uint32 lastPeriod) external returns (bool released);

    /// @return nextPeriod First period without a signed reading.
    /// @return importRegister Wh.
    /// @return exportRegister Wh.
    /// @return state Bits: 1 bound, 2 no reading yet, 4 gap open.
    /// @return gapEnd First period neither read nor estimated.
    function meterState(
        uint32 community,
        uint32 member
    )
        external
        view
        returns (uint32 nextPeriod, uint256 importRegister, uint256 exportRegister, uint256 state, uint32 gapEnd);

    /// @return estimated Import estimated in the open gap, Wh.
    /// @return dearest Import price for what is unexplained.
    /// @return cheapest Export price for what is unexplained.
    function gap(
        uint32 community,
        uint32 member
    ) external view returns (uint256 estimated, uint256 dearest, uint256 cheapest);

    /// @notice The community's energy balance in a slot, Wh over all members settled so far.
    function ledger(
        uint32 community,
        uint256 slot
    ) external view returns (uint256 delivered, uint256 bought, uint256 sold, uint256 imported, uint256 exported);

    /// @return The EIP-712 digest that the meter key signs. The signature in `reading` does not count.
    function readingDigest(
        uint32 community,
        uint32 member,
        uint32 period,
        Reading calldata reading
    ) external view returns (bytes32);
}
