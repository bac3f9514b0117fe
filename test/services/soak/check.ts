/** What has to be true in the end: every reading and every order once, to the watt-hour and the base unit. */
import { join } from "node:path";
import {
  asPeriod,
  asSeconds,
  gateOf,
  periodAt,
  periodEnd,
  periodStart,
  type Period,
  slotIn,
  slotsOf,
  slotStart,
} from "@wattbook/sdk";
import Database from "better-sqlite3";
import { stripOf, UnsignedStripBody } from "../../../services/src/wire.ts";
import { booksOf } from "../end-to-end/books.ts";
import type { CommunityWorld } from "../relayer/world.ts";
import { type MeterName, METERS, type SoakMeter } from "./meters.ts";

/** Late samples, and a period for what the relayer and the keeper still do. */
const SETTLED_AFTER = 2n * 3_600n;
/** Members without meters. */
const SERVICES = 4;

export interface CheckParts {
  readonly world: CommunityWorld;
  readonly meters: Readonly<Record<MeterName, SoakMeter>>;
  readonly from: bigint;
  readonly to: bigint;
  /** Holds the gateways' queues. */
  readonly folder: string;
  /** Whether a fault met a strip's gateway, the relayer or the strip itself, in the rounds in which it could have been handed in last. */
  readonly troubledBefore: (gate: bigint, gateway: string, digest: string) => boolean;
  /** That may have earned fees. */
  readonly accounts: readonly string[];
}

/** What late strips are judged by. */
export type StripParts = Pick<CheckParts, "troubledBefore"> & {
  readonly world: Pick<CommunityWorld, "terms" | "community">;
};

/** What was found. */
export interface Outcome {
  readonly periods: number;
  readonly readings: number;
  readonly strips: number;
  /** Strips that faults kept from being handed in before their first gate. */
  readonly late: number;
  readonly tradedWh: string;
  readonly meteredWh: string;
}

/** @throws Error naming what is lost, doubled or wrong */
export async function checkBooks(parts: CheckParts): Promise<Outcome> {
  const { world, from, to, folder } = parts;
  const periods = periodsBetween(world, from, to);
  const strips = ["one", "two"].flatMap((name) => stripsIn(name, join(folder, `${name}.sqlite`)));
  const logs = await (await world.wattbook.logs(world.community)).snapshot();
  const placed = new Map<string, number>();
  let meteredWh = 0n;
  let lots = 0n;
  for (const period of periods) {
    for (const [member, records] of await logs.journals(period)) {
      for (const { digest } of records) placed.set(digest, (placed.get(digest) ?? 0) + 1);
      if (records.length > 1) fail(`member ${member} has ${records.length} strips in period ${period}`);
    }
    meteredWh += await checkPeriod(parts, period, logs);
    for (const cleared of (await logs.cleared(period)).values()) lots += cleared.lots;
  }
  const last = Number(periods.at(-1));
  const over = strips.filter(({ period }) => period <= last);
  const late = checkStrips(parts, over, placed);
  await checkMeters(parts);
  await checkMoney(parts);
  const traded = lots * world.terms.lotWh;
  if (traded === 0n) fail("nobody traded");
  return {
    ...{ periods: periods.length, readings: periods.length * METERS.length, strips: placed.size, late },
    ...{ tradedWh: String(traded), meteredWh: String(meteredWh) },
  };
}

type Logs = Awaited<ReturnType<Awaited<ReturnType<CommunityWorld["wattbook"]["logs"]>>["snapshot"]>>;

async function checkPeriod({ world, meters, folder }: CheckParts, period: Period, logs: Logs): Promise<bigint> {
  const { terms, community, wattbook } = world;
  const [readings, settled] = [await logs.readings(period), await logs.settled(period)];
  const starts = slotsOf(terms, period).map((slot) => slotStart(terms, slot));
  let sum = 0n;
  for (const [index, name] of METERS.entries()) {
    const { member } = world.home(index);
    const what = `the reading of ${name} in period ${period}`;
    const reading = readings.get(member) ?? fail(`${what} is lost: ${traceOf(folder, member, period)}`);
    if (!settled.has(member)) fail(`${what} is not settled: ${traceOf(folder, member, period)}`);
    if (reading.gapLeg !== 0n) fail(`${what} closes a gap`);
    for (const [slot, start] of starts.entries()) {
      const counted = meters[name].slot(start);
      const { imported, exported } = reading.values[slot] ?? fail(`${what} is too short`);
      if (imported === counted.importWh && exported === counted.exportWh) continue;
      const found = `${imported} and ${exported} Wh in slot ${slot}`;
      fail(`${what} has ${found}, and the meter counted ${counted.importWh} and ${counted.exportWh} Wh`);
    }
    sum += reading.values.reduce((total, { imported }) => total + imported, 0n);
  }
  const pot = await wattbook.escrow.pot(community, 0n, period);
  if (pot.amount !== 0n || pot.outstanding !== 0n)
    fail(`the pot of period ${period} holds ${pot.amount}, ${pot.outstanding}`);
  const { opened, settled: closed } = await wattbook.escrow.journals(community, period);
  if (opened !== closed) fail(`${closed} of ${opened} journals of period ${period} are settled`);
  const legs = [...settled.values()];
  const [paid, received] = [sumOf(legs, "paid"), sumOf(legs, "received")];
  if (paid !== received) fail(`in period ${period} ${paid} are paid and ${received} received`);
  return sum;
}

