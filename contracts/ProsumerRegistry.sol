// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IPaymentEscrow} from "./interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "./interfaces/IProsumerRegistry.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {CommunityRules} from "./libraries/CommunityRules.sol";
import {Consent} from "./libraries/Consent.sol";
import {DataBlob} from "./libraries/DataBlob.sol";
import {Mem} from "./libraries/Mem.sol";
import {
    Member,
    newMember,
    ENROLLED,
    METERED,
    SUSPENDED,
    STOPPED,
    LEAVING,
    CLASS_CHANGED,
    SERVICE,
    ACTIVE,
    STAYS_ACTIVE
} from "./types/Member.sol";
import {Terms} from "./types/Terms.sol";

/// @title Prosumer registry
/// @notice See `IProsumerRegistry`, which is the manual.
contract ProsumerRegistry is IProsumerRegistry, EIP712, Nonces {
    using Mem for uint256[];
    using Checkpoints for Checkpoints.Trace160;

    /// @dev `latest` counts from period `latest.changesFrom()` on, `before` until then: once a change is in force, one word tells
    /// all. `classBefore` counts for periods before `classFrom`.
    struct MemberRecord {
        Member latest;
        Member before;
        address owner;
        uint32 classFrom;
        uint8 classBefore;
        bool capsReleased;
        uint40 stoppedAt; // unix seconds at which the owner stopped it, if it is stopped
        address pendingOwner;
        uint32 lastPeriod; // of a leaving meter
        address meterKey; // counts from period `keyFrom` on, `keyBefore` until then
        uint32 keyFrom;
        uint16 ratedBuy; // largest caps so far, lots: a reading may be of a period before they were lowered
        uint16 ratedSell;
        uint8 steadyClass; // the tariff class, while `steady`
        bool steady; // metered in every period from `keyFrom` on and always of one class: then this word tells all of its readings
        address keyBefore;
        bytes32 meteringPoint;
    }

    struct Community {
        Terms terms;
        bytes32 termsHash;
        address paymentToken;
        uint8 tariffNotice;
        uint16 maxImport;
        uint16 maxNetworkFee;
        uint8 modulesAtCreation;
        uint32 memberCount;
        address newestTariff; // what nearly every question about tariffs is for
        uint32 newestFrom; // its first period
        uint32 pausedPeriod; // plus one
        uint64 sumBuyCaps; // lots
        uint64 sumSellCaps; // lots
        uint96 bond; // base units per commit
        address[] modules;
        uint256[] classes; // `defaultLoadWh 24 | supplier member 32`
        Checkpoints.Trace160 tariffs; // first period -> blob
        mapping(address module => uint256 indexPlusOne) moduleIndex;
        mapping(uint32 member => MemberRecord) members;
        mapping(bytes32 meteringPoint => bool) meteringPoints;
        mapping(address relayer => bool) namedRelayers;
    }

    bytes32 private constant ENROLMENT_TYPE = keccak256(
        "Enrolment(uint32 community,bytes32 termsHash,address owner,address tradingKey,uint16 buyCap,uint16 sellCap,uint8 tariffClass,uint16 zone,uint8 kind,uint16 modules,bytes32 meteringPoint,uint40 deadline,uint256 nonce)"
    );
    bytes32 private constant METER_BINDING_TYPE = keccak256(
        "MeterBinding(uint32 community,uint32 member,address meterKey,uint96 startImport,uint96 startExport,uint40 deadline,uint256 nonce)"
    );
    bytes32 private constant METER_ROTATION_TYPE = keccak256(
        "MeterRotation(uint32 community,uint32 member,address meterKey,uint40 deadline,uint256 nonce)"
    );
    bytes32 private constant CAP_CHANGE_TYPE = keccak256(
        "CapChange(uint32 community,uint32 member,uint16 buyCap,uint16 sellCap,uint40 deadline,uint256 nonce)"
    );
    bytes32 private constant CLASS_CHANGE_TYPE = keccak256(
        "ClassChange(uint32 community,uint32 member,uint8 tariffClass,uint40 deadline,uint256 nonce)"
    );

    /// @dev Seconds beyond the notice that a tariff may be published ahead.
    uint256 private constant MAX_TARIFF_LEAD = 366 days;

    /// @dev As many as the fields of `Ledger` hold.
    uint32 private constant MAX_MEMBERS = 1 << 16;

    /// @dev In place of a gate where stops count at once.
    uint256 private constant NO_GATE = type(uint256).max;

    uint32 private constant COORDINATOR = 0;
    uint32 private constant FIRST_SUPPLIER = 3;

    IPaymentEscrow public immutable escrow;
    ISettlement public immutable settlement;

    uint32 public communityCount;
    mapping(uint32 community => Community) private _communities;
    mapping(address meterKey => bool) private _meterKeys;

    modifier onlyCoordinator(uint32 community) {
        _checkCoordinator(community);
        _;
    }

    modifier onlyOwner(uint32 community, uint32 member) {
        _checkOwner(community, member);
        _;
    }

    constructor(IPaymentEscrow escrow_, ISettlement settlement_) EIP712("Wattbook", "1") {
        escrow = escrow_;
        settlement = settlement_;
    }

    // ---------------------------------------------------------------------------------------------------- communities

    /// @inheritdoc IProsumerRegistry
    function createCommunity(
        CommunityTerms calldata t,
        address[] calldata suppliers,
        TariffClass[] calldata classes_,
        address[] calldata modules,
        bytes calldata tariff
    ) external returns (uint32 community) {
        community = communityCount++;
        Community storage c = _communities[community];
        c.terms = CommunityRules.pack(t);
        c.termsHash = keccak256(abi.encode(t, suppliers, classes_, modules));
        if (t.paymentToken.code.length == 0) revert OutOfBounds("paymentToken", uint160(t.paymentToken));
        c.paymentToken = t.paymentToken;
        c.tariffNotice = t.tariffNotice;
        c.maxImport = t.maxImport;
        c.maxNetworkFee = t.maxNetworkFee;
        c.bond = t.bond;
        _addService(community, "coordinator", t.coordinator);
        _addService(community, "dso", t.dso);
        _addService(community, "feeCollector", t.feeCollector);
        _checkCount("suppliers", suppliers.length);
        for (uint256 i = 0; i < suppliers.length; ++i) _addService(community, "suppliers", suppliers[i]);
        _checkCount("classes", classes_.length);
        for (uint256 i = 0; i < classes_.length; ++i) {
            TariffClass calldata class = classes_[i];
            if (class.supplier >= suppliers.length) revert OutOfBounds("supplier", class.supplier);
            c.classes.push(class.defaultLoadWh | ((uint256(FIRST_SUPPLIER) + class.supplier) << 24));
        }
        _checkCount("modules", modules.length);
        for (uint256 i = 0; i < modules.length; ++i) _addModule(c, modules[i]);
        c.modulesAtCreation = uint8(modules.length);
        escrow.openCommunity(community, t.paymentToken, c.terms, modules[0]);
        emit CommunityCreated(community, c.termsHash, t, suppliers, classes_, modules);
        _pushTariff(community, 0, tariff);
    }

    /// @inheritdoc IProsumerRegistry
    function publishTariff(uint32 community, uint32 period, bytes calldata tariff) external onlyCoordinator(community) {
        Community storage c = _communities[community];
        uint256 earliest = _currentPeriod(c) + 1 + c.terms.horizon() + c.tariffNotice;
        if (period < earliest) revert TariffTooLate(period, uint32(earliest));
        // Versions come in order: one in the far future would end publication for good.
        uint256 furthest = earliest + MAX_TARIFF_LEAD / c.terms.periodLength();
        if (period > furthest) revert TariffTooEarly(period, uint32(furthest));
        (, uint96 latest, ) = c.tariffs.latestCheckpoint();
        if (period <= latest) revert TariffOutOfOrder(period, uint32(latest));
        _pushTariff(community, period, tariff);
    }

    /// @inheritdoc IProsumerRegistry
    function pause(uint32 community) external onlyCoordinator(community) {
        Community storage c = _communities[community];
        uint32 period = uint32(_currentPeriod(c));
        c.pausedPeriod = period + 1;
        emit Paused(community, period);
    }

    /// @inheritdoc IProsumerRegistry
    function addModule(uint32 community, address module) external onlyCoordinator(community) returns (uint8 index) {
        index = _addModule(_communities[community], module);
        emit ModuleAdded(community, index, module);
    }

    /// @inheritdoc IProsumerRegistry
    function nameRelayer(uint32 community, address relayer, bool named) external onlyCoordinator(community) {
        _communities[community].namedRelayers[relayer] = named;
        emit RelayerNamed(community, relayer, named);
    }

    // ---------------------------------------------------------------------------------------------------- members

    /// @inheritdoc IProsumerRegistry
    function enroll(
        uint32 community,
        Enrolment calldata e,
        bytes calldata consent
    ) external onlyCoordinator(community) returns (uint32 member) {
        Community storage c = _communities[community];
        if (e.tariffClass >= c.classes.length) revert OutOfBounds("tariffClass", e.tariffClass);
        if (uint256(e.modules) >> c.modulesAtCreation != 0) revert OutOfBounds("modules", e.modules);
        if (e.tradingKey == address(0)) revert OutOfBounds("tradingKey", 0);
        _checkConsent(e.owner, _enrolmentHash(community, c.termsHash, e), e.deadline, consent);
        if (c.meteringPoints[e.meteringPoint]) revert MeteringPointTaken(e.meteringPoint);
        c.meteringPoints[e.meteringPoint] = true;
        _countCaps(c, 0, 0, e.buyCap, e.sellCap);

        if (c.memberCount == MAX_MEMBERS) revert CommunityFull(community);
        member = c.memberCount++;
        MemberRecord storage r = c.members[member];
        r.latest = newMember(e.tradingKey, e.buyCap, e.sellCap, e.tariffClass, e.zone, e.kind, ENROLLED);
        r.owner = e.owner;
        r.meteringPoint = e.meteringPoint;
        (r.ratedBuy, r.ratedSell) = (e.buyCap, e.sellCap);
        escrow.openAccount(community, member, e.modules);
        emit MemberEnrolled(community, member, e.owner, e, uint32(_currentPeriod(c) + 1));
    }

    /// @inheritdoc IProsumerRegistry
    function rotateTradingKey(uint32 community, uint32 member, address key) external onlyOwner(community, member) {
        if (key == address(0)) revert OutOfBounds("tradingKey", 0);
        _change(community, member, _latest(community, member).withTradingKey(key));
    }

    /// @inheritdoc IProsumerRegistry
    function setTrading(uint32 community, uint32 member, bool on) external onlyOwner(community, member) {
        if (on) {
            _change(community, member, _latest(community, member).withStatus(STOPPED, false));
        } else {
            Community storage c = _communities[community];
            MemberRecord storage r = c.members[member];
            // Once it is stopped, a further stop must not look like one that came after the gate.
            if (_memberIn(r, _currentPeriod(c), 0).status() & STOPPED == 0) r.stoppedAt = uint40(block.timestamp);
            _changeAtOnce(community, member, STOPPED, true);
        }
    }

    /// @inheritdoc IProsumerRegistry
    function setSuspended(uint32 community, uint32 member, bool suspended) external onlyCoordinator(community) {
        _change(community, member, _latest(community, member).withStatus(SUSPENDED, suspended));
    }

    /// @inheritdoc IProsumerRegistry
    function changeCaps(
        uint32 community,
        uint32 member,
        uint16 buyCap,
        uint16 sellCap,
        uint40 deadline,
        bytes calldata consent
    ) external onlyCoordinator(community) {
        Community storage c = _communities[community];
        address owner = c.members[member].owner;
        bytes32 structHash = keccak256(
            abi.encode(CAP_CHANGE_TYPE, community, member, buyCap, sellCap, deadline, _useNonce(owner))
        );
        _checkConsent(owner, structHash, deadline, consent);
        Member m = _latest(community, member);
        if (!c.members[member].capsReleased) _countCaps(c, m.buyCap(), m.sellCap(), buyCap, sellCap);
        MemberRecord storage r = c.members[member];
        if (buyCap > r.ratedBuy) r.ratedBuy = buyCap;
        if (sellCap > r.ratedSell) r.ratedSell = sellCap;
        _change(community, member, m.withCaps(buyCap, sellCap));
    }

    /// @inheritdoc IProsumerRegistry
    function changeClass(
        uint32 community,
        uint32 member,
        uint8 tariffClass,
        uint40 deadline,
        bytes calldata consent
    ) external onlyCoordinator(community) {
        Community storage c = _communities[community];
        MemberRecord storage r = c.members[member];
        bytes32 structHash = keccak256(
            abi.encode(CLASS_CHANGE_TYPE, community, member, tariffClass, deadline, _useNonce(r.owner))
        );
        _checkConsent(r.owner, structHash, deadline, consent);
        Member m = _latest(community, member);
        if (tariffClass >= c.classes.length) revert OutOfBounds("tariffClass", tariffClass);
        if (c.classes[tariffClass] >> 24 != c.classes[m.tariffClass()] >> 24) revert ClassKeepsSupplier(tariffClass);
        uint256 current = _currentPeriod(c);
        // The class before is needed for as long as a period of it can be settled.
        uint256 until = r.classFrom == 0 ? 0 : r.classFrom + c.terms.ring();
        if (current < until) revert ClassChangedRecently(uint32(until));
        r.classBefore = uint8(m.tariffClass());
        r.classFrom = uint32(current + c.terms.horizon() + 1);
        r.latest = r.latest.withClass(tariffClass).withStatus(CLASS_CHANGED, true);
        r.before = r.before.withClass(tariffClass).withStatus(CLASS_CHANGED, true);
        r.steady = false;
        emit ClassChanged(community, member, tariffClass, r.classFrom);
    }

    // ---------------------------------------------------------------------------------------------------- meters

    /// @inheritdoc IProsumerRegistry
    function bindMeter(
        uint32 community,
        uint32 member,
        MeterBinding calldata b,
        bytes calldata consent,
        bytes calldata proof
    ) external onlyCoordinator(community) {
        Community storage c = _communities[community];
        MemberRecord storage r = c.members[member];
        Member m = _latest(community, member);
        if (m.status() & METERED != 0) revert MeterStillBound(community, member);
        bytes32 structHash = keccak256(
            abi.encode(
                METER_BINDING_TYPE,
                community,
                member,
                b.meterKey,
                b.startImport,
                b.startExport,
                b.deadline,
                _useNonce(r.owner)
            )
        );
        _checkConsent(r.owner, structHash, b.deadline, consent);
        _takeMeterKey(b.meterKey, structHash, proof);
        if (r.capsReleased) {
            r.capsReleased = false;
            _countCaps(c, 0, 0, m.buyCap(), m.sellCap());
        }
        uint32 from = _setMeterKey(community, member, b.meterKey);
        _change(community, member, m.withStatus(METERED, true));
        emit MeterBound(community, member, b.meterKey, b.startImport, b.startExport, from);
        settlement.bindMeter(community, member, from, b.startImport, b.startExport);
    }

    /// @inheritdoc IProsumerRegistry
    function rotateMeterKey(
        uint32 community,
        uint32 member,
        MeterBinding calldata b,
        bytes calldata consent,
        bytes calldata proof
    ) external onlyCoordinator(community) {
        address owner = _communities[community].members[member].owner;
        if (_latest(community, member).status() & METERED == 0) revert MeterNotBound(community, member);
        bytes32 structHash = keccak256(
            abi.encode(METER_ROTATION_TYPE, community, member, b.meterKey, b.deadline, _useNonce(owner))
        );
        _checkConsent(owner, structHash, b.deadline, consent);
        _takeMeterKey(b.meterKey, structHash, proof);
        _setMeterKey(community, member, b.meterKey);
    }

    /// @inheritdoc IProsumerRegistry
    function revokeMeterKey(uint32 community, uint32 member) external {
        Community storage c = _communities[community];
        MemberRecord storage r = c.members[member];
        if (msg.sender == r.owner) {
            (r.meterKey, r.keyBefore) = (address(0), address(0));
            emit MeterKeyChanged(community, member, address(0), uint32(_currentPeriod(c)));
        } else if (msg.sender == c.members[COORDINATOR].owner) {
            _latest(community, member); // reverts for a member that does not exist
            _setMeterKey(community, member, address(0));
        } else {
            revert NotOwnerOrCoordinator(community, member, msg.sender);
        }
    }

    /// @inheritdoc IProsumerRegistry
    function unbindMeter(uint32 community, uint32 member) external {
        Community storage c = _communities[community];
        MemberRecord storage r = c.members[member];
        if (msg.sender != r.owner && msg.sender != c.members[COORDINATOR].owner) {
            revert NotOwnerOrCoordinator(community, member, msg.sender);
        }
        Member m = _latest(community, member);
        if (m.status() & (METERED | LEAVING) != METERED) revert MeterNotBound(community, member);
        // Until the next period starts, orders may still come in for every open period.
        r.lastPeriod = uint32(_currentPeriod(c) + c.terms.horizon());
        _change(community, member, m.withStatus(LEAVING, true));
        r.steady = false;
        emit MeterLeaving(community, member, r.lastPeriod);
    }

    /// @inheritdoc IProsumerRegistry
    function releaseMeter(uint32 community, uint32 member) external {
        Community storage c = _communities[community];
        MemberRecord storage r = c.members[member];
        Member m = _latest(community, member);
        if (m.status() & LEAVING == 0) revert MeterNotLeaving(community, member);
        if (!settlement.releaseMeter(community, member, r.lastPeriod)) {
            revert MeterNotFinal(community, member, r.lastPeriod);
        }
        _changeAtOnce(community, member, METERED | LEAVING, false);
        _countCaps(c, m.buyCap(), m.sellCap(), 0, 0);
        r.capsReleased = true;
        (r.meterKey, r.keyBefore) = (address(0), address(0));
        emit MeterReleased(community, member);
    }

    // ---------------------------------------------------------------------------------------------------- handover

    /// @inheritdoc IProsumerRegistry
    function transferOwnership(
        uint32 community,
        uint32 member,
        address newOwner
    ) external onlyOwner(community, member) {
        _communities[community].members[member].pendingOwner = newOwner;
        emit OwnershipOffered(community, member, newOwner);
    }

    /// @inheritdoc IProsumerRegistry
    function acceptOwnership(uint32 community, uint32 member) external {
        MemberRecord storage r = _communities[community].members[member];
        if (msg.sender != r.pendingOwner) revert NotPendingOwner(community, member, msg.sender);
        r.owner = msg.sender;
        r.pendingOwner = address(0);
        emit OwnershipTaken(community, member, msg.sender);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IProsumerRegistry
    function settlementContract() external view returns (address) {
        return address(settlement);
    }

    /// @inheritdoc IProsumerRegistry
    function memberCount(uint32 community) external view returns (uint32) {
        return _communities[community].memberCount;
    }

    /// @inheritdoc IProsumerRegistry
    function terms(uint32 community) external view returns (Terms) {
        return _communities[community].terms;
    }

    /// @inheritdoc IProsumerRegistry
    function termsHash(uint32 community) external view returns (bytes32) {
        return _communities[community].termsHash;
    }

    /// @inheritdoc IProsumerRegistry
    function trading(uint32 community) external view returns (Terms terms_, bool paused) {
        return _trading(community);
    }

    /// @inheritdoc IProsumerRegistry
    function paymentToken(uint32 community) external view returns (address) {
        return _communities[community].paymentToken;
    }

    /// @inheritdoc IProsumerRegistry
    function bondOf(uint32 community) external view returns (uint256) {
        return _communities[community].bond;
    }

    /// @inheritdoc IProsumerRegistry
    function isNamedRelayer(uint32 community, address relayer) external view returns (bool) {
        return _communities[community].namedRelayers[relayer];
    }

    /// @inheritdoc IProsumerRegistry
    function ownerOf(uint32 community, uint32 member) external view returns (address) {
        return _communities[community].members[member].owner;
    }

    /// @inheritdoc IProsumerRegistry
    function memberFor(uint32 community, uint32 member, uint32 period) external view returns (Member) {
        return _memberIn(_communities[community].members[member], _periodNow(community), period);
    }

    /// @inheritdoc IProsumerRegistry
    function memberAtGate(uint32 community, uint32 member, uint32 period) external view returns (Member m) {
        Community storage c = _communities[community];
        (uint256 inForce, uint256 gate) = _gate(c.terms, period);
        return _traderIn(c.members[member], inForce, gate, period);
    }

    /// @inheritdoc IProsumerRegistry
    function meterFor(
        uint32 community,
        uint32 member,
        uint32 period
    ) public view returns (Member word, address meterKey) {
        Community storage c = _communities[community];
        MemberRecord storage r = c.members[member];
        uint256 current = _periodNow(community);
        word = _memberIn(r, current, period);
        meterKey = current < r.keyFrom ? r.keyBefore : r.meterKey;
        word = word.withCaps(r.ratedBuy, r.ratedSell);
    }

    /// @inheritdoc IProsumerRegistry
    function readingOf(
        uint32 community,
        uint32 member,
        uint32 period
    ) external view returns (Member word, address meterKey) {
        Community storage c = _communities[community];
        return _readingOf(community, c, member, period, _periodNow(community));
    }

    /// @inheritdoc IProsumerRegistry
    function readingsOf(
        uint32 community,
        uint32 period,
        uint256[] calldata members
    ) external view returns (uint256[] memory words) {
        Community storage c = _communities[community];
        uint256 current = _currentPeriod(c);
        words = new uint256[](2 * members.length);
        uint256 pos = words.words();
        unchecked {
            for (uint256 i = 0; i < members.length; ++i) {
                (Member word, address key) = _readingOf(community, c, uint32(members[i]), period, current);
                Mem.store(pos + 64 * i, Member.unwrap(word));
                Mem.store(pos + 64 * i + 32, uint160(key));
            }
        }
    }

    function _readingOf(
        uint32 community,
        Community storage c,
        uint32 member,
        uint32 period,
        uint256 current
    ) private view returns (Member word, address meterKey) {
        MemberRecord storage r = c.members[member];
        if (!r.steady || current < r.keyFrom) return meterFor(community, member, period);
        word = Member.wrap(0).withCaps(r.ratedBuy, r.ratedSell).withClass(r.steadyClass).withStatus(METERED, true);
        return (word, r.meterKey);
    }

    /// @inheritdoc IProsumerRegistry
    function meteringPointOf(uint32 community, uint32 member) external view returns (bytes32) {
        return _communities[community].members[member].meteringPoint;
    }

    /// @inheritdoc IProsumerRegistry
    function classes(uint32 community) external view returns (uint256[] memory) {
        return _communities[community].classes;
    }

    /// @inheritdoc IProsumerRegistry
    function supplierOf(uint32 community, uint32 member) external view returns (uint32) {
        Community storage c = _communities[community];
        Member m = c.members[member].latest;
        return m.status() & SERVICE != 0 ? member : uint32(c.classes[m.tariffClass()] >> 24);
    }

    /// @inheritdoc IProsumerRegistry
    function tariffAt(uint32 community, uint32 period) public view returns (address blob) {
        Community storage c = _communities[community];
        return period >= c.newestFrom ? c.newestTariff : address(c.tariffs.upperLookupRecent(period));
    }

    /// @inheritdoc IProsumerRegistry
    function settling(
        uint32 community,
        uint32 period
    ) external view returns (address tariff, uint256[] memory classes_, address[] memory modules) {
        Community storage c = _communities[community];
        return (tariffAt(community, period), c.classes, c.modules);
    }

    /// @inheritdoc IProsumerRegistry
    function tradingFor(
        uint32 community,
        uint32 period
    ) external view returns (Terms terms_, bool paused, address tariff) {
        (terms_, paused) = _trading(community);
        return (terms_, paused, tariffAt(community, period));
    }

    /// @inheritdoc IProsumerRegistry
    function tradersOf(
        uint32 community,
        uint32 period,
        uint256[] calldata members
    ) external view returns (uint256[] memory) {
        Community storage c = _communities[community];
        (uint256 inForce, uint256 gate) = _tradingAsOf(c.terms, period);
        // The answer as it leaves: offset, length, words. Encoding it would cost more than finding it.
        // No place in memory comes near a word.
        unchecked {
            uint256 answer = Mem.mark();
            uint256 size = 32 * members.length + 64;
            Mem.release(answer + size);
            Mem.store(answer, 32);
            Mem.store(answer + 32, members.length);
            Member all = _readInForce(c.members, inForce, members, answer + 64);
            // Most words are as they are stored.
            if (all.status() & (CLASS_CHANGED | LEAVING | STOPPED) != 0) {
                for (uint256 i = 0; i < members.length; ++i) {
                    Member m = Member.wrap(Mem.load(answer + 32 * i + 64));
                    if (m.status() & (CLASS_CHANGED | LEAVING | STOPPED) == 0) continue;
                    m = _traderIn(c.members[uint32(members[i])], inForce, gate, period);
                    Mem.store(answer + 32 * i + 64, Member.unwrap(m));
                }
            }
            assembly ("memory-safe") {
                return(answer, size)
            }
        }
    }

    /// @inheritdoc IProsumerRegistry
    function activity(
        uint32 community,
        uint32 period,
        uint8 module,
        uint256[] calldata members
    ) external view returns (uint256[] memory states) {
        Community storage c = _communities[community];
        Terms t = c.terms;
        uint256 current = t.periodAt(block.timestamp);
        (uint256 inForce, uint256 gate) = module == 0 ? _tradingAsOf(t, period) : (current, NO_GATE);
        // No open period has an earlier gate than the current one.
        (uint256 earliest, ) = _tradingAsOf(t, current);
        states = new uint256[](members.length);
        for (uint256 i = 0; i < members.length; ++i) {
            MemberRecord storage r = c.members[uint32(members[i])];
            Member m = r.latest;
            if (m.isActive() && earliest >= m.changesFrom())
                states[i] = STAYS_ACTIVE; // [A3]
            else if (_traderIn(r, inForce, gate, module == 0 ? period : 0).isActive()) states[i] = ACTIVE;
        }
    }

    /// @inheritdoc IProsumerRegistry
    function moduleList(uint32 community) external view returns (address[] memory) {
        return _communities[community].modules;
    }

    /// @inheritdoc IProsumerRegistry
    function moduleAt(uint32 community, uint8 index) public view returns (address) {
        address[] storage list = _communities[community].modules;
        return index < list.length ? list[index] : address(0);
    }

    /// @inheritdoc IProsumerRegistry
    function moduleIndex(uint32 community, address module) external view returns (uint8 index, bool known) {
        uint256 plusOne = _communities[community].moduleIndex[module];
        if (plusOne != 0) return (uint8(plusOne - 1), true);
    }

    /// @inheritdoc IProsumerRegistry
    function modulesAtCreation(uint32 community) external view returns (uint8) {
        return _communities[community].modulesAtCreation;
    }

    /// @inheritdoc IProsumerRegistry
    function nonces(address owner) public view override(IProsumerRegistry, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    // ---------------------------------------------------------------------------------------------------- changes

    /// @return inForce The period whose words count for orders of `period`: the current one, or in a sealed community that of the gate.
    /// @return gate Unix seconds; a stop from then on comes too late.
    function _tradingAsOf(Terms t, uint256 period) private view returns (uint256 inForce, uint256 gate) {
        return t.isSealed() ? _gate(t, period) : (t.periodAt(block.timestamp), NO_GATE);
    }

    function _gate(Terms t, uint256 period) private pure returns (uint256 inForce, uint256 gate) {
        gate = t.gateOfPeriod(period); // [G1]
        inForce = t.periodAt(gate);
    }

    /// @dev Reads the words in force in a period, in assembly: it runs for every order of a batch.
    /// @param to Where they go in memory.
    /// @return all The words, or-ed.
    function _readInForce(
        mapping(uint32 member => MemberRecord) storage records,
        uint256 inForce,
        uint256[] calldata members,
        uint256 to
    ) private view returns (Member all) {
        assembly ("memory-safe") {
            // In a function of its own, which the compiler leaves one, it keeps its variables on the stack.
            function run(now, from, at, end) -> any {
                for {} 1 {} {
                    if iszero(lt(at, end)) {
                        leave
                    }
                    mstore(0, and(calldataload(add(from, at)), 0xffffffff))
                    let place := keccak256(0, 64)
                    let word := sload(place) // `latest`
                    if lt(now, shr(232, word)) {
                        word := sload(add(place, 1)) // `before`
                    }
                    mstore(at, word)
                    any := or(any, word)
                    at := add(at, 32)
                }
            }

            mstore(32, records.slot)
            all := run(inForce, sub(members.offset, to), to, add(to, shl(5, members.length)))
        }
    }

    /// @return m The member as it counts for orders of `period`.
    function _traderIn(
        MemberRecord storage r,
        uint256 inForce,
        uint256 gate,
        uint32 period
    ) private view returns (Member m) {
        m = _memberIn(r, inForce, period);
        if (m.status() & STOPPED != 0 && r.stoppedAt >= gate) m = m.withStatus(STOPPED, false);
    }

    function _trading(uint32 community) private view returns (Terms terms_, bool paused) {
        Community storage c = _communities[community];
        terms_ = c.terms;
        if (!terms_.exists()) revert UnknownCommunity(community);
        uint256 pausedPeriod = c.pausedPeriod;
        paused = pausedPeriod != 0 && pausedPeriod == terms_.periodAt(block.timestamp) + 1;
    }

    /// @return m The word in force in period `inForce`, the current one or the one before a change on its way, with what depends on
    /// `period` itself.
    function _memberIn(MemberRecord storage r, uint256 inForce, uint32 period) private view returns (Member m) {
        m = r.latest;
        if (inForce < m.changesFrom()) m = r.before;
        uint256 status = m.status();
        if (status & (CLASS_CHANGED | LEAVING) == 0) return m;
        if (status & CLASS_CHANGED != 0 && period < r.classFrom) m = m.withClass(r.classBefore);
        if (status & LEAVING != 0 && period > r.lastPeriod) m = m.withStatus(METERED, false);
    }

    /// @return The member's word with every change made so far, in force or not.
    function _latest(uint32 community, uint32 member) private view returns (Member) {
        Member m = _communities[community].members[member].latest;
        if (!m.isEnrolled()) revert UnknownMember(community, member);
        return m;
    }

    /// @dev A change counts from the next period on. What is in force now stays until then.
    function _change(uint32 community, uint32 member, Member changed) private {
        Community storage c = _communities[community];
        MemberRecord storage r = c.members[member];
        uint256 period = _currentPeriod(c);
        _recheck(community, member, r.latest);
        if (period >= r.latest.changesFrom()) r.before = r.latest;
        r.latest = changed.withChangesFrom(period + 1);
        emit MemberChanged(community, member, Member.unwrap(r.latest), uint32(period + 1));
    }

    /// @dev Sets or clears status bits at once, whatever else is on its way.
    function _changeAtOnce(uint32 community, uint32 member, uint256 bits, bool on) private {
        _latest(community, member); // reverts if unknown
        Community storage c = _communities[community];
        MemberRecord storage r = c.members[member];
        _recheck(community, member, r.latest);
        r.latest = r.latest.withStatus(bits, on);
        r.before = r.before.withStatus(bits, on);
        uint32 period = uint32(_currentPeriod(c));
        emit MemberChanged(community, member, Member.unwrap(_memberIn(r, period, period)), period);
    }

    /// @dev Takes back from the escrow that a member stays active; of no other it has been told that.
    function _recheck(uint32 community, uint32 member, Member latest) private {
        if (latest.isActive()) escrow.recheck(community, member);
    }

    function _takeMeterKey(address meterKey, bytes32 structHash, bytes calldata proof) private {
        if (meterKey == address(0) || Consent.recover(_hashTypedDataV4(structHash), proof) != meterKey) {
            revert MeterProofInvalid(meterKey);
        }
        if (_meterKeys[meterKey]) revert MeterKeyTaken(meterKey);
        _meterKeys[meterKey] = true;
    }

    function _setMeterKey(uint32 community, uint32 member, address key) private returns (uint32 from) {
        Community storage c = _communities[community];
        MemberRecord storage r = c.members[member];
        uint32 period = uint32(_currentPeriod(c));
        if (period >= r.keyFrom) r.keyBefore = r.meterKey;
        from = period + 1;
        (r.meterKey, r.keyFrom) = (key, from);
        Member m = r.latest;
        (r.steadyClass, r.steady) = (uint8(m.tariffClass()), m.status() & (CLASS_CHANGED | LEAVING) == 0);
        emit MeterKeyChanged(community, member, key, from);
    }

    // ---------------------------------------------------------------------------------------------------- consents

    function _checkConsent(address owner, bytes32 structHash, uint40 deadline, bytes calldata consent) private view {
        if (block.timestamp > deadline) revert ConsentExpired(deadline);
        if (!Consent.isValid(owner, _hashTypedDataV4(structHash), consent)) revert ConsentInvalid(owner);
    }

    function _enrolmentHash(uint32 community, bytes32 hash, Enrolment calldata e) private returns (bytes32) {
        uint256 nonce = _useNonce(e.owner);
        return
            keccak256(
                bytes.concat(
                    abi.encode(
                        ENROLMENT_TYPE,
                        community,
                        hash,
                        e.owner,
                        e.tradingKey,
                        e.buyCap,
                        e.sellCap,
                        e.tariffClass
                    ),
                    abi.encode(e.zone, e.kind, e.modules, e.meteringPoint, e.deadline, nonce)
                )
            );
    }

    // ---------------------------------------------------------------------------------------------------- parts

    function _addService(uint32 community, string memory role, address owner) private {
        if (owner == address(0)) revert OutOfBounds(role, 0);
        Community storage c = _communities[community];
        uint32 member = c.memberCount++;
        c.members[member].owner = owner;
        c.members[member].latest = newMember(address(0), 0, 0, 0, 0, 0, SERVICE);
        escrow.openAccount(community, member, 0);
    }

    function _addModule(Community storage c, address module) private returns (uint8 index) {
        if (c.modules.length >= CommunityRules.MAX_LISTED) revert TooManyModules();
        if (module.code.length == 0) revert OutOfBounds("module", uint160(module));
        if (c.moduleIndex[module] != 0) revert ModuleKnown(module);
        index = uint8(c.modules.length);
        c.modules.push(module);
        c.moduleIndex[module] = c.modules.length;
    }

    function _pushTariff(uint32 community, uint32 period, bytes calldata tariff) private {
        Community storage c = _communities[community];
        CommunityRules.checkTariff(tariff, c.classes.length, c.terms.slotsPerPeriod(), c.maxImport, c.maxNetworkFee);
        address blob = address(new DataBlob(tariff));
        c.tariffs.push(period, uint160(blob));
        (c.newestTariff, c.newestFrom) = (blob, period);
        emit TariffPublished(community, period, blob, tariff);
    }

    /// @dev Replaces one member's caps in the community's sums.
    function _countCaps(Community storage c, uint256 oldBuy, uint256 oldSell, uint256 buy, uint256 sell) private {
        uint256 sumBuy = c.sumBuyCaps + buy - oldBuy;
        uint256 sumSell = c.sumSellCaps + sell - oldSell;
        CommunityRules.checkCaps(c.terms, buy, sell, sumBuy, sumSell);
        c.sumBuyCaps = uint64(sumBuy);
        c.sumSellCaps = uint64(sumSell);
    }

    function _checkCoordinator(uint32 community) private view {
        if (msg.sender != _communities[community].members[COORDINATOR].owner) {
            revert NotCoordinator(community, msg.sender);
        }
    }

    function _checkOwner(uint32 community, uint32 member) private view {
        if (msg.sender != _communities[community].members[member].owner) revert NotOwner(community, member, msg.sender);
    }

    function _checkCount(string memory parameter, uint256 count) private pure {
        if (count == 0 || count > CommunityRules.MAX_LISTED) revert OutOfBounds(parameter, count);
    }

    /// @dev Reverts for an unknown community.
    function _periodNow(uint32 community) private view returns (uint256) {
        (Terms t, ) = _trading(community);
        return t.periodAt(block.timestamp);
    }

    function _currentPeriod(Community storage c) private view returns (uint256) {
        return c.terms.periodAt(block.timestamp);
    }
}
