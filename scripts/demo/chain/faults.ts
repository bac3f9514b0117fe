/** Money that nobody can explain: a sentence each, none in a sound run. */

import type { Period } from "@wattbook/sdk";
import { booksOf } from "../books.ts";
import { debtsOf, holdingsOf, unexplained } from "./audit.ts";
import type { World } from "./world.ts";

/** Before anybody withdraws: everything that the escrow holds belongs to somebody. */
export async function moneyFaults(world: World, periods: readonly Period[]): Promise<string[]> {
  const held = await holdingsOf(world, periods);
  const { money } = booksOf([], held);
  const beyond = await unexplained(world, held);
  return [
    ...(money === 0n ? [] : [`before the withdrawals the books are ${money} base units off.`]),
    ...(beyond === 0n ? [] : [`the escrow holds ${beyond} base units that belong to nobody.`]),
    ...(held.pots === 0n ? [] : [`the pots hold ${held.pots} base units after settlement.`]),
  ];
}

/** After the withdrawals: nothing is left, and nobody owes anything. */
export async function leftovers(world: World): Promise<string[]> {
  const left = await world.euro.balanceOf(world.escrow.address);
  const debts = await debtsOf(world);
  return [
    ...(left === 0n ? [] : [`after all withdrawals the escrow still holds ${left} base units.`]),
    ...(debts === 0n ? [] : [`debts of ${debts} base units are left.`]),
  ];
}
