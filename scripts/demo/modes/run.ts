/** Whole days in a mode in which the meters decide, on a node of its own: from homes to settled, withdrawn money. */
import { asPeriod, type Bill, type MeterValue, type SignedReading } from "@wattbook/sdk";
import { type Books, booksOf } from "../books.ts";
import { holdingsOf, unsettledOf } from "../chain/audit.ts";
import { leftovers, moneyFaults } from "../chain/faults.ts";
import type { Member } from "../chain/members.ts";
import { meterValue, readMeter } from "../chain/metering.ts";
import { deposit, wholeEuros, withdrawAll } from "../chain/money.ts";
import { flowsOf, startOf, type TradedPeriod, tradedPeriods } from "../chain/schedule.ts";
import { openCommunity, type Ready, readEve } from "../chain/setup.ts";
import { SUPPLIER } from "../chain/world.ts";
import type { Community } from "../community.ts";
import { POSTING_LEAD } from "../forecast.ts";
import { type Flow, netOf } from "../homes.ts";
import type { HomeOutcome, Payments } from "../kpis.ts";
import { MARKET } from "../market.ts";
import type { Progress } from "../progress.ts";
import type { Gas, Metered, MeterMode } from "./mode.ts";

/** What a run leaves behind. */
export interface MeterOutcome {
  /** In the order of the homes. */
  readonly homes: readonly HomeOutcome[];
  /** Of the traded periods. */
  readonly gas: Gas;
  readonly books: Books;
  /** Bills on chain that equal what the SDK computes of the meters alone. */
  readonly checkedBills: number;
  readonly unsettled: number;
  /** As settled, by home and period. */
  readonly bills: readonly { readonly home: number; readonly bill: Bill }[];
  readonly faults: readonly string[];
}

/** Runs everything and closes the node. */
export async function runMode(
  community: Community,
  { days, seed }: { readonly days: number; readonly seed: bigint },
  mode: MeterMode,
  progress: Progress,
): Promise<MeterOutcome> {
  const ready = await openCommunity(community, seed, progress, mode.market);
  try {
    return await new Run(ready, community, mode, progress).run(tradedPeriods(community.calendar, days));
  } finally {
    await ready.node.close();
  }
}

const NOTHING_PAID: Payments = {
  ...{ paid: 0n, received: 0n, networkFee: 0n },
  ...{ settlementFee: 0n, relayerFee: 0n, gridLeg: 0n },
};

class Run {
  readonly #homes: { slots: HomeOutcome["slots"][number][]; payments: Payments }[];
  readonly #bills: { home: number; bill: Bill }[] = [];
  readonly #faults: string[] = [];
  readonly #gas = new Map<string, bigint>();
  #checked = 0;
  #unsettled = 0;

  constructor(
    readonly ready: Ready,
    readonly community: Community,
    readonly mode: MeterMode,
    readonly progress: Progress,
  ) {
    this.#homes = ready.members.map(() => ({ slots: [], payments: NOTHING_PAID }));
  }

  async run(periods: readonly TradedPeriod[]): Promise<MeterOutcome> {
    const { ready, mode, progress } = this;
    const { world, members } = ready;
    progress.advance("depositing money, keeping budgets");
    const budgets = await this.#fund(periods);
    await mode.prepare(ready, budgets);
    for (const [index, traded] of periods.entries()) {
      if (index === 0) {
        await this.#open(traded);
        world.chain.advanceTo(startOf(world.terms, traded.period));
        await readEve(ready, traded);
      }
      // Settling comes behind the start of the next period, and nobody joins one that has started.
      const next = periods[index + 1];
      if (next !== undefined) await this.#open(next);
      world.chain.advanceTo(startOf(world.terms, asPeriod(traded.period + 1n)) + mode.delay);
      const name = `day ${traded.day + 1}: metering and settling`;
      progress.advance(name);
      await this.#settle(traded);
      progress.advance(name, members.length);
    }
    const all = periods.map(({ period }) => period);
    this.#faults.push(...(await moneyFaults(world, all)));
    await withdrawAll(world, members);
    const books = booksOf(
      this.#homes.flatMap(({ slots }) => slots),
      await holdingsOf(world, all),
    );
    this.#faults.push(...(await leftovers(world)));
    return {
      ...{ homes: this.#homes, books, bills: this.#bills, faults: this.#faults },
      ...{ checkedBills: this.#checked, unsettled: this.#unsettled, gas: Object.fromEntries(this.#gas) },
    };
  }

  /** Lets everybody join a period while the one before it lasts. */
  async #open({ period, day }: TradedPeriod): Promise<void> {
    const { ready, mode, progress } = this;
    ready.world.chain.advanceTo(startOf(ready.world.terms, period) - POSTING_LEAD);
    progress.advance(`day ${day + 1}: joining`);
    this.#spend(await mode.open(ready, period));
  }

  /** Deposits cover the run, so that nobody falls into debt; two periods may be reserved for at a time. */
  async #fund(periods: readonly TradedPeriod[]) {
    const { world, members } = this.ready;
    const budgets = new Map<Member["index"], bigint>();
    let supplierNeeds = 0n;
    for (const member of members) {
      const values = periods.map((traded) => this.#valuesOf(member, traded));
      const costs = values.map((each) => this.mode.budgetOf(each));
      const budget = costs.reduce((most, cost) => (cost > most ? cost : most), 0n);
      budgets.set(member.index, budget);
      const fees = MARKET.settlementFee * BigInt(periods.length);
      await deposit(
        world,
        member.index,
        member.owner,
        wholeEuros(costs.reduce((sum, cost) => sum + cost, fees + 2n * budget)),
      );
      for (const { exported } of values.flat()) supplierNeeds += exported * MARKET.exportPrice;
    }
    await deposit(world, SUPPLIER, world.roles.supplier, wholeEuros(supplierNeeds + 1n));
    return budgets;
  }

  #flowsOf({ home }: Member, traded: TradedPeriod): Flow[] {
    return flowsOf(home, this.community.calendar, traded);
  }

