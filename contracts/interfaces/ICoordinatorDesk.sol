// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mandate} from "../types/Mandate.sol";

/// @title Coordinator's desk
/// @notice The paperwork of a community beside its market: member agreements, battery mandates, the meter at the point of common
/// coupling (PCC) and the account with the supplier that delivers there.
/// @dev It holds no money and no other contract asks it: nothing here can delay, stop or change a trade, a settlement or an exit. What it
/// keeps is what two parties signed, so that neither can deny it and anybody can check it.
///
/// Whoever sends it, a paper counts by its signatures: EIP-712 messages in this contract's domain. Owners (member, coordinator, DSO, supplier)
/// sign with a plain key or an EIP-1271 wallet, meters and dispatchers with a plain key in 64 bytes (EIP-2098).
///
/// Energy in Wh, power in W, states of charge in permille, money in base units of the community's payment token, positive where the
/// coordinator owes it.
interface ICoordinatorDesk {
    /// @notice What coordinator and member agreed on beyond the terms of the community.
    /// @param termsHash Hash of the text, which stays between the two.
    /// @param fromPeriod First period.
    /// @param sequence Above that of the agreement before, which it replaces, by at most 65,536, as all sequences here.
    /// @param deadline Unix seconds after which it is no longer taken.
    struct Agreement {
        uint32 member;
        bytes32 termsHash;
        uint32 fromPeriod;
        uint32 sequence;
        uint40 deadline;
    }

    /// @notice What a member lets a dispatcher do with its battery. Its owner signs it.
    /// @param dispatcher The key that signs set-points.
    /// @param validFrom Unix seconds; `validUntil` is the first second behind it.
    /// @param sequence Above that of the mandate before, which it replaces.
    struct BatteryMandate {
        uint32 member;
        address dispatcher;
        uint32 maxChargeW;
        uint32 maxDischargeW;
        uint16 minSocPermille;
        uint16 maxSocPermille;
        uint40 validFrom;
        uint40 validUntil;
        uint32 sequence;
    }

    /// @notice What a battery is to do for a while. The dispatcher signs it.
    /// @param mandate Sequence of the mandate it relies on.
    /// @param counter Above that of every set-point before: a battery follows each once.
    /// @param validFrom Unix seconds; `validUntil` is the first second behind it.
    /// @param discharging Otherwise it charges.
    /// @param minSocPermille Discharging ends here, charging at `maxSocPermille`.
    struct SetPoint {
        uint32 member;
        uint32 mandate;
        uint48 counter;
        uint40 validFrom;
        uint40 validUntil;
        bool discharging;
        uint32 powerW;
        uint16 minSocPermille;
        uint16 maxSocPermille;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice The meter at the PCC. DSO and meter key sign it.
    /// @param startImport Register when it is bound, Wh: energy into the community. The reading of its first period may start above it; a
    /// later one, where that of the first period is missing, closes a gap.
    /// @param mostWh What the connection carries in a slot, each way.
    /// @param sequence Above that of the binding before.
    struct PccBinding {
        address meterKey;
        uint96 startImport;
        uint96 startExport;
        uint32 mostWh;
        uint32 sequence;
        uint40 deadline;
    }

    /// @notice What the PCC meter counted in a period, laid out as a member's reading.
    /// @param revision 0, or above that of the reading it corrects.
    /// @param closesGap It starts above the last known registers, or behind periods without a reading.
    /// @param values Per slot import (3 bytes) and export (3 bytes), Wh, big-endian.
    /// @param r First word of the meter key's compact signature.
    struct PccReading {
        uint32 revision;
        bool closesGap;
        uint96 startImport;
        uint96 startExport;
        bytes values;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice Prices at the PCC. The supplier signs them, the coordinator sends them.
    /// @param supplier Member index of a supplier of the community.
    /// @param fromPeriod First period, to come; they count until the next version.
    /// @param tariff As a tariff version of the registry with one class and no network fee.
    struct Supply {
        uint32 supplier;
        uint32 fromPeriod;
        bytes tariff;
        uint40 deadline;
    }

    /// @notice What a comparison found.
    enum Finding {
        Missing, // no PCC reading
        Balanced,
        Imbalance
    }

