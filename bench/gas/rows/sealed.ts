/** A whole period of a sealed community: revealed, accepted and cleared in one call out of memory, and all that belongs to it. */
import { callOf } from "../evidence.ts";
import { ALL_SLOTS, SLOTS } from "../homes.ts";
import { groupsOf, resultWordsOf } from "../limits/book.ts";
import { committed, finished } from "../limits/commit.ts";
import { revealed } from "../limits/reveal.ts";
import { settled } from "../limits/settle.ts";
import type { Receipt } from "../market.ts";
import { OPERATIONS as OP } from "../operations.ts";
import { finish, playNext, sealedWorld, settle, type Played, type SealedWorld } from "../sealed.ts";
import type { Call, Measured, Measurement } from "../types.ts";
import type { RowSource } from "./source.ts";

/** Strips in the call that has a budget, one per home. */
const HOMES = 100;
/** Homes whose strips a call reveals and clears. 500 take further chunks: all but the last write tick words, as open batches do. */
const MOST = 150;

export const sealed: RowSource = {
  name: "sealed",
  needs: () => 0,
  async measure({ world: { ticks }, homes, progress }) {
    const sizes = homes.filter((size) => size <= MOST);
    const largest = Math.max(HOMES, ...sizes);
    progress(`${String(ticks)} ticks: a sealed community of ${String(largest)} homes`);
    const world = await sealedWorld(largest, ticks);
    const full = await playNext(world, HOMES);
    const rows: Measurement[] = [
      {
        ...{ operation: OP.placeSealed, homes: HOMES, ticks, per: "entry", units: HOMES * SLOTS },
        calls: [await revealOf(world, full)],
      },
    ];
    for (const size of sizes) {
      await world.restore();
      const calls = await lifeOf(world, size);
      rows.push({
        operation: OP.lifeSealed,
        homes: size,
        ticks,
        per: "household and slot",
        units: size * SLOTS,
        calls,
      });
    }
    return rows;
  },
};

/** From the promise of a chunk to settled money and the bond's release. */
async function lifeOf(world: SealedWorld, size: number): Promise<Measured[]> {
  const { day } = world;
  const played = await playNext(world, size);
  const calls = [committed(await kept(world, "commit", played.committed)), await revealOf(world, played)];
  await settle(day, played.period - 1, size);
  for (const { receipt, homes } of await settle(day, played.period, size)) {
    const items = homes.map((home) => ({ home, entries: SLOTS }));
    calls.push(settled(await kept(world, "settle sealed", receipt), SLOTS, items));
  }
  calls.push(finished(await kept(world, "finish", await finish(day, played.period))));
  return calls;
}

async function revealOf(world: SealedWorld, { revealed: receipt, orders }: Played): Promise<Measured> {
  const call = await kept(world, "sealed call", receipt);
  return revealed(call, orders, resultWordsOf(ALL_SLOTS).size, groupsOf(ALL_SLOTS, world.ticks).size);
}

/** Not timed. */
const kept = async ({ provider }: SealedWorld, what: string, receipt: Receipt): Promise<Call> =>
  await callOf({ provider, lastSeconds: () => 0 }, what, receipt);
