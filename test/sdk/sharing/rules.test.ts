import { expect } from "chai";
import fc from "fast-check";
import { scaledHalfUp, type Fraction } from "../../../sdk/src/sharing/fraction.ts";
import {
  SHARING_RULES,
  sharingPrices,
  sharingWarning,
  type SharingRule,
  type SharingTariff,
  type SharingTotals,
} from "../../../sdk/src/sharing/rules.ts";
import { shareDown } from "../../../sdk/src/sharing/share.ts";
import { atMost, billSharing, left, mmr, ratio, same, sdr, type Ratio, type Slot } from "../../reference/sharing.ts";
import { expectCode } from "../support.ts";

/** F1 of the seed systems: import 0.20, export 0.05; kWh; sell / buy, "-" for a side without a price. */
const F1 = `
S     D   sdr                  sdr-comp             mmr              bill-sharing
0     10  0.200000/0.200000    0.200000/0.200000    -/0.20           -/0.20
2.5   10  0.114286/0.178571    0.145455/0.186364    0.125/0.18125    0/0.15
5     10  0.080000/0.140000    0.114286/0.157143    0.125/0.1625     0/0.10
7.5   10  0.061538/0.096154    0.094118/0.120588    0.125/0.14375    0/0.05
10    10  0.050000/0.050000    0.080000/0.080000    0.125/0.125      0/0
12.5  10  0.050000/0.050000    0.074000/0.080000    0.11/0.125       0.01/0
20    10  0.050000/0.050000    0.065000/0.080000    0.0875/0.125     0.025/0`;

/** Millionths, as printed. */
function millionths(text: string): bigint | null {
  if (text === "-") return null;
  const [whole = "", digits = ""] = text.split(".");
  return BigInt(whole + digits.padEnd(6, "0"));
}
const wh = (kwh: string) => BigInt(Number(kwh) * 1_000);
const shown = (price: Fraction | null) => (price === null ? null : scaledHalfUp(price, 0n));
const asRatio = (price: Fraction | null): Ratio => ratio(price?.num ?? 0n, price?.den ?? 1n);

const PUBLISHED = { sdr, "sdr-comp": sdr, mmr, "bill-sharing": billSharing };
const energy = fc.bigInt(1n, 1n << 40n);
/** Any slot with both sides; prices as wide as a tariff holds them, often equal to each other. */
const anySlot = fc
  .tuple(energy, energy, fc.boolean(), fc.array(fc.bigInt(0n, 65_535n), { minLength: 3, maxLength: 3 }), fc.boolean())
  .map(([supply, demand, balanced, prices, flat]): Slot => {
    const [exportPrice = 0n, base = 0n, importPrice = 0n] = [...prices].sort((a, b) => (a < b ? -1 : 1));
    const compensation = flat ? 0n : base - exportPrice;
    return { supply, demand: balanced ? supply : demand, exportPrice, importPrice, compensation };
  })
  .filter(({ importPrice }) => importPrice > 0n);
const slotFor = (rule: SharingRule, slot: Slot): Slot => (rule === "sdr-comp" ? slot : { ...slot, compensation: 0n });

