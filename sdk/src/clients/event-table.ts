/** What each event says: one reader per event and contract. The types of all events follow from this table. */
import { unpackTokenId } from "../energy-token.ts";
import { unpackRecords } from "../packed-records.ts";
import { sharingSchemeOf } from "../sharing/scheme.ts";
import { asLots, asPrice, asTick, asWh } from "../units.ts";
import { communityOf, enrolmentOf } from "./event-structs.ts";
import type { Fields } from "./event-fields.ts";
import { unpackMember } from "./member-word.ts";
import { ENTRY_REASONS, reasonOf, SHARING_REASONS, SKIP_REASONS, STRIP_REASONS, VOID_REASONS } from "./reasons.ts";
import { DESK_EVENTS } from "./desk-events.ts";
import { unpackBudget, unpackClearedMeters, unpackMembers, unpackStandingOrder } from "./sharing-words.ts";

/** `SlotCleared` names this tick where nothing traded. */
const NO_TICK = 255n;

/** A commit: of which period, at which place. */
const placeOf = (f: Fields) => ({ ...f.community(), period: f.period(), place: f.integer("place") });

/** What both modules say that trade after the fact. */
const METERED = {
  Skipped: (f: Fields) => ({ ...f.journal(), reason: reasonOf(SHARING_REASONS, f.integer("reason")) }),
  /** Readings of a chunk are in the totals; members in the order of their parts. */
  Counted: (f: Fields) => ({
    ...f.community(),
    period: f.period(),
    chunk: f.integer("chunk"),
    members: unpackMembers(f.text("members")),
  }),
  /** It stays at the retailer's price. */
  BudgetReached: (f: Fields) => ({ ...f.journal(), energy: f.wh("wh") }),
  EIP712DomainChanged: () => ({}),
} as const;

/** What both order books say. */
const ORDER_BOOK = {
  /** `index`: of the strip in its batch. */
  StripSkipped: (f: Fields) => ({
    ...f.journal(),
    index: f.integer("index"),
    reason: reasonOf(STRIP_REASONS, f.integer("reason")),
  }),
  /** One reason per entry of the strip, "None" where it was accepted. */
  EntriesRefused: (f: Fields) => {
    const codes = f.text("reasons").slice(2).match(/../g) ?? [];
    return { ...f.journal(), reasons: codes.map((code) => reasonOf(ENTRY_REASONS, BigInt(`0x${code}`))) };
  },
  /** Tick and price are null where nothing traded. */
  SlotCleared: (f: Fields) => {
    const none = f.integer("tick") === NO_TICK;
    return {
      ...f.community(),
      slot: f.slot(),
      tick: none ? null : asTick(f.integer("tick")),
      price: none ? null : asPrice(f.integer("price")),
      lots: asLots(f.integer("lots")),
    };
  },
  EIP712DomainChanged: () => ({}),
} as const;

