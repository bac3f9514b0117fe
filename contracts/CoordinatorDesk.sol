// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {ICoordinatorDesk} from "./interfaces/ICoordinatorDesk.sol";
import {IPaymentEscrow} from "./interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "./interfaces/IProsumerRegistry.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {CompactSignature} from "./libraries/CompactSignature.sol";
import {Consent} from "./libraries/Consent.sol";
import {DataBlob} from "./libraries/DataBlob.sol";
import {KnownTerms} from "./libraries/KnownTerms.sol";
import {PccSums} from "./libraries/PccSums.sol";
import {SetPoints} from "./libraries/SetPoints.sol";
import {Tariff} from "./libraries/Tariff.sol";
import {Words} from "./libraries/Words.sol";
import {Mandate} from "./types/Mandate.sol";
import {SERVICE} from "./types/Member.sol";
import {Terms} from "./types/Terms.sol";

/// @title Coordinator's desk
/// @notice See `ICoordinatorDesk`, which is the manual.
contract CoordinatorDesk is ICoordinatorDesk, EIP712 {
    using Checkpoints for Checkpoints.Trace208;
    using Tariff for bytes;

    struct AgreementRecord {
        bytes32 termsHash;
        address party;
        uint32 fromPeriod;
        uint32 endPeriod;
        uint32 sequence;
    }

    struct MandateRecord {
        Mandate mandate;
        address dispatcher;
        uint40 revokedAt; // unix seconds
        uint32 voidedThrough;
        address party;
    }

    struct PccMeter {
        address key;
        uint32 fromPeriod;
        uint32 nextPeriod;
        uint32 mostWh;
        uint96 importRegister; // Wh, at the start of `nextPeriod`
        uint96 exportRegister;
        uint32 sequence;
        bool fresh; // no reading yet: that of its first period may start above the registers
    }

    /// @dev The reading in force of a period, in a ring of R periods.
    struct PccPeriod {
        bytes32 valuesHash; // zero for an entry that was never used
        uint96 startImport;
        uint96 startExport;
        uint32 period;
        uint32 revision;
        uint40 imported; // Wh
        uint40 exported;
        int96 amount; // base units
    }

    struct SupplierAccount {
        bytes32 head;
        int128 invoiced;
        int128 paid;
        int128 acknowledged;
    }

    struct Community {
        PccMeter latest;
        PccMeter before; // for periods before `latest.fromPeriod`
        Checkpoints.Trace208 tolerances; // first period -> `permille 16 | absolute Wh 32`
        Checkpoints.Trace208 supplies; // first period -> `blob 160 | supplier 32`
        mapping(uint256 ringPeriod => PccPeriod) periods;
        mapping(uint32 supplier => SupplierAccount) accounts;
        mapping(uint32 member => AgreementRecord) agreements;
        mapping(uint32 member => MandateRecord) mandates;
    }

    bytes32 private constant AGREEMENT_TYPE = keccak256(
        "MembershipAgreement(uint32 community,uint32 member,bytes32 termsHash,uint32 fromPeriod,uint32 sequence,uint40 deadline)"
    );
    bytes32 private constant MANDATE_TYPE = keccak256(
        "BatteryMandate(uint32 community,uint32 member,address dispatcher,uint32 maxChargeW,uint32 maxDischargeW,uint16 minSocPermille,uint16 maxSocPermille,uint40 validFrom,uint40 validUntil,uint32 sequence)"
    );
    bytes32 private constant SET_POINT_TYPE = keccak256(
        "SetPoint(uint32 community,uint32 member,uint32 mandate,uint48 counter,uint40 validFrom,uint40 validUntil,bool discharging,uint32 powerW,uint16 minSocPermille,uint16 maxSocPermille)"
    );
    bytes32 private constant PCC_BINDING_TYPE = keccak256(
        "PccBinding(uint32 community,address meterKey,uint96 startImport,uint96 startExport,uint32 mostWh,uint32 sequence,uint40 deadline)"
    );
    bytes32 private constant PCC_READING_TYPE = keccak256(
        "PccReading(uint32 community,uint32 period,uint32 revision,bool closesGap,uint96 startImport,uint96 startExport,bytes values)"
    );
    bytes32 private constant SUPPLY_TYPE = keccak256(
        "SupplyTariff(uint32 community,uint32 supplier,uint32 fromPeriod,bytes tariff,uint40 deadline)"
    );

    /// @dev Seconds that prices may be published ahead: a slip of the pen in a far period would end publication for good.
    uint256 private constant MAX_SUPPLY_LEAD = 366 days;

    /// @dev How far a sequence may rise at once, for the same reason; and so that an owner who leaves uses up none of its successor's.
    uint256 private constant MAX_SEQUENCE_STEP = 1 << 16;

    uint256 private constant MAX_PERMILLE = 1000;
    uint32 private constant COORDINATOR = 0;
    uint32 private constant DSO = 1;
    uint32 private constant FIRST_SUPPLIER = 3;

    IProsumerRegistry public immutable registry;
    IPaymentEscrow public immutable escrow;
    ISettlement public immutable settlement;

    uint256 private immutable _known = Words.area("wattbook.desk.terms");
    mapping(uint32 community => Community) private _communities;

    modifier onlyCoordinator(uint32 community) {
        if (msg.sender != _ownerOf(community, COORDINATOR)) revert NotCoordinator(community, msg.sender);
        _;
    }

    constructor(IProsumerRegistry registry_, IPaymentEscrow escrow_, ISettlement settlement_) EIP712("Wattbook", "1") {
        registry = registry_;
        escrow = escrow_;
        settlement = settlement_;
    }

    // ---------------------------------------------------------------------------------------------------- agreements

    /// @inheritdoc ICoordinatorDesk
    function keepAgreement(
        uint32 community,
        Agreement calldata a,
        bytes calldata byMember,
        bytes calldata byCoordinator
    ) external {
        address party = _memberOwner(community, a.member);
        AgreementRecord storage r = _communities[community].agreements[a.member];
        _checkSequence(a.sequence, r.sequence);
        if (a.termsHash == 0) revert OutOfBounds("termsHash", 0);
        bytes32 digest = agreementDigest(community, a);
        _checkConsent(party, digest, a.deadline, byMember);
        _checkConsent(_ownerOf(community, COORDINATOR), digest, a.deadline, byCoordinator);
        (r.termsHash, r.party, r.fromPeriod, r.sequence) = (a.termsHash, party, a.fromPeriod, a.sequence);
        r.endPeriod = type(uint32).max;
        emit AgreementKept(community, a.member, party, a.termsHash, a.fromPeriod, a.sequence);
    }

    /// @inheritdoc ICoordinatorDesk
    function endAgreement(uint32 community, uint32 member) external {
        if (msg.sender != _ownerOf(community, member) && msg.sender != _ownerOf(community, COORDINATOR)) {
            revert NotOwnerOrCoordinator(community, member, msg.sender);
        }
        AgreementRecord storage r = _communities[community].agreements[member];
        uint32 end = uint32(_nextPeriod(_terms(community)));
        if (r.sequence == 0 || r.endPeriod <= end) revert NoAgreement(community, member);
        r.endPeriod = end;
        emit AgreementEnded(community, member, end);
    }

    /// @inheritdoc ICoordinatorDesk
    function agreementOf(
        uint32 community,
        uint32 member
    ) external view returns (bytes32 termsHash, address party, uint32 fromPeriod, uint32 endPeriod, uint32 sequence) {
        AgreementRecord storage r = _communities[community].agreements[member];
        return (r.termsHash, r.party, r.fromPeriod, r.endPeriod, r.sequence);
    }

    /// @inheritdoc ICoordinatorDesk
    function isAgreed(uint32 community, uint32 member, uint32 period) external view returns (bool) {
        AgreementRecord storage r = _communities[community].agreements[member];
        if (r.sequence == 0 || r.party != _ownerOf(community, member)) return false;
        return r.fromPeriod <= period && period < r.endPeriod;
    }

    // ---------------------------------------------------------------------------------------------------- batteries

    /// @inheritdoc ICoordinatorDesk
    function keepMandate(uint32 community, BatteryMandate calldata m, bytes calldata signature) external {
        address party = _memberOwner(community, m.member);
        MandateRecord storage r = _communities[community].mandates[m.member];
        _checkSequence(m.sequence, _latestMandate(r));
        Mandate mandate = SetPoints.pack(m);
        _checkConsent(party, mandateDigest(community, m), m.validUntil, signature);
        (r.mandate, r.dispatcher, r.revokedAt, r.party) = (mandate, m.dispatcher, 0, party);
        emit MandateKept(community, m.member, m.dispatcher, mandate);
    }

    /// @inheritdoc ICoordinatorDesk
    function revokeMandate(uint32 community, uint32 member, uint32 throughSequence) external {
        if (msg.sender != _ownerOf(community, member)) revert NotOwner(community, member, msg.sender);
        MandateRecord storage r = _communities[community].mandates[member];
        uint32 latest = _latestMandate(r);
        if (throughSequence != latest) _checkSequence(throughSequence, latest);
        r.voidedThrough = throughSequence;
        if (r.revokedAt == 0) r.revokedAt = uint40(block.timestamp);
        emit MandateRevoked(community, member, throughSequence);
    }

    /// @inheritdoc ICoordinatorDesk
    function auditSetPoint(uint32 community, SetPoint calldata s) public view returns (Breach breach) {
        MandateRecord storage r = _communities[community].mandates[s.member];
        if (!r.mandate.exists() || r.party != _ownerOf(community, s.member)) return Breach.NoMandate;
        uint256 signature;
        assembly ("memory-safe") {
            signature := add(s, 0x120)
        }
        if (!CompactSignature.isBy(r.dispatcher, setPointDigest(community, s), signature)) return Breach.BadSignature;
        return SetPoints.breachOf(r.mandate, r.revokedAt, s);
    }

    /// @inheritdoc ICoordinatorDesk
    function reportSetPoint(uint32 community, SetPoint calldata s) external {
        Breach breach = auditSetPoint(community, s);
        // Of another mandate a set-point may just be old.
        if (breach <= Breach.OtherMandate) revert NoBreach(breach);
        address dispatcher = _communities[community].mandates[s.member].dispatcher;
        emit SetPointBreach(community, s.member, dispatcher, s.counter, breach);
    }

    /// @inheritdoc ICoordinatorDesk
    function mandateOf(
        uint32 community,
        uint32 member
    )
        external
        view
        returns (Mandate mandate, address dispatcher, uint40 revokedAt, uint32 voidedThrough, address party)
    {
        MandateRecord storage r = _communities[community].mandates[member];
        return (r.mandate, r.dispatcher, r.revokedAt, r.voidedThrough, r.party);
    }

    // ---------------------------------------------------------------------------------------------------- the PCC meter

    /// @inheritdoc ICoordinatorDesk
    function bindPcc(
        uint32 community,
        PccBinding calldata b,
        bytes calldata consent,
        bytes calldata proof
    ) external onlyCoordinator(community) {
        Community storage c = _communities[community];
        _checkSequence(b.sequence, c.latest.sequence);
        bytes32 digest = pccBindingDigest(community, b);
        _checkConsent(_ownerOf(community, DSO), digest, b.deadline, consent);
        if (b.meterKey == address(0) || Consent.recover(digest, proof) != b.meterKey) {
            revert MeterProofInvalid(b.meterKey);
        }
        uint32 from = uint32(_nextPeriod(_terms(community)));
        // One that has no period of its own yet leaves no trace.
        if (from > c.latest.fromPeriod) c.before = c.latest;
        c.latest = PccMeter({
            key: b.meterKey,
            fromPeriod: from,
            nextPeriod: from,
            mostWh: b.mostWh,
            importRegister: b.startImport,
            exportRegister: b.startExport,
            sequence: b.sequence,
            fresh: true
        });
        emit PccBound(community, b.meterKey, b.startImport, b.startExport, b.mostWh, from);
    }

    /// @inheritdoc ICoordinatorDesk
    function revokePcc(uint32 community) external {
        if (msg.sender != _ownerOf(community, DSO) && msg.sender != _ownerOf(community, COORDINATOR)) {
            revert NotOwnerOrCoordinator(community, DSO, msg.sender);
        }
        Community storage c = _communities[community];
        (c.latest.key, c.before.key) = (address(0), address(0));
        emit PccRevoked(community, msg.sender);
    }

    /// @inheritdoc ICoordinatorDesk
    function setTolerance(uint32 community, uint16 permille, uint32 absoluteWh) external onlyCoordinator(community) {
        if (permille > MAX_PERMILLE) revert OutOfBounds("permille", permille);
        uint32 from = uint32(_nextPeriod(_terms(community)));
        _communities[community].tolerances.push(from, uint208(permille) | (uint208(absoluteWh) << 16));
        emit ToleranceSet(community, from, permille, absoluteWh);
    }

    /// @inheritdoc ICoordinatorDesk
    function postPcc(uint32 community, uint32 period, PccReading calldata reading) external {
        Terms t = KnownTerms.keep(_known, registry, community);
        PccMeter storage meter = _meterFor(community, period);
        (uint256 imported, uint256 exported) = _check(community, period, reading, meter, t);
        if (period < meter.nextPeriod) revert AlreadyRead(community, period);
        PccPeriod storage p = _communities[community].periods[period % t.ring()];
        // A meter that was replaced may be read behind its successor, but not around the ring.
        if (p.valuesHash != 0 && p.period > period) revert ReadingTooOld(community, period);
        (uint96 gapImport, uint96 gapExport) = _gap(meter, period, reading, t.slotsPerPeriod());
        (p.startImport, p.startExport, p.period) = (reading.startImport, reading.startExport, period);
        emit PccRead(community, period, reading.revision, gapImport, gapExport, reading.values);
        _advance(meter, period, reading, imported, exported);
        _keep(p, reading, imported, exported);
        (uint32 supplier, bytes memory tariff) = _supply(community, period);
        // Once there is a supplier, there is one in every later period: no amount is left of an older one.
        if (supplier == 0) return;
        int256 amount = PccSums.cost(reading.values, tariff, t.slotsPerPeriod());
        p.amount = int96(amount);
        if (gapImport | gapExport != 0) {
            (uint256 dearest, uint256 cheapest) = tariff.extremes(0, t.slotsPerPeriod());
            amount += int256(gapImport * dearest) - int256(gapExport * cheapest);
        }
        _invoice(community, supplier, period, p, amount);
    }

    /// @inheritdoc ICoordinatorDesk
    function correctPcc(uint32 community, uint32 period, PccReading calldata reading) external {
        Terms t = KnownTerms.keep(_known, registry, community);
        PccPeriod storage p = _communities[community].periods[period % t.ring()];
        if (p.valuesHash == 0 || p.period != period) revert NotRead(community, period);
        if (block.timestamp >= t.periodEnd(period) + t.correctionWindow()) revert CorrectionOver(community, period);
        PccMeter storage meter = _meterFor(community, period);
        (uint256 imported, uint256 exported) = _check(community, period, reading, meter, t);
        if (reading.revision <= p.revision) revert OldRevision(reading.revision, p.revision);
        _checkFixed(reading.startImport, p.startImport);
        _checkFixed(reading.startExport, p.startExport);
        if (uint256(period) + 1 == meter.nextPeriod) {
            _advance(meter, period, reading, imported, exported);
        } else {
            // The next reading starts where this one ends.
            _checkFixed(imported, p.imported);
            _checkFixed(exported, p.exported);
        }
        emit PccRead(community, period, reading.revision, 0, 0, reading.values);
        emit PccCorrected(community, period, p.imported, p.exported, imported, exported);
        _keep(p, reading, imported, exported);
        (uint32 supplier, bytes memory tariff) = _supply(community, period);
        if (supplier == 0) return;
        int256 amount = PccSums.cost(reading.values, tariff, t.slotsPerPeriod());
        int256 difference = amount - p.amount;
        p.amount = int96(amount);
        _invoice(community, supplier, period, p, difference);
    }

    /// @inheritdoc ICoordinatorDesk
    function comparePcc(uint32 community, uint32 period, bytes calldata values) external returns (Finding finding) {
        Terms t = KnownTerms.keep(_known, registry, community);
        uint256 deadline = t.periodEnd(period) + t.readingDeadline();
        if (block.timestamp < deadline) revert DeadlineAhead(deadline);
        (uint256 opened, uint256 settled) = escrow.journals(community, period);
        // Behind the ring nothing is known of the period any more: both are 0.
        if (opened == 0 || opened != settled) revert MembersOpen(opened, settled);
        PccPeriod storage p = _communities[community].periods[period % t.ring()];
        bool known = p.valuesHash != 0 && p.period == period;
        if (!known) values = values[:0];
        else if (keccak256(values) != p.valuesHash) revert ValuesMismatch(community, period);
        uint256 slots = t.slotsPerPeriod();
        (int256 pccNet, int256 membersNet, uint256 deviation, uint256 flow) = PccSums.compare(
            settlement,
            community,
            uint256(period) * slots,
            slots,
            values
        );
        if (!known) {
            if (!_covers(_meterFor(community, period), period)) revert NoPcc(community, period);
            emit PccMissing(community, period, membersNet, settled);
            return Finding.Missing;
        }
        (uint16 permille, uint32 absoluteWh) = toleranceAt(community, period);
        uint256 tolerated = absoluteWh + (flow * permille) / MAX_PERMILLE; // [D1]
        if (deviation <= tolerated) {
            emit PccBalanced(community, period, pccNet, membersNet, deviation, tolerated, settled);
            return Finding.Balanced;
        }
        emit PccImbalance(community, period, pccNet, membersNet, deviation, tolerated, settled);
        return Finding.Imbalance;
    }

    /// @inheritdoc ICoordinatorDesk
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
        )
    {
        PccMeter storage m = _meterFor(community, period);
        if (!_covers(m, period)) return (address(0), 0, 0, 0, 0, 0, 0);
        (importRegister, exportRegister) = (m.importRegister, m.exportRegister);
        return (m.key, m.fromPeriod, m.nextPeriod, importRegister, exportRegister, m.mostWh, m.sequence);
    }

    /// @inheritdoc ICoordinatorDesk
    function pccReadingOf(
        uint32 community,
        uint32 period
    )
        external
        view
        returns (bool known, uint32 revision, bytes32 valuesHash, uint256 imported, uint256 exported, int256 amount)
    {
        PccPeriod storage p = _communities[community].periods[period % _terms(community).ring()];
        if (p.valuesHash == 0 || p.period != period) return (false, 0, 0, 0, 0, 0);
        return (true, p.revision, p.valuesHash, p.imported, p.exported, p.amount);
    }

    /// @inheritdoc ICoordinatorDesk
    function toleranceAt(uint32 community, uint32 period) public view returns (uint16 permille, uint32 absoluteWh) {
        uint208 word = _communities[community].tolerances.upperLookupRecent(period);
        return (uint16(word), uint32(word >> 16));
    }

    // ---------------------------------------------------------------------------------------------------- the supplier

    /// @inheritdoc ICoordinatorDesk
    function publishSupply(
        uint32 community,
        Supply calldata s,
        bytes calldata consent
    ) external onlyCoordinator(community) {
        Terms t = _terms(community);
        Checkpoints.Trace208 storage supplies = _communities[community].supplies;
        uint256 earliest = _nextPeriod(t);
        if (s.fromPeriod < earliest) revert SupplyTooLate(s.fromPeriod, earliest);
        uint256 furthest = earliest + MAX_SUPPLY_LEAD / t.periodLength();
        if (s.fromPeriod > furthest) revert SupplyTooEarly(s.fromPeriod, furthest);
        (, uint48 latest, ) = supplies.latestCheckpoint();
        if (s.fromPeriod <= latest) revert SupplyOutOfOrder(s.fromPeriod, latest);
        _checkSupplier(community, s.supplier);
        uint256 expected = Tariff.lengthOf(1, t.slotsPerPeriod());
        if (s.tariff.length != expected) revert BadLength(s.tariff.length, expected);
        uint256 networkFee = uint16(bytes2(s.tariff[:2]));
        if (networkFee != 0) revert OutOfBounds("networkFee", networkFee);
        _checkConsent(_ownerOf(community, s.supplier), supplyDigest(community, s), s.deadline, consent);
        address blob = address(new DataBlob(s.tariff));
        supplies.push(s.fromPeriod, uint160(blob) | (uint208(s.supplier) << 160));
        emit SupplyPublished(community, s.supplier, s.fromPeriod, blob, s.tariff);
    }

    /// @inheritdoc ICoordinatorDesk
    function acknowledge(uint32 community, uint32 supplier, bytes32 head) external {
        _checkSupplier(community, supplier);
        if (msg.sender != _ownerOf(community, supplier)) revert NotOwner(community, supplier, msg.sender);
        SupplierAccount storage a = _communities[community].accounts[supplier];
        if (head != a.head) revert HeadMismatch(head, a.head);
        a.acknowledged = a.invoiced;
        emit Acknowledged(community, supplier, head, a.invoiced);
    }

    /// @inheritdoc ICoordinatorDesk
    function notePayment(uint32 community, uint32 supplier, int128 amount) external {
        _checkSupplier(community, supplier);
        uint32 receiver = amount > 0 ? supplier : COORDINATOR;
        if (msg.sender != _ownerOf(community, receiver)) revert NotOwner(community, receiver, msg.sender);
        SupplierAccount storage a = _communities[community].accounts[supplier];
        a.paid += amount;
        emit PaymentNoted(community, supplier, amount, a.paid);
    }

    /// @inheritdoc ICoordinatorDesk
    function supplyAt(uint32 community, uint32 period) public view returns (uint32 supplier, address blob) {
        uint208 word = _communities[community].supplies.upperLookupRecent(period);
        return (uint32(word >> 160), address(uint160(word)));
    }

    /// @inheritdoc ICoordinatorDesk
    function supplierAccount(
        uint32 community,
        uint32 supplier
    ) external view returns (int128 invoiced, int128 acknowledged, int128 paid, bytes32 head) {
        SupplierAccount storage a = _communities[community].accounts[supplier];
        return (a.invoiced, a.acknowledged, a.paid, a.head);
    }

    // ---------------------------------------------------------------------------------------------------- digests

    /// @inheritdoc ICoordinatorDesk
    function agreementDigest(uint32 community, Agreement calldata a) public view returns (bytes32) {
        return _digest(abi.encode(AGREEMENT_TYPE, community, a));
    }

    /// @inheritdoc ICoordinatorDesk
    function mandateDigest(uint32 community, BatteryMandate calldata m) public view returns (bytes32) {
        return _digest(abi.encode(MANDATE_TYPE, community, m));
    }

    /// @inheritdoc ICoordinatorDesk
    function setPointDigest(uint32 community, SetPoint calldata s) public view returns (bytes32) {
        bytes memory fields = abi.encode(
            SET_POINT_TYPE,
            community,
            s.member,
            s.mandate,
            s.counter,
            s.validFrom,
            s.validUntil,
            s.discharging
        );
        return _digest(bytes.concat(fields, abi.encode(s.powerW, s.minSocPermille, s.maxSocPermille)));
    }

    /// @inheritdoc ICoordinatorDesk
    function pccBindingDigest(uint32 community, PccBinding calldata b) public view returns (bytes32) {
        return _digest(abi.encode(PCC_BINDING_TYPE, community, b));
    }

    /// @inheritdoc ICoordinatorDesk
    function pccReadingDigest(uint32 community, uint32 period, PccReading calldata r) public view returns (bytes32) {
        bytes memory fields = abi.encode(PCC_READING_TYPE, community, period, r.revision, r.closesGap);
        return _digest(bytes.concat(fields, abi.encode(r.startImport, r.startExport, keccak256(r.values))));
    }

    /// @inheritdoc ICoordinatorDesk
    function supplyDigest(uint32 community, Supply calldata s) public view returns (bytes32) {
        return _digest(abi.encode(SUPPLY_TYPE, community, s.supplier, s.fromPeriod, keccak256(s.tariff), s.deadline));
    }

    // ---------------------------------------------------------------------------------------------------- readings

    /// @dev What holds for every reading of a meter.
    /// @return imported Wh.
    /// @return exported Wh.
    function _check(
        uint32 community,
        uint32 period,
        PccReading calldata reading,
        PccMeter storage meter,
        Terms t
    ) private view returns (uint256 imported, uint256 exported) {
        address key = meter.key;
        if (key == address(0) || !_covers(meter, period)) revert NoPcc(community, period);
        if (block.timestamp < t.periodEnd(period)) revert PeriodNotOver(community, period);
        (imported, exported) = PccSums.energy(reading.values, t.slotsPerPeriod(), meter.mostWh);
        uint256 signature;
        assembly ("memory-safe") {
            signature := add(reading, 0xa0)
        }
        if (!CompactSignature.isBy(key, pccReadingDigest(community, period, reading), signature)) {
            revert BadSignature(key);
        }
    }

    /// @return gapImport Wh since the last known registers that no slot knows.
    /// @return gapExport Likewise.
    function _gap(
        PccMeter storage meter,
        uint32 period,
        PccReading calldata reading,
        uint256 slots
    ) private view returns (uint96 gapImport, uint96 gapExport) {
        (uint96 knownImport, uint96 knownExport) = (meter.importRegister, meter.exportRegister);
        if (reading.startImport < knownImport) revert RegisterDown(reading.startImport, knownImport);
        if (reading.startExport < knownExport) revert RegisterDown(reading.startExport, knownExport);
        uint256 missing = period - meter.nextPeriod;
        // What it counted since it was bound, in the period before its first one, is the business of the meter before.
        if (meter.fresh && missing == 0) return (0, 0);
        gapImport = reading.startImport - knownImport;
        gapExport = reading.startExport - knownExport;
        if (missing == 0 && gapImport | gapExport == 0) return (0, 0);
        if (!reading.closesGap) {
            if (gapImport == 0 && gapExport != 0) revert RegisterGap(reading.startExport, knownExport);
            revert RegisterGap(reading.startImport, knownImport);
        }
        // Where no period is missing there should be nothing; a slip of up to a period is invoiced.
        uint256 most = (missing == 0 || meter.fresh ? missing + 1 : missing) * slots * meter.mostWh;
        if (gapImport > most) revert OverRated(gapImport, most);
        if (gapExport > most) revert OverRated(gapExport, most);
    }

    function _advance(
        PccMeter storage meter,
        uint32 period,
        PccReading calldata reading,
        uint256 imported,
        uint256 exported
    ) private {
        meter.nextPeriod = period + 1;
        meter.importRegister = _register(uint256(reading.startImport) + imported);
        meter.exportRegister = _register(uint256(reading.startExport) + exported);
        meter.fresh = false;
    }

    function _register(uint256 register) private pure returns (uint96) {
        if (register > type(uint96).max) revert OverRated(register, type(uint96).max);
        return uint96(register);
    }

    function _keep(PccPeriod storage p, PccReading calldata reading, uint256 imported, uint256 exported) private {
        p.valuesHash = keccak256(reading.values);
        (p.revision, p.imported, p.exported) = (reading.revision, uint40(imported), uint40(exported));
    }

    function _checkFixed(uint256 register, uint256 known) private pure {
        if (register != known) revert RegisterFixed(register, known);
    }

    // ---------------------------------------------------------------------------------------------------- parts

    function _invoice(uint32 community, uint32 supplier, uint32 period, PccPeriod storage p, int256 amount) private {
        SupplierAccount storage a = _communities[community].accounts[supplier];
        a.head = keccak256(abi.encode(a.head, period, p.revision, p.valuesHash, amount));
        a.invoiced += int128(amount);
        emit Invoiced(community, supplier, period, p.revision, amount, a.head);
    }

    function _supply(uint32 community, uint32 period) private view returns (uint32 supplier, bytes memory tariff) {
        address blob;
        (supplier, blob) = supplyAt(community, period);
        if (supplier != 0) tariff = Tariff.load(blob);
    }

    function _meterFor(uint32 community, uint32 period) private view returns (PccMeter storage) {
        Community storage c = _communities[community];
        return period >= c.latest.fromPeriod ? c.latest : c.before;
    }

    /// @return False where no meter was bound, or where its first period is later.
    function _covers(PccMeter storage meter, uint32 period) private view returns (bool) {
        return meter.sequence != 0 && period >= meter.fromPeriod;
    }

    function _memberOwner(uint32 community, uint32 member) private view returns (address owner) {
        _terms(community); // reverts for a community that does not exist
        if (!registry.memberFor(community, member, 0).isEnrolled()) revert UnknownMember(community, member);
        return _ownerOf(community, member);
    }

    function _checkSupplier(uint32 community, uint32 supplier) private view {
        _terms(community); // reverts for a community that does not exist
        bool service = registry.memberFor(community, supplier, 0).status() & SERVICE != 0;
        if (supplier < FIRST_SUPPLIER || !service) revert OutOfBounds("supplier", supplier);
    }

    function _checkConsent(address owner, bytes32 digest, uint40 deadline, bytes calldata consent) private view {
        if (block.timestamp > deadline) revert ConsentExpired(deadline);
        if (!Consent.isValid(owner, digest, consent)) revert ConsentInvalid(owner);
    }

    /// @return Sequence of the latest mandate that was kept, or voided unseen.
    function _latestMandate(MandateRecord storage r) private view returns (uint32) {
        uint32 kept = uint32(r.mandate.sequenceOf());
        return r.voidedThrough > kept ? r.voidedThrough : kept;
    }

    function _checkSequence(uint32 sequence, uint32 latest) private pure {
        if (sequence <= latest) revert OldSequence(sequence, latest);
        if (sequence - latest > MAX_SEQUENCE_STEP) revert OutOfBounds("sequence", sequence);
    }

    function _digest(bytes memory fields) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(fields));
    }

    function _ownerOf(uint32 community, uint32 member) private view returns (address) {
        return registry.ownerOf(community, member);
    }

    function _terms(uint32 community) private view returns (Terms) {
        return KnownTerms.load(_known, registry, community);
    }

    function _nextPeriod(Terms t) private view returns (uint256) {
        return t.periodAt(block.timestamp) + 1;
    }
}
