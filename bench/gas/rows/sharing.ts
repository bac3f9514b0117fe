/** A period shared after the fact by 60 homes: joined; metered, priced and settled in one call, and in two passes. */
import { callOf } from "../evidence.ts";
import { SLOTS } from "../homes.ts";
import { counted, joined, shared, sharedAtOnce } from "../limits/share.ts";
import type { Receipt } from "../market.ts";
import { OPERATIONS as OP, type Operation } from "../operations.ts";
import { sharingWorld, type SharingWorld } from "../sharing.ts";
import type { Call, Measured, Measurement } from "../types.ts";
import type { RowSource } from "./source.ts";

/** The batch that has a budget. */
const HOMES = 60;

export const sharing: RowSource = {
  name: "sharing",
  needs: () => 0,
  async measure({ world: { ticks }, progress }) {
    progress(`${String(ticks)} ticks: a community of ${String(HOMES)} homes that share after the fact`);
    const world = await sharingWorld(HOMES);
    const { homes } = world;
    const row = (operation: Operation, ...calls: Measured[]): Measurement => ({
      ...{ operation, homes: HOMES, ticks, per: "household and slot", units: HOMES * SLOTS, calls },
    });
    const join = joined(await kept(world, "join", await world.join()), homes);
    await world.restore();
    const day = sharedAtOnce(await kept(world, "share a day", await world.atOnce(true)), SLOTS, homes);
    await world.restore();
    const once = sharedAtOnce(await kept(world, "share all slots", await world.atOnce(false)), SLOTS, homes);
    await world.restore();
    const { meter, settle } = await world.inTwo();
    return [
      row(OP.shareJoin, join),
      row(OP.shareDay, day),
      row(OP.shareOnce, once),
      row(OP.shareMeter, counted(await kept(world, "share: meter", meter), SLOTS, homes)),
      row(OP.shareSettle, shared(await kept(world, "share: settle", settle), SLOTS, homes)),
    ];
  },
};

/** Not timed. */
const kept = async ({ provider }: SharingWorld, what: string, receipt: Receipt): Promise<Call> =>
  await callOf({ provider, lastSeconds: () => 0 }, what, receipt);
