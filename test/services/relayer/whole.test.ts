import { expect } from "chai";
import {
  asLots,
  asPeriod,
  asPrice,
  asSeconds,
  asSlotOffset,
  asTick,
  communityTerms,
  flatTariff,
  gateOfPeriod,
  maxReserveOf,
  periodAt,
  periodStart,
  type Strip,
} from "@wattbook/sdk";
import type { CommunityView } from "../../../services/src/relayer/chain/view.ts";
import { areWhole } from "../../../services/src/relayer/sealed/whole.ts";
import { SEALED } from "./world.ts";

const account = `0x${"11".repeat(20)}`;
const terms = communityTerms({
  ...{ paymentToken: account, coordinator: account, dso: account, feeCollector: account },
  ...SEALED,
  // Half an hour after the start of a period.
  ...{ gateClosure: 1_800n, revealWindow: 1_600n },
});
const tariff = flatTariff(terms, asPrice(40n), [{ importPrice: asPrice(300n), exportPrice: asPrice(80n) }]);
const period = asPeriod(500_000n);
const gatePeriodStart = periodStart(terms, periodAt(terms, gateOfPeriod(terms, period)));
const entries: Strip["entries"] = [0n, 1n].map((offset) => ({
  ...{ offset: asSlotOffset(offset), side: "buy", tick: asTick(20n), lots: asLots(10n) },
}));
const feePerEntry = 10n as Strip["feePerEntry"];
const most = maxReserveOf(terms, { entries, feePerEntry }, { tariff, tariffClass: 0n, first: true });

describe("relayer: strips that are accepted whole or not at all", () => {
  const strip = (change: Partial<Strip> = {}) =>
    ({ period, member: 4n, after: 0n, feePerEntry, maxReserve: most, entries, ...change }) as Strip;
  /** A community as it is at a time, with members of such a cap. */
  const at = (now: bigint, buyCap = 10n): CommunityView =>
    ({
      ...{ terms, now: () => asSeconds(now) },
      period: () => Promise.resolve({ terms, tariff, paused: false, ringFree: true }),
      trader: () => Promise.resolve({ member: { buyCap, sellCap: 0n, tariffClass: 0n }, journal: { records: 0n } }),
    }) as unknown as CommunityView;

  it("are known as such from the start of the gate's period on", async () => {
    expect(await areWhole(at(gatePeriodStart - 1n), period, [strip()])).to.equal(false);
    expect(await areWhole(at(gatePeriodStart), period, [strip(), strip()])).to.equal(true);
  });

  it("have no entry above the cap that counts then, nor beyond what was reserved", async () => {
    expect(await areWhole(at(gatePeriodStart, 9n), period, [strip()])).to.equal(false);
    const less = strip({ maxReserve: (most - 1n) as Strip["maxReserve"] });
    expect(await areWhole(at(gatePeriodStart), period, [strip(), less])).to.equal(false);
  });
});