    /// @notice What is wrong with a set-point.
    enum Breach {
        None,
        BadSignature, // not by the mandate's dispatcher
        NoMandate, // none was kept, or its member changed hands since
        OtherMandate, // it relies on another one than that which is kept
        Revoked, // it starts after the member revoked the mandate
        OutsideTime, // it counts, at least in part, when the mandate does not, or at no time
        OverPower, // more than the mandate allows in this direction
        OutsideSoc // its states of charge are not within those of the mandate
    }

    event AgreementKept(
        uint32 indexed community,
        uint32 indexed member,
        address party,
        bytes32 termsHash,
        uint32 fromPeriod,
        uint32 sequence
    );
    event AgreementEnded(uint32 indexed community, uint32 indexed member, uint32 endPeriod);
    event MandateKept(uint32 indexed community, uint32 indexed member, address dispatcher, Mandate mandate);
    event MandateRevoked(uint32 indexed community, uint32 indexed member, uint32 throughSequence);
    event SetPointBreach(
        uint32 indexed community,
        uint32 indexed member,
        address indexed dispatcher,
        uint48 counter,
        Breach breach
    );
    event PccBound(
        uint32 indexed community,
        address meterKey,
        uint96 startImport,
        uint96 startExport,
        uint32 mostWh,
        uint32 fromPeriod
    );
    event PccRevoked(uint32 indexed community, address by);
    event ToleranceSet(uint32 indexed community, uint32 fromPeriod, uint16 permille, uint32 absoluteWh);

    /// @param gapImport Wh imported since the last known registers that no slot knows.
    event PccRead(
        uint32 indexed community,
        uint32 indexed period,
        uint32 revision,
        uint96 gapImport,
        uint96 gapExport,
        bytes values
    );

    /// @notice A reading that replaces another. Of both the sums are named, and `PccRead` names the values of each.
    event PccCorrected(
        uint32 indexed community,
        uint32 indexed period,
        uint256 importedBefore,
        uint256 exportedBefore,
        uint256 imported,
        uint256 exported
    );

    /// @param pccNet Import less export, Wh.
    /// @param membersNet The same over all members settled so far.
    /// @param deviation Sum over slots of what the two differ by.
    /// @param tolerated What it may be.
    /// @param settled Number of members that the sum holds.
    event PccBalanced(
        uint32 indexed community,
        uint32 indexed period,
        int256 pccNet,
        int256 membersNet,
        uint256 deviation,
        uint256 tolerated,
        uint256 settled
    );
    event PccImbalance(
        uint32 indexed community,
        uint32 indexed period,
        int256 pccNet,
        int256 membersNet,
        uint256 deviation,
        uint256 tolerated,
        uint256 settled
    );
    event PccMissing(uint32 indexed community, uint32 indexed period, int256 membersNet, uint256 settled);
    event SupplyPublished(
        uint32 indexed community,
        uint32 indexed supplier,
        uint32 fromPeriod,
        address blob,
        bytes tariff
    );

    /// @param amount Base units that the account changes by: of a correction the difference.
    /// @param head The account's hash chain after it.
    event Invoiced(
        uint32 indexed community,
        uint32 indexed supplier,
        uint32 indexed period,
        uint32 revision,
        int256 amount,
        bytes32 head
    );
    event Acknowledged(uint32 indexed community, uint32 indexed supplier, bytes32 head, int128 invoiced);
    event PaymentNoted(uint32 indexed community, uint32 indexed supplier, int128 amount, int128 paid);

    error UnknownMember(uint32 community, uint32 member);
    error NotCoordinator(uint32 community, address caller);
    error NotOwner(uint32 community, uint32 member, address caller);
    error NotOwnerOrCoordinator(uint32 community, uint32 member, address caller);

    /// @dev `parameter` is the name of a field.
    error OutOfBounds(string parameter, uint256 value);
    error ConsentExpired(uint40 deadline);
    error ConsentInvalid(address owner);
    error OldSequence(uint32 sequence, uint32 latest);
    error NoAgreement(uint32 community, uint32 member);
    error NoBreach(Breach breach);
    error MeterProofInvalid(address meterKey);
    error NoPcc(uint32 community, uint32 period);
    error PeriodNotOver(uint32 community, uint32 period);
    error AlreadyRead(uint32 community, uint32 period);
    error NotRead(uint32 community, uint32 period);
    error BadLength(uint256 length, uint256 expected);
    error BadSignature(address meterKey);
    error OverRated(uint256 wh, uint256 most);
    error RegisterDown(uint256 register, uint256 known);
    error RegisterGap(uint256 register, uint256 known);
    error RegisterFixed(uint256 register, uint256 known);
    error ReadingTooOld(uint32 community, uint32 period);
    error CorrectionOver(uint32 community, uint32 period);
    error OldRevision(uint32 revision, uint32 latest);
    error ValuesMismatch(uint32 community, uint32 period);
    error DeadlineAhead(uint256 deadline);
    error MembersOpen(uint256 opened, uint256 settled);
    error SupplyTooLate(uint32 period, uint256 earliest);
    error SupplyTooEarly(uint32 period, uint256 furthest);
    error SupplyOutOfOrder(uint32 period, uint256 latest);
    error HeadMismatch(bytes32 head, bytes32 latest);

