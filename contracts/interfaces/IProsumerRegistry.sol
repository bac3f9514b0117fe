// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Member} from "../types/Member.sol";
import {Terms} from "../types/Terms.sol";

/// @title Prosumer registry
/// @notice Communities, their members, keys and meters, tariff classes and tariff versions.
/// @dev Creating a community is permissionless and fixes its parameters for good. Members 0, 1 and 2 are its coordinator, its
/// network operator (DSO) and its fee collector, the next ones its suppliers; they are accounts without a meter. The
/// coordinator admits members and meters, each with the owner's EIP-712 consent, and publishes tariffs within the bounds
/// that members signed. It can never move a member's money or set a price.
///
/// Changes of members, keys and meters take effect at the start of the next period, with three exceptions: an owner stops its
/// own trading and revokes its meter key at once, and a change of tariff class starts with the first period not yet open for
/// orders. In a sealed community orders count by what was in force at their period's gate, and a stop after it counts from the
/// next gate (`memberAtGate`): nobody can void an order once others are revealed. Consents are signed by the owner, a plain key or an EIP-1271 wallet, and used once (a nonce per owner).
///
/// No identity is stored: a metering point appears as a salted hash.
interface IProsumerRegistry {
    /// @notice Parameters of a community. Durations in seconds, prices in base units of the payment token per Wh.
    /// @param paymentToken ERC-20 without transfer fee; a price must fit 16 bits, so about 6 decimals for a currency like the euro.
    /// @param coordinator Admits members and publishes tariffs; becomes member 0.
    /// @param dso Receives network fees; becomes member 1.
    /// @param feeCollector Receives what is left of a pot; becomes member 2.
    /// @param slotDuration 300, 900, 1800 or 3600.
    /// @param slotsPerPeriod 1 to 144; a period divides a UTC day.
    /// @param lotWh 1, 10, 100 or 1000.
    /// @param floorPrice Price of tick 0.
    /// @param tickSize Price step, at least 1.
    /// @param tickCount 32, 64 or 128.
    /// @param wideTicks Tick volumes of 32 bits instead of 16, for communities whose caps add up to more than a tick holds.
    /// @param gateClosure Seconds before a slot's start at which its gate closes, in a sealed community before its period's start; at
    /// most one period.
    /// @param horizon Periods after the current one that take orders; at most 14. In a sealed community horizon * period must exceed
    /// the gate closure, or no period would ever take a commit.
    /// @param readingDeadline After the period's end; from then on anyone settles a missing meter as estimated.
    /// @param correctionWindow After the period's end, longer than the deadline; late readings replace estimates until then.
    /// @param claimWindow After the period's end, longer than the correction window; energy tokens can be claimed until then.
    /// @param tariffNotice Periods between the publication of a tariff and the opening of its period for orders.
    /// @param maxImport Highest import price that a tariff may name.
    /// @param maxNetworkFee Highest network fee that a tariff may name.
    /// @param settlementFee Base units per member and period, paid to whoever settles.
    /// @param revealWindow 0 for an open community; in a sealed one, the time after a period's gate in which its orders are revealed: a
    /// multiple of 8 (its turns), at most the gate closure.
    /// @param bond Base units that a relayer posts per commit of a sealed community, at least 1; 0 in an open one.
    struct CommunityTerms {
        address paymentToken;
        address coordinator;
        address dso;
        address feeCollector;
        uint16 slotDuration;
        uint8 slotsPerPeriod;
        uint16 lotWh;
        uint16 floorPrice;
        uint16 tickSize;
        uint8 tickCount;
        bool wideTicks;
        uint24 gateClosure;
        uint8 horizon;
        uint24 readingDeadline;
        uint24 correctionWindow;
        uint24 claimWindow;
        uint8 tariffNotice;
        uint16 maxImport;
        uint16 maxNetworkFee;
        uint32 settlementFee;
        uint32 revealWindow;
        uint96 bond;
    }

    /// @param supplier Index into the community's suppliers.
    /// @param defaultLoadWh Import assumed per slot where a reading is missing, Wh.
    struct TariffClass {
        uint8 supplier;
        uint24 defaultLoadWh;
    }

    /// @notice What an owner consents to when it joins.
    /// @param owner Wallet that owns the member's money.
    /// @param tradingKey Plain key that signs strips.
    /// @param buyCap Largest bought volume per slot, lots: the rated import power, rounded up.
    /// @param sellCap Largest sold volume per slot, lots; 0 for a consumer.
    /// @param tariffClass Index into the community's classes.
    /// @param zone Grid zone, a label that energy tokens carry.
    /// @param kind Source of the member's energy, a label that energy tokens carry (0 = mixed).
    /// @param modules Bit i enables module i.
    /// @param meteringPoint keccak256(salt, metering-point id).
    /// @param deadline Unix seconds after which the consent is void.
    struct Enrolment {
        address owner;
        address tradingKey;
        uint16 buyCap;
        uint16 sellCap;
        uint8 tariffClass;
        uint16 zone;
        uint8 kind;
        uint16 modules;
        bytes32 meteringPoint;
        uint40 deadline;
    }

