/** What happened in a community, from event logs alone: no service, no indexer. */
import { Interface, toBeHex, zeroPadValue } from "ethers";
import type { Result } from "ethers";
import {
  DoubleAuctionAbi,
  EnergySharingAbi,
  MeteredAuctionAbi,
  PaymentEscrowAbi,
  ProsumerRegistryAbi,
  SettlementAbi,
} from "../abi/index.js";
import type { Bill } from "../bill.ts";
import type { SlotResults } from "../book-answer.ts";
import { slotsOf } from "../calendar.ts";
import { LogsIncompleteError, NotSettledError, RunnerError } from "../errors.ts";
import { asAccount } from "../hex.ts";
import type { Address, Hex } from "../hex.ts";
import type { JournalRecord } from "../journal.ts";
import { unpackRecords } from "../packed-records.ts";
import { decodeValues } from "../reading.ts";
import { reservedBy } from "../reserve.ts";
import type { AuctionFacts } from "../sharing/auction-due.ts";
import type { SharingFacts } from "../sharing/due.ts";
import { noPart } from "../sharing/parts.ts";
import { decodeTariff } from "../tariff.ts";
import type { Tariff } from "../tariff.ts";
import type { Terms } from "../terms.ts";
import { asAmount, asLots, asMember, asPeriod, asPrice, asSignedAmount, asSlot, asWh, sumSigned } from "../units.ts";
import type { Amount, CommunityIndex, MemberIndex, Period, Slot } from "../units.ts";
import { delayFromLogs, ordersFromLogs, totalsFromLogs, tradedFromLogs } from "./auction-logs.ts";
import type { TradedLogs } from "./auction-logs.ts";
import { billFromLogs, checkJournal } from "./bill-from-logs.ts";
import type { Answers, BillEvidence } from "./bill-from-logs.ts";
import type { AcceptedReading, CashFlow, SettledLeg, SkippedItem } from "./log-facts.ts";
import type { JournalInfo } from "./journal-word.ts";
import { MemoryLogStore } from "./log-store.ts";
import type { LogStore } from "./log-store.ts";
import { ENTRY_REASONS, reasonOf, SHARING_REASONS, SKIP_REASONS, STRIP_REASONS } from "./reasons.ts";
import { booksOf, resultsOf } from "./rebuild.ts";
import type { ClearedSlot, Journals } from "./rebuild.ts";
import { scanLogs } from "./scan.ts";
import type { LogSource, ScannedLog, ScanRange } from "./scan.ts";
import { budgetsFromLogs, chunksFromLogs, schemeFromLogs, sharedFromLogs } from "./sharing-logs.ts";
import type { SharedLogs, SharingEvents } from "./sharing-logs.ts";
import { syncLogs } from "./sync-logs.ts";
import type { AnchoredSource } from "./sync-logs.ts";

/** Whose logs, and where from. How to scan holds for every request; what a method is given goes before it. */
export interface LogReaderOptions extends ScanRange {
  /** Every ethers provider; one that also names blocks' hashes where `store` is given. */
  readonly source: LogSource;
  readonly community: CommunityIndex;
  readonly terms: Terms;
  /** The community's first module: `DoubleAuction`, `SealedAuction`, `EnergySharing` or `MeteredAuction`. */
  readonly market: Address;
  /** What the first module is; an order book if left out. What both order books say of strips and slots is the same. */
  readonly mode?: MarketMode;
  readonly escrow: Address;
  readonly settlement: Address;
  /** Needed for bills alone: tariffs and classes of members. */
  readonly registry?: Address;
  /** Keeps the community's logs, so that each is read once. Left out, every question scans again. */
  readonly store?: LogStore;
  /** What the chain says of a journal, to check the logs against: `EscrowClient.journal`. */
  readonly journalOnChain?: (member: MemberIndex, period: Period) => Promise<JournalInfo>;
}

/** How a community trades: its members order, or their meters decide, by a rule or within standing orders. */
export type MarketMode = "orders" | "sharing" | "metered";