describe("sharing rules", () => {
  const [head = [], ...rows] = F1.trim()
    .split("\n")
    .map((line) => line.split(/\s+/));
  for (const [place, rule] of (["sdr", "sdr-comp", "mmr", "bill-sharing"] as const).entries()) {
    it(`T1.5, G3: ${rule} is what the table says, to the printed digit`, () => {
      expect(head[place + 2]).to.equal(rule);
      expect(rows).to.have.length(7);
      for (const [s = "", d = "", ...cells] of rows) {
        const [sell = "", buy = ""] = cells[place]?.split("/") ?? [];
        const compensation = rule === "sdr-comp" ? 30_000n : 0n;
        const tariff = { importPrice: 200_000n, exportPrice: 50_000n, compensation };
        const found = sharingPrices(rule, { supply: wh(s), demand: wh(d) }, tariff);
        const expected = { sell: millionths(sell), buy: millionths(buy) };
        expect({ sell: shown(found.sell), buy: shown(found.buy) }, `${s} / ${d}`).to.deep.equal(expected);
      }
    });
  }

  it("T1.5: the whole bill of three homes, and what they save", () => {
    const homes = [4_000n, -3_000n, -5_000n]; // + fed in
    const tariff = { importPrice: 200n, exportPrice: 50n };
    const { buy, sell } = sharingPrices("sdr", { supply: 4_000n, demand: 8_000n }, tariff);
    expect([shown(sell), shown(buy)]).to.deep.equal([80n, 140n]);
    let before = { sell: 0n, buy: 0n };
    const bills = homes.map((net) => {
      const side = net > 0n ? "sell" : "buy";
      const amount = net > 0n ? net : -net;
      const share = shareDown(before[side], amount, (net > 0n ? sell : buy) ?? { num: 0n, den: 1n });
      before = { ...before, [side]: before[side] + amount };
      return net > 0n ? -share : share;
    });
    expect(bills).to.deep.equal([-320_000n, 420_000n, 700_000n]);
    const retailer = homes.map((net) => (net > 0n ? -net * 50n : -net * 200n));
    expect(retailer).to.deep.equal([-200_000n, 600_000n, 1_000_000n]);
    const sum = (values: readonly bigint[]) => values.reduce((a, b) => a + b, 0n);
    expect(sum(bills)).to.equal(800_000n); // 4 kWh of the retailer
    expect(sum(retailer) - sum(bills)).to.equal((200n - 50n) * 4_000n);
  });

  it("N8: feed-in alone is the retailer's tariff, whatever the others do", () => {
    const tariff = { importPrice: 300n, exportPrice: 80n };
    const prices = sharingPrices("feed-in", { supply: 7n, demand: 3n }, tariff);
    expect(prices).to.deep.equal({ buy: { num: 300n, den: 1n }, sell: { num: 80n, den: 1n } });
  });

  for (const rule of ["sdr", "sdr-comp", "mmr", "bill-sharing"] as const) {
    it(`${rule} is the published formula, spends what it takes, and does not depend on the unit`, () => {
      fc.assert(
        fc.property(anySlot, fc.bigInt(2n, 1_000n), (any, times) => {
          const slot = slotFor(rule, any);
          const found = sharingPrices(rule, slot, slot);
          const prices = { buy: asRatio(found.buy), sell: asRatio(found.sell) };
          // A retailer who gives energy away leaves the ratio 0 / 0.
          const base = slot.exportPrice + slot.compensation;
          const undefinedRatio = rule.startsWith("sdr") && slot.importPrice === base && base === 0n;
          if (!undefinedRatio) {
            const published = PUBLISHED[rule](slot);
            expect(same(prices.buy, published.buy) && same(prices.sell, published.sell)).to.equal(true);
          }
          expect(left(slot, prices).n).to.equal(0n);
          const scaled = { ...slot, supply: slot.supply * times, demand: slot.demand * times };
          const again = sharingPrices(rule, scaled, scaled);
          expect(same(asRatio(again.buy), prices.buy) && same(asRatio(again.sell), prices.sell)).to.equal(true);
        }),
        { numRuns: 2_000 },
      );
    });
  }

  for (const rule of ["sdr", "sdr-comp", "mmr", "feed-in"] as const) {
    it(`${rule} leaves nobody worse off than the retailer does`, () => {
      fc.assert(
        fc.property(anySlot, (any) => {
          const slot = slotFor(rule, any);
          const { buy, sell } = sharingPrices(rule, slot, slot);
          expect(atMost(ratio(slot.exportPrice), asRatio(sell))).to.equal(true);
          expect(atMost(asRatio(buy), ratio(slot.importPrice))).to.equal(true);
          if (rule !== "feed-in") expect(atMost(asRatio(sell), asRatio(buy))).to.equal(true);
        }),
        { numRuns: 2_000 },
      );
    });
  }

  for (const rule of ["sdr", "sdr-comp"] as const) {
    it(`${rule}: the more supply there is, the less it earns, with no step where it meets demand`, () => {
      fc.assert(
        fc.property(anySlot, fc.bigInt(1n, 1n << 20n), (any, more) => {
          const slot = slotFor(rule, any);
          const later = { ...slot, supply: slot.supply + more };
          const [first, second] = [sharingPrices(rule, slot, slot), sharingPrices(rule, later, later)];
          expect(atMost(asRatio(second.sell), asRatio(first.sell))).to.equal(true);
          const even = { ...slot, supply: slot.demand };
          const middle = ratio(slot.exportPrice + slot.compensation);
          const { buy, sell } = sharingPrices(rule, even, even);
          expect(same(asRatio(buy), middle) && same(asRatio(sell), middle)).to.equal(true);
        }),
        { numRuns: 1_000 },
      );
    });
  }

  it("warns of bill sharing alone: its sellers can get nothing", () => {
    expect(SHARING_RULES.filter((rule) => sharingWarning(rule) !== null)).to.deep.equal(["bill-sharing"]);
    const { sell } = sharingPrices("bill-sharing", { supply: 5n, demand: 5n }, { importPrice: 200n, exportPrice: 50n });
    expect(sell?.num).to.equal(0n);
  });

  it("has no price for a side that nobody is on, and none at all where nothing flowed", () => {
    const tariff = { importPrice: 200n, exportPrice: 50n };
    for (const rule of SHARING_RULES) {
      expect(sharingPrices(rule, { supply: 0n, demand: 0n }, tariff), rule).to.deep.equal({ buy: null, sell: null });
      expect(sharingPrices(rule, { supply: 9n, demand: 0n }, tariff).buy, rule).to.equal(null);
    }
  });

  it("refuses what is negative, and a tariff that would lose money with every Wh", () => {
    const totals = { supply: 1n, demand: 1n };
    const tariff = { importPrice: 3n, exportPrice: 2n };
    const refused = (rule: SharingRule, ...args: [SharingTotals, SharingTariff]) => {
      expectCode(() => sharingPrices(rule, ...args), "OUT_OF_RANGE");
    };
    refused("mmr", { supply: -1n, demand: 1n }, tariff);
    refused("mmr", { supply: 1n, demand: -1n }, tariff);
    refused("mmr", totals, { importPrice: 2n, exportPrice: -1n });
    refused("sdr", totals, { importPrice: 1n, exportPrice: 2n });
    refused("sdr-comp", totals, { ...tariff, compensation: 2n });
  });
});