  #valuesOf(member: Member, traded: TradedPeriod) {
    return this.#flowsOf(member, traded).map((flow) => meterValue(netOf(flow)));
  }

  async #settle(traded: TradedPeriod): Promise<void> {
    const { ready, mode } = this;
    const { world, members } = ready;
    const { period } = traded;
    const readings: SignedReading[] = [];
    const metered = new Map<Member["index"], readonly MeterValue[]>();
    for (const member of members) {
      const values = this.#valuesOf(member, traded);
      metered.set(member.index, values);
      readings.push(await readMeter(world, member, period, values));
    }
    this.#spend(await mode.settle(ready, period, readings));
    await this.#check(traded, metered);
    this.#unsettled += await unsettledOf(world, period);
  }

  /** The chain against the SDK: what was settled must equal what the meters alone come to, to the base unit. */
  async #check(traded: TradedPeriod, metered: Metered): Promise<void> {
    const { world, members } = this.ready;
    const { period } = traded;
    const onChain = await world.logs.bills(period);
    const computed = await this.mode.bills(this.ready, period, metered);
    for (const [home, member] of members.entries()) {
      const bill = onChain.get(member.index);
      const own = computed.get(member.index);
      if (bill === undefined || own === undefined || !sameBill(bill, own)) {
        this.#faults.push(`the bill of home ${home + 1} in period ${period} differs from the SDK's.`);
      } else this.#checked += 1;
      if (bill !== undefined) this.#add(home, this.#flowsOf(member, traded), bill);
    }
  }

  #add(home: number, flows: readonly Flow[], bill: Bill): void {
    const tally = this.#homes[home];
    if (tally === undefined) return;
    this.#bills.push({ home, bill });
    const { payments } = tally;
    const sum = (field: "paid" | "received" | "networkFee" | "gridLeg") =>
      bill.lines.reduce((total, line) => total + line[field], 0n);
    tally.payments = {
      ...payments,
      paid: payments.paid + sum("paid"),
      received: payments.received + sum("received"),
      networkFee: payments.networkFee + sum("networkFee"),
      settlementFee: payments.settlementFee + bill.settlementFee,
      gridLeg: payments.gridLeg + sum("gridLeg"),
    };
    for (const [slot, flow] of flows.entries()) {
      const { bought: boughtWh = 0n, sold: soldWh = 0n } = bill.lines[slot] ?? {};
      tally.slots.push({ ...flow, boughtWh, soldWh, valueTick: 0 });
    }
  }

  #spend(gas: Gas): void {
    for (const [name, amount] of Object.entries(gas)) this.#gas.set(name, (this.#gas.get(name) ?? 0n) + amount);
  }
}

function sameBill(a: Bill, b: Bill): boolean {
  const fields = ["bought", "sold", "paid", "received", "networkFee", "gridLeg", "total"] as const;
  const sameLines = a.lines.every((line, slot) => fields.every((field) => line[field] === b.lines[slot]?.[field]));
  return a.total === b.total && a.lines.length === b.lines.length && sameLines;
}
