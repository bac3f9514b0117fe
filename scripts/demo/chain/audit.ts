/** The books, from what the chain says of every account. */

import { asMember, type Period } from "@wattbook/sdk";
import type { Holdings } from "../books.ts";
import type { World } from "./world.ts";

/** What the escrow holds for whom now, and what went in and out so far. The pots are those of `periods`. */
export async function holdingsOf(world: World, periods: readonly Period[]): Promise<Holdings> {
  const { escrow, registry, logs, community, euro, roles } = world;
  const count = await registry.memberCount(community);
  let accounts = 0n;
  let dueFund = 0n;
  for (let index = 0n; index < count; index++) {
    const member = asMember(index);
    const { free, reserved } = await escrow.account(community, member);
    accounts += free + reserved + (await escrow.pledge(community, member)).pledged;
    dueFund += (await escrow.dueFund(community, member)).fund;
  }
  let pots = 0n;
  for (const period of periods) pots += (await escrow.pot(community, 0n, period)).amount;
  let fees = 0n;
  for (const earner of [roles.relayer, roles.keeper]) fees += await escrow.fees(euro.address, earner.address);
  const flows = await logs.cashFlows(euro.address);
  const comesIn = new Set(["deposit", "bond posted"]);
  const sumOf = (deposits: boolean) =>
    flows.reduce((total, { kind, amount }) => (deposits === comesIn.has(kind) ? total + amount : total), 0n);
  return { accounts, pots, dueFund, fees, bonds: 0n, deposits: sumOf(true), withdrawals: sumOf(false) };
}

/** Base units that the escrow holds but the holdings do not explain, or the other way round: 0. */
export async function unexplained(world: World, holdings: Holdings): Promise<bigint> {
  const { accounts, pots, dueFund, fees, bonds } = holdings;
  return (await world.euro.balanceOf(world.escrow.address)) - (accounts + pots + dueFund + fees + bonds);
}

/** Debts that are left between accounts; claims, not money. */
export async function debtsOf(world: World): Promise<bigint> {
  const { escrow, registry, community } = world;
  const count = await registry.memberCount(community);
  let debts = 0n;
  for (let index = 0n; index < count; index++) {
    const due: bigint = (await escrow.debt(community, asMember(index))).due;
    debts += due < 0n ? -due : due;
  }
  return debts;
}

/** Journals of a period that nobody settled. */
export async function unsettledOf({ escrow, community }: World, period: Period): Promise<number> {
  const { opened, settled } = await escrow.journals(community, period);
  return Number(opened - settled);
}
