/** Client of `Settlement`: readings and journals in, money and energy tokens out. */
import { SettlementAbi } from "../abi/index.js";
import type { SlotLedger } from "../energy-token.ts";
import type { Gap } from "../grid-leg.ts";
import type { Address, Hex } from "../hex.ts";
import type { JournalRecord } from "../journal.ts";
import { packHead } from "../journal.ts";
import type { Position } from "../position.ts";
import { encodePosition } from "../position.ts";
import type { MeterValue, Reading } from "../reading.ts";
import { encodeValues } from "../reading.ts";
import type { CompactSignature } from "../signature.ts";
import type { Domain } from "../typed-data.ts";
import { asPeriod, asPrice, asWh } from "../units.ts";
import type { CommunityIndex, MemberIndex, Period, SignedAmount, Slot, Wh } from "../units.ts";
import { readDomain } from "./domain.ts";
import { Endpoint, sendsOf, simulationsOf } from "./endpoint.ts";
import type { ClientOptions, Sends, Simulations } from "./endpoint.ts";
import type { JournalKey } from "./escrow.ts";

/** A reading and the meter key's signature. */
export interface SignedReading {
  readonly reading: Reading;
  readonly signature: CompactSignature;
}

/** A reading to settle against a member's records, oldest first. */
export interface MeteredItem extends SignedReading {
  readonly records: readonly JournalRecord[];
}

/** A member whose reading was accepted before. */
export interface SettleItem {
  readonly member: MemberIndex;
  readonly values: readonly MeterValue[];
  /** As `Metered` named it. */
  readonly gapLeg: SignedAmount;
  readonly records: readonly JournalRecord[];
}

/** A member whose reading is missing. */
export interface EstimateItem {
  readonly member: MemberIndex;
  readonly records: readonly JournalRecord[];
}

/** A late reading for an estimated period. */
export interface CorrectItem extends SignedReading {
  /** `journalOf` the member's records. */
  readonly journal: bigint;
  readonly position: readonly Position[];
}

/** A member's settled period, for a claim of its energy tokens. */
export interface ClaimItem {
  readonly member: MemberIndex;
  /** `journalOf` the member's records. */
  readonly journal: bigint;
  /** Null where the period stayed estimated. */
  readonly values: readonly MeterValue[] | null;
  readonly gapLeg: SignedAmount;
  readonly position: readonly Position[];
}

/** A member's meter. */
export interface MeterInfo {
  readonly bound: boolean;
  /** No reading yet: the first one may start above the bound registers. */
  readonly fresh: boolean;
  /** A period was estimated since the last reading. */
  readonly gap: boolean;
  /** First period without a signed reading. */
  readonly nextPeriod: Period;
  /** First period neither read nor estimated. */
  readonly gapEnd: Period;
  readonly importRegister: Wh;
  readonly exportRegister: Wh;
}

/** What was estimated since a member's last reading, and the prices of what an estimate does not explain: all 0 without a gap. */
export type GapInfo = Pick<Gap, "estimated" | "dearestImport" | "cheapestExport">;

/** A community's energy balance in a slot, over all members settled so far. */
export interface LedgerInfo extends SlotLedger {
  readonly imported: Wh;
  readonly exported: Wh;
}

type SettlementCalls = ReturnType<typeof settlementCalls>;

/**
 * Reads and writes settlement.
 * @example
 * const settlement = new SettlementClient({ address: deployment.contracts.Settlement, runner: wallet });
 * const item = { reading, signature: readingSignature, records };
 * await settlement.send.meterAndSettle(community, yesterday, [item]);
 */
export class SettlementClient {
  /** Writes as unsigned calls. */
  readonly calls: SettlementCalls;
  /** Writes as transactions of the runner. */
  readonly send: Sends<SettlementCalls>;
  /** Writes tried on the latest block without sending: a refusal throws `ContractRevertError`. */
  readonly simulate: Simulations<SettlementCalls>;
  readonly #at: Endpoint;

