/** Readings from the queue: one per member and period, in the order of periods, fixed before they are signed. */
import { isDeepStrictEqual } from "node:util";
import {
  asPeriod,
  asSeconds,
  asWh,
  endRegisters,
  periodAt,
  periodEnd,
  periodStart,
  readingDigest,
  readingFromRegisters,
} from "@wattbook/sdk/pure";
import type { CommunityIndex, MemberIndex, MeterValue, Period, Reading, Seconds, Wh } from "@wattbook/sdk/pure";
import { readingOf, UnsignedReadingBody, unsignedReadingBody } from "../wire.ts";
import { GatewayError } from "./errors.ts";
import { slotEnergies } from "./intervals.ts";
import type { Boundary, Quality } from "./intervals.ts";
import { memberKey } from "./members.ts";
import type { MeteredMember } from "./members.ts";
import type { OutboxItem, OutboxKey } from "./queue/outbox.ts";
import type { Queue } from "./queue/queue.ts";

/** What the chain knows of a meter; a `SettlementClient` has it. */
export interface MeterStates {
  meter(
    community: CommunityIndex,
    member: MemberIndex,
  ): Promise<{
    readonly fresh: boolean;
    readonly gap: boolean;
    readonly nextPeriod: Period;
    readonly importRegister: Wh;
    readonly exportRegister: Wh;
  }>;
}

export interface ReadingRules {
  /** Seconds after a period's end in which late samples may come. */
  readonly signAfter: Seconds;
  /** Seconds after a period's end until a period with gaps is left to be estimated. */
  readonly giveUpAfter: Seconds;
}

/** Periods that are looked at again for samples that came late. */
const MOST_PERIODS_BACK = 40n;

export class ReadingMaker {
  readonly #queue: Queue;
  readonly #rules: ReadingRules;
  readonly #states: MeterStates | undefined;
  readonly #firsts = new Map<string, bigint>();

  /** @param states Asked where the queue does not know the reading before. */
  constructor(queue: Queue, rules: ReadingRules, states?: MeterStates) {
    this.#queue = queue;
    this.#rules = rules;
    this.#states = states;
  }

