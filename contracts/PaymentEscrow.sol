// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IPaymentEscrow} from "./interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "./interfaces/IProsumerRegistry.sol";
import {ISealedAuction} from "./interfaces/ISealedAuction.sol";
import {Legs} from "./libraries/Legs.sol";
import {Mem} from "./libraries/Mem.sol";
import {PackedRecords} from "./libraries/PackedRecords.sol";
import {RecordLoops} from "./libraries/RecordLoops.sol";
import {Words} from "./libraries/Words.sol";
import {
    Account,
    Debt,
    accountIn,
    lessFree,
    withAccount,
    ACCOUNT_OPEN,
    ACCOUNT_DEBT,
    ACCOUNT_FUND,
    ACCOUNT_ABOVE_LINE,
    ACCOUNT_ACTIVE
} from "./types/Account.sol";
import {Journal, newJournal, tagFor, recordHash, MAX_ENTRIES, MAX_RECORDS} from "./types/Journal.sol";
import {INACTIVE, STAYS_ACTIVE} from "./types/Member.sol";
import {Pledge} from "./types/Pledge.sol";
import {Pot, newPot} from "./types/Pot.sol";
import {Recording, newRecording} from "./types/Recording.sol";
import {Terms} from "./types/Terms.sol";

/// @title Payment escrow
/// @notice See `IPaymentEscrow`, which is the manual.
contract PaymentEscrow is IPaymentEscrow, ReentrancyGuardTransient {
    using Legs for uint256;
    using Legs for IPaymentEscrow.Leg[];
    using Mem for bytes;
    using Mem for uint256[];
    using PackedRecords for bytes;
    using RecordLoops for RecordLoops.Run;
    using SafeERC20 for IERC20;

    /// @dev A supplier while a batch of legs is booked; base units.
    struct SupplierBook {
        uint32 member;
        bool loaded;
        uint256 free;
        uint256 fund; // set aside for members it owes
        uint256 owed; // sum of what it owes members
    }

    /// @dev What a relayer posted in one community; base units.
    struct Bond {
        uint96 balance;
        uint96 locked; // the part that backs commits
    }

    uint32 private constant DSO = 1;
    uint32 private constant FEE_COLLECTOR = 2;

    /// @dev Base units. Every balance and every signed amount fits its field: an account holds 64 bits, a pot int96.
    uint256 private constant MAX_LIABILITIES = uint256(uint64(type(int64).max));

    /// @dev Bytes before the words in the answer of `standings`.
    uint256 private constant ANSWER_HEAD = 128;

    /// @dev Low half of a fund word.
    uint256 private constant MAX_FUND = type(uint96).max;

    IProsumerRegistry public immutable registry;
    address public immutable settlement;

    uint256 private immutable _accounts = Words.area("wattbook.escrow.accounts");
    uint256 private immutable _debts = Words.area("wattbook.escrow.debts");
    uint256 private immutable _funds = Words.area("wattbook.escrow.funds");
    uint256 private immutable _journals = Words.area("wattbook.escrow.journals");
    uint256 private immutable _pots = Words.area("wattbook.escrow.pots");
    uint256 private immutable _pledges = Words.area("wattbook.escrow.pledges");
    uint256 private immutable _recordings = Words.area("wattbook.escrow.recordings");

    /// @dev `| epoch 32 | modules 16 |` of members that changed them since the last gate, as they were at it.
    uint256 private immutable _switches = Words.area("wattbook.escrow.switches");

    /// @dev `| token 160 | ring 8 | sealed 8 |`, low bit first.
    mapping(uint32 community => uint256 word) private _communities;
    mapping(address token => mapping(address account => uint256 amount)) private _fees;

    /// @dev Terms of sealed communities; nothing for open ones.
    mapping(uint32 community => Terms) private _sealed;
    mapping(uint32 community => mapping(address relayer => Bond)) private _bonds;

    /// @dev Deposits minus withdrawals: all that the escrow owes in a token. Everything else only moves it around.
    mapping(address token => uint256 amount) private _liabilities;

    modifier onlySettlement() {
        if (msg.sender != settlement) revert NotSettlement(msg.sender);
        _;
    }

    modifier onlyFirstModule(uint32 community) {
        _checkFirstModule(community);
        _;
    }

    modifier onlyRegistry() {
        if (msg.sender != address(registry)) revert NotRegistry(msg.sender);
        _;
    }

    constructor(IProsumerRegistry registry_, address settlement_) {
        registry = registry_;
        settlement = settlement_;
    }

    // ---------------------------------------------------------------------------------------------------- in and out

    /// @inheritdoc IPaymentEscrow
    function deposit(uint32 community, uint32 member, uint256 amount) external nonReentrant {
        _deposit(community, member, amount);
    }

    /// @inheritdoc IPaymentEscrow
    function depositWithPermit(
        uint32 community,
        uint32 member,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        // A permit in the mempool can be sent by anyone first. Then this one fails and the allowance is there all the same.
        try IERC20Permit(tokenOf(community)).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        _deposit(community, member, amount);
    }

    /// @inheritdoc IPaymentEscrow
    function withdraw(uint32 community, uint32 member, address to, uint256 amount) external nonReentrant {
        _checkOwner(community, member);
        _checkRecipient(to);
        Account a = _account(community, member);
        if (amount > a.freeOf()) revert InsufficientFree(amount, a.freeOf());
        _storeAccount(community, member, a.withFree(a.freeOf() - amount));
        emit Withdrawn(community, member, to, amount);
        _pay(tokenOf(community), to, amount);
    }

    /// @inheritdoc IPaymentEscrow
    function withdrawFees(address token, address to) external nonReentrant returns (uint256 amount) {
        _checkRecipient(to);
        amount = _fees[token][msg.sender];
        if (amount == 0) return 0; // whatever `token` may be, it is not called
        _fees[token][msg.sender] = 0;
        emit FeesWithdrawn(token, msg.sender, to, amount);
        _pay(token, to, amount);
    }

    // ---------------------------------------------------------------------------------------------------- the member's own switches

    /// @inheritdoc IPaymentEscrow
    function bumpEpoch(uint32 community, uint32 member) external returns (uint32 epoch) {
        if (
            msg.sender != registry.ownerOf(community, member) &&
            msg.sender != registry.memberFor(community, member, 0).tradingKey()
        ) revert NotTrader(community, member, msg.sender);
        Account a = _openAccount(community, member);
        _keepSwitches(community, member, a);
        epoch = a.epochOf() + 1;
        _storeAccount(community, member, a.withEpoch(epoch));
        emit EpochBumped(community, member, epoch);
    }

    /// @inheritdoc IPaymentEscrow
    function enableModule(uint32 community, uint32 member, uint8 module, bool on) external {
        _checkOwner(community, member);
        if (registry.moduleAt(community, module) == address(0)) revert UnknownModule(community, module);
        Account a = _openAccount(community, member);
        if (on && module >= registry.modulesAtCreation(community)) {
            uint32 supplier = registry.supplierOf(community, member);
            if (supplier != member && !_account(community, supplier).hasModule(module)) {
                revert SupplierRefusesModule(supplier, module);
            }
        }
        _keepSwitches(community, member, a);
        uint16 mask = uint16(1) << module;
        _storeAccount(community, member, a.withModules(on ? a.modulesOf() | mask : a.modulesOf() & ~mask));
        emit ModuleEnabled(community, member, module, on);
    }

    // ---------------------------------------------------------------------------------------------------- pledges

    /// @inheritdoc IPaymentEscrow
    function pledge(uint32 community, uint32 member, uint256 amount) external {
        _checkOwner(community, member);
        uint256 gate = _sealedTerms(community).lastGateAt(block.timestamp);
        Account a = _account(community, member);
        if (_isInDebt(community, member, a)) revert InDebt(community, member);
        if (amount > a.freeOf()) revert InsufficientFree(amount, a.freeOf());
        Pledge p = _pledge(community, member).sinceGate(gate);
        _storeAccount(community, member, a.withFree(a.freeOf() - amount));
        _storePledge(community, member, p.withAdded(amount));
        emit Pledged(community, member, amount);
    }

    /// @inheritdoc IPaymentEscrow
    function unpledge(uint32 community, uint32 member, uint256 amount) external {
        _checkOwner(community, member);
        Terms t = _sealedTerms(community);
        _release(community, member, t); // what is due already must not come to back orders again
        Pledge p = _pledge(community, member);
        uint256 most = p.pledgedOf() - p.leavingOf();
        if (amount > most) revert InsufficientPledge(amount, most);
        uint256 last = t.periodAt(block.timestamp) + t.horizon();
        _storePledge(community, member, p.withLeaving(p.leavingOf() + amount, last));
        emit Unpledged(community, member, amount, uint40(t.revealEnd(last)));
    }

    /// @inheritdoc IPaymentEscrow
    function releasePledge(uint32 community, uint32 member) external returns (uint256 amount) {
        return _release(community, member, _sealed[community]);
    }

    // ---------------------------------------------------------------------------------------------------- bonds

    /// @inheritdoc IPaymentEscrow
    function postBond(uint32 community, uint256 amount) external nonReentrant {
        _sealedTerms(community); // reverts for an open community
        _receive(tokenOf(community), amount);
        _bonds[community][msg.sender].balance += uint96(amount); // fits, as all that the escrow owes does
        emit BondPosted(community, msg.sender, amount);
    }

    /// @inheritdoc IPaymentEscrow
    function withdrawBond(uint32 community, address to, uint256 amount) external nonReentrant {
        _checkRecipient(to);
        Bond storage b = _bonds[community][msg.sender];
        uint256 most = b.balance - b.locked;
        if (amount > most) revert InsufficientBond(amount, most);
        b.balance -= uint96(amount);
        emit BondWithdrawn(community, msg.sender, to, amount);
        _pay(tokenOf(community), to, amount);
    }

    /// @inheritdoc IPaymentEscrow
    function lockBond(uint32 community, address relayer, uint256 amount) external onlyFirstModule(community) {
        Bond storage b = _bonds[community][relayer];
        uint256 most = b.balance - b.locked;
        if (amount > most) revert InsufficientBond(amount, most);
        b.locked += uint96(amount);
        emit BondLocked(community, relayer, amount);
    }

    /// @inheritdoc IPaymentEscrow
    function releaseBond(uint32 community, address relayer, uint256 amount) external onlyFirstModule(community) {
        _unlock(_bonds[community][relayer], amount);
        emit BondReleased(community, relayer, amount);
    }

    /// @inheritdoc IPaymentEscrow
    function forfeitBond(uint32 community, address relayer, uint256 amount) external onlyFirstModule(community) {
        Bond storage b = _bonds[community][relayer];
        _unlock(b, amount);
        b.balance -= uint96(amount);
        _addFree(community, FEE_COLLECTOR, amount);
        emit BondForfeited(community, relayer, amount);
    }

    // ---------------------------------------------------------------------------------------------------- debts

    /// @inheritdoc IPaymentEscrow
    function setCreditLine(uint32 community, uint32 member, uint64 line) external {
        _openAccount(community, member); // an index not yet enrolled must not bring a line along
        _checkSupplier(community, member);
        _storeDebt(community, member, _debt(community, member).withCreditLine(line));
        emit CreditLineSet(community, member, line);
    }

    /// @inheritdoc IPaymentEscrow
    function markPaid(uint32 community, uint32 member, uint256 amount) external {
        _openAccount(community, member);
        Debt d = _debt(community, member);
        int256 due = d.dueOf();
        if (amount > _abs(due)) revert MoreThanDebt(amount, due);
        if (due >= 0) {
            _checkSupplier(community, member);
            due -= int256(amount);
        } else {
            _checkOwner(community, member);
            due += int256(amount);
            SupplierBook memory book;
            _loadSupplier(community, registry.supplierOf(community, member), book);
            _reduceOwed(book, amount);
            _storeSupplier(community, book);
        }
        _storeDebt(community, member, d.withDue(due));
        emit DebtReduced(community, member, amount, due);
    }

    /// @inheritdoc IPaymentEscrow
    function claimDue(uint32 community, uint32 member) external returns (uint256 amount) {
        Debt d = _debt(community, member);
        int256 due = d.dueOf();
        if (due >= 0) return 0;
        SupplierBook memory book;
        _loadSupplier(community, registry.supplierOf(community, member), book);
        amount = _min(book.fund, _abs(due));
        book.fund -= amount;
        book.owed -= amount;
        _storeSupplier(community, book);
        due += int256(amount);
        _storeDebt(community, member, d.withDue(due));
        Account a = _account(community, member);
        _storeAccount(community, member, a.withFree(a.freeOf() + amount));
        emit DebtReduced(community, member, amount, due);
    }

    // ---------------------------------------------------------------------------------------------------- registry

    /// @inheritdoc IPaymentEscrow
    function openCommunity(uint32 community, address token, Terms terms, address firstModule) external onlyRegistry {
        Words.store(_recordings | community, Recording.unwrap(newRecording(terms, firstModule)));
        uint256 sealed_ = terms.isSealed() ? 1 : 0;
        _communities[community] = uint256(uint160(token)) | (terms.ring() << 160) | (sealed_ << 168);
        if (sealed_ != 0) _sealed[community] = terms;
    }

    /// @inheritdoc IPaymentEscrow
    function openAccount(uint32 community, uint32 member, uint16 modules) external onlyRegistry {
        Account a = _account(community, member);
        _storeAccount(community, member, a.withModules(modules).withFlag(ACCOUNT_OPEN, true));
    }

    /// @inheritdoc IPaymentEscrow
    function recheck(uint32 community, uint32 member) external onlyRegistry {
        _setActive(community, member, false);
    }

    // ---------------------------------------------------------------------------------------------------- records

    /// @inheritdoc IPaymentEscrow
    function append(uint32 community, uint32 period, uint8 module, address feeTo, bytes calldata records) external {
        Recording r = _recording(community);
        address known = module == 0 ? r.firstModule() : registry.moduleAt(community, module);
        if (msg.sender != known) revert NotModule(community, module, msg.sender);
        uint256 current = block.timestamp / r.periodLength();
        if (period < current || period > current + r.horizon()) revert PeriodNotOpen(community, period);
        // Before any journal: one of an older period in the same ring entry must be settled.
        uint256 base = _potBase(community, period, r.ring());
        Pot counter = _potFor(base, community, period);
        RecordLoops.Run memory w;
        (w.community, w.period, w.module) = (community, period, module);
        (w.settlementFee, w.pledged) = (r.settlementFee(), module == 0 && r.isSealed());
        if (r.isSealed()) {
            w.revealed = _revealedNow(community);
            if (w.revealed == period) {
                // A full journal would void an order that is not revealed yet.
                if (module != 0) revert PeriodNotOpen(community, period);
                w.revealed = 0;
            }
        }
        (w.accounts, w.journals) = (_accountAt(community, 0), _journalAt(community, 0, period, r.ring()));
        w.tag = tagFor(period);
        w.load(feeTo, records);
        for (uint256 pos = 0; pos != records.length;) {
            if (module == 0 && !w.pledged) pos = w.take(w.takeSingles(pos));
            if (pos != records.length) pos = _appendNext(w, records, pos);
        }
        _putAccounts(w);
        // Nor may the meter of a journal's member be gone.
        if (w.doubtful.length != 0) _checkActive(w);
        uint256 paid = w.feesOf();
        if (paid != 0) _fees[tokenOf(community)][feeTo] += paid;
        _storeReserved(w, base, counter);
        w.log(Recorded.selector);
    }

    // ---------------------------------------------------------------------------------------------------- settlement

    /// @inheritdoc IPaymentEscrow
    function storeJournal(uint32 community, uint32 member, uint32 period, Journal journal_) external onlySettlement {
        _storeJournal(community, member, period, _ringOf(community), journal_);
    }

    /// @inheritdoc IPaymentEscrow
    function openJournals(uint32 community, uint32 period, uint256 count) external onlySettlement {
        uint256 base = _potBase(community, period, _ringOf(community));
        Pot counter = _potFor(base, community, period);
        Words.store(base, Pot.unwrap(counter.withCounts(counter.openedOf() + count, counter.settledOf())));
    }

    /// @inheritdoc IPaymentEscrow
    function settle(
        uint32 community,
        uint32 period,
        Leg[] calldata legs,
        uint256[] calldata pots,
        uint256 opened,
        uint256 settled,
        address settler
    ) external onlySettlement {
        SupplierBook memory book;
        uint256 networkFees = 0;
        uint256 settlementFees = 0;
        uint256 ring = _ringOf(community);
        uint256 journals_ = pots.length == 0 ? 0 : _journalAt(community, 0, period, ring);
        uint256 leg = legs.start();
        for (uint256 end = legs.behind(); leg != end; leg = leg.next()) {
            uint256 settlementFee = _book(community, period, leg, book);
            unchecked {
                settlementFees += settlementFee; // both far below what a word holds
                networkFees += leg.get(Legs.NETWORK_FEE);
            }
            if (journals_ != 0) Words.store(journals_ | (_memberOf(leg) << 8), leg.get(Legs.JOURNAL)); // [A1]
        }
        if (book.loaded) _storeSupplier(community, book);
        if (networkFees != 0) _addFree(community, DSO, networkFees);
        if (settlementFees != 0) _fees[tokenOf(community)][settler] += settlementFees;
        if (pots.length != 0) _storePots(community, period, pots, opened, settled, ring);
    }

    /// @inheritdoc IPaymentEscrow
    function correct(
        uint32 community,
        uint32 period,
        uint32 member,
        uint32 supplier,
        int256 gridLeg
    ) external onlySettlement {
        SupplierBook memory book;
        _loadSupplier(community, supplier, book);
        Account a = _account(community, member);
        (uint256 free, int256 due) = _gridLeg(community, member, a, a.freeOf(), 0, gridLeg, book);
        _storeAccount(community, member, _account(community, member).withFree(free));
        _storeSupplier(community, book);
        emit Settled(community, member, period, 0, 0, 0, 0, gridLeg, due);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IPaymentEscrow
    function account(
        uint32 community,
        uint32 member
    ) external view returns (uint256 free, uint32 epoch, uint16 modules) {
        Account a = _account(community, member);
        return (a.freeOf(), a.epochOf(), a.modulesOf());
    }

    /// @inheritdoc IPaymentEscrow
    function debt(uint32 community, uint32 member) external view returns (int256 due, uint256 creditLine) {
        Debt d = _debt(community, member);
        return (d.dueOf(), d.creditLineOf());
    }

    /// @inheritdoc IPaymentEscrow
    function dueFund(uint32 community, uint32 supplier) external view returns (uint256 fund, uint256 owed) {
        uint256 word = Words.load(_funds | _index(community, supplier));
        return (word & MAX_FUND, word >> 96);
    }

    /// @inheritdoc IPaymentEscrow
    function standing(
        uint32 community,
        uint32 member
    ) external view returns (uint256 free, uint32 epoch, uint16 modules, bool inDebt) {
        Account a = _account(community, member);
        return (a.freeOf(), a.epochOf(), a.modulesOf(), _isInDebt(community, member, a));
    }

    /// @inheritdoc IPaymentEscrow
    function standings(
        uint32 community,
        uint32 period,
        uint256[] calldata members
    ) external view returns (uint256[] memory, bool, address) {
        Recording r = _recording(community);
        Pot counter = Pot.wrap(Words.load(_potBase(community, period, r.ring())));
        uint256 accounts = _accountAt(community, 0);
        uint256 journals_ = _journalAt(community, 0, period, r.ring());
        // No place in memory comes near a word.
        unchecked {
            // The answer as it leaves, the words behind four others. Encoding it would cost more than finding it.
            uint256 size = ANSWER_HEAD + 32 * members.length;
            uint256 answer = Mem.mark();
            Mem.store(answer, 96);
            Mem.store(answer + 32, _isFree(counter, period) ? 1 : 0);
            Mem.store(answer + 64, uint160(r.firstModule()));
            Mem.store(answer + 96, members.length);
            Mem.release(answer + size);
            uint256 to = answer + ANSWER_HEAD;
            uint256 all = RecordLoops.read(accounts, journals_, tagFor(period), members, to);
            // Most accounts are as they are stored.
            if (r.isSealed() || Account.wrap(all).mayOweOrBeOwed()) {
                for (uint256 i = 0; i < members.length; ++i) {
                    uint256 word = Mem.load(to + 32 * i);
                    if (!r.isSealed() && !Account.wrap(word).mayOweOrBeOwed()) continue;
                    Account a = _accountForOrders(community, uint32(members[i]), period, r.isSealed());
                    Mem.store(to + 32 * i, withAccount(word, 0, a));
                }
            }
            assembly ("memory-safe") {
                return(answer, size)
            }
        }
    }

    /// @inheritdoc IPaymentEscrow
    function pledgeOf(
        uint32 community,
        uint32 member
    ) external view returns (uint256 pledged, uint256 leaving, uint40 leavesAt) {
        Pledge p = _pledge(community, member);
        (pledged, leaving) = (p.pledgedOf(), p.leavingOf());
        if (leaving != 0) leavesAt = uint40(_sealed[community].revealEnd(p.leavesAfter()));
    }

    /// @inheritdoc IPaymentEscrow
    function standingAtGate(
        uint32 community,
        uint32 member,
        uint32 period
    ) external view returns (uint256 pledged, uint32 epoch, uint16 modules) {
        Account a = _accountAtGate(community, member, period, _pledge(community, member));
        return (a.freeOf(), a.epochOf(), a.modulesOf());
    }

    /// @inheritdoc IPaymentEscrow
    function bond(uint32 community, address relayer) external view returns (uint256 balance, uint256 locked) {
        Bond storage b = _bonds[community][relayer];
        return (b.balance, b.locked);
    }

    /// @inheritdoc IPaymentEscrow
    function pot(
        uint32 community,
        uint8 module,
        uint32 period
    ) external view returns (uint256 outstanding, int256 amount) {
        Pot p = Pot.wrap(Words.load(_potBase(community, period, _ringOf(community)) + module));
        if (p.isPeriod(period)) return (p.outstandingOf(), p.amountOf());
    }

    /// @inheritdoc IPaymentEscrow
    function potWords(
        uint32 community,
        uint32 period,
        uint256 count
    ) external view returns (uint256[] memory words, bool free) {
        uint256 base = _potBase(community, period, _ringOf(community));
        Pot counter = Pot.wrap(Words.load(base));
        if (counter.periodOf() > period) return (words, true);
        if (!counter.isPeriod(period) && !counter.allSettled()) return (words, false);
        words = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            Pot p = Pot.wrap(Words.load(base + i));
            words[i] = Pot.unwrap(p.isPeriod(period) ? p : newPot(period));
        }
        return (words, true);
    }

    /// @inheritdoc IPaymentEscrow
    function journals(uint32 community, uint32 period) external view returns (uint256 opened, uint256 settled) {
        Pot counter = Pot.wrap(Words.load(_potBase(community, period, _ringOf(community))));
        if (counter.isPeriod(period)) return (counter.openedOf(), counter.settledOf());
    }

    /// @inheritdoc IPaymentEscrow
    function journal(
        uint32 community,
        uint32 member,
        uint32 period
    ) external view returns (uint256 hash, uint256 entries, uint256 records, uint256 frontier, uint256 state) {
        Journal j = journalWord(community, member, period);
        return (j.hashOf(), j.entriesOf(), j.recordsOf(), j.frontierOf(), j.stateOf());
    }

    /// @inheritdoc IPaymentEscrow
    function journalWord(uint32 community, uint32 member, uint32 period) public view returns (Journal) {
        return _journal(community, member, period, _ringOf(community));
    }

    /// @inheritdoc IPaymentEscrow
    function journalWords(
        uint32 community,
        uint32 period,
        uint256[] calldata members
    ) external view returns (uint256[] memory words) {
        uint256 first = _journalAt(community, 0, period, _ringOf(community));
        words = members.copied();
        uint256 pos = words.words();
        unchecked {
            for (uint256 end = pos + 32 * words.length; pos < end; pos += 32) {
                Journal j = Journal.wrap(Words.load(first | (uint256(uint32(Mem.load(pos))) << 8)));
                Mem.store(pos, j.isForPeriod(period) ? Journal.unwrap(j) : 0);
            }
        }
    }

    /// @inheritdoc IPaymentEscrow
    function periodFree(uint32 community, uint32 period) external view returns (bool) {
        return _isFree(Pot.wrap(Words.load(_potBase(community, period, _ringOf(community)))), period);
    }

    /// @inheritdoc IPaymentEscrow
    function fees(address token, address account_) external view returns (uint256) {
        return _fees[token][account_];
    }

    /// @inheritdoc IPaymentEscrow
    function shortfall(address token) external view returns (uint256) {
        uint256 held = IERC20(token).balanceOf(address(this));
        uint256 owed = _liabilities[token];
        return owed > held ? owed - held : 0;
    }

    /// @inheritdoc IPaymentEscrow
    function tokenOf(uint32 community) public view returns (address) {
        return address(uint160(_communities[community]));
    }

    // ---------------------------------------------------------------------------------------------------- records, one by one

    /// @dev The record at `pos`: into the journal, and its money out of the balance that pays for it.
    /// @return end Where the record ends.
    function _appendNext(RecordLoops.Run memory w, bytes calldata records, uint256 pos) private returns (uint256 end) {
        // No sum comes near a word: positions within calldata, sizes of 16 bits, amounts of 96 and fees of 48.
        unchecked {
            end = pos + PackedRecords.HEADER;
            if (end > records.length) revert RecordsCutOff(pos);
            (uint256 head, uint256 size, bytes32 digest) = records.recordAt(pos);
            end += size;
            if (end > records.length) revert RecordsCutOff(pos);
            // A journal that nobody can hand in would block the ring.
            if (size > 64 + 16 * (head >> 192)) revert PayloadTooLong(size);
            (uint32 member, uint8 frontier, uint256 fee) = records.startAt(pos);
            bool first = _journalRecord(w, member, head, frontier, digest, records.payloadHashAt(pos, size));
            uint256 amount = uint96(head >> 96);
            if (first) amount += w.settlementFee;
            w.count(amount, fee, first);
            bool stays = w.pledged ? _takePledgedOf(w, member, amount + fee) : _reserve(w, member, amount + fee);
            if (!stays) w.doubt(member, records.length / PackedRecords.HEADER);
        }
    }

    /// @dev Folds a record into its journal.
    /// @return first Whether it opened the journal.
    function _journalRecord(
        RecordLoops.Run memory w,
        uint256 member,
        uint256 head,
        uint256 frontier,
        bytes32 digest,
        bytes32 payloadHash
    ) private returns (bool first) {
        unchecked {
            uint256 pos = w.journals | (member << 8);
            Journal j = Journal.wrap(Words.load(pos));
            if (!j.isForPeriod(w.period)) j = Journal.wrap(0);
            uint256 entries = j.entriesOf() + (head >> 192);
            uint256 count = j.recordsOf();
            if (entries > MAX_ENTRIES || count == MAX_RECORDS) {
                revert JournalFull(uint32(w.community), uint32(member), uint32(w.period));
            }
            // The frontier belongs to the order book: another module must not move it.
            uint256 before = j.frontierOf();
            if (w.module != 0) frontier = before;
            else if (frontier < before) revert FrontierBack(before, frontier);
            uint256 hash = recordHash(j.hashOf(), head | (w.module << 208), digest, payloadHash);
            Words.store(pos, Journal.unwrap(newJournal(w.period, entries, count + 1, frontier, hash)));
            return count == 0;
        }
    }

    /// @dev Takes reserve and fee out of the free balance. The word stays in hand for as long as records are of its two members.
    /// @return stays Whether the registry has said that the member stays active.
    function _reserve(RecordLoops.Run memory w, uint32 member, uint256 amount) private returns (bool stays) {
        uint256 place = w.accounts | (member >> 1);
        if (place != w.place) {
            _putAccounts(w);
            w.place = place;
            w.word = Words.load(place);
        }
        Account a = accountIn(w.word, member);
        uint32 community = uint32(w.community);
        if (!a.hasModule(w.module)) revert ModuleNotEnabled(community, member, uint8(w.module));
        if (_isInDebt(community, member, a)) revert InDebt(community, member);
        if (amount > a.freeOf()) revert InsufficientFree(amount, a.freeOf());
        w.word = lessFree(w.word, member, amount);
        return a.staysActive();
    }

    /// @dev Takes reserve and fee out of the pledged balance.
    /// @return stays As of `_reserve`.
    function _takePledgedOf(RecordLoops.Run memory w, uint32 member, uint256 amount) private returns (bool stays) {
        return _takePledged(uint32(w.community), member, uint32(w.period), amount, w.revealed).staysActive();
    }

    /// @dev Stores the two accounts in hand.
    function _putAccounts(RecordLoops.Run memory w) private {
        if (w.place != 0) Words.store(w.place, w.word);
    }

    /// @dev Asks the registry about the members that may not stay active, and keeps what it says for good.
    function _checkActive(RecordLoops.Run memory w) private {
        uint256[] memory members = w.doubtful;
        uint32 community = uint32(w.community);
        uint256[] memory states = registry.activity(community, uint32(w.period), uint8(w.module), members);
        for (uint256 i = 0; i < members.length; ++i) {
            uint32 member = uint32(members[i]);
            if (states[i] == INACTIVE) revert NotActive(community, member);
            if (states[i] == STAYS_ACTIVE) _setActive(community, member, true);
        }
    }

    function _setActive(uint32 community, uint32 member, bool on) private {
        Account a = _account(community, member);
        if (a.staysActive() != on) _storeAccount(community, member, a.withFlag(ACCOUNT_ACTIVE, on));
    }

    /// @dev Counts what was reserved in the pots of the period.
    function _storeReserved(RecordLoops.Run memory w, uint256 base, Pot counter) private {
        uint256 period = w.period;
        counter = counter.withCounts(counter.openedOf() + w.openedOf(), counter.settledOf());
        if (w.module == 0) {
            counter = counter.withAmounts(counter.amountOf(), counter.outstandingOf() + w.reservedOf());
        } else {
            Pot p = Pot.wrap(Words.load(base + w.module));
            if (!p.isPeriod(period)) p = newPot(period);
            p = p.withAmounts(p.amountOf(), p.outstandingOf() + w.reservedOf());
            Words.store(base + w.module, Pot.unwrap(p));
        }
        Words.store(base, Pot.unwrap(counter));
    }

    // ---------------------------------------------------------------------------------------------------- as of the gate

    /// @dev Takes money that backs orders of `period`, for the order book; the caller puts it where it belongs.
    /// @param revealed The earlier period that is revealed meanwhile, 0 for none: what backs its orders stays, so that nobody voids an
    /// order with another one. [G2]
    /// @return a The account as it counted for that.
    function _takePledged(
        uint32 community,
        uint32 member,
        uint32 period,
        uint256 amount,
        uint256 revealed
    ) internal returns (Account a) {
        Pledge p = _pledge(community, member);
        a = _accountAtGate(community, member, period, p);
        if (!a.hasModule(0)) revert ModuleNotEnabled(community, member, 0);
        uint256 most = a.freeOf();
        if (revealed != 0) {
            uint256 fresh = p.freshSince(revealed);
            if (fresh < most) most = fresh;
        }
        if (amount > most) revert InsufficientPledge(amount, most);
        _storePledge(community, member, p.withTaken(amount, period));
    }

    /// @return The period whose orders are revealed now; 0 for none.
    function _revealedNow(uint32 community) internal view returns (uint256) {
        Terms t = _sealed[community];
        uint256 last = t.lastGateAt(block.timestamp);
        return block.timestamp < t.revealEnd(last) ? last : 0;
    }

    /// @return a What counts for orders of a sealed `period`: pledged money in the place of free, epoch and modules as of the gate.
    function _accountAtGate(uint32 community, uint32 member, uint32 period, Pledge p) private view returns (Account a) {
        a = _account(community, member);
        if (p.isSwitchedSince(period)) {
            uint256 word = Words.load(_switches | _index(community, member));
            a = a.withEpoch(uint32(word)).withModules(uint16(word >> 32));
        }
        return a.withFree(p.availableFor(period));
    }

    /// @return a What counts for orders of `period`; in an open community with a flag where it is above its credit line.
    function _accountForOrders(
        uint32 community,
        uint32 member,
        uint32 period,
        bool sealed_
    ) private view returns (Account a) {
        if (sealed_) return _accountAtGate(community, member, period, _pledge(community, member));
        a = _account(community, member);
        if (_isInDebt(community, member, a)) a = a.withFlag(ACCOUNT_ABOVE_LINE, true);
    }

    /// @dev Moves what was asked back and is due to the free balance, past any debt: it is the member's own.
    function _release(uint32 community, uint32 member, Terms t) private returns (uint256 amount) {
        Pledge p = _pledge(community, member);
        amount = p.leavingOf();
        if (amount == 0 || block.timestamp < t.revealEnd(p.leavesAfter())) return 0;
        _storePledge(community, member, p.withReleased());
        _addFree(community, member, amount);
        emit PledgeReleased(community, member, amount);
    }

    /// @dev Before a member of a sealed community changes epoch or modules: keeps what they were at the last gate, once.
    function _keepSwitches(uint32 community, uint32 member, Account a) private {
        Terms t = _sealed[community];
        if (!t.exists()) return;
        uint256 gate = t.lastGateAt(block.timestamp);
        Pledge p = _pledge(community, member).sinceGate(gate);
        if (p.isSwitchedSince(gate)) return;
        Words.store(_switches | _index(community, member), a.epochOf() | (uint256(a.modulesOf()) << 32));
        _storePledge(community, member, p.withSwitched());
    }

    function _sealedTerms(uint32 community) private view returns (Terms t) {
        t = _sealed[community];
        if (!t.exists()) revert NotSealed(community);
    }

    function _pledge(uint32 community, uint32 member) private view returns (Pledge) {
        return Pledge.wrap(Words.load(_pledges | _index(community, member)));
    }

    function _storePledge(uint32 community, uint32 member, Pledge p) private {
        Words.store(_pledges | _index(community, member), Pledge.unwrap(p));
    }

    /// @dev The community's order book, or whom it names as the keeper of its relayers' bonds.
    function _checkFirstModule(uint32 community) private view {
        address module = _recording(community).firstModule();
        if (msg.sender == module) return;
        // Not as a typed call: where there is no code or no such function, it would revert without a name.
        // solhint-disable-next-line avoid-low-level-calls
        (bool ok, bytes memory answer) = module.staticcall(abi.encodeCall(ISealedAuction.bondKeeper, ()));
        if (ok && answer.length == 32 && abi.decode(answer, (uint256)) == uint160(msg.sender)) return;
        revert NotFirstModule(community, msg.sender);
    }

    function _unlock(Bond storage b, uint256 amount) private {
        if (amount > b.locked) revert BondNotLocked(amount, b.locked);
        b.locked -= uint96(amount);
    }

    // ---------------------------------------------------------------------------------------------------- one leg

    /// @param leg Where it starts in calldata, see `Legs`.
    function _memberOf(uint256 leg) private pure returns (uint256) {
        return uint32(leg.get(Legs.MEMBER));
    }

    /// @dev Order of payment: released reserve and receipts, then peers, network fee, settlement fee, grid leg, free balance.
    /// @return settlementFee What was there to pay of it: all, unless a voided module kept the reserve.
    function _book(
        uint32 community,
        uint32 period,
        uint256 leg,
        SupplierBook memory book
    ) private returns (uint256 settlementFee) {
        uint32 member = uint32(_memberOf(leg));
        _openSupplier(community, uint32(leg.get(Legs.SUPPLIER)), book);
        uint256 pos = _accountAt(community, member);
        uint256 word = Words.load(pos);
        Account a = accountIn(word, member);
        uint256 available;
        (available, settlementFee) = _availableIn(leg);
        int256 gridLeg = int256(leg.get(Legs.GRID_LEG));
        (bool paid, uint256 free) = (false, 0);
        if (!a.mayOweOrBeOwed()) (paid, free) = _payWhole(a.freeOf(), available, gridLeg, book);
        int256 due = 0;
        if (!paid) {
            (free, due) = _gridLeg(community, member, a, a.freeOf(), available, gridLeg, book);
            word = Words.load(pos); // its debt flag may have changed
            a = accountIn(word, member);
        }
        Words.store(pos, withAccount(word, member, a.withFree(free)));
        leg.emitSettled(community, member, period, settlementFee, due);
    }

    /// @return available What is released and received, less what peers and fees take of it.
    /// @return settlementFee What was there to pay of it.
    function _availableIn(uint256 leg) private pure returns (uint256 available, uint256 settlementFee) {
        uint256 taken;
        unchecked {
            // Sums of at most sixteen modules, each within 97 bits.
            available = leg.get(Legs.RESERVED) + leg.get(Legs.RECEIVED);
            taken = leg.get(Legs.LOST) + leg.get(Legs.PAID) + leg.get(Legs.NETWORK_FEE);
        }
        // Settlement has checked that peers and network fee stay within the reserve. // [S1]
        available -= taken;
        settlementFee = _min(leg.get(Legs.SETTLEMENT_FEE), available);
        unchecked {
            available -= settlementFee;
        }
    }

    /// @dev What `_gridLeg` comes to for a member without debt or credit line, where the leg can be paid whole.
    /// @param available Released and received, not yet the member's.
    /// @return paid Whether it can; if not, nothing has changed.
    /// @return balance Free balance afterwards.
    function _payWhole(
        uint256 free,
        uint256 available,
        int256 gridLeg,
        SupplierBook memory book
    ) internal pure returns (bool paid, uint256 balance) {
        unchecked {
            balance = free + available;
            if (gridLeg > 0) {
                if (uint256(gridLeg) > balance) return (false, 0);
                _creditSupplier(book, uint256(gridLeg));
                return (true, balance - uint256(gridLeg));
            }
            uint256 claim = uint256(-gridLeg);
            if (claim > book.free) return (false, 0);
            book.free -= claim;
            return (true, balance + claim); // both far below what a word holds
        }
    }

    /// @dev Nets the leg with the member's debt, then moves money: from what became available, then, beyond the credit line, from
    /// the free balance; or from the supplier's free balance, as far as it goes.
    /// @param available Released and received, not yet the member's.
    /// @return Free balance afterwards.
    /// @return Due afterwards.
    function _gridLeg(
        uint32 community,
        uint32 member,
        Account a,
        uint256 free,
        uint256 available,
        int256 gridLeg,
        SupplierBook memory book
    ) internal returns (uint256, int256) {
        Debt d = a.mayOweOrBeOwed() ? _debt(community, member) : Debt.wrap(0);
        int256 before = d.dueOf();
        int256 due = before + gridLeg;
        if (due > 0) {
            uint256 payment = _min(available, uint256(due));
            available -= payment;
            due -= int256(payment);
            uint256 line = d.creditLineOf();
            if (uint256(due) > line) {
                uint256 more = _min(free, uint256(due) - line);
                free -= more;
                due -= int256(more);
                payment += more;
            }
            if (before < 0) _reduceOwed(book, uint256(-before));
            _creditSupplier(book, payment);
        } else if (due < 0) {
            // Only what this leg adds is paid at once; older claims wait for the fund.
            uint256 owedBefore = before < 0 ? uint256(-before) : 0;
            uint256 claim = uint256(-due);
            if (claim > owedBefore) {
                uint256 payment = _min(book.free, claim - owedBefore);
                book.free -= payment;
                available += payment;
                claim -= payment;
                due += int256(payment);
            }
            if (claim < owedBefore) _reduceOwed(book, owedBefore - claim);
            else book.owed += claim - owedBefore;
        } else if (before < 0) {
            _reduceOwed(book, uint256(-before));
        }
        if (due != before) _storeDebt(community, member, d.withDue(due));
        return (free + available, due);
    }

    // ---------------------------------------------------------------------------------------------------- suppliers

    /// @dev A supplier owes less: what its fund holds beyond its debts becomes free.
    function _reduceOwed(SupplierBook memory book, uint256 amount) private pure {
        book.owed -= amount;
        if (book.fund > book.owed) {
            book.free += book.fund - book.owed;
            book.fund = book.owed;
        }
    }

    /// @dev What a supplier earns fills its due fund first.
    function _creditSupplier(SupplierBook memory book, uint256 amount) private pure {
        // Far below what a word holds; what becomes of a free balance is checked where it is stored.
        unchecked {
            uint256 missing = book.owed > book.fund ? book.owed - book.fund : 0;
            uint256 toFund = _min(missing, amount);
            book.fund += toFund;
            book.free += amount - toFund;
        }
    }

    /// @dev Makes `book` the supplier's.
    function _openSupplier(uint32 community, uint32 member, SupplierBook memory book) private {
        if (book.loaded) {
            if (book.member == member) return;
            _storeSupplier(community, book);
        }
        _loadSupplier(community, member, book);
    }

    function _loadSupplier(uint32 community, uint32 member, SupplierBook memory book) private view {
        Account a = _account(community, member);
        uint256 word = a.owesMembers() ? Words.load(_funds | _index(community, member)) : 0;
        book.member = member;
        book.loaded = true;
        book.free = a.freeOf();
        book.fund = word & MAX_FUND;
        book.owed = word >> 96;
    }

    function _storeSupplier(uint32 community, SupplierBook memory book) private {
        Account a = _account(community, book.member);
        bool owes = book.owed != 0;
        if (owes || a.owesMembers())
            Words.store(_funds | _index(community, book.member), book.fund | (book.owed << 96));
        _storeAccount(community, book.member, a.withFree(book.free).withFlag(ACCOUNT_FUND, owes));
    }

    // ---------------------------------------------------------------------------------------------------- pots

    /// @dev Writes the pots of a period; what is left of them when every journal is settled goes to the fee collector.
    function _storePots(
        uint32 community,
        uint32 period,
        uint256[] calldata pots,
        uint256 opened,
        uint256 settled,
        uint256 ring
    ) private {
        uint256 base = _potBase(community, period, ring);
        Pot counter = _potFor(base, community, period);
        opened += counter.openedOf();
        settled += counter.settledOf();
        for (uint256 i = 0; i < pots.length; ++i) {
            Pot p = Pot.wrap(pots[i]);
            if (opened == settled && p.amountOf() != 0) {
                // Nothing is outstanding any more, so the amount is not negative.
                uint256 rest = uint256(p.amountOf());
                p = p.withAmounts(0, p.outstandingOf());
                _addFree(community, FEE_COLLECTOR, rest);
                emit PotSwept(community, uint8(i), period, rest);
            }
            if (i == 0) p = p.withCounts(opened, settled);
            Words.store(base + i, Pot.unwrap(p));
        }
    }

    /// @return counter The first module's word of `period`, taken over from an older period if all of that is settled.
    function _potFor(uint256 base, uint32 community, uint32 period) private view returns (Pot counter) {
        counter = Pot.wrap(Words.load(base));
        if (counter.isPeriod(period)) return counter;
        if (counter.periodOf() > period || !counter.allSettled()) revert RingBusy(community, period);
        return newPot(period);
    }

    /// @return Whether the ring entry with that word can take records of `period`.
    function _isFree(Pot counter, uint32 period) private pure returns (bool) {
        return counter.isPeriod(period) || (counter.periodOf() < period && counter.allSettled());
    }

    /// @dev `community 32 | ring entry 8 | module 8`.
    function _potBase(uint32 community, uint32 period, uint256 ring) private view returns (uint256) {
        return _pots | (uint256(community) << 16) | ((uint256(period) % ring) << 8);
    }

    // ---------------------------------------------------------------------------------------------------- journals

    /// @return The member's journal of the period; zero where nothing was recorded or read.
    function _journal(uint32 community, uint32 member, uint32 period, uint256 ring) private view returns (Journal) {
        Journal j = Journal.wrap(Words.load(_journalAt(community, member, period, ring)));
        return j.isForPeriod(period) ? j : Journal.wrap(0);
    }

    function _storeJournal(uint32 community, uint32 member, uint32 period, uint256 ring, Journal j) private {
        Words.store(_journalAt(community, member, period, ring), Journal.unwrap(j));
    }

    function _recording(uint32 community) private view returns (Recording) {
        return Recording.wrap(Words.load(_recordings | community));
    }

    function _ringOf(uint32 community) private view returns (uint256) {
        return uint8(_communities[community] >> 160);
    }

    /// @dev `community 32 | member 32 | ring entry 8`.
    function _journalAt(uint32 community, uint32 member, uint32 period, uint256 ring) private view returns (uint256) {
        return _journals | (_index(community, member) << 8) | (period % ring);
    }

    // ---------------------------------------------------------------------------------------------------- accounts

    function _deposit(uint32 community, uint32 member, uint256 amount) private {
        _openAccount(community, member); // reverts for a member that does not exist
        _receive(tokenOf(community), amount);
        emit Deposited(community, member, msg.sender, amount);
        _credit(community, member, amount);
    }

    /// @dev Takes coins from the caller.
    function _receive(address token, uint256 amount) private {
        uint256 owed = _liabilities[token];
        if (amount > MAX_LIABILITIES - owed) revert AmountTooLarge(amount);
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        if (received != amount) revert TransferFee(amount, received);
        // Not before: a token's hook would see a shortfall. Nothing else that changes it can run in between.
        _liabilities[token] = owed + amount;
    }

    /// @dev Money that comes in pays debts first: a member's to its supplier, a supplier's into its due fund.
    function _credit(uint32 community, uint32 member, uint256 amount) private {
        Account a = _account(community, member);
        if (a.owesMembers()) {
            SupplierBook memory own;
            _loadSupplier(community, member, own);
            _creditSupplier(own, amount);
            _storeSupplier(community, own);
            return;
        }
        int256 due = a.mayOweOrBeOwed() ? _debt(community, member).dueOf() : int256(0);
        if (due > 0) {
            uint256 payment = _min(amount, uint256(due));
            amount -= payment;
            due -= int256(payment);
            SupplierBook memory book;
            _loadSupplier(community, registry.supplierOf(community, member), book);
            _creditSupplier(book, payment);
            _storeSupplier(community, book);
            _storeDebt(community, member, _debt(community, member).withDue(due));
            emit DebtReduced(community, member, payment, due);
        }
        _addFree(community, member, amount);
    }

    function _addFree(uint32 community, uint32 member, uint256 amount) private {
        Account a = _account(community, member);
        _storeAccount(community, member, a.withFree(a.freeOf() + amount));
    }

    function _pay(address token, address to, uint256 amount) private {
        _liabilities[token] -= amount;
        IERC20(token).safeTransfer(to, amount);
    }

    function _openAccount(uint32 community, uint32 member) private view returns (Account a) {
        a = _account(community, member);
        if (!a.isOpen()) revert UnknownMember(community, member);
    }

    function _account(uint32 community, uint32 member) private view returns (Account) {
        return accountIn(Words.load(_accountAt(community, member)), member);
    }

    function _storeAccount(uint32 community, uint32 member, Account a) private {
        uint256 pos = _accountAt(community, member);
        Words.store(pos, withAccount(Words.load(pos), member, a));
    }

    /// @return Whether the member owes more than its credit line: then it gets no new records.
    function _isInDebt(uint32 community, uint32 member, Account a) private view returns (bool) {
        if (!a.mayOweOrBeOwed()) return false;
        Debt d = _debt(community, member);
        return d.dueOf() > int256(d.creditLineOf());
    }

    function _debt(uint32 community, uint32 member) private view returns (Debt) {
        return Debt.wrap(Words.load(_debts | _index(community, member)));
    }

    /// @dev Keeps the account's flag in step, so that nobody without a debt pays for reading one.
    function _storeDebt(uint32 community, uint32 member, Debt d) private {
        Words.store(_debts | _index(community, member), Debt.unwrap(d));
        Account a = _account(community, member);
        bool used = Debt.unwrap(d) != 0;
        if (a.mayOweOrBeOwed() != used) _storeAccount(community, member, a.withFlag(ACCOUNT_DEBT, used));
    }

    /// @dev Coins that the escrow sends to itself would be nobody's.
    function _checkRecipient(address to) private view {
        if (to == address(0) || to == address(this)) revert InvalidRecipient(to);
    }

    function _checkOwner(uint32 community, uint32 member) private view {
        if (msg.sender != registry.ownerOf(community, member)) revert NotOwner(community, member, msg.sender);
    }

    function _checkSupplier(uint32 community, uint32 member) private view {
        uint32 supplier = registry.supplierOf(community, member);
        if (supplier == member || msg.sender != registry.ownerOf(community, supplier)) {
            revert NotSupplier(community, member, msg.sender);
        }
    }

    /// @dev `community 32 | member / 2`.
    function _accountAt(uint32 community, uint256 member) private view returns (uint256) {
        return _accounts | (uint256(community) << 32) | (member >> 1);
    }

    function _index(uint32 community, uint32 member) private pure returns (uint256) {
        return (uint256(community) << 32) | member;
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _abs(int256 a) private pure returns (uint256) {
        return uint256(a < 0 ? -a : a);
    }
}
