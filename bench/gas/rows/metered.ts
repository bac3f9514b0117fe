/** Periods traded after the fact, by a rule and within standing orders: joined; metered, priced and settled in one call and in two passes. */
import type { HomeKeys } from "../../../test/helpers/market.ts";
import { callOf } from "../evidence.ts";
import { SLOTS } from "../homes.ts";
import { BY_RULE, counted, joined, shared, sharedAtOnce, WITHIN_ORDERS } from "../limits/share.ts";
import type { Receipt } from "../market.ts";
import { chunksOf, JOINED_AT_ONCE, meteredWorld } from "../metered.ts";
import { OPERATIONS as OP, type Operation } from "../operations.ts";
import type { Call, Measured, Measurement } from "../types.ts";
import type { RowSource } from "./source.ts";

/** The operations of a kind of community, and sizes that they are measured with. */
interface Kind {
  readonly name: "sharing" | "auction";
  readonly homes: number;
  /** Members of a chunk, in two passes. */
  readonly chunk: number;
  readonly format: typeof BY_RULE;
  readonly operations: Readonly<Record<"join" | "day" | "once" | "meter" | "settle", Operation>>;
}

/** One transaction holds 60 homes with room to spare, and has a budget. */
export const sharing = rowsOf({
  ...{ name: "sharing", homes: 60, chunk: 60, format: BY_RULE },
  operations: {
    ...{ join: OP.shareJoin, day: OP.shareDay, once: OP.shareOnce },
    ...{ meter: OP.shareMeter, settle: OP.shareSettle },
  },
});

/** One transaction just holds 150 homes, and has a budget. Its calldata is more than many nodes take from a wallet. */
export const auction = rowsOf({
  ...{ name: "auction", homes: 150, chunk: 50, format: WITHIN_ORDERS },
  operations: {
    ...{ join: OP.tradeJoin, day: OP.tradeDay, once: OP.tradeOnce },
    ...{ meter: OP.tradeMeter, settle: OP.tradeSettle },
  },
});

function rowsOf({ name, homes: count, chunk, format, operations }: Kind): RowSource {
  return {
    name,
    needs: () => 0,
    async measure({ world: { ticks }, progress }) {
      progress(`${String(ticks)} ticks: a community of ${String(count)} homes that trade after the fact (${name})`);
      const { provider, homes, restore, join, atOnce, inTwo } = await meteredWorld(count, name, ticks);
      /** Of receipts of chunks of so many members. Not timed. */
      const row = async (
        operation: Operation,
        size: number,
        receipts: readonly Receipt[],
        limit: (call: Call, members: readonly HomeKeys[]) => Measured,
      ): Promise<Measurement> => {
        const calls: Measured[] = [];
        for (const [index, members] of chunksOf(homes, size).entries()) {
          const receipt = receipts[index];
          if (receipt === undefined) throw new Error(`${operation}: no receipt of chunk ${String(index)}`);
          calls.push(limit(await callOf({ provider, lastSeconds: () => 0 }, operation, receipt), members));
        }
        return { operation, homes: count, ticks, per: "household and slot", units: count * SLOTS, calls };
      };
      const together = (call: Call, members: readonly HomeKeys[]) => sharedAtOnce(call, SLOTS, members, format);

      const joining = await row(operations.join, JOINED_AT_ONCE, await join(), (...of) => joined(...of, format));
      await restore();
      const day = await row(operations.day, count, [await atOnce(true)], together);
      await restore();
      const once = await row(operations.once, count, [await atOnce(false)], together);
      await restore();
      const passes = await inTwo(chunk);
      const first = await row(operations.meter, chunk, passes.meter, (call, of) => counted(call, SLOTS, of, format));
      const second = await row(operations.settle, chunk, passes.settle, (call, of) => shared(call, SLOTS, of, format));
      return [joining, day, once, first, second];
    },
  };
}