    /// @notice What an owner consents to when a meter is bound.
    /// @param meterKey Key in the meter or gateway; never used before on this deployment.
    /// @param startImport Import register at binding, Wh. The first reading starts here or above.
    /// @param startExport Export register at binding, Wh.
    /// @param deadline Unix seconds after which the consent is void.
    struct MeterBinding {
        address meterKey;
        uint96 startImport;
        uint96 startExport;
        uint40 deadline;
    }

    event CommunityCreated(
        uint32 indexed community,
        bytes32 termsHash,
        CommunityTerms terms,
        address[] suppliers,
        TariffClass[] classes,
        address[] modules
    );
    event TariffPublished(uint32 indexed community, uint32 indexed fromPeriod, address blob, bytes tariff);
    event Paused(uint32 indexed community, uint32 period);
    event ModuleAdded(uint32 indexed community, uint8 index, address module);
    event RelayerNamed(uint32 indexed community, address indexed relayer, bool named);
    event MemberEnrolled(
        uint32 indexed community,
        uint32 indexed member,
        address indexed owner,
        Enrolment enrolment,
        uint32 fromPeriod
    );
    event MemberChanged(uint32 indexed community, uint32 indexed member, uint256 word, uint32 fromPeriod);
    event ClassChanged(uint32 indexed community, uint32 indexed member, uint8 tariffClass, uint32 fromPeriod);
    event MeterBound(
        uint32 indexed community,
        uint32 indexed member,
        address meterKey,
        uint96 startImport,
        uint96 startExport,
        uint32 fromPeriod
    );
    event MeterKeyChanged(uint32 indexed community, uint32 indexed member, address meterKey, uint32 fromPeriod);
    event MeterLeaving(uint32 indexed community, uint32 indexed member, uint32 lastPeriod);
    event MeterReleased(uint32 indexed community, uint32 indexed member);
    event OwnershipOffered(uint32 indexed community, uint32 indexed member, address indexed newOwner);
    event OwnershipTaken(uint32 indexed community, uint32 indexed member, address indexed owner);

    /// @dev `parameter` is the name of the field in `CommunityTerms`, or of the argument.
    error OutOfBounds(string parameter, uint256 value);
    error UnknownCommunity(uint32 community);
    error UnknownMember(uint32 community, uint32 member);
    error NotCoordinator(uint32 community, address caller);
    error NotOwner(uint32 community, uint32 member, address caller);
    error NotOwnerOrCoordinator(uint32 community, uint32 member, address caller);
    error NotPendingOwner(uint32 community, uint32 member, address caller);
    error ConsentInvalid(address owner);
    error ConsentExpired(uint40 deadline);
    error MeterProofInvalid(address meterKey);
    error MeterKeyTaken(address meterKey);
    error MeteringPointTaken(bytes32 meteringPoint);
    error MeterStillBound(uint32 community, uint32 member);
    error MeterNotBound(uint32 community, uint32 member);
    error MeterNotFinal(uint32 community, uint32 member, uint32 lastPeriod);
    error MeterNotLeaving(uint32 community, uint32 member);
    error CapTooLarge(uint256 lots, uint256 most);
    error CommunityFull(uint32 community);
    error CapsExceedTick(uint256 sumLots, uint256 tickLots);
    error TariffTooLate(uint32 period, uint32 earliest);
    error TariffTooEarly(uint32 period, uint32 furthest);
    error TariffOutOfOrder(uint32 period, uint32 latest);
    error TariffLength(uint256 length, uint256 expected);
    error TariffPrice(uint256 slot, uint256 importPrice, uint256 exportPrice);
    error ClassKeepsSupplier(uint8 tariffClass);
    error ClassChangedRecently(uint32 until);
    error TooManyModules();
    error ModuleKnown(address module);

    /// @notice Creates a community. Anyone may.
    /// @param terms Parameters; each is checked against its bounds.
    /// @param suppliers One account each, members 3 and up.
    /// @param classes Tariff classes, each with its supplier; at most 16.
    /// @param modules Market modules, at most 16; the first is the order book, whose frontier the journal carries.
    /// @param tariff The first tariff version, in force from period 0; see `publishTariff`.
    /// @return community Index of the new community.
    function createCommunity(
        CommunityTerms calldata terms,
        address[] calldata suppliers,
        TariffClass[] calldata classes,
        address[] calldata modules,
        bytes calldata tariff
    ) external returns (uint32 community);