/** What the files know of a reading, for whoever has to find out what became of it. */
function traceOf(folder: string, member: bigint, period: bigint): string {
  const rows = (file: string, sql: string) => {
    const db = new Database(join(folder, file), { readonly: true });
    const found = db.prepare(`${sql} AND member = ? AND period BETWEEN ? AND ?`).all(member, period - 1n, period + 1n);
    db.close();
    return found;
  };
  const readings = "SELECT period, state, attempts, answer FROM outbox WHERE kind = 'reading'";
  return JSON.stringify({
    gateways: ["one.sqlite", "two.sqlite"].flatMap((file) => rows(file, readings)),
    relayer: rows("relayer/relayer.db", "SELECT period, state, batch, tries, reason, block FROM readings WHERE 1"),
  });
}

/** A strip that a gateway made. */
export interface MadeStrip {
  readonly digest: string;
  readonly member: number;
  readonly period: number;
  readonly state: string;
  readonly answer: string | null;
  readonly body: string;
  readonly gateway: string;
}

function stripsIn(gateway: string, path: string): MadeStrip[] {
  const queue = new Database(path, { readonly: true });
  const rows = queue.prepare<[], Omit<MadeStrip, "gateway">>("SELECT * FROM outbox WHERE kind = 'strip'").all();
  queue.close();
  return rows.map((row) => ({ ...row, gateway }));
}

/** Unix seconds of a strip's first gate. */
function firstGate({ terms, community }: StripParts["world"], { body, period }: MadeStrip): bigint {
  const { entries } = stripOf(community, UnsignedStripBody.parse(JSON.parse(body)));
  const [first] = entries;
  if (first === undefined) return fail("a strip has no orders");
  return gateOf(terms, slotIn(terms, asPeriod(BigInt(period)), first.offset));
}

/** What a relayer says of a strip that was on its way until its slots had closed. */
const TOO_LATE = /the gate of slot|GateTooNear|The first gate closes|are open\./;

/**
 * @return Strips that came too late: the operator was told, and each has its fault. A strip is tried in every round, so one
 * that nothing kept from the relayer in the last rounds before its gate came late by our own doing.
 */
export function checkStrips(
  { world, troubledBefore }: StripParts,
  strips: readonly MadeStrip[],
  placed: ReadonlyMap<string, number>,
): number {
  if (strips.length === 0) fail("nobody made a strip");
  let late = 0;
  for (const strip of strips) {
    const { digest, member, period, state, answer, gateway } = strip;
    const what = `the strip of member ${member} in period ${period}`;
    if (state === "refused" && TOO_LATE.test(answer ?? "") && !placed.has(digest)) {
      const gate = firstGate(world, strip);
      if (!troubledBefore(gate, gateway, digest))
        fail(`${what} came too late for its gate at ${gate}, and met no fault: ${answer}`);
      late++;
      continue;
    }
    if (state !== "accepted") fail(`${what} is ${state}: ${answer}`);
    if (!placed.has(digest)) fail(`${what} was accepted and is lost`);
  }
  const made = new Set(strips.map(({ digest }) => digest));
  for (const [digest, times] of placed) {
    if (times !== 1) fail(`strip ${digest} is on chain ${times} times`);
    if (!made.has(digest)) fail(`nobody made strip ${digest}`);
  }
  return late;
}

/** The registers that the chain knows are those that the meters counted. */
async function checkMeters({ world, meters }: CheckParts): Promise<void> {
  for (const [index, name] of METERS.entries()) {
    const { nextPeriod, importRegister, exportRegister, gap } = await world.wattbook.settlement.meter(
      world.community,
      world.home(index).member,
    );
    const { importWh, exportWh } = meters[name].counted(periodStart(world.terms, nextPeriod));
    if (gap || importRegister !== importWh || exportRegister !== exportWh) {
      fail(`the chain has ${importRegister} and ${exportRegister} Wh of ${name}, not ${importWh} and ${exportWh}`);
    }
  }
}

async function checkMoney({ world, accounts }: CheckParts): Promise<void> {
  const current = await world.period();
  const open = Array.from({ length: Number(world.terms.horizon) + 6 }, (_, k) => asPeriod(current - 5n + BigInt(k)));
  const earners = [...accounts, world.terms.feeCollector];
  const { held, free, pots, fees, funds } = await booksOf(world, SERVICES + METERS.length, open, earners);
  if (held !== free + pots + fees + funds)
    fail(`the escrow holds ${held}, and owes ${free} + ${pots} + ${fees} + ${funds}`);
  const short = await world.wattbook.escrow.shortfall(world.terms.paymentToken);
  if (short !== 0n) fail(`the escrow lacks ${short}`);
}

/** Periods that began after the meters did and are long over. */
function periodsBetween({ terms }: CommunityWorld, from: bigint, to: bigint): Period[] {
  const first = periodAt(terms, asSeconds(from));
  const periods: Period[] = [];
  for (let period = first; periodEnd(terms, period) + SETTLED_AFTER <= to; period = asPeriod(period + 1n))
    periods.push(period);
  return periods;
}

function sumOf<K extends string>(items: readonly Readonly<Record<K, bigint>>[], key: K): bigint {
  return items.reduce((sum, item) => sum + item[key], 0n);
}

function fail(message: string): never {
  throw new Error(message);
}
