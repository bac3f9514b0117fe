/** Each measured transaction once more: now, which must cost what the receipt says, and at the next fork's prices. */
import type { Call } from "../types.ts";
import type { ReplayPool } from "./pool.ts";
import type { Replayed } from "./replay.ts";
import { FORKS } from "./tool.ts";

export interface Replays {
  readonly now: Replayed;
  readonly next: Replayed;
}

/** Asks a pool for the replays of calls, of each call once. */
export function replaysBy(pool: Pick<ReplayPool, "replay">) {
  const known = new Map<Call, Promise<Replays>>();
  return (call: Call, profiled: boolean): Promise<Replays> => {
    const before = known.get(call);
    if (before) return before;
    const replays = replayed(pool, call, profiled);
    known.set(call, replays);
    return replays;
  };
}

async function replayed(pool: Pick<ReplayPool, "replay">, call: Call, profiled: boolean): Promise<Replays> {
  const [now, next] = await Promise.all([
    pool.replay(call.evidence, FORKS.now, profiled),
    pool.replay(call.evidence, FORKS.next, false),
  ]);
  checkReplay(call, now);
  return { now, next };
}

/** A replay that costs something else than the receipt says ran something else. */
export function checkReplay({ what, gas }: Pick<Call, "what" | "gas">, now: Pick<Replayed, "gas">): void {
  if (now.gas !== gas) throw new Error(`${what}: the receipt says ${String(gas)} gas, the replay ${String(now.gas)}`);
}
