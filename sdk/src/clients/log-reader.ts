/** What happened in a community, from event logs alone: no service, no indexer. */
import { Interface } from "ethers";
import type { Result } from "ethers";
import { DoubleAuctionAbi, PaymentEscrowAbi, SettlementAbi } from "../abi/index.js";
import type { SlotResults } from "../book-answer.ts";
import { slotsOf } from "../calendar.ts";
import { asAccount } from "../hex.ts";
import type { Address, Hex } from "../hex.ts";
import { unpackHead } from "../journal.ts";
import type { JournalRecord } from "../journal.ts";
import type { MeterValue } from "../reading.ts";
import { decodeValues } from "../reading.ts";
import type { Terms } from "../terms.ts";
import { asAmount, asLots, asMember, asPrice, asSignedAmount, asSlot } from "../units.ts";
import type { Amount, CommunityIndex, MemberIndex, Period, SignedAmount, Slot } from "../units.ts";
import { ENTRY_REASONS, reasonOf, SKIP_REASONS, STRIP_REASONS } from "./reasons.ts";
import { booksOf, resultsOf } from "./rebuild.ts";
import type { ClearedSlot, Journals } from "./rebuild.ts";
import { scanLogs } from "./scan.ts";
import type { LogSource, ScanRange } from "./scan.ts";

/** Whose logs, and where from. */
export interface LogReaderOptions {
  readonly source: LogSource;
  readonly community: CommunityIndex;
  readonly terms: Terms;
  readonly market: Address;
  readonly escrow: Address;
  readonly settlement: Address;
}

/** A reading that the chain accepted. */
export interface AcceptedReading {
  readonly values: readonly MeterValue[];
  readonly gapLeg: SignedAmount;
}

/** A settled leg (`IPaymentEscrow.Settled`), base units. */
export interface SettledLeg {
  readonly paid: Amount;
  readonly received: Amount;
  readonly networkFee: Amount;
  readonly settlementFee: Amount;
  readonly gridLeg: SignedAmount;
  /** Afterwards: positive, the member owes its supplier. */
  readonly due: SignedAmount;
}

/** Something that the chain left out. */
export interface SkippedItem {
  readonly stage: "strip" | "entries" | "settlement";
  readonly member: MemberIndex;
  /** Name of a `StripReason`, an `EntryReason` or a `SkipReason`. */
  readonly reason: string;
}

/** Money into and out of the escrow, base units. */
export interface CashFlow {
  readonly kind: "deposit" | "withdrawal" | "fees";
  readonly amount: Amount;
}

const ABIS = { market: DoubleAuctionAbi, escrow: PaymentEscrowAbi, settlement: SettlementAbi } as const;
type Part = keyof typeof ABIS;

/**
 * Reads the logs of one community.
 * @example
 * const logs = new LogReader({ source: provider, community, terms, market, escrow, settlement });
 * const journals = await logs.journals(period, { fromBlock });
 */
export class LogReader {
  readonly #options: LogReaderOptions;
  readonly #abis: Readonly<Record<Part, Interface>>;

  constructor(options: LogReaderOptions) {
    for (const part of ["market", "escrow", "settlement"] as const) asAccount(options[part], part);
    this.#options = options;
    this.#abis = {
      market: new Interface(ABIS.market),
      escrow: new Interface(ABIS.escrow),
      settlement: new Interface(ABIS.settlement),
    };
  }

  /** Every journal of a period: all that settlement needs besides readings. */
  async journals(period: Period, range?: ScanRange): Promise<Map<MemberIndex, JournalRecord[]>> {
    const journals = new Map<MemberIndex, JournalRecord[]>();
    for (const args of await this.#ofPeriod("settlement", "Recorded", period, range)) {
      const member = memberOf(args);
      const record = {
        head: unpackHead(uint(args, "head")),
        digest: text(args, "digest"),
        payload: text(args, "payload"),
      };
      journals.set(member, [...(journals.get(member) ?? []), record]);
    }
    return journals;
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

  /** The slots of a period that cleared. */
  async cleared(period: Period, range?: ScanRange): Promise<Map<Slot, ClearedSlot>> {
    const slots = new Set(slotsOf(this.#options.terms, period));
    const found = await this.#events("market", "SlotCleared", [this.#options.community], range);
    const cleared = new Map<Slot, ClearedSlot>();
    for (const args of found) {
      const slot = asSlot(uint(args, "slot"));
      if (!slots.has(slot)) continue;
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

  /** Strips, entries and settlement items of a period that the chain left out, each with its reason. */
  async skipped(period: Period, range?: ScanRange): Promise<SkippedItem[]> {
    const strips = await this.#ofPeriod("market", "StripSkipped", period, range);
    const entries = await this.#ofPeriod("market", "EntriesRefused", period, range);
    const items = await this.#ofPeriod("settlement", "ItemSkipped", period, range);
    return [
      ...strips.map((args) => skip("strip", args, reasonOf(STRIP_REASONS, uint(args, "reason")))),
      ...entries.map((args) => skip("entries", args, entryReasons(text(args, "reasons")))),
      ...items.map((args) => skip("settlement", args, reasonOf(SKIP_REASONS, uint(args, "reason")))),
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
    ];
  }

  async #ofPeriod(part: Part, name: string, period: Period, range?: ScanRange): Promise<Result[]> {
    return this.#events(part, name, [this.#options.community, null, period], range);
  }

  async #events(part: Part, name: string, indexed: readonly unknown[], range?: ScanRange): Promise<Result[]> {
    const abi = this.#abis[part];
    const filter = { address: this.#options[part], topics: abi.encodeFilterTopics(name, indexed) };
    const logs = await scanLogs(this.#options.source, filter, range);
    return logs.map((log) => abi.decodeEventLog(name, log.data, log.topics));
  }
}

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
