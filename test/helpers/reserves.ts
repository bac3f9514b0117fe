import { unpackRecords, type Market } from "./market.ts";

/**
 * What each member has reserved, out of the logs alone: what the records of its unsettled periods name, and a settlement fee for each
 * of these periods. The chain keeps only the sum per period and module, in the pots.
 */
export async function reserves(m: Pick<Market, "escrow" | "community" | "terms">): Promise<Map<number, bigint>> {
  const { escrow, community, terms } = m;
  const settled = new Set<string>();
  for (const { args } of await escrow.queryFilter(escrow.filters.Settled(community))) {
    settled.add(`${String(args.member)} ${String(args.period)}`);
  }
  const begun = new Set<string>();
  const sums = new Map<number, bigint>();
  for (const { args } of await escrow.queryFilter(escrow.filters.Recorded(community))) {
    for (const { member, head } of unpackRecords(args.module, args.records)) {
      const journal = `${String(member)} ${String(args.period)}`;
      if (settled.has(journal)) continue;
      const fee = begun.has(journal) ? 0n : BigInt(terms.settlementFee);
      begun.add(journal);
      sums.set(member, (sums.get(member) ?? 0n) + fee + BigInt.asUintN(96, head >> 96n));
    }
  }
  return sums;
}

/** What one member has reserved, over all periods. */
export const reservedOf = async (m: Pick<Market, "escrow" | "community" | "terms">, member: number) =>
  (await reserves(m)).get(member) ?? 0n;