    /// @notice Publishes the tariff of `period` and of all later ones until the next version. Coordinator only.
    /// @param tariff Network fee (2 bytes), then per class and slot import and export price (2 bytes each), base units per Wh,
    /// big-endian. In every slot the highest export price of all classes stays at or below the lowest import price of all.
    /// @dev `period` lies at least `horizon + tariffNotice` whole periods ahead, at most 366 days more, and above every version
    /// published before.
    function publishTariff(uint32 community, uint32 period, bytes calldata tariff) external;

    /// @notice Stops new orders until the current period ends, nothing else. Coordinator only.
    /// @dev In a sealed community it stops commits and members' own orders alone. What was committed is revealed all the same: a pause
    /// after the gate would otherwise void orders that others have seen. So a reveal asks `memberAtGate`, which knows no pause.
    function pause(uint32 community) external;

    /// @notice Adds a module, off for every member until its owner enables it in the escrow. Coordinator only.
    function addModule(uint32 community, address module) external returns (uint8 index);

    /// @notice Names a relayer, or takes the name back: some commits of each sealed period are kept for named ones. Coordinator only.
    function nameRelayer(uint32 community, address relayer, bool named) external;

    /// @notice Admits a member. Coordinator only, with the owner's consent. It trades once its meter is bound.
    /// @dev At most 65,536 members with the coordinator, DSO, fee collector and suppliers; more would not fit the public ledger.
    function enroll(
        uint32 community,
        Enrolment calldata enrolment,
        bytes calldata consent
    ) external returns (uint32 member);

    /// @notice Binds a meter from the next period on. Coordinator only, with the owner's consent and the meter key's signature.
    /// @param consent Owner's signature over the binding.
    /// @param proof The meter key's signature over the same digest: nobody can claim another's key.
    function bindMeter(
        uint32 community,
        uint32 member,
        MeterBinding calldata binding,
        bytes calldata consent,
        bytes calldata proof
    ) external;

    /// @notice Replaces the meter key from the next period on; the new key may sign every open period. Coordinator, with consent.
    /// @dev Only `meterKey` and `deadline` of the binding count: the registers go on.
    function rotateMeterKey(
        uint32 community,
        uint32 member,
        MeterBinding calldata binding,
        bytes calldata consent,
        bytes calldata proof
    ) external;

    /// @notice Revokes the meter key: at once if the owner asks, from the next period on if the coordinator does.
    function revokeMeterKey(uint32 community, uint32 member) external;

    /// @notice Ends metering: no new orders from the next period on, readings until the last period that could hold an order.
    function unbindMeter(uint32 community, uint32 member) external;

    /// @notice Frees a leaving meter once its last period is read and no gap is open. Anyone may.
    function releaseMeter(uint32 community, uint32 member) external;

    /// @notice Rotates the trading key from the next period on. Owner only.
    function rotateTradingKey(uint32 community, uint32 member, address key) external;

    /// @notice Stops (at once) or resumes (from the next period on) a member's trading. Owner only.
    /// @dev In a sealed community a stop counts from the next gate on: what is revealed after a gate that had closed stands.
    function setTrading(uint32 community, uint32 member, bool on) external;

    /// @notice Suspends or reinstates a member's trading from the next period on. Coordinator only.
    function setSuspended(uint32 community, uint32 member, bool suspended) external;

    /// @notice Changes a member's caps from the next period on. Coordinator only, with the owner's consent.
    function changeCaps(
        uint32 community,
        uint32 member,
        uint16 buyCap,
        uint16 sellCap,
        uint40 deadline,
        bytes calldata consent
    ) external;

    /// @notice Changes a member's tariff class, from the first period not yet open for orders. Coordinator, with consent.
    /// @dev The supplier stays. At most one change in the life of a ring.
    function changeClass(
        uint32 community,
        uint32 member,
        uint8 tariffClass,
        uint40 deadline,
        bytes calldata consent
    ) external;

    /// @notice Offers a member (or a role: coordinator, DSO, fee collector, supplier) to a new owner. Owner only.
    function transferOwnership(uint32 community, uint32 member, address newOwner) external;

    /// @notice Second step of the handover: the new owner takes it.
    function acceptOwnership(uint32 community, uint32 member) external;

    /// @return The settlement contract of this deployment.
    function settlementContract() external view returns (address);
    function communityCount() external view returns (uint32);
    function memberCount(uint32 community) external view returns (uint32);
    function terms(uint32 community) external view returns (Terms);

