/** What a community's books say, from the chain alone. */
import { Interface } from "ethers";
import { LocalEuroAbi, type Period } from "@wattbook/sdk";
import type { CommunityWorld } from "../relayer/world.ts";

/** Money of a community, base units: what the escrow holds, and everything that it is owed to. */
export interface Books {
  readonly held: bigint;
  readonly free: bigint;
  readonly pots: bigint;
  readonly fees: bigint;
  readonly funds: bigint;
}

/**
 * Reads the books of the only community of an escrow.
 * @param members How many it has, service members included.
 * @param periods Those that may have open pots.
 * @param earners Accounts that fees may have gone to.
 */
export async function booksOf(
  { wattbook, terms, community, provider }: CommunityWorld,
  members: number,
  periods: readonly Period[],
  earners: readonly string[],
): Promise<Books> {
  const { escrow } = wattbook;
  const coin = new Interface(LocalEuroAbi);
  const data = coin.encodeFunctionData("balanceOf", [escrow.address]);
  const held = BigInt(await provider.call({ to: terms.paymentToken, data }));
  const [free, funds, pots, fees] = await Promise.all([
    sum(Array.from({ length: members }, async (_, member) => (await escrow.account(community, index(member))).free)),
    sum(Array.from({ length: members }, async (_, member) => (await escrow.dueFund(community, index(member))).fund)),
    sum(
      periods.map(async (period) => {
        const { outstanding, amount } = await escrow.pot(community, 0n, period);
        return outstanding + amount;
      }),
    ),
    sum([...new Set(earners)].map((account) => escrow.fees(terms.paymentToken, account))),
  ]);
  return { held, free, pots, fees, funds };
}

const index = (member: number) => BigInt(member) as Parameters<CommunityWorld["wattbook"]["escrow"]["account"]>[1];

async function sum(amounts: readonly Promise<bigint>[]): Promise<bigint> {
  return (await Promise.all(amounts)).reduce((total, amount) => total + amount, 0n);
}
