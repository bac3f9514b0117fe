/** How the orders of a period come on chain: posted in batches, or committed before the gate and revealed behind it. */
import { buildCommit, CHECKED_LIMITS, chunkAt, CHUNK_LIMITS, unpackStrips, USED_RINGS } from "../../sdk/src/pure.ts";
import type { ChunkLimits } from "../../sdk/src/commit.ts";
import { asCommunity, asPeriod } from "../../sdk/src/units.ts";
import { packStrips } from "../../test/helpers/market.ts";
import { at } from "../../test/helpers/lists.ts";
import { inCalls } from "../gas/calls.ts";
import { MAX_GAS, type JournalRecord, type Market, type Order } from "../gas/market.ts";
import { Tally, type Step } from "./step.ts";

/** Strips in a call at most. */
const BATCH = 100;
/** Ticks of 32 bits: eight share a word. */
const TICKS_PER_WORD = 8;

export interface Placed {
  readonly steps: readonly Step[];
  readonly records: ReadonlyMap<number, JournalRecord>;
}

/** What a period is the first to use in the rings. */
export interface Fresh {
  readonly book: boolean;
  readonly journals: boolean;
}

/** Places the orders of `period` during the one before. */
export type Place = (period: number, orders: readonly Order[], fresh: Fresh) => Promise<Placed>;

/** An open community: anyone posts. */
export function posting(gas: Market): Place {
  return async (period, orders) => {
    const tally = new Tally("post");
    const records = new Map<number, JournalRecord>();
    await inCalls(orders, BATCH, async (some) => {
      const receipt = tally.add(gas, await gas.post(period, some));
      for (const [member, record] of gas.recordsIn(receipt)) records.set(member, record);
    });
    return { steps: [tally.done()], records };
  };
}

/** A sealed community: one relayer commits to all strips and reveals them, chunk by chunk, in its turn. */
export async function revealing(gas: Market): Promise<Place> {
  const { market, connection } = gas;
  const { commitBook, sealedAuction, escrow, euro, community, stranger, terms } = market;
  const bonds = 100n * BigInt(terms.bond);
  await euro.faucet(stranger, bonds);
  await euro.connect(stranger).approve(escrow, bonds);
  await escrow.connect(stranger).postBond(community, bonds);
  const waiting: number[] = [];

  return async (period, orders, fresh) => {
    // Nobody can challenge the commit of two periods ago any more: the bond comes back, and the place with it.
    const [oldest] = waiting;
    if (oldest !== undefined && oldest <= period - 2) {
      waiting.shift();
      await commitBook.finish(community, oldest, 0);
    }
    const strips = [];
    for (const order of orders) strips.push(await gas.strip(order, period));
    const batch = {
      community: asCommunity(BigInt(community)),
      period: asPeriod(BigInt(period)),
      feeTo: at(strips, 0).feeTo,
    };
    const commit = buildCommit(unpackStrips(batch, packStrips(strips)), limitsOf(fresh));
    const commits = new Tally("commit");
    const committed = commitBook
      .connect(stranger)
      .commit(community, period, commit.root, commit.chunks.length, commit.strips);
    commits.add(gas, await gas.mined(committed));
    waiting.push(period);
    await connection.networkHelpers.time.increaseTo(market.periodStart(period) - terms.gateClosure);
    const reveals = new Tally("reveal");
    const records = new Map<number, JournalRecord>();
    for (const index of commit.chunks.keys()) {
      const { bytes, before, rest } = chunkAt(commit, index);
      const sent = sealedAuction.reveal(community, period, 0, bytes, [...before], rest, false, { gasLimit: MAX_GAS });
      const receipt = reveals.add(gas, await gas.mined(sent));
      for (const [member, record] of gas.recordsIn(receipt)) records.set(member, record);
    }
    return { steps: [commits.done(), reveals.done()], records };
  };
}

function limitsOf({ book, journals }: Fresh): ChunkLimits {
  const limits = book ? CHUNK_LIMITS : { ...CHECKED_LIMITS, ...USED_RINGS };
  const { gasPerStrip } = journals ? CHUNK_LIMITS : USED_RINGS;
  return { ...limits, gasPerStrip, ticksPerWord: TICKS_PER_WORD };
}
