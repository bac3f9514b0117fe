/** Energy sharing: budgets once, joining before each period, then everybody in one call, or in two passes where one is too small. */
import {
  asAmount,
  asPeriod,
  asPrice,
  asSeconds,
  asSignedAmount,
  mostShared,
  periodEnd,
  previewSharing,
  sharingDue,
  type SharingRule,
  signSharingBudget,
} from "@wattbook/sdk";
import { MARKET } from "../market.ts";
import { chunked, DELAY, type MeterMode, MOST_BYTES } from "./mode.ts";

/** Members in a call of either pass, as what fits a transaction. */
const MOST_HOMES = 60;

/** Shares by a rule. */
export function sharingMode(rule: SharingRule): MeterMode {
  const compensation = asPrice(rule === "sdr-comp" ? MARKET.compensation : 0n);
  const scheme = { rule, compensation };
  return {
    market: "sharing",
    delay: DELAY,
    // With bill sharing a seller may lose what the retailer would have paid.
    budgetOf: (values) =>
      values.reduce(
        (sum, { imported, exported }) => sum + imported * MARKET.importPrice + exported * MARKET.exportPrice,
        0n,
      ),

    prepare: async ({ world, members }, budgets) => {
      const { chain, roles, sharing, community, terms, domains } = world;
      const from = asPeriod(BigInt(chain.now) / (terms.slotDuration * terms.slotsPerPeriod) + 1n);
      const announced = { ...scheme, settlementDelay: asSeconds(BigInt(DELAY)) };
      await chain.send(roles.coordinator, sharing.calls.announce(community, from, announced));
      const signed = await Promise.all(
        members.map(async ({ index, trading }) => {
          const budget = {
            ...{ community, member: index, budget: asAmount(budgets.get(index) ?? 0n), firstPeriod: from },
            ...{ lastPeriod: asPeriod(2n ** 32n - 1n), epoch: 0n, sequence: 1n },
          };
          return { budget, signature: await signSharingBudget(domains.sharing, budget, trading) };
        }),
      );
      for (const some of chunked(signed, MOST_HOMES)) {
        await chain.send(roles.relayer, sharing.calls.keepBudgets(community, some));
      }
    },

    open: async ({ world, members }, period) => {
      const { chain, roles, sharing, community } = world;
      let join = 0n;
      for (const some of chunked(members, 4 * MOST_HOMES)) {
        const indices = some.map(({ index }) => index);
        join += (await chain.send(roles.keeper, sharing.calls.join(community, period, indices))).gasUsed;
      }
      return { join };
    },

    settle: async ({ world }, period, readings) => {
      const { chain, roles, sharing, community, terms, logs } = world;
      const journals = await logs.journals(period);
      const items = readings.map((signed) => ({ ...signed, records: journals.get(signed.reading.member) ?? [] }));
      const whole = sharing.calls.meterAndSettle(community, period, items);
      const small = items.length <= mostShared(terms) && whole.data.length / 2 <= MOST_BYTES;
      if (small && (await chain.fits(roles.keeper, whole))) {
        return { "meter and settle": (await chain.send(roles.keeper, whole)).gasUsed };
      }
      let [meter, settle] = [0n, 0n];
      for (const some of chunked(items, MOST_HOMES)) {
        meter += (await chain.send(roles.keeper, sharing.calls.meter(community, period, some))).gasUsed;
      }
      const now = asSeconds(periodEnd(terms, period) + BigInt(DELAY));
      for (const chunk of sharingDue(terms, period, now, await logs.sharing(period)).chunks) {
        settle += (await chain.send(roles.keeper, sharing.calls.settle(community, period, chunk))).gasUsed;
      }
      return { meter, settle };
    },

    bills: async ({ world }, period, metered) => {
      const { terms, tariff, logs } = world;
      const { chunks, journals } = await logs.sharing(period);
      const gapLeg = asSignedAmount(0n);
      const members = chunks.flat().map((member) => ({
        member,
        tariffClass: 0n,
        metering: { kind: "metered" as const, values: metered.get(member) ?? [], gapLeg },
        budget: journals.get(member)?.[0]?.head.reserve ?? null,
      }));
      const preview = previewSharing(terms, { period, tariff, scheme, members });
      return new Map(preview.members.map(({ member, bill }) => [member, bill]));
    },
  };
}