describe("a member's share", () => {
  it("adds up to what all pay together, each within a unit of its own energy's price", () => {
    const price = fc.record({ num: fc.bigInt(0n, 1n << 80n), den: fc.bigInt(1n, 1n << 60n) });
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, 1n << 30n), { maxLength: 20 }), price, (energies, each) => {
        let before = 0n;
        let paid = 0n;
        for (const energyWh of energies) {
          const share = shareDown(before, energyWh, each);
          const exact = energyWh * each.num; // times den
          expect(share * each.den - exact < each.den && exact - share * each.den < each.den).to.equal(true);
          before += energyWh;
          paid += share;
        }
        expect(paid).to.equal((before * each.num) / each.den);
      }),
      { numRuns: 1_000 },
    );
  });

  it("leaves nothing over in a slot: what buyers pay is what sellers and the retailer get, to the base unit", () => {
    for (const rule of SHARING_RULES.filter((each) => each !== "feed-in")) {
      fc.assert(
        fc.property(anySlot, (any) => {
          const slot = slotFor(rule, any);
          const { buy, sell } = sharingPrices(rule, slot, slot);
          const paid = shareDown(0n, slot.demand, buy ?? { num: 0n, den: 1n });
          const got = shareDown(0n, slot.supply, sell ?? { num: 0n, den: 1n });
          const net = slot.demand - slot.supply;
          const retailer = net > 0n ? net * slot.importPrice : net * slot.exportPrice;
          expect(paid - got).to.equal(retailer);
        }),
        { numRuns: 1_000 },
      );
    }
  });
});
