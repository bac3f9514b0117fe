/** From a strategy's orders to a strip in the outbox: at most one per member, period and frontier. */
import {
  asLots,
  asPeriod,
  buildStrip,
  gateOf,
  isOpen,
  offsetIn,
  periodAt,
  periodStart,
  slotIn,
  slotsOf,
  slotStart,
  stripDigest,
} from "@wattbook/sdk/pure";
import type {
  CommunityIndex,
  MemberIndex,
  Period,
  Seconds,
  Slot,
  Strip,
  StripContext,
  StripHeader,
  Terms,
} from "@wattbook/sdk/pure";
import { stripOf, UnsignedStripBody, unsignedStripBody } from "../wire.ts";
import type { Forecast } from "./forecast.ts";
import type { MeteredMember, KeySigner } from "./members.ts";
import type { OutboxItem, OutboxKey } from "./queue/outbox.ts";
import type { Queue } from "./queue/queue.ts";
import type { Strategy } from "./strategy.ts";

/** A strip without orders. */
export interface Prepared {
  readonly terms: Terms;
  readonly header: StripHeader;
  readonly context: StripContext;
}

/** What a strip needs to know of the chain, as `prepareFrom` reads it; undefined while the member cannot trade. */
export type PrepareStrip = (
  community: CommunityIndex,
  member: MemberIndex,
  period: Period,
) => Promise<Prepared | undefined>;

/** A member that trades. */
export interface TradingMember extends MeteredMember {
  /** Signs strips. */
  readonly tradingKey: KeySigner;
  readonly strategy: Strategy;
  readonly forecast: Forecast;
  /** Seconds before a period's start from which it is bid for. */
  readonly leadTime: Seconds;
}

/** The gate is not met to the second: a strip takes some time to the chain. */
const MARGIN = 60n;

export class Bidder {
  readonly #queue: Queue;
  readonly #prepare: PrepareStrip;

  constructor(queue: Queue, prepare: PrepareStrip) {
    this.#queue = queue;
    this.#prepare = prepare;
  }

  /**
   * Makes a member's strips of all periods whose time has come, where there is none yet.
   * @returns How many.
   */
  async bid(member: TradingMember, now: Seconds): Promise<number> {
    const { terms } = member.community;
    const current = periodAt(terms, now);
    let made = 0;
    for (let period = current; period <= current + terms.horizon; period = asPeriod(period + 1n)) {
      if (periodStart(terms, period) > now + member.leadTime) break;
      const slots = openSlots(terms, period, now);
      if (slots.length > 0 && (await this.#bidFor(member, period, slots))) made += 1;
    }
    return made;
  }

  async #bidFor(member: TradingMember, period: Period, open: readonly Slot[]): Promise<boolean> {
    const { community } = member.community;
    const before = this.#queue.outbox.latest("strip", community, member.member, period);
    if (before !== undefined && before.state !== "refused") return false;
    const passed = before === undefined || isPassed(member.community.terms, before, open);
    if (!passed && !isOfRelayer(before)) return false;
    const prepared = await this.#prepare(community, member.member, period);
    if (prepared === undefined) return false;
    const { terms, header, context } = prepared;
    if (!passed && paysAs(before, header)) return false;
    const free = open.filter((slot) => offsetIn(terms, period, slot) >= header.after);
    const slots = await Promise.all(
      free.map(async (slot) => ({ slot, netWh: await member.forecast.netWh(member.meter, slotStart(terms, slot)) })),
    );
    const caps = context.caps ?? { buy: asLots(0n), sell: asLots(0n) };
    const orders = await member.strategy.orders({ terms, slots, caps });
    if (orders.length === 0) return false;
    this.#add(member, buildStrip(terms, header, orders, context), before);
    return true;
  }

  /** @param before A refused strip that this one takes the place of. */
  #add({ community: { market } }: TradingMember, strip: Strip, before: OutboxItem | undefined): void {
    if (market === undefined) return;
    const body = JSON.stringify(unsignedStripBody(strip));
    this.#queue.transaction(() => {
      if (before !== undefined) this.#queue.outbox.forget(before);
      this.#queue.outbox.add(stripKey(strip), body, stripDigest(market, strip));
    });
  }
}

/** Key of a strip in the outbox. */
export function stripKey({ community, member, period, after }: StripHeader): OutboxKey {
  return { kind: "strip", community, member, period, part: after };
}

/**
 * Whether a strip was refused whose first slot has closed since: for one that came too late, or that could not be paid for, the
 * later slots can still be traded.
 */
function isPassed(terms: Terms, { community, period, body }: OutboxItem, open: readonly Slot[]): boolean {
  const [first] = stripOf(community, UnsignedStripBody.parse(JSON.parse(body))).entries;
  const [earliest] = open;
  return first !== undefined && earliest !== undefined && slotIn(terms, period, first.offset) < earliest;
}

/** Whether a refusal is the relayer's own, and none of the chain's: with another fee, or for another relayer, it is taken. */
function isOfRelayer({ answer }: OutboxItem): boolean {
  return answer !== null && (JSON.parse(answer) as { readonly code?: string }).code === "RELAYER_REFUSED";
}

/** Whether a strip pays the same relayer the same fee: made anew it would be refused again. */
function paysAs({ body }: OutboxItem, { feeTo, feePerEntry }: StripHeader): boolean {
  const before = UnsignedStripBody.parse(JSON.parse(body));
  return before.feeTo.toLowerCase() === feeTo.toLowerCase() && BigInt(before.feePerEntry) === feePerEntry;
}

function openSlots(terms: Terms, period: Period, now: Seconds): Slot[] {
  return slotsOf(terms, period).filter((slot) => isOpen(terms, slot, now) && now + MARGIN < gateOf(terms, slot));
}
