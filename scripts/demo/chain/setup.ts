/** Everything before the first order: a node, a community, members with meters and money. */

import { asPeriod, type MarketMode } from "@wattbook/sdk";
import type { Community } from "../community.ts";
import { netOf } from "../homes.ts";
import { MARKET } from "../market.ts";
import type { Progress } from "../progress.ts";
import { rolesOf } from "./keys.ts";
import { enrol, type Member, memberOf } from "./members.ts";
import { meterValue, readMeter } from "./metering.ts";
import { deposit, wholeEuros } from "./money.ts";
import { type DemoNode, startNode } from "./node.ts";
import { settlePeriod } from "./period.ts";
import { flowsOf, plansOf, type TradedPeriod } from "./schedule.ts";
import { stripOf } from "./strips.ts";
import { createWorld, SUPPLIER, type World } from "./world.ts";

/** A community ready to trade. */
export interface Ready {
  readonly node: DemoNode;
  readonly world: World;
  readonly members: readonly Member[];
}

/** Members are active from the period after their enrolment on, and strips are posted in the period before theirs. */
const PERIODS_BEFORE = 2;

/** Starts a node, deploys, and admits the homes. */
export async function openCommunity(
  { homes, calendar }: Pick<Community, "homes" | "calendar">,
  seed: bigint,
  progress: Progress,
  mode: MarketMode = "orders",
): Promise<Ready> {
  const members = homes.map((home) => memberOf(seed, home));
  const roles = rolesOf(seed);
  const begin = (calendar.firstSlot - PERIODS_BEFORE * calendar.slotsPerPeriod) * calendar.step;
  progress.advance("starting a node and deploying the contracts");
  const node = await startNode(begin, [...Object.values(roles), ...members.map(({ owner }) => owner)]);
  try {
    // Deploying takes blocks at times that the node chooses; from here on the run does.
    const world = await createWorld(node, roles, calendar, homes, begin + SETTING_UP, mode);
    for (const member of members) {
      progress.advance("enrolling homes: consent of the owner, proof of the meter");
      await enrol(world, member);
      progress.advance("enrolling homes: consent of the owner, proof of the meter", 1);
    }
    return { node, world, members };
  } catch (error) {
    await node.close();
    throw error;
  }
}
const SETTING_UP = 600;

/** Homes and supplier deposit what the run can cost them at most, so that nobody falls into debt. */
export async function fundAccounts(
  { world, members }: Ready,
  { calendar }: Pick<Community, "calendar">,
  periods: readonly TradedPeriod[],
  seed: bigint,
): Promise<void> {
  let supplierNeeds = 0n;
  for (const member of members) {
    let needs = 0n;
    for (const traded of periods) {
      const plans = plansOf(member.home, calendar, traded, seed);
      const strip = stripOf(world, member, traded.period, plans);
      const net = flowsOf(member.home, calendar, traded).map(netOf);
      const imported = net.reduce((total, wh) => (wh > 0n ? total + wh : total), 0n);
      const exported = net.reduce((total, wh) => (wh < 0n ? total - wh : total), 0n);
      needs += (strip?.maxReserve ?? 0n) + imported * MARKET.importPrice;
      const bought = plans.reduce((total, { side, lots }) => (side === "buy" ? total + lots : total), 0);
      supplierNeeds += (exported + BigInt(bought) * MARKET.lotWh) * MARKET.exportPrice;
    }
    await deposit(world, member.index, member.owner, wholeEuros(needs));
  }
  await deposit(world, SUPPLIER, world.roles.supplier, wholeEuros(supplierNeeds));
}

/** The meters' first reading, of the period before the first traded one: bound, but nothing has flowed yet. */
export async function readEve({ world, members }: Ready, first: TradedPeriod): Promise<void> {
  const eve = asPeriod(first.period - 1n);
  const nothing = Array.from({ length: Number(world.terms.slotsPerPeriod) }, () => meterValue(0n));
  const readings = [];
  for (const member of members) readings.push(await readMeter(world, member, eve, nothing));
  const range = { fromBlock: world.chain.nextBlock };
  await settlePeriod(world, eve, readings, range, { next: 16 }, () => undefined);
}
