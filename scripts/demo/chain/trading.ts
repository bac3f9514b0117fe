/** The traded periods of a run, stage by stage, and what they add up to. */

import { type Period, type ScanRange, type SignedReading, type SignedStrip, slotsOf } from "@wattbook/sdk";
import type { SlotPlan } from "../agents.ts";
import type { Calendar } from "../calendar.ts";
import type { SlotRecord } from "../files.ts";
import { type Flow, netOf } from "../homes.ts";
import type { HomeOutcome } from "../kpis.ts";
import type { Optimum } from "../optimum.ts";
import type { Skipped } from "../report.ts";
import { Trace } from "../trace.ts";
import { unsettledOf } from "./audit.ts";
import type { Sizing } from "./batches.ts";
import { checkMember, type SettledMember } from "./check.ts";
import { claim, claimsOf } from "./claims.ts";
import type { Member } from "./members.ts";
import { meterValue, readMeter } from "./metering.ts";
import { clearPeriod, logsOf, type OnDone, postStrips, settlePeriod } from "./period.ts";
import { flowsOf, plansOf, standInsOf, type TradedPeriod } from "./schedule.ts";
import { sign, stripOf } from "./strips.ts";
import { emptyGas, HomeTally, slotRecords } from "./tally.ts";
import type { World } from "./world.ts";

/** What does not change during a run. */
export interface Setting {
  readonly world: World;
  readonly members: readonly Member[];
  readonly calendar: Calendar;
  readonly seed: bigint;
  readonly optimum: Optimum;
  /** First days whose details are kept, none by default; see `detailOf`. */
  readonly tracedDays?: number;
}

export class Trading {
  readonly gas = emptyGas();
  readonly tallies: readonly HomeTally[];
  readonly slots: SlotRecord[] = [];
  readonly trace: Trace;
  readonly skipped: Skipped[] = [];
  /** Where chain and SDK differ, one sentence each. */
  readonly faults: string[] = [];
  unsettled = 0;
  /** Settled periods of members in which chain and SDK agree. */
  checkedBills = 0;
  /** Homes' slots whose forecast rests on something else than the past. */
  standIns = 0;
  /** Largest possible welfare so far, base units. */
  optimum = 0n;
  readonly #setting: Setting;
  readonly #sizing = { post: { next: 2 }, clear: { next: 24 }, settle: { next: 4 } } satisfies Record<string, Sizing>;
  readonly #plans = new Map<Period, readonly SlotPlan[][]>();
  readonly #ranges = new Map<Period, ScanRange>();
  readonly #toClaim = new Map<Period, readonly SettledMember[]>();

  constructor(setting: Setting) {
    this.#setting = setting;
    this.trace = new Trace(setting.tracedDays ?? 0);
    this.tallies = setting.members.map(() => new HomeTally());
  }

  /** Before the period: agents plan, homes sign, the relayer posts. */
  async post(traded: TradedPeriod, onDone: OnDone): Promise<void> {
    const { world, members, calendar, seed } = this.#setting;
    const { period } = traded;
    this.#ranges.set(period, { fromBlock: world.chain.nextBlock });
    const plans = members.map(({ home }) => plansOf(home, calendar, traded, seed));
    this.#plans.set(period, plans);
    this.standIns += members.reduce((total, { home }) => total + standInsOf(home, calendar, traded), 0);
    const strips: SignedStrip[] = [];
    for (const [index, member] of members.entries()) {
      const strip = stripOf(world, member, period, plans[index] ?? []);
      if (strip === undefined) onDone(1);
      else strips.push(await sign(world, member, strip));
    }
    this.gas.post += await postStrips(world, period, strips, this.#sizing.post, onDone);
  }

  /** After the period: the keeper clears, meters sign, and everybody is settled from the logs. */
  async settle(traded: TradedPeriod, onDone: OnDone): Promise<void> {
    const { world, members, calendar } = this.#setting;
    const { period } = traded;
    const range = this.#ranges.get(period) ?? {};
    this.gas.clear += await clearPeriod(world, period, this.#sizing.clear);
    const flows = members.map(({ home }) => flowsOf(home, calendar, traded));
    const readings: SignedReading[] = [];
    for (const [index, member] of members.entries()) {
      const values = (flows[index] ?? []).map((flow) => meterValue(netOf(flow)));
      readings.push(await readMeter(world, member, period, values));
    }
    this.gas.settle += await settlePeriod(world, period, readings, range, this.#sizing.settle, onDone);
    await this.#conclude(traded, flows, range);
  }

  /** Once the period is final: whoever bought or fed in claims its tokens. */
  async claim({ period, day }: TradedPeriod): Promise<void> {
    for (const each of claimsOf(this.#toClaim.get(period) ?? [])) {
      const correct = await claim(this.#setting.world, each);
      if (!correct) this.faults.push(`${each.settled.member.home.name}, day ${day + 1}: other tokens than computed.`);
    }
    this.#toClaim.delete(period);
  }

  /** Whether a period is settled and its tokens are still to be claimed. */
  hasClaims({ period }: TradedPeriod): boolean {
    return this.#toClaim.has(period);
  }

  /** A home's run, homes counted from 0. */
  outcomeOf(home: number): HomeOutcome {
    const tally = this.tallies[home];
    if (tally === undefined) throw new RangeError(`no home ${home}`);
    return tally.outcome;
  }

  /** Reads the period back from the logs, compares it with the SDK, and adds it up. */
  async #conclude(traded: TradedPeriod, flows: readonly Flow[][], range: ScanRange): Promise<void> {
    const { world, members } = this.#setting;
    const { period, day } = traded;
    const logs = await logsOf(world, period, range);
    const plans = this.#plans.get(period) ?? [];
    const settled: SettledMember[] = [];
    for (const [index, member] of members.entries()) {
      const checked = await checkMember(world, member, period, logs);
      this.tallies[index]?.add(flows[index] ?? [], plans[index] ?? [], checked);
      if (checked === undefined) continue;
      settled.push(checked);
      this.gas.orders += BigInt(checked.orderedSlots);
      if (checked.agrees) this.checkedBills += 1;
      else this.faults.push(`${member.home.name}, day ${day + 1}: another bill than computed.`);
    }
    this.gas.clearedSlots += BigInt(logs.results.size);
    this.optimum += this.#optimumOf(plans);
    this.slots.push(...slotRecords(world, period, logs.results, this.tallies));
    this.unsettled += await unsettledOf(world, period);
    for (const { stage, member, reason } of await world.logs.skipped(period, range)) {
      const home = members.findIndex(({ index }) => index === member) + 1;
      this.skipped.push({ stage: stage === "settlement" ? "settle" : "post", home, day: day + 1, reason });
    }
    const homes = members.map(({ index }, i) => ({
      plans: plans[i] ?? [],
      flows: flows[i] ?? [],
      settled: settled.find(({ member }) => member.index === index),
    }));
    const clearings = slotsOf(world.terms, period).map((slot) => logs.results.get(slot));
    this.trace.add({ day, clearings, homes });
    this.#toClaim.set(period, settled);
    this.#plans.delete(period);
  }

  #optimumOf(plans: readonly (readonly SlotPlan[])[]): bigint {
    const slots = plans[0]?.map((_, slot) => plans.flatMap((each) => each[slot] ?? [])) ?? [];
    return slots.reduce((total, offers) => total + this.#setting.optimum.slotWelfare(offers), 0n);
  }
}