    // ------------------------------------------------------------------------------------------------ agreements

    /// @notice Keeps an agreement that both sides signed. Anyone may send it.
    /// @param byMember Signature of the member's owner.
    /// @param byCoordinator Signature of the coordinator over the same message.
    function keepAgreement(
        uint32 community,
        Agreement calldata agreement,
        bytes calldata byMember,
        bytes calldata byCoordinator
    ) external;

    /// @notice Ends an agreement from the next period on. The member's owner or the coordinator.
    /// @dev The member stays one of the community until its meter leaves in the registry: an agreement has no say in that.
    function endAgreement(uint32 community, uint32 member) external;

    /// @return termsHash Zero if none was kept.
    /// @return party The owner who signed it.
    /// @return fromPeriod First period.
    /// @return endPeriod First period behind it.
    /// @return sequence Of the agreement.
    function agreementOf(
        uint32 community,
        uint32 member
    ) external view returns (bytes32 termsHash, address party, uint32 fromPeriod, uint32 endPeriod, uint32 sequence);

    /// @return Whether the member's owner of today has an agreement for `period`.
    function isAgreed(uint32 community, uint32 member, uint32 period) external view returns (bool);

    // ------------------------------------------------------------------------------------------------ batteries

    /// @notice Keeps a mandate that the member's owner signed. Anyone may send it.
    function keepMandate(uint32 community, BatteryMandate calldata mandate, bytes calldata signature) external;

    /// @notice Revokes the mandate at once, and voids every one with a sequence up to `throughSequence`, at most 65,536 above the latest. The
    /// member's owner alone.
    function revokeMandate(uint32 community, uint32 member, uint32 throughSequence) external;

    /// @return breach Why a battery must not follow a set-point, as far as signatures and limits tell: whether it is a replay only the
    /// battery's own counter tells.
    function auditSetPoint(uint32 community, SetPoint calldata setPoint) external view returns (Breach breach);

    /// @notice Puts on record that a dispatcher signed a set-point outside its mandate. Anyone may.
    function reportSetPoint(uint32 community, SetPoint calldata setPoint) external;

    /// @return mandate The one kept, see `Mandate`.
    /// @return dispatcher The key that signs set-points.
    /// @return revokedAt Unix seconds, 0 unless it is revoked.
    /// @return voidedThrough No mandate with a sequence up to this one is taken.
    /// @return party The owner who signed it.
    function mandateOf(
        uint32 community,
        uint32 member
    )
        external
        view
        returns (Mandate mandate, address dispatcher, uint40 revokedAt, uint32 voidedThrough, address party);

    // ------------------------------------------------------------------------------------------------ the PCC meter

    /// @notice Binds the PCC meter from the next period on; the one before stays for the periods before. Coordinator only.
    /// @dev A new binding starts a new count: what the registers did between two meters is not invoiced.
    /// @param consent The DSO's signature.
    /// @param proof The meter key's signature over the same message.
    function bindPcc(
        uint32 community,
        PccBinding calldata binding,
        bytes calldata consent,
        bytes calldata proof
    ) external;

    /// @notice Takes no more readings of any PCC meter bound so far. DSO or coordinator.
    function revokePcc(uint32 community) external;

    /// @notice From the next period on, members and PCC may differ by `absoluteWh` and `permille` of what members took and gave. Coordinator
    /// only. Before the first, by nothing.
    function setTolerance(uint32 community, uint16 permille, uint32 absoluteWh) external;

    /// @notice Takes the reading of a period, in order, and invoices it. Anyone may send it.
    /// @dev Energy that no slot knows (`closesGap`) is invoiced at the dearest import and the cheapest export price of this period.
    function postPcc(uint32 community, uint32 period, PccReading calldata reading) external;