const ABIS = {
  orders: DoubleAuctionAbi,
  sharing: EnergySharingAbi,
  metered: MeteredAuctionAbi,
  escrow: PaymentEscrowAbi,
  settlement: SettlementAbi,
  registry: ProsumerRegistryAbi,
} as const;
type Part = "market" | Exclude<keyof typeof ABIS, MarketMode>;

/**
 * Reads the logs of one community.
 * @example
 * const { DoubleAuction: market, PaymentEscrow: escrow, Settlement: settlement } = deployment.contracts;
 * const logs = new LogReader({ source: provider, community, terms, market, escrow, settlement });
 * const journals = await logs.journals(yesterday, { fromBlock: deployment.fromBlock });
 * journals.size // 2
 */
export class LogReader {
  readonly #options: LogReaderOptions;
  readonly #abis: Readonly<Record<Part, Interface>>;
  /** Logs that no longer change, for answers that belong together. */
  #fixed: readonly ScannedLog[] | undefined;

  constructor(options: LogReaderOptions) {
    for (const part of ["market", "escrow", "settlement"] as const) asAccount(options[part], part);
    this.#options = options;
    this.#abis = {
      market: new Interface(ABIS[options.mode ?? "orders"]),
      escrow: new Interface(ABIS.escrow),
      settlement: new Interface(ABIS.settlement),
      registry: new Interface(ABIS.registry),
    };
  }

  /** The community's first module. */
  get market(): Address {
    return this.#options.market;
  }

  /** How the community trades. */
  get mode(): MarketMode {
    return this.#options.mode ?? "orders";
  }

  /** Every journal of a period: all that settlement needs besides readings. */
  async journals(period: Period, range?: ScanRange): Promise<Map<MemberIndex, JournalRecord[]>> {
    const journals = new Map<MemberIndex, JournalRecord[]>();
    for (const args of await this.#events("escrow", "Recorded", [this.#options.community, period], range)) {
      for (const { member, head, digest, payload } of unpackRecords(uint(args, "module"), text(args, "records"))) {
        journals.set(member, [...(journals.get(member) ?? []), { head, digest, payload }]);
      }
    }
    return journals;
  }

  /**
   * What members have reserved, over all periods that are not settled: the escrow counts it per module and period, the
   * records say for whom. Members without open orders are left out.
   * @example
   * const reserved = await logs.reserved();
   * reserved.get(member); // base units; undefined where nothing is
   */
  async reserved(range?: ScanRange): Promise<Map<MemberIndex, Amount>> {
    const { community, terms } = this.#options;
    const recorded = await this.#events("escrow", "Recorded", [community], range);
    const sums = new Map<MemberIndex, Amount>();
    for (const period of new Set(recorded.map((args) => asPeriod(uint(args, "period"))))) {
      const settled = await this.settled(period, range);
      for (const [member, records] of await this.journals(period, range)) {
        if (settled.has(member)) continue;
        sums.set(member, asAmount((sums.get(member) ?? 0n) + reservedBy(terms, records)));
      }
    }
    return sums;
  }

  /** Accepted readings of a period; late ones that replaced an estimate too. */
  async readings(period: Period, range?: ScanRange): Promise<Map<MemberIndex, AcceptedReading>> {
    const readings = new Map<MemberIndex, AcceptedReading>();
    const valuesOf = (args: Result) => decodeValues(this.#options.terms, text(args, "values"));
    for (const args of await this.#ofPeriod("settlement", "Metered", period, range)) {
      readings.set(memberOf(args), { values: valuesOf(args), gapLeg: asSignedAmount(uint(args, "gapLeg")) });
    }
    for (const args of await this.#ofPeriod("settlement", "Corrected", period, range)) {
      readings.set(memberOf(args), { values: valuesOf(args), gapLeg: asSignedAmount(0n) });
    }
    return readings;
  }

  /** The slots of a period that cleared; none where nobody orders. */
  async cleared(period: Period, range?: ScanRange): Promise<Map<Slot, ClearedSlot>> {
    if (this.mode !== "orders") return new Map();
    const slots = slotsOf(this.#options.terms, period);
    const found = await this.#events("market", "SlotCleared", [this.#options.community, slots], range);
    const cleared = new Map<Slot, ClearedSlot>();
    for (const args of found) {
      const slot = asSlot(uint(args, "slot"));
      const lots = asLots(uint(args, "lots"));
      cleared.set(slot, { lots, price: lots === 0n ? null : asPrice(uint(args, "price")) });
    }
    return cleared;
  }

  /**
   * Results of a period's cleared slots, recomputed from the journals and checked against the chain's own.
   * @param journals Of the same period, if they were read before.
   * @throws LogsIncompleteError
   */
  async results(period: Period, range?: ScanRange, journals?: Journals): Promise<SlotResults> {
    const { terms } = this.#options;
    if (this.mode !== "orders") return new Map();
    const books = booksOf(terms, period, journals ?? (await this.journals(period, range)));
    return resultsOf(terms, books, await this.cleared(period, range));
  }

  /** Settled legs of a period; the true-up of a late reading is added to the leg of the estimate. */
  async settled(period: Period, range?: ScanRange): Promise<Map<MemberIndex, SettledLeg>> {
    const legs = new Map<MemberIndex, SettledLeg>();
    for (const args of await this.#ofPeriod("escrow", "Settled", period, range)) {
      const before = legs.get(memberOf(args));
      legs.set(memberOf(args), {
        paid: asAmount((before?.paid ?? 0n) + uint(args, "paid")),
        received: asAmount((before?.received ?? 0n) + uint(args, "received")),
        networkFee: asAmount((before?.networkFee ?? 0n) + uint(args, "networkFee")),
        settlementFee: asAmount((before?.settlementFee ?? 0n) + uint(args, "settlementFee")),
        gridLeg: asSignedAmount((before?.gridLeg ?? 0n) + uint(args, "gridLeg")),
        due: asSignedAmount(uint(args, "due")),
      });
    }
    return legs;
  }

  /** Strips, entries, members and settlement items of a period that the chain left out, each with its reason. */
  async skipped(period: Period, range?: ScanRange): Promise<SkippedItem[]> {
    const items = await this.#ofPeriod("settlement", "ItemSkipped", period, range);
    return [
      ...(this.mode === "orders" ? await this.#skippedOrders(period, range) : await this.#skippedShares(period, range)),
      ...items.map((args) => skip("settlement", args, reasonOf(SKIP_REASONS, uint(args, "reason")))),
    ];
  }

  async #skippedShares(period: Period, range?: ScanRange): Promise<SkippedItem[]> {
    const members = await this.#ofPeriod("market", "Skipped", period, range);
    return members.map((args) => skip("sharing", args, reasonOf(SHARING_REASONS, uint(args, "reason"))));
  }

  async #skippedOrders(period: Period, range?: ScanRange): Promise<SkippedItem[]> {
    const strips = await this.#ofPeriod("market", "StripSkipped", period, range);
    const entries = await this.#ofPeriod("market", "EntriesRefused", period, range);
    return [
      ...strips.map((args) => skip("strip", args, reasonOf(STRIP_REASONS, uint(args, "reason")))),
      ...entries.map((args) => skip("entries", args, entryReasons(text(args, "reasons")))),
    ];
  }

  /** Deposits and withdrawals of members, and withdrawals of fees in `token`. */
  async cashFlows(token: Address, range?: ScanRange): Promise<CashFlow[]> {
    const { community } = this.#options;
    const flows = async (kind: CashFlow["kind"], name: string, indexed: readonly unknown[]) =>
      (await this.#events("escrow", name, indexed, range)).map((args) => ({
        kind,
        amount: asAmount(uint(args, "amount")),
      }));
    return [
      ...(await flows("deposit", "Deposited", [community])),
      ...(await flows("withdrawal", "Withdrawn", [community])),
      ...(await flows("fees", "FeesWithdrawn", [token])),
      ...(await flows("bond posted", "BondPosted", [community])),
      ...(await flows("bond withdrawn", "BondWithdrawn", [community])),
    ];
  }

  /**
   * What the logs say of a period of a community that shares after the fact: `sharingDue` tells what is due of it.
   * @throws RunnerError where the community does not share, or the registry's address is missing
   * @throws LogsIncompleteError
   * @example
   * const reader = await (await connect(wallet, deployment)).logs(community);
   * if (reader.mode === "sharing") console.log(sharingDue(terms, period, now, await reader.sharing(period)).join);
   */
  async sharing(period: Period, range?: ScanRange): Promise<SharingFacts> {
    const events = this.#meterEvents("sharing", range);
    return {
      ...(await this.#meterFacts(events, period, range)),
      scheme: await schemeFromLogs(events, period),
      budgets: await budgetsFromLogs(events),
      tariff: await this.#tariffAt(period),
    };
  }

  /**
   * A shared period: totals, what changed hands at which price, and parts, recomputed from the logs and compared with what the chain
   * said of them. Nobody has a part before somebody is counted.
   * @throws As `sharing`, and LogsIncompleteError where they differ
   * @example
   * const reader = await (await connect(wallet, deployment)).logs(community);
   * if (reader.mode === "sharing") console.log((await reader.shared(period)).slots[48]?.shared);
   */
  async shared(period: Period, range?: ScanRange): Promise<SharedLogs> {
    return sharedFromLogs(this.#meterEvents("sharing", range), period, await this.sharing(period, range));
  }

  /**
   * What the logs say of a period of a community whose members keep standing orders: `auctionDue` tells what is due of it.
   * @throws RunnerError where the community trades in another way, or the registry's address is missing
   * @throws LogsIncompleteError
   * @example
   * const reader = await (await connect(wallet, deployment)).logs(community);
   * if (reader.mode === "metered") console.log(auctionDue(terms, period, now, await reader.auction(period)).join);
   */
  async auction(period: Period, range?: ScanRange): Promise<AuctionFacts> {
    const events = this.#meterEvents("metered", range);
    return {
      ...(await this.#meterFacts(events, period, range)),
      settlementDelay: await delayFromLogs(events, period),
      totals: await totalsFromLogs(events, period),
      budgets: await ordersFromLogs(events),
      tariff: await this.#tariffAt(period),
    };
  }

  /**
   * A period traded within standing orders: volumes, prices and parts, recomputed from the logs and compared with what the chain said of
   * them. Nobody has a part before somebody is counted.
   * @throws As `auction`, and LogsIncompleteError where they differ
   * @example
   * const reader = await (await connect(wallet, deployment)).logs(community);
   * if (reader.mode === "metered") console.log((await reader.traded(period)).slots[48]?.price);
   */
  async traded(period: Period, range?: ScanRange): Promise<TradedLogs> {
    const events = this.#meterEvents("metered", range);
    return tradedFromLogs(events, this.#options.terms, period, await this.auction(period, range));
  }

  async #meterFacts(events: SharingEvents, period: Period, range?: ScanRange) {
    return {
      journals: await this.journals(period, range),
      readings: await this.readings(period, range),
      settled: await this.settled(period, range),
      chunks: await chunksFromLogs(events, period),
    };
  }

  /** @throws RunnerError where the community trades in another way */
  #meterEvents(mode: MarketMode, range?: ScanRange): SharingEvents {
    const { community } = this.#options;
    if (this.mode !== mode) throw new RunnerError("read what meters traded", `\`mode: "${mode}"\` among its options`);
    return async (name, period) => {
      const ofMember = name === "BudgetReached" ? [null] : [];
      const indexed = period === undefined ? [community] : [community, ...ofMember, period];
      return this.#events("market", name, indexed, range);
    };
  }

  /**
   * A member's bill of a settled period: its lines add up to the settled legs, to the base unit. Tariff, class, journals,
   * results and reading come from the logs alone.
   * @param answers Of modules other than the first one that the member has records with, by index.
   * @throws NotSettledError
   * @throws LogsIncompleteError where the logs do not explain what was settled
   * @throws MissingAnswerError where the member has records with a module that `answers` leaves out
   * @example
   * const reader = await (await connect(wallet, deployment)).logs(community);
   * const members = await reader.settled(period);
   * for (const index of members.keys()) console.log(index, (await reader.bill(index, period)).total);
   */
  async bill(member: MemberIndex, period: Period, answers: Answers = new Map()): Promise<Bill> {
    const reader = await this.snapshot();
    return reader.#billOf(member, period, answers, await reader.#partsIn(period));
  }

  /**
   * The bills of all members that are settled, by member.
   * @throws As `bill`.
   * @example
   * const reader = await (await connect(wallet, deployment)).logs(community);
   * for (const [index, { total }] of await reader.bills(period)) console.log(index, total);
   */
  async bills(period: Period, answers: Answers = new Map()): Promise<Map<MemberIndex, Bill>> {
    const reader = await this.snapshot();
    const bills = new Map<MemberIndex, Bill>();
    const parts = await reader.#partsIn(period);
    for (const member of (await reader.settled(period)).keys()) {
      bills.set(member, await reader.#billOf(member, period, answers, parts));
    }
    return bills;
  }

  /**
   * A reader of the logs as they are now: they are brought up to date once, and all answers belong to the same block.
   * @example
   * const now = await logs.snapshot();
   * const journals = await now.journals(yesterday);
   * const results = await now.results(yesterday, undefined, journals);
   */
  async snapshot(): Promise<LogReader> {
    const store = this.#options.store ?? new MemoryLogStore();
    const reader = new LogReader({ ...this.#options, store });
    reader.#fixed = await reader.#all();
    return reader;
  }

  /** Null where the community trades with an order book. */
  async #partsIn(period: Period): Promise<SharedLogs["parts"] | null> {
    if (this.mode === "orders") return null;
    return (this.mode === "sharing" ? await this.shared(period) : await this.traded(period)).parts;
  }

  async #billOf(member: MemberIndex, period: Period, given: Answers, parts: SharedLogs["parts"] | null): Promise<Bill> {
    const { journalOnChain, terms } = this.#options;
    const onChain = await journalOnChain?.(member, period);
    const evidence = await this.#evidence(member, period, onChain);
    const part = parts?.get(member) ?? noPart(evidence.tariff);
    const answers = parts === null ? given : new Map([...given, [FIRST_MODULE, part]]);
    if (onChain !== undefined) checkJournal(terms, evidence, onChain, answers);
    return billFromLogs(terms, evidence, answers);
  }

  /** Everything that a bill depends on. */
  async #evidence(member: MemberIndex, period: Period, onChain?: JournalInfo): Promise<BillEvidence> {
    const journals = await this.journals(period);
    const leg = (await this.settled(period)).get(member);
    if (leg === undefined) {
      const open = onChain === undefined || onChain.state === "open" || onChain.state === "metered";
      throw open ? new NotSettledError(member, period) : new LogsIncompleteError(`the settlement of member ${member}`);
    }
    const corrected = await this.#events("settlement", "Corrected", [this.#options.community, member, period]);
    const voided = await this.#events("settlement", "RecordsVoided", [this.#options.community, member, period]);
    return {
      ...{ member, period, leg },
      trueUp: corrected.length === 0 ? null : sumSigned(corrected.map((args) => asSignedAmount(uint(args, "gridLeg")))),
      records: journals.get(member) ?? [],
      results: this.mode === "orders" ? await this.results(period, undefined, journals) : null,
      reading: (await this.readings(period)).get(member) ?? null,
      voided: new Set(voided.map((args) => uint(args, "module"))),
      ...(await this.#tariffOf(member, period)),
    };
  }

  /** The tariff in force, the member's class in the period and its default load. */
  async #tariffOf(
    member: MemberIndex,
    period: Period,
  ): Promise<Pick<BillEvidence, "tariff" | "tariffClass" | "defaultLoadWh">> {
    const { community } = this.#options;
    const ofMember = [community, member];
    const enrolled = await this.#events("registry", "MemberEnrolled", ofMember);
    const enrolment = enrolled.at(-1)?.getValue("enrolment") as Result | undefined;
    const first = enrolment === undefined ? 0n : uint(enrolment, "tariffClass");
    const changes = await this.#events("registry", "ClassChanged", ofMember);
    const changed = changes.filter((args) => uint(args, "fromPeriod") <= period).at(-1);
    const tariffClass = changed === undefined ? first : uint(changed, "tariffClass");
    const [created] = await this.#events("registry", "CommunityCreated", [community]);
    const classes = created?.getValue("classes") as Result | undefined;
    if (classes === undefined) throw new LogsIncompleteError("the classes of the community");
    const ofClass = classes[Number(tariffClass)] as Result | undefined;
    if (ofClass === undefined) throw new LogsIncompleteError(`tariff class ${tariffClass}`);
    const defaultLoadWh = asWh(uint(ofClass, "defaultLoadWh"));
    return { tariff: await this.#tariffAt(period), tariffClass, defaultLoadWh };
  }

  /** The tariff in force. */
  async #tariffAt(period: Period): Promise<Tariff> {
    const { community, registry, terms } = this.#options;
    if (registry === undefined) throw new RunnerError("read tariffs", "the registry's address among its options");
    const published = await this.#events("registry", "TariffPublished", [community]);
    const tariff = published.filter((args) => uint(args, "fromPeriod") <= period).at(-1);
    if (tariff === undefined) throw new LogsIncompleteError("the tariff of the period");
    return decodeTariff(terms, text(tariff, "tariff"));
  }

  async #ofPeriod(part: Part, name: string, period: Period, range?: ScanRange): Promise<Result[]> {
    return this.#events(part, name, [this.#options.community, null, period], range);
  }

  async #events(part: Part, name: string, indexed: readonly unknown[], range?: ScanRange): Promise<Result[]> {
    const abi = this.#abis[part];
    const address = this.#options[part] ?? "";
    const topics = abi.encodeFilterTopics(name, indexed);
    const ofCommunity = indexed[0] === this.#options.community;
    const logs =
      ofCommunity && this.#options.store
        ? await this.#kept(address, topics, range)
        : await this.#scan(address, topics, range);
    return logs.map((log) => abi.decodeEventLog(name, log.data, log.topics));
  }

  async #scan(address: Address, topics: Topics, range?: ScanRange): Promise<ScannedLog[]> {
    return scanLogs(this.#options.source, { address, topics }, { ...this.#options, ...range });
  }

  /** Of the community's logs those that a filter asks for. */
  async #kept(address: Address, topics: Topics, range: ScanRange = {}): Promise<ScannedLog[]> {
    const { fromBlock = 0, toBlock = Infinity, ...how } = range;
    const logs = this.#fixed ?? (await this.#all(how));
    const wanted = address.toLowerCase();
    const sets = topics.map((topic) => (topic === null ? null : new Set([topic].flat())));
    return logs.filter(
      (log) =>
        log.address?.toLowerCase() === wanted &&
        log.blockNumber >= fromBlock &&
        log.blockNumber <= toBlock &&
        sets.every((set, index) => set === null || set.has(log.topics[index] ?? "")),
    );
  }

  /** All logs of the community, each read once. */
  async #all(how: ScanRange = {}): Promise<readonly ScannedLog[]> {
    const { source, store, market, escrow, settlement, registry, community } = this.#options;
    if (store === undefined || !("getBlock" in source)) {
      throw new RunnerError("keep logs", "a source that names blocks' hashes (`getBlock`), such as a provider");
    }
    const filter = {
      address: [market, escrow, settlement, ...(registry === undefined ? [] : [registry])],
      topics: [null, zeroPadValue(toBeHex(community), 32)],
    };
    return (await syncLogs(source as AnchoredSource, filter, { ...this.#options, ...how, store })).logs;
  }
}

/** The order book, or what trades by meters: settlement waits for it without end. */
const FIRST_MODULE = 0n;

type Topics = (string | string[] | null)[];

function uint(args: Result, name: string): bigint {
  return args.getValue(name) as bigint;
}

function text(args: Result, name: string): Hex {
  return args.getValue(name) as Hex;
}

function memberOf(args: Result): MemberIndex {
  return asMember(uint(args, "member"));
}

function skip(stage: SkippedItem["stage"], args: Result, reason: string): SkippedItem {
  return { stage, member: memberOf(args), reason };
}

/** The different reasons, one byte per entry. */
function entryReasons(bytes: Hex): string {
  const codes = (bytes.slice(2).match(/../g) ?? []).map((byte) => BigInt(`0x${byte}`));
  return [...new Set(codes)]
    .filter((code) => code !== 0n)
    .map((code) => reasonOf(ENTRY_REASONS, code))
    .join(", ");
}