  constructor(options: ClientOptions) {
    this.#at = new Endpoint(options, SettlementAbi, "Settlement");
    this.calls = settlementCalls(this.#at);
    this.send = sendsOf(this.#at, this.calls);
    this.simulate = simulationsOf(this.#at, this.calls);
  }

  get address(): Address {
    return this.#at.address;
  }

  /** State and registers of a member's meter, Wh. */
  async meter(community: CommunityIndex, member: MemberIndex): Promise<MeterInfo> {
    const [next, imported, exported, state, gapEnd] = await this.#read("meterState", community, member);
    return {
      bound: (state & 1n) !== 0n,
      fresh: (state & 2n) !== 0n,
      gap: (state & 4n) !== 0n,
      nextPeriod: asPeriod(next),
      gapEnd: asPeriod(gapEnd),
      importRegister: asWh(imported),
      exportRegister: asWh(exported),
    };
  }

  /**
   * A member's open gap, to preview with `gapLegOf` what the reading that closes it will be billed.
   * @example
   * const { gap: open, importRegister, exportRegister } = await settlement.meter(community, member);
   * const registers = { imported: importRegister, exported: exportRegister };
   * const start = { imported: reading.startImport, exported: reading.startExport };
   * gapLegOf({ open, registers, ...(await settlement.gap(community, member)) }, start); // 0n
   */
  async gap(community: CommunityIndex, member: MemberIndex): Promise<GapInfo> {
    const [estimated, dearest, cheapest] = await this.#read("gap", community, member);
    return { estimated: asWh(estimated), dearestImport: asPrice(dearest), cheapestExport: asPrice(cheapest) };
  }

  /** A slot's public energy balance, Wh. */
  async ledger(community: CommunityIndex, slot: Slot): Promise<LedgerInfo> {
    const [delivered, bought, sold, imported, exported] = await this.#read("ledger", community, slot);
    return {
      delivered: asWh(delivered),
      bought: asWh(bought),
      sold: asWh(sold),
      imported: asWh(imported),
      exported: asWh(exported),
    };
  }

  /** The digest that a meter key signs, as the contract computes it; `readingDigest` computes the same without a call. */
  async readingDigest(reading: Reading): Promise<Hex> {
    const { community, member, period } = reading;
    const raw = rawReading({ reading, signature: NO_SIGNATURE });
    const [digest] = await this.#at.read("readingDigest", [community, member, period, raw]);
    return digest as Hex;
  }

  /** Where readings count (EIP-5267). */
  async domain(): Promise<Domain> {
    return readDomain(this.#at);
  }

  /** The registry of this deployment. */
  async registry(): Promise<Address> {
    return this.#address("registry");
  }

  /** The escrow of this deployment. */
  async escrow(): Promise<Address> {
    return this.#address("escrow");
  }

  /** The energy token of this deployment. */
  async energyToken(): Promise<Address> {
    return this.#address("energyToken");
  }

  async #address(name: string): Promise<Address> {
    const [value] = await this.#at.read(name, []);
    return value as Address;
  }

  /** Integers only. */
  async #read(name: string, ...args: readonly unknown[]): Promise<[bigint, bigint, bigint, bigint, bigint]> {
    const values = await this.#at.read(name, args);
    return values.toArray() as [bigint, bigint, bigint, bigint, bigint];
  }
}

/** Anyone may send all of these but `claim`. A bad item is skipped and named in a log; the rest goes through. */
function settlementCalls(at: Endpoint) {
  return {
    /** Accepts readings without settling them. */
    meter: (community: CommunityIndex, period: Period, items: readonly SignedReading[]) =>
      at.call("meter", [community, period, items.map((item) => rawMetered({ ...item, records: [] }))]),
    /** Settles members whose readings were accepted. */
    settle: (community: CommunityIndex, period: Period, items: readonly SettleItem[]) =>
      at.call("settle", [community, period, items.map(rawSettle)]),
    /** Both in one pass. */
    meterAndSettle: (community: CommunityIndex, period: Period, items: readonly MeteredItem[]) =>
      at.call("meterAndSettle", [community, period, items.map(rawMetered)]),
    /** From the reading deadline on. */
    settleEstimated: (community: CommunityIndex, period: Period, items: readonly EstimateItem[]) => {
      const raw = items.map(({ member, records }) => [member, records.map(rawRecord)]);
      return at.call("settleEstimated", [community, period, raw]);
    },
    /** Until the correction window ends. */
    correct: (community: CommunityIndex, period: Period, items: readonly CorrectItem[]) =>
      at.call("correct", [community, period, items.map(rawCorrect)]),
    /** The member's owner, once, when the period is final. */
    claim: (community: CommunityIndex, period: Period, item: ClaimItem, to: Address) =>
      at.call("claim", [community, period, rawClaim(item), to]),
    ...internalCalls(at),
  };
}

/** What only the registry may call: for traces and simulations. */
function internalCalls(at: Endpoint) {
  return {
    /** Registry only. */
    bindMeter: ({ community, member, period }: JournalKey, startImport: Wh, startExport: Wh) =>
      at.call("bindMeter", [community, member, period, startImport, startExport]),
    /** Registry only. */
    releaseMeter: ({ community, member, period }: JournalKey) => at.call("releaseMeter", [community, member, period]),
  };
}

const NO_WORD = `0x${"00".repeat(32)}`;
const NO_SIGNATURE: CompactSignature = { r: NO_WORD, vs: NO_WORD };

function rawRecord({ head, digest, payload }: JournalRecord): readonly unknown[] {
  return [packHead(head), digest, payload];
}

function rawReading({ reading, signature: { r, vs } }: SignedReading): readonly unknown[] {
  const { closesGap, startImport, startExport, values } = reading;
  return [closesGap, startImport, startExport, encodeValues(values), r, vs];
}

/** `ISettlement.MeteredItem`, in the order of its fields. */
export function rawMetered(item: MeteredItem): readonly unknown[] {
  return [item.reading.member, rawReading(item), item.records.map(rawRecord)];
}

/** `ISettlement.SettleItem`, in the order of its fields. */
export function rawSettle({ member, values, gapLeg, records }: SettleItem): readonly unknown[] {
  return [member, encodeValues(values), gapLeg, records.map(rawRecord)];
}

function rawCorrect(item: CorrectItem): readonly unknown[] {
  return [item.reading.member, rawReading(item), item.journal, encodePosition(item.position)];
}

function rawClaim({ member, journal, values, gapLeg, position }: ClaimItem): readonly unknown[] {
  return [member, journal, encodeValues(values ?? []), gapLeg, encodePosition(position)];
}
