// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IDoubleAuction} from "../../../contracts/interfaces/IDoubleAuction.sol";
import {IOrderBook} from "../../../contracts/interfaces/IOrderBook.sol";
import {IOrderBookLens} from "../../../contracts/interfaces/IOrderBookLens.sol";
import {IEnergyToken} from "../../../contracts/interfaces/IEnergyToken.sol";
import {IPaymentEscrow} from "../../../contracts/interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "../../../contracts/interfaces/IProsumerRegistry.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ChaosModule} from "./ChaosModule.sol";
import {deployed} from "./Deployed.sol";
import {VM} from "./Vm.sol";

interface IEuro is IERC20 {
    function faucet(address to, uint256 amount) external;
}

interface IEnergySupply is IEnergyToken {
    function totalSupply(uint256 id) external view returns (uint256);
}

/// @title World
/// @notice A real deployment of an open market and a coin: two communities that share the coin, each with two suppliers, the
/// order book and two hostile modules, and seven homes between them. A period is an hour of four slots. A third community is sealed
/// and has service members alone: its money is pledged and bonded, and nobody trades in it.
abstract contract World {
    /// @dev `key` signs as the owner, `key + 1` as the trading key, `key + 2` as the meter.
    struct Home {
        uint32 community;
        uint32 member;
        uint32 supplier;
        uint256 key;
        address owner;
        address trader;
    }

    uint256 internal constant SLOTS = 4;
    uint256 internal constant SLOT = 900;
    uint256 internal constant PERIOD = SLOTS * SLOT;
    uint256 internal constant HORIZON = 1;
    uint256 internal constant RING = 7;
    uint256 internal constant DEADLINE = 900;
    uint256 internal constant CORRECTION = 2 * PERIOD;
    uint256 internal constant CLAIM = 4 * PERIOD;
    uint256 internal constant LOT = 10;
    uint16 internal constant CAP = 20;
    uint256 internal constant RATED = (CAP * LOT * 11) / 10;
    uint256 internal constant FLOOR = 60;
    uint256 internal constant TICK = 10;
    uint256 internal constant TICKS = 32;
    uint256 internal constant NETWORK_FEE = 20;
    uint256 internal constant SETTLEMENT_FEE = 100;
    uint256 internal constant IMPORT_PRICE = 300;
    uint256 internal constant EXPORT_PRICE = 80;
    uint256 internal constant DEFAULT_LOAD = 50;

    uint32 internal constant COMMUNITIES = 2; // open ones, with homes
    uint32 internal constant SEALED = COMMUNITIES;
    uint256 internal constant SEALED_CLOSURE = 1200;
    uint256 internal constant REVEAL = 800;
    uint32 internal constant FIRST_SUPPLIER = 3;
    uint32 internal constant FIRST_HOME = 5;
    uint256 internal constant MODULES = 3;
    uint256 internal constant HOMES = 7;
    uint256 internal constant HOMES_OF_FIRST = 4;

    address internal constant COORDINATOR = address(0xC0);
    address internal constant DSO = address(0xD0);
    address internal constant COLLECTOR = address(0xFC);
    address internal constant SUPPLIER = address(0x50);
    address internal constant OTHER_SUPPLIER = address(0x51);
    address internal constant RELAYER = address(0x7E);
    address internal constant SETTLER = address(0x5E);

    bytes32 private constant DOMAIN_TYPE = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant ENROLMENT_TYPE = keccak256(
        "Enrolment(uint32 community,bytes32 termsHash,address owner,address tradingKey,uint16 buyCap,uint16 sellCap,uint8 tariffClass,uint16 zone,uint8 kind,uint16 modules,bytes32 meteringPoint,uint40 deadline,uint256 nonce)"
    );
    bytes32 private constant BINDING_TYPE = keccak256(
        "MeterBinding(uint32 community,uint32 member,address meterKey,uint96 startImport,uint96 startExport,uint40 deadline,uint256 nonce)"
    );

    IEuro internal euro;
    IProsumerRegistry internal registry;
    IPaymentEscrow internal escrow;
    IEnergySupply internal energyToken;
    ISettlement internal settlement;
    IDoubleAuction internal auction;
    IOrderBookLens internal lens;
    ChaosModule[MODULES] internal modules; // the first is the order book
    Home[] internal homes;

    constructor() {
        VM.warp(20_000 * 86_400);
        euro = IEuro(deployed("LocalEuro", ""));
        uint256 nonce = VM.getNonce(address(this));
        address registry_ = VM.computeCreateAddress(address(this), nonce + 2);
        address settlement_ = VM.computeCreateAddress(address(this), nonce + 3);
        energyToken = IEnergySupply(deployed("EnergyToken", abi.encode(settlement_)));
        escrow = IPaymentEscrow(deployed("PaymentEscrow", abi.encode(registry_, settlement_)));
        registry = IProsumerRegistry(deployed("ProsumerRegistry", abi.encode(escrow, settlement_)));
        settlement = ISettlement(deployed("Settlement", abi.encode(registry, escrow, energyToken)));
        auction = IDoubleAuction(deployed("DoubleAuction", abi.encode(registry, escrow)));
        lens = IOrderBookLens(deployed("OrderBookLens", ""));
        modules[0] = ChaosModule(address(auction));
        for (uint256 module = 1; module < MODULES; ++module) {
            modules[module] = new ChaosModule(SLOTS, uint8(module), escrow);
        }
        euro.approve(address(escrow), type(uint256).max);
        for (uint32 community = 0; community <= SEALED; ++community) _createCommunity(community == SEALED);
        for (uint256 index = 0; index < HOMES; ++index) _addHome(index);
        VM.warp(block.timestamp + PERIOD);
    }

    /// @return Escrow, energy token, settlement.
    function parts() external view returns (address, address, address) {
        return (address(escrow), address(energyToken), address(settlement));
    }

    function _createCommunity(bool sealed_) private {
        IProsumerRegistry.CommunityTerms memory t;
        t.paymentToken = address(euro);
        (t.coordinator, t.dso, t.feeCollector) = (COORDINATOR, DSO, COLLECTOR);
        (t.slotDuration, t.slotsPerPeriod) = (uint16(SLOT), uint8(SLOTS));
        (t.lotWh, t.floorPrice) = (uint16(LOT), uint16(FLOOR));
        (t.tickSize, t.tickCount) = (uint16(TICK), uint8(TICKS));
        t.horizon = uint8(HORIZON);
        (t.readingDeadline, t.correctionWindow) = (uint24(DEADLINE), uint24(CORRECTION));
        t.claimWindow = uint24(CLAIM);
        if (sealed_) (t.gateClosure, t.revealWindow, t.bond) = (uint24(SEALED_CLOSURE), uint32(REVEAL), 1000);
        (t.maxImport, t.maxNetworkFee, t.settlementFee) = (600, 100, uint32(SETTLEMENT_FEE));
        address[] memory suppliers = new address[](2);
        (suppliers[0], suppliers[1]) = (SUPPLIER, OTHER_SUPPLIER);
        IProsumerRegistry.TariffClass[] memory classes = new IProsumerRegistry.TariffClass[](2);
        classes[0] = IProsumerRegistry.TariffClass(0, uint24(DEFAULT_LOAD));
        classes[1] = IProsumerRegistry.TariffClass(1, 0);
        address[] memory listed = new address[](MODULES);
        for (uint256 module = 0; module < MODULES; ++module) listed[module] = address(modules[module]);
        bytes memory tariff = abi.encodePacked(uint16(NETWORK_FEE));
        for (uint256 entry = 0; entry < 2 * SLOTS; ++entry) {
            tariff = bytes.concat(tariff, abi.encodePacked(uint16(IMPORT_PRICE), uint16(EXPORT_PRICE)));
        }
        registry.createCommunity(t, suppliers, classes, listed, tariff);
    }

    function _addHome(uint256 index) private {
        Home memory h;
        h.key = 1000 + 10 * index;
        h.community = index < HOMES_OF_FIRST ? 0 : 1;
        h.member = FIRST_HOME + uint32(index < HOMES_OF_FIRST ? index : index - HOMES_OF_FIRST);
        h.supplier = FIRST_SUPPLIER + uint32(index % 2);
        h.owner = VM.addr(h.key);
        h.trader = VM.addr(h.key + 1);
        homes.push(h);
        IProsumerRegistry.Enrolment memory e;
        (e.owner, e.tradingKey) = (h.owner, h.trader);
        (e.buyCap, e.sellCap) = (CAP, CAP);
        e.tariffClass = uint8(index % 2);
        (e.zone, e.kind, e.modules) = (uint16(index), 1, uint16((1 << MODULES) - 1));
        e.meteringPoint = keccak256(abi.encode(index));
        e.deadline = type(uint40).max;
        bytes memory enrolmentConsent = _sign(h.key, _registryDigest(_enrolmentHash(h, e)));
        VM.prank(COORDINATOR);
        registry.enroll(h.community, e, enrolmentConsent);
        IProsumerRegistry.MeterBinding memory b;
        b.meterKey = VM.addr(h.key + 2);
        b.deadline = type(uint40).max;
        bytes32 structHash = keccak256(
            abi.encode(BINDING_TYPE, h.community, h.member, b.meterKey, 0, 0, b.deadline, registry.nonces(h.owner))
        );
        bytes32 digest = _registryDigest(structHash);
        bytes memory consent = _sign(h.key, digest);
        bytes memory proof = _sign(h.key + 2, digest);
        VM.prank(COORDINATOR);
        registry.bindMeter(h.community, h.member, b, consent, proof);
    }

    function _enrolmentHash(Home memory h, IProsumerRegistry.Enrolment memory e) private view returns (bytes32) {
        bytes32 terms = registry.termsHash(h.community);
        return
            keccak256(
                bytes.concat(
                    abi.encode(ENROLMENT_TYPE, h.community, terms, e.owner, e.tradingKey, e.buyCap, e.sellCap),
                    abi.encode(e.tariffClass, e.zone, e.kind, e.modules, e.meteringPoint, e.deadline),
                    abi.encode(registry.nonces(e.owner))
                )
            );
    }

    function _registryDigest(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPE, keccak256("Wattbook"), keccak256("1"), block.chainid, address(registry))
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @return 65 bytes.
    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @return r First word of a compact signature.
    /// @return vs Second word.
    function _signCompact(uint256 key, bytes32 digest) internal pure returns (bytes32 r, bytes32 vs) {
        uint8 v;
        (v, r, vs) = VM.sign(key, digest);
        if (v == 28) vs |= bytes32(uint256(1) << 255);
    }

    function _current() internal view returns (uint32) {
        return uint32(block.timestamp / PERIOD);
    }

    /// @dev Coins out of nowhere onto a member's account.
    function _fund(uint32 community, uint32 member, uint256 amount) internal {
        euro.faucet(address(this), amount);
        escrow.deposit(community, member, amount);
    }
}