    /// @return The hash of everything fixed at creation, as members sign it.
    function termsHash(uint32 community) external view returns (bytes32);

    /// @return terms_ The packed terms.
    /// @return paused Whether new orders are refused now.
    function trading(uint32 community) external view returns (Terms terms_, bool paused);
    function paymentToken(uint32 community) external view returns (address);

    /// @return Base units that a relayer posts per commit; 0 in an open community.
    function bondOf(uint32 community) external view returns (uint256);
    function isNamedRelayer(uint32 community, address relayer) external view returns (bool);
    function ownerOf(uint32 community, uint32 member) external view returns (address);

    /// @return The member's word as of now, with the tariff class of `period`.
    function memberFor(uint32 community, uint32 member, uint32 period) external view returns (Member);

    /// @notice The member as it counts for orders of a sealed `period`: key, status and caps in force at the period's gate, and the
    /// tariff class of `period`.
    /// @dev Exact from the gate until the period starts, which is the whole reveal window; before, it is what is known so far. The gate
    /// lies in the period before, or at its start, and whatever changes during that one starts with `period` at the earliest. Two
    /// calls act at once: a stop by the owner, whose time is kept and which counts if it came before the gate; and `releaseMeter`,
    /// which ends the metering of a member whose orders had ended `horizon` periods before.
    function memberAtGate(uint32 community, uint32 member, uint32 period) external view returns (Member);

    /// @return word As `memberFor`, but with the largest caps so far: what its readings may show.
    /// @return meterKey The key that signs readings now; zero if none.
    function meterFor(
        uint32 community,
        uint32 member,
        uint32 period
    ) external view returns (Member word, address meterKey);

    /// @notice As `meterFor`, of mostly a single word of storage.
    /// @return word Only class, caps and whether it is metered mean something.
    /// @return meterKey As `meterFor`.
    function readingOf(
        uint32 community,
        uint32 member,
        uint32 period
    ) external view returns (Member word, address meterKey);

    /// @return words Two per member, as `readingOf` returns them.
    function readingsOf(
        uint32 community,
        uint32 period,
        uint256[] calldata members
    ) external view returns (uint256[] memory words);
    function meteringPointOf(uint32 community, uint32 member) external view returns (bytes32);

    /// @return One word per class: `defaultLoadWh 24 | supplier member 32`, low bit first.
    function classes(uint32 community) external view returns (uint256[] memory);
    function supplierOf(uint32 community, uint32 member) external view returns (uint32);

    /// @return blob Contract whose code is a zero byte and the tariff bytes of `period`; see `publishTariff`.
    function tariffAt(uint32 community, uint32 period) external view returns (address blob);

    /// @notice What the items of a settlement call share.
    /// @return tariff The blob of the tariff version of `period`.
    /// @return classes_ See `classes`.
    /// @return modules See `moduleList`.
    function settling(
        uint32 community,
        uint32 period
    ) external view returns (address tariff, uint256[] memory classes_, address[] memory modules);

    /// @notice What opening an order book needs, in one call.
    /// @return terms_ The packed terms.
    /// @return paused Whether new orders are refused now.
    /// @return tariff As `tariffAt`.
    function tradingFor(
        uint32 community,
        uint32 period
    ) external view returns (Terms terms_, bool paused, address tariff);

    /// @notice As `memberFor`, for a batch of members; in a sealed community as `memberAtGate`.
    /// @param members A word per member, its index in the low 32 bits.
    /// @return words A word per member, see `Member`.
    function tradersOf(
        uint32 community,
        uint32 period,
        uint256[] calldata members
    ) external view returns (uint256[] memory words);

    /// @notice Whether members may have new records.
    /// @param module Index of the module that appends; for the first one of a sealed community members count as of the gate.
    /// @param members A word per member, its index in the low 32 bits.
    /// @return states A word per member: 0 it may not; 1 it may have a record of that module in `period`; 2 it may have any record in any
    /// open period until it changes, of which the registry tells the escrow by `recheck`.
    function activity(
        uint32 community,
        uint32 period,
        uint8 module,
        uint256[] calldata members
    ) external view returns (uint256[] memory states);
    function moduleAt(uint32 community, uint8 index) external view returns (address);

    /// @notice A community's market modules by index.
    function moduleList(uint32 community) external view returns (address[] memory);

    /// @return index The module's index.
    /// @return known Whether the community has it.
    function moduleIndex(uint32 community, address module) external view returns (uint8 index, bool known);
    function modulesAtCreation(uint32 community) external view returns (uint8);
    function nonces(address owner) external view returns (uint256);
}