    /// @notice Replaces a reading by one with a larger revision, until the correction window ends. Anyone may send it. The difference is
    /// invoiced; both stay in events.
    /// @dev It starts at the same registers. It ends at the same ones, unless it is the latest: so invoices always add up to what the meter
    /// counted.
    function correctPcc(uint32 community, uint32 period, PccReading calldata reading) external;

    /// @notice Compares the PCC with the members, from the reading deadline on and once all journals of the period are settled. Anyone may, and
    /// again after a correction. Without a PCC reading it says so: members are settled all the same.
    /// @param values Those of the reading in force; not looked at where there is none.
    function comparePcc(uint32 community, uint32 period, bytes calldata values) external returns (Finding finding);

    /// @return meterKey The key that signs readings of `period`; zero if there is none.
    /// @return fromPeriod First period of this meter.
    /// @return nextPeriod First period without a reading.
    /// @return importRegister At the end of the last reading, Wh.
    /// @return exportRegister Likewise.
    /// @return mostWh What a slot may show.
    /// @return sequence Of the binding.
    function pccFor(
        uint32 community,
        uint32 period
    )
        external
        view
        returns (
            address meterKey,
            uint32 fromPeriod,
            uint32 nextPeriod,
            uint256 importRegister,
            uint256 exportRegister,
            uint32 mostWh,
            uint32 sequence
        );

    /// @notice The reading in force of a period, for as long as journals are kept.
    /// @return known False where there is none.
    /// @return revision Of the reading.
    /// @return valuesHash keccak256 of its values.
    /// @return imported Wh.
    /// @return exported Wh.
    /// @return amount What its slots cost, base units, without what closed a gap.
    function pccReadingOf(
        uint32 community,
        uint32 period
    )
        external
        view
        returns (bool known, uint32 revision, bytes32 valuesHash, uint256 imported, uint256 exported, int256 amount);

    /// @return permille Of what members took and gave.
    /// @return absoluteWh Wh per period.
    function toleranceAt(uint32 community, uint32 period) external view returns (uint16 permille, uint32 absoluteWh);

    // ------------------------------------------------------------------------------------------------ the supplier

    /// @notice Publishes prices at the PCC that the supplier signed. Coordinator only.
    function publishSupply(uint32 community, Supply calldata supply, bytes calldata consent) external;

    /// @notice Acknowledges every invoice up to `head`, the latest. The supplier alone.
    function acknowledge(uint32 community, uint32 supplier, bytes32 head) external;

    /// @notice Notes a payment outside this contract. Whoever received it says so: the supplier a positive amount, the coordinator a negative
    /// one.
    function notePayment(uint32 community, uint32 supplier, int128 amount) external;

    /// @return supplier 0 where nobody delivers.
    /// @return blob Contract whose code is a zero byte and the tariff bytes.
    function supplyAt(uint32 community, uint32 period) external view returns (uint32 supplier, address blob);

    /// @return invoiced Sum of all invoices and corrections.
    /// @return acknowledged Sum that the supplier acknowledged last.
    /// @return paid Payments noted; `invoiced - paid` is what the coordinator owes.
    /// @return head Hash chain over the invoices: `keccak256(head, period, revision, valuesHash, amount)`, starting at 0.
    function supplierAccount(
        uint32 community,
        uint32 supplier
    ) external view returns (int128 invoiced, int128 acknowledged, int128 paid, bytes32 head);

    // ------------------------------------------------------------------------------------------------ digests

    /// @return What both sides of an agreement sign.
    function agreementDigest(uint32 community, Agreement calldata agreement) external view returns (bytes32);

    /// @return What the owner of a battery signs.
    function mandateDigest(uint32 community, BatteryMandate calldata mandate) external view returns (bytes32);

    /// @return What a dispatcher signs. The signature in it does not count.
    function setPointDigest(uint32 community, SetPoint calldata setPoint) external view returns (bytes32);

    /// @return What DSO and meter key sign.
    function pccBindingDigest(uint32 community, PccBinding calldata binding) external view returns (bytes32);

    /// @return What the PCC meter key signs. The signature in it does not count.
    function pccReadingDigest(
        uint32 community,
        uint32 period,
        PccReading calldata reading
    ) external view returns (bytes32);

    /// @return What a supplier signs.
    function supplyDigest(uint32 community, Supply calldata supply) external view returns (bytes32);
}
