/** A whole run on a node of its own: from homes to settled, withdrawn money. */

import { asPeriod } from "@wattbook/sdk";
import { booksOf } from "../books.ts";
import type { DemoOptions } from "../cli.ts";
import type { Community } from "../community.ts";
import type { SlotRecord } from "../files.ts";
import { POSTING_LEAD } from "../forecast.ts";
import { Optimum } from "../optimum.ts";
import type { Progress } from "../progress.ts";
import type { RunOutcome } from "../report.ts";
import { detailOf, type Trace } from "../trace.ts";
import { holdingsOf } from "./audit.ts";
import { leftovers, moneyFaults } from "./faults.ts";
import { withdrawAll } from "./money.ts";
import { finalAt, startOf, type TradedPeriod, tradedPeriods } from "./schedule.ts";
import { fundAccounts, openCommunity, readEve, type Ready } from "./setup.ts";
import { gasKpis } from "./tally.ts";
import { Trading } from "./trading.ts";
import type { World } from "./world.ts";

/** What a run leaves behind. */
export interface DemoResult {
  readonly outcome: RunOutcome;
  readonly slots: readonly SlotRecord[];
  /** The first days in detail. */
  readonly trace: Trace;
  /** Where chain and SDK differ, or money is not explained: a sentence each; none in a sound run. */
  readonly faults: readonly string[];
}

/** Steps of a run, for its progress. */
export function stepsOf({ homes, calendar }: Community, days: number): number {
  const periods = tradedPeriods(calendar, days).length;
  return homes.length * (1 + 2 * periods) + 1;
}

/** Runs everything and closes the node. */
export async function runOnChain(
  community: Community,
  { days, seed }: Pick<DemoOptions, "days" | "seed">,
  progress: Progress,
): Promise<DemoResult> {
  const ready = await openCommunity(community, seed, progress);
  try {
    return await trade(ready, community, days, seed, progress);
  } finally {
    await ready.node.close();
  }
}

async function trade(
  ready: Ready,
  community: Community,
  days: number,
  seed: bigint,
  progress: Progress,
): Promise<DemoResult> {
  const { world, members } = ready;
  const { calendar, data } = community;
  const periods = tradedPeriods(calendar, days);
  progress.advance("depositing money with permits");
  await fundAccounts(ready, community, periods, seed);
  const { days: tracedDays } = detailOf(members.length, calendar.slotsPerDay, days);
  const trading = new Trading({ world, members, calendar, seed, optimum: await Optimum.load(), tracedDays });
  await tradePeriods(ready, trading, periods, progress);
  await claimFinal(world, trading, periods, Number.POSITIVE_INFINITY, progress);

  const all = periods.map(({ period }) => period);
  const faults = [...trading.faults, ...(await moneyFaults(world, all))];
  progress.advance("withdrawing all money");
  await withdrawAll(world, members);
  progress.advance("withdrawing all money", 1);
  const books = booksOf(
    members.flatMap((_, i) => trading.outcomeOf(i).slots),
    await holdingsOf(world, all),
  );
  faults.push(...(await leftovers(world)));

  const slots = days * calendar.slotsPerDay;
  return {
    outcome: {
      seed,
      days,
      slots,
      standIns: trading.standIns,
      checkedBills: trading.checkedBills,
      skipped: trading.skipped,
      unsettled: trading.unsettled,
      books,
      gas: gasKpis(trading.gas, members.length * slots),
      synthetic: data.synthetic,
      homes: members.map(({ home }, i) => ({ home, outcome: trading.outcomeOf(i) })),
      optimum: trading.optimum,
    },
    slots: trading.slots,
    trace: trading.trace,
    faults,
  };
}

/** Orders come before a period starts, settlement after it ends, claims when it is final: each at its time. */
async function tradePeriods(
  ready: Ready,
  trading: Trading,
  periods: readonly TradedPeriod[],
  progress: Progress,
): Promise<void> {
  const { world } = ready;
  const stage = (text: string) => (count: number) => {
    progress.advance(text, count);
  };
  let before: TradedPeriod | undefined;
  const settleBefore = async () => {
    if (before === undefined) return;
    const name = `${nameOf(before, world)}: clearing, metering and settling`;
    progress.advance(name);
    await trading.settle(before, stage(name));
  };
  for (const traded of periods) {
    world.chain.advanceTo(startOf(world.terms, traded.period) - POSTING_LEAD);
    const name = `${nameOf(traded, world)}: signing and posting orders`;
    progress.advance(name);
    await trading.post(traded, stage(name));
    world.chain.advanceTo(startOf(world.terms, traded.period));
    if (before === undefined) await readEve(ready, traded);
    await settleBefore();
    await claimFinal(world, trading, periods, startOf(world.terms, traded.period), progress);
    before = traded;
  }
  if (before === undefined) return;
  world.chain.advanceTo(startOf(world.terms, asPeriod(before.period + 1n)));
  await settleBefore();
}

/** Claims the tokens of all periods that are final by `time` and were not claimed before. */
async function claimFinal(
  world: World,
  trading: Trading,
  periods: readonly TradedPeriod[],
  time: number,
  progress: Progress,
): Promise<void> {
  for (const traded of periods) {
    const final = finalAt(world.terms, traded.period);
    if (final > time || !trading.hasClaims(traded)) continue;
    world.chain.advanceTo(final);
    const name = `${nameOf(traded, world)}: final; claiming energy tokens`;
    progress.advance(name);
    await trading.claim(traded);
  }
}

/** "day 3", or "day 3, second half" where a day has two periods. */
function nameOf({ day, firstSlot }: TradedPeriod, { terms }: World): string {
  const slotsPerDay = 86_400n / terms.slotDuration;
  if (terms.slotsPerPeriod === slotsPerDay) return `day ${day + 1}`;
  return `day ${day + 1}, part ${BigInt(firstSlot) / terms.slotsPerPeriod + 1n}`;
}
