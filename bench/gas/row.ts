/** Rows as they are printed and written; gas per unit, ratios in thousandths. */
import { dataLength } from "ethers";
import { BUDGET_TICKS, budgetOf, NEXT_FORK } from "./budgets.ts";
import { limitOf, sumOf, type Part } from "./limits/parts.ts";
import { MAX_GAS } from "./market.ts";
import type { Replays } from "./replay/replays.ts";
import { OSAKA, type Schedule } from "./schedule.ts";
import { spentOn, type Spent } from "./spent.ts";
import type { Measured, Measurement } from "./types.ts";

export interface Row {
  readonly operation: string;
  readonly homes: number;
  readonly ticks: number;
  /** Of receipts, per unit, rounded up. */
  readonly gas: number;
  readonly per: string;
  readonly budget: number | null;
  readonly met: boolean | null;
  /** Where to go once the budget is met: as the budget says, or half way from it to the limit. */
  readonly then: number | null;
  readonly thenMet: boolean | null;
  /** The arithmetic lower bound, rounded down. */
  readonly limit: number;
  /** Gas in thousandths of the limit. */
  readonly ratio: number;
  /** Gas at the next fork's prices; budget, limit and ratio to today's gas likewise. */
  readonly nextFork: number;
  readonly nextForkBudget: number | null;
  readonly nextForkMet: boolean | null;
  readonly nextForkLimit: number;
  readonly nextForkRatio: number;
  readonly units: number;
  readonly transactions: number;
  readonly largestCall: { readonly gas: number; readonly nextFork: number; readonly bytes: number };
  /** Whether each call fits a transaction at the next fork, too. */
  readonly fitsNextFork: boolean;
  /** Storage words that were made, in calls that are subtracted too. */
  readonly newWords: number;
  /** Per second on this machine. */
  readonly perSecond: number | null;
  /** Per unit, what was spent and what of it is unavoidable; null where it was not counted. */
  readonly spent: Spent | null;
  readonly parts: readonly Part[];
}

export type ReplaysOf = (call: Measured["call"], profiled: boolean) => Promise<Replays>;

/** What both schedules are needed for. */
export interface Prices {
  readonly next: Schedule;
}

export async function rowOf(measurement: Measurement, replaysOf: ReplaysOf, { next }: Prices): Promise<Row> {
  const { operation, homes, ticks, per, units, calls, minus = [] } = measurement;
  const replay = async (of: readonly Measured[]) =>
    await Promise.all(of.map(async ({ call }) => await replaysOf(call, ticks === BUDGET_TICKS)));
  const [plus, less] = [await replay(calls), await replay(minus)];
  const gas = gasOf(measurement);
  const nextFork = up(sum(plus, (replays) => replays.next.gas) - sum(less, (replays) => replays.next.gas), units);
  // Of a difference the floors are left out: what two calls must pay at least says nothing about what lies between them.
  const leastOf = minus.length > 0 ? sumOf : limitOf;
  const limitBy = (schedule: Schedule) =>
    down(
      sum(calls, ({ parts }) => leastOf(parts, schedule)) - sum(minus, ({ parts }) => leastOf(parts, schedule)),
      units,
    );
  const limit = limitBy(OSAKA);
  const budget = budgetOf(operation, homes, ticks);
  const then = budget ? (budget.then ?? Math.ceil((budget.gas + limit) / 2)) : null;
  const nextForkBudget = budget ? Math.floor((budget.gas * NEXT_FORK) / 1000) : null;
  const seconds = calls.reduce((total, { call }) => total + call.seconds, 0);
  const largestNext = most(plus.map((replays) => replays.next.gas));
  return {
    operation,
    homes,
    ticks,
    gas,
    per,
    budget: budget?.gas ?? null,
    met: budget ? gas <= budget.gas : null,
    then,
    thenMet: then === null ? null : gas <= then,
    limit,
    ratio: thousandths(gas, limit),
    nextFork,
    nextForkBudget,
    nextForkMet: nextForkBudget === null ? null : nextFork <= nextForkBudget,
    nextForkLimit: limitBy(next),
    nextForkRatio: thousandths(nextFork, gas),
    units,
    transactions: calls.length,
    largestCall: {
      gas: Number(most(calls.map(({ call }) => call.gas))),
      nextFork: Number(largestNext),
      bytes: Math.max(...calls.map(({ call }) => dataLength(call.data))),
    },
    fitsNextFork: largestNext <= MAX_GAS,
    newWords: count(plus) + count(less),
    perSecond: minus.length > 0 || seconds === 0 ? null : Math.round(units / seconds),
    spent: spentOn(calls, plus, minus, less, units),
    parts: together(calls, minus),
  };
}

/** Of receipts, per unit, rounded up. */
export const gasOf = ({ calls, minus = [], units }: Measurement): number =>
  up(sum(calls, ({ call }) => call.gas) - sum(minus, ({ call }) => call.gas), units);

const sum = <T>(all: readonly T[], of: (each: T) => bigint): bigint =>
  all.reduce((total, each) => total + of(each), 0n);
const most = (all: readonly bigint[]): bigint => all.reduce((a, b) => (a > b ? a : b), 0n);
const count = (all: readonly Replays[]): number => all.reduce((total, { now }) => total + now.newWords, 0);
const up = (gas: bigint, units: number): number => Number((gas + BigInt(units) - 1n) / BigInt(units));
const down = (gas: bigint, units: number): number => Number(gas / BigInt(units));
const thousandths = (a: number, b: number): number => (b === 0 ? 0 : Math.round((1000 * a) / b));

/** Parts of all calls, less those of what is subtracted. */
function together(calls: readonly Measured[], minus: readonly Measured[]): Part[] {
  const parts = new Map<string, Part>();
  const add = (all: readonly Measured[], sign: 1 | -1) => {
    for (const { what, kind, count: times } of all.flatMap((each) => each.parts)) {
      const key = `${what} ${kind}`;
      parts.set(key, { what, kind, count: (parts.get(key)?.count ?? 0) + sign * times });
    }
  };
  add(calls, 1);
  add(minus, -1);
  return [...parts.values()].filter((each) => each.count !== 0);
}

/** What makes a run fail: limits that are none, and words made where rings are warm. */
export function problemsOf(row: Row, makesWords: boolean): string[] {
  const { operation, homes, ticks, gas, limit, nextFork, nextForkLimit, newWords } = row;
  const name = `${operation} (${String(homes)} homes, ${String(ticks)} ticks)`;
  const below = (figure: number, least: number, where: string) =>
    least > figure
      ? [`${name}: ${String(figure)} gas${where} is below the limit of ${String(least)}: a part is avoidable`]
      : [];
  return [
    ...below(gas, limit, ""),
    ...below(nextFork, nextForkLimit, " at the next fork's prices"),
    ...(newWords > 0 && !makesWords
      ? [`${name}: ${String(newWords)} storage words are new: the rings are not warm`]
      : []),
  ];
}
