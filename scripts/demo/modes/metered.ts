/** The metered auction: one standing order each, joining before each period, then everybody in one call, or in two passes. */
import {
  asAmount,
  asPeriod,
  asSeconds,
  asSignedAmount,
  asTick,
  auctionDue,
  type CommunityTerms,
  periodEnd,
  previewMeteredAuction,
  signStandingOrder,
  type StandingOrder,
} from "@wattbook/sdk";
import { type Band, MARKET, tradingBand } from "../market.ts";
import { draw, Purpose, within } from "../prng.ts";
import { chunked, DELAY, type MeterMode, MOST_BYTES } from "./mode.ts";

/** Members in a call of either pass: a chunk is settled with the totals of all ticks, twice. */
const MOST_HOMES = 40;
/** Members that a call keeps orders of, or lets join. */
const MOST_KEPT = 60;
const MOST_JOINING = 240;

/** At which ticks a home trades. */
export type TickLimits = Pick<StandingOrder, "buyTick" | "sellTick">;

/**
 * The limits of a home, the same in every slot. Between what the retailer pays for feed-in and what it charges, less the network fee,
 * each side leaves the other at least half of what there is to gain: a buyer's limit is drawn from the upper half of those ticks, a
 * seller's from the lower one. So a home never pays its peers more than its retailer, or gets less.
 */
export function limitsOf(seed: bigint, home: number): TickLimits {
  const { lowest, highest } = tradingBand("buy");
  const middle = Math.floor((lowest + highest) / 2);
  const drawn = (side: bigint, { lowest: from, highest: to }: Band) =>
    asTick(within(draw(seed, Purpose.Limit, home, side), BigInt(from), BigInt(to)));
  return {
    buyTick: drawn(0n, { lowest: middle + 1, highest }),
    sellTick: drawn(1n, { lowest, highest: middle }),
  };
}

/** Trades within standing orders. */
export function meteredMode(seed: bigint): MeterMode {
  return {
    market: "metered",
    delay: DELAY,
    // A buy limit and the network fee are at most the import price; no seller asks for less than the export price.
    budgetOf: (values) => values.reduce((sum, { imported }) => sum + imported * MARKET.importPrice, 0n),

    prepare: async ({ world, members }, budgets) => {
      const { chain, roles, meteredAuction, community, terms, domains } = world;
      const from = nextPeriod(terms, chain.now);
      await chain.send(roles.coordinator, meteredAuction.calls.announce(community, from, asSeconds(BigInt(DELAY))));
      const signed = await Promise.all(
        members.map(async ({ index, home, trading }) => {
          const order: StandingOrder = {
            ...{ community, member: index, budget: asAmount(budgets.get(index) ?? 0n), ...limitsOf(seed, home.index) },
            ...{ firstPeriod: from, lastPeriod: asPeriod(2n ** 32n - 1n), epoch: 0n, sequence: 1n },
          };
          return { order, signature: await signStandingOrder(domains.meteredAuction, order, trading) };
        }),
      );
      for (const some of chunked(signed, MOST_KEPT)) {
        await chain.send(roles.relayer, meteredAuction.calls.keepOrders(community, some));
      }
    },

    open: async ({ world, members }, period) => {
      const { chain, roles, meteredAuction, community } = world;
      let join = 0n;
      for (const some of chunked(members, MOST_JOINING)) {
        const indices = some.map(({ index }) => index);
        join += (await chain.send(roles.keeper, meteredAuction.calls.join(community, period, indices))).gasUsed;
      }
      return { join };
    },

    settle: async ({ world }, period, readings) => {
      const { chain, roles, meteredAuction, community, terms, logs } = world;
      const { calls } = meteredAuction;
      const journals = await logs.journals(period);
      const items = readings.map((signed) => ({ ...signed, records: journals.get(signed.reading.member) ?? [] }));
      const whole = calls.meterAndSettle(community, period, items);
      if (whole.data.length / 2 <= MOST_BYTES && (await chain.fits(roles.keeper, whole))) {
        return { "meter and settle": (await chain.send(roles.keeper, whole)).gasUsed };
      }
      let [meter, settle] = [0n, 0n];
      for (const some of chunked(items, MOST_HOMES)) {
        const start = (await logs.auction(period)).totals.at(-1) ?? [];
        meter += (await chain.send(roles.keeper, calls.meter(community, period, some, start))).gasUsed;
      }
      const now = asSeconds(periodEnd(terms, period) + BigInt(DELAY));
      for (const chunk of auctionDue(terms, period, now, await logs.auction(period)).chunks) {
        settle += (await chain.send(roles.keeper, calls.settle(community, period, chunk))).gasUsed;
      }
      return { meter, settle };
    },

    bills: async ({ world, members }, period, metered) => {
      const { terms, tariff, logs } = world;
      const { chunks, journals } = await logs.auction(period);
      const homes = new Map(members.map(({ index, home }) => [index, home.index]));
      const gapLeg = asSignedAmount(0n);
      const counted = chunks.flat().map((member) => {
        const reserve = journals.get(member)?.[0]?.head.reserve;
        const home = homes.get(member);
        return {
          member,
          tariffClass: 0n,
          metering: { kind: "metered" as const, values: metered.get(member) ?? [], gapLeg },
          limits: reserve === undefined || home === undefined ? null : { ...limitsOf(seed, home), budget: reserve },
        };
      });
      const preview = previewMeteredAuction(terms, { period, tariff, members: counted });
      return new Map(preview.members.map(({ member, bill }) => [member, bill]));
    },
  };
}

function nextPeriod({ slotDuration, slotsPerPeriod }: CommunityTerms, now: number) {
  return asPeriod(BigInt(now) / (slotDuration * slotsPerPeriod) + 1n);
}