  /**
   * Makes a member's readings that are due, and fixes them in the queue.
   * @returns How many.
   * @throws GatewayError READING_HAS_GAPS where the next one waits for samples, REGISTER_BELOW_CHAIN
   */
  async make(member: MeteredMember, now: Seconds): Promise<number> {
    const meter = this.#queue.meters.idOf(member.meter);
    let made = 0;
    let waiting: GatewayError | undefined;
    for (const period of this.#due(member, meter, now)) {
      if (period < (await this.#firstOnChain(member))) continue;
      const boundaries = this.#boundaries(member, meter, period);
      const quality = this.#qualityOf(member, meter, period, boundaries);
      if (quality === undefined || (quality === "gap" && !member.acceptGaps)) {
        waiting = gaps(member, period);
        if (now >= periodEnd(member.community.terms, period) + this.#rules.giveUpAfter) continue;
        break;
      }
      if (!(await this.#fix(member, meter, period, boundaries))) break;
      waiting = undefined;
      made += 1;
    }
    if (waiting !== undefined && made === 0) throw waiting;
    return made;
  }

  /** Periods after the last reading that are over, earliest first. */
  *#due({ community: { community, terms }, member }: MeteredMember, meter: bigint, now: Seconds): Generator<Period> {
    const start = this.#queue.slots.first(meter);
    if (start === undefined) return;
    const last = this.#queue.outbox.last("reading", community, member)?.period;
    const current = periodAt(terms, now);
    const firstWhole = periodAt(terms, asSeconds(start - 1n)) + 1n;
    const earliest = [last === undefined ? firstWhole : last + 1n, firstWhole, current - MOST_PERIODS_BACK];
    let period = earliest.reduce((most, each) => (each > most ? each : most));
    for (; periodEnd(terms, asPeriod(period)) + this.#rules.signAfter <= now; period++) yield asPeriod(period);
  }

  /** The period that the chain expects before there is any reading; 0 where nobody asks or there is one. */
  async #firstOnChain({ community: { community }, member }: MeteredMember): Promise<bigint> {
    if (this.#states === undefined || this.#queue.outbox.last("reading", community, member) !== undefined) return 0n;
    const key = memberKey({ community }, member);
    const known = this.#firsts.get(key) ?? (await this.#states.meter(community, member)).nextPeriod;
    this.#firsts.set(key, known);
    return known;
  }

  #boundaries({ community: { terms } }: MeteredMember, meter: bigint, period: Period): Boundary[] {
    return this.#queue.slots.between(meter, periodStart(terms, period), periodEnd(terms, period));
  }

  /** The weakest quality of a period's slots; undefined where a boundary is missing. */
  #qualityOf(
    { community: { terms } }: MeteredMember,
    meter: bigint,
    period: Period,
    boundaries: readonly Boundary[],
  ): Quality | undefined {
    if (boundaries.length !== Number(terms.slotsPerPeriod) + 1) return undefined;
    const breaks = this.#queue.samples.breaks(meter, periodStart(terms, period), periodEnd(terms, period));
    const qualities = slotEnergies(boundaries, breaks).map(({ quality }) => quality);
    return (["gap", "interpolated", "measured"] as const).find((quality) => qualities.includes(quality));
  }

  /** Whether it was fixed: not where a late sample came while the chain was asked. */
  async #fix(member: MeteredMember, meter: bigint, period: Period, found: readonly Boundary[]): Promise<boolean> {
    const { terms, settlement, community } = member.community;
    const registers = found.map(({ importWh, exportWh }) => ({ imported: asWh(importWh), exported: asWh(exportWh) }));
    const closesGap = await this.#closesGap(member, period, registers[0]);
    const header = { community, member: member.member, period, closesGap };
    const reading = readingFromRegisters(terms, header, registers);
    const body = JSON.stringify(unsignedReadingBody(reading));
    return this.#queue.transaction(() => {
      if (!isDeepStrictEqual(this.#boundaries(member, meter, period), found)) return false;
      this.#queue.outbox.add(readingKey(reading), body, readingDigest(settlement, reading));
      this.#queue.meters.freeze(meter, periodEnd(terms, period));
      return true;
    });
  }

  /** Whether the registers at the period's start are not where the reading before ended. */
  async #closesGap(member: MeteredMember, period: Period, start: MeterValue | undefined): Promise<boolean> {
    const { community } = member.community;
    const last = this.#queue.outbox.last("reading", community, member.member);
    if (last !== undefined && last.period + 1n === period && last.state !== "refused") {
      const end = endRegisters(readingOfItem(member, last));
      return end.imported !== start?.imported || end.exported !== start.exported;
    }
    const state = await this.#states?.meter(community, member.member);
    if (state === undefined) return last !== undefined;
    checkNotBelow(member, start, state);
    if (state.gap || state.nextPeriod < period) return true;
    return !state.fresh && (state.importRegister !== start?.imported || state.exportRegister !== start.exported);
  }
}

/** Key of a reading in the outbox. */
export function readingKey({ community, member, period }: Pick<Reading, "community" | "member" | "period">): OutboxKey {
  return { kind: "reading", community, member, period, part: 0n };
}

/** The reading of an outbox item. */
export function readingOfItem({ community: { terms } }: Pick<MeteredMember, "community">, item: OutboxItem): Reading {
  return readingOf(terms, item.community, UnsignedReadingBody.parse(JSON.parse(item.body)));
}

function gaps({ meter }: MeteredMember, period: Period): GatewayError {
  const text =
    "slots of it are not measured. Send what is missing, or it is billed as estimated and the next closes the gap.";
  return new GatewayError("READING_HAS_GAPS", `period of meter ${meter}`, period, text);
}

function checkNotBelow(
  { meter }: MeteredMember,
  start: MeterValue | undefined,
  { importRegister, exportRegister }: { readonly importRegister: Wh; readonly exportRegister: Wh },
): void {
  if (start !== undefined && start.imported >= importRegister && start.exported >= exportRegister) return;
  const shown = `${start?.imported ?? 0n} and ${start?.exported ?? 0n} Wh`;
  const text = `the chain has ${importRegister} and ${exportRegister} Wh. Set the meter's base to what was counted before it.`;
  throw new GatewayError("REGISTER_BELOW_CHAIN", `registers of meter ${meter}`, shown, text);
}