export const EVENTS = {
  ProsumerRegistry: {
    CommunityCreated: (f: Fields) => ({ ...f.community(), ...communityOf(f) }),
    /** `tariff`: see `decodeTariff`. */
    TariffPublished: (f: Fields) => ({
      ...f.community(),
      fromPeriod: f.period("fromPeriod"),
      blob: f.address("blob"),
      tariff: f.text("tariff"),
    }),
    /** No new orders until the end of `period`. */
    Paused: (f: Fields) => ({ ...f.community(), period: f.period() }),
    ModuleAdded: (f: Fields) => ({ ...f.community(), index: f.integer("index"), module: f.address("module") }),
    /** Some commits of each sealed period are kept for named relayers. */
    RelayerNamed: (f: Fields) => ({ ...f.community(), relayer: f.address("relayer"), named: f.flag("named") }),
    MemberEnrolled: (f: Fields) => ({
      ...f.member(),
      owner: f.address("owner"),
      enrolment: enrolmentOf(f.struct("enrolment")),
      fromPeriod: f.period("fromPeriod"),
    }),
    /** Key, caps or status of a member as they are from `fromPeriod` on. */
    MemberChanged: (f: Fields) => ({
      ...f.member(),
      word: unpackMember(f.integer("word")),
      fromPeriod: f.period("fromPeriod"),
    }),
    ClassChanged: (f: Fields) => ({
      ...f.member(),
      tariffClass: f.integer("tariffClass"),
      fromPeriod: f.period("fromPeriod"),
    }),
    MeterBound: (f: Fields) => ({
      ...f.member(),
      meterKey: f.address("meterKey"),
      startImport: f.wh("startImport"),
      startExport: f.wh("startExport"),
      fromPeriod: f.period("fromPeriod"),
    }),
    /** Zero for a key that was revoked. */
    MeterKeyChanged: (f: Fields) => ({
      ...f.member(),
      meterKey: f.address("meterKey"),
      fromPeriod: f.period("fromPeriod"),
    }),
    MeterLeaving: (f: Fields) => ({ ...f.member(), lastPeriod: f.period("lastPeriod") }),
    MeterReleased: (f: Fields) => f.member(),
    OwnershipOffered: (f: Fields) => ({ ...f.member(), newOwner: f.address("newOwner") }),
    OwnershipTaken: (f: Fields) => ({ ...f.member(), owner: f.address("owner") }),
    EIP712DomainChanged: () => ({}),
  },
  PaymentEscrow: {
    Deposited: (f: Fields) => ({ ...f.member(), from: f.address("from"), amount: f.amount("amount") }),
    Withdrawn: (f: Fields) => ({ ...f.member(), to: f.address("to"), amount: f.amount("amount") }),
    FeesWithdrawn: (f: Fields) => ({
      token: f.address("token"),
      account: f.address("account"),
      to: f.address("to"),
      amount: f.amount("amount"),
    }),
    EpochBumped: (f: Fields) => ({ ...f.member(), epoch: f.integer("epoch") }),
    ModuleEnabled: (f: Fields) => ({ ...f.member(), module: f.integer("module"), on: f.flag("on") }),
    Pledged: (f: Fields) => ({ ...f.member(), amount: f.amount("amount") }),
    /** Asked back: all that was can be released from `leavesAt` on. */
    Unpledged: (f: Fields) => ({ ...f.member(), amount: f.amount("amount"), leavesAt: f.seconds("leavesAt") }),
    PledgeReleased: (f: Fields) => ({ ...f.member(), amount: f.amount("amount") }),
    BondPosted: (f: Fields) => f.bond(),
    BondWithdrawn: (f: Fields) => ({ ...f.bond(), to: f.address("to") }),
    BondLocked: (f: Fields) => f.bond(),
    BondReleased: (f: Fields) => f.bond(),
    /** To the fee collector. */
    BondForfeited: (f: Fields) => f.bond(),
    CreditLineSet: (f: Fields) => ({ ...f.member(), line: f.amount("line") }),
    /** Records of members' journals, and who got the fees that they name. */
    Recorded: (f: Fields) => ({
      ...f.community(),
      period: f.period(),
      module: f.integer("module"),
      feeTo: f.address("feeTo"),
      records: unpackRecords(f.integer("module"), f.text("records")),
    }),
    /** `gridLeg`: positive, the member pays its supplier; `due` afterwards: positive, it owes. */
    Settled: (f: Fields) => ({
      ...f.journal(),
      paid: f.amount("paid"),
      received: f.amount("received"),
      networkFee: f.amount("networkFee"),
      settlementFee: f.amount("settlementFee"),
      gridLeg: f.signedAmount("gridLeg"),
      due: f.signedAmount("due"),
    }),
    DebtReduced: (f: Fields) => ({ ...f.member(), amount: f.amount("amount"), due: f.signedAmount("due") }),
    /** What was left of a pot, to the fee collector. */
    PotSwept: (f: Fields) => ({
      ...f.community(),
      module: f.integer("module"),
      period: f.period(),
      amount: f.amount("amount"),
    }),
  },
  EnergyToken: {
    /** ERC-1155: a claim comes from zero, a retirement goes there. */
    TransferSingle: (f: Fields) => ({
      ...{ operator: f.address("operator"), from: f.address("from"), to: f.address("to") },
      token: unpackTokenId(f.integer("id")),
      amount: f.wh("value"),
    }),
    TransferBatch: (f: Fields) => {
      const values = f.list<bigint>("values");
      const tokens = f.list<bigint>("ids").map((id, index) => ({
        token: unpackTokenId(id),
        amount: asWh(values[index] ?? 0n),
      }));
      return { operator: f.address("operator"), from: f.address("from"), to: f.address("to"), tokens };
    },
    ApprovalForAll: (f: Fields) => ({
      account: f.address("account"),
      operator: f.address("operator"),
      approved: f.flag("approved"),
    }),
    URI: (f: Fields) => ({ token: unpackTokenId(f.integer("id")), value: f.text("value") }),
    /** Used up: can never be sold again. */
    Retired: (f: Fields) => ({
      account: f.address("account"),
      token: unpackTokenId(f.integer("id")),
      amount: f.wh("amount"),
      beneficiary: f.address("beneficiary"),
      purpose: f.text("purpose"),
    }),
  },
  Settlement: {
    Metered: (f: Fields) => ({ ...f.journal(), gapLeg: f.signedAmount("gapLeg"), values: f.values() }),
    Estimated: (f: Fields) => f.journal(),
    /** A late reading replaced an estimate; `gridLeg` is the difference. */
    Corrected: (f: Fields) => ({ ...f.journal(), gridLeg: f.signedAmount("gridLeg"), values: f.values() }),
    RecordsVoided: (f: Fields) => ({
      ...f.journal(),
      module: f.integer("module"),
      reason: reasonOf(VOID_REASONS, f.integer("reason")),
    }),
    ItemSkipped: (f: Fields) => ({ ...f.journal(), reason: reasonOf(SKIP_REASONS, f.integer("reason")) }),
    Claimed: (f: Fields) => ({ ...f.journal(), to: f.address("to"), bought: f.wh("bought"), unsold: f.wh("unsold") }),
    EIP712DomainChanged: () => ({}),
  },
  DoubleAuction: ORDER_BOOK,
  SealedAuction: {
    ...ORDER_BOOK,
    /** A chunk of a commit came to light; its strips were accepted or skipped. */
    ChunkRevealed: (f: Fields) => ({ ...placeOf(f), index: f.integer("index"), strips: f.integer("strips") }),
  },
  CommitBook: {
    Committed: (f: Fields) => ({
      ...placeOf(f),
      relayer: f.address("relayer"),
      named: f.flag("named"),
      root: f.text("root"),
      chunks: f.integer("chunks"),
      strips: f.integer("strips"),
    }),
    /** `strip`: its name, see `stripName`. */
    Challenged: (f: Fields) => ({ ...placeOf(f), strip: f.text("strip") }),
    Answered: (f: Fields) => ({ ...placeOf(f), strip: f.text("strip") }),
    BondReleased: (f: Fields) => placeOf(f),
    /** `withheld`: strips that were never revealed; 0 if a challenge was never answered. */
    BondForfeited: (f: Fields) => ({ ...placeOf(f), withheld: f.integer("withheld") }),
    EIP712DomainChanged: () => ({}),
  },
  /** It only looks. */
  OrderBookLens: {},
  EnergySharing: {
    ...METERED,
    SchemeAnnounced: (f: Fields) => ({
      ...f.community(),
      fromPeriod: f.period("fromPeriod"),
      scheme: sharingSchemeOf(f.integer("rule"), f.integer("compensation"), f.integer("settlementDelay")),
    }),
    BudgetKept: (f: Fields) => ({ ...f.member(), kept: unpackBudget(f.integer("budget")) }),
    /** `totals`: see `decodeTotals`. */
    Shared: (f: Fields) => ({ ...f.community(), period: f.period(), totals: f.list<bigint>("totals") }),
  },
  MeteredAuction: {
    ...METERED,
    AuctionAnnounced: (f: Fields) => ({
      ...f.community(),
      fromPeriod: f.period("fromPeriod"),
      settlementDelay: f.seconds("settlementDelay"),
    }),
    OrderKept: (f: Fields) => ({ ...f.member(), kept: unpackStandingOrder(f.integer("order")) }),
    /** The totals behind a chunk: whoever counts the next one or settles brings them. */
    Tallied: (f: Fields) => ({
      ...f.community(),
      period: f.period(),
      chunk: f.integer("chunk"),
      totals: f.list<bigint>("totals"),
    }),
    /** One element per slot, and nulls behind the last. */
    Cleared: (f: Fields) => ({
      ...f.community(),
      period: f.period(),
      slots: unpackClearedMeters(f.list<bigint>("slots")),
    }),
  },
  CoordinatorDesk: DESK_EVENTS,
} as const;
