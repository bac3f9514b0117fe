import { expect } from "chai";
import { decodePayload } from "../../sdk/src/book-record.ts";
import { unpackHead } from "../../sdk/src/journal.ts";
import { encodePosition } from "../../sdk/src/position.ts";
import { previewPeriod } from "../../sdk/src/preview.ts";
import type { PeriodPreview, PreviewInput, PreviewMember } from "../../sdk/src/preview.ts";
import type { PreviewStrip } from "../../sdk/src/preview-book.ts";
import { postedStrips } from "../../sdk/src/preview-posted.ts";
import { savingsOf } from "../../sdk/src/preview-savings.ts";
import { flatTariff } from "../../sdk/src/tariff.ts";
import { brandTerms } from "../../sdk/src/terms.ts";
import { asAmount, asMember, asPeriod, asPrice, asSignedAmount, asWh } from "../../sdk/src/units.ts";
import { gridOf } from "../differential/grid.ts";
import { at, get } from "../reference/arrays.ts";
import { reservedOf } from "../helpers/reserves.ts";
import {
  buy,
  connect,
  deployMarket,
  flatValues,
  sell,
  type Entry,
  type HomeKeys,
  type Market,
  postArguments,
} from "../helpers/market.ts";
import { goBehind, HOUR, hourly, metered, missing, Registers, type Values } from "../helpers/settling.ts";
import { FUNDS, SUPPLIER, SUPPLIER_FUNDS } from "../helpers/worlds.ts";
import { entry, metered as value } from "./support.ts";

/** A home's day: orders in one strip or two, its meter (undefined: no reading). */
interface Plan {
  readonly tariffClass: number;
  readonly strips: readonly (readonly Entry[])[];
  readonly values: Values | undefined;
}

const FEE = 10;
const NETWORK_FEE = 37;
const DEFAULT_LOAD = 250;
const CLASSES = [
  { importPrice: 300, exportPrice: 80 },
  { importPrice: 287, exportPrice: 93 },
];
const OVER_CAP = 5_000;

/** Curves on both sides, ticks that several homes share, a slot without trade, an order that the chain refuses. */
const PLANS: readonly Plan[] = [
  {
    tariffClass: 0,
    strips: [[sell(0, 10, 37), sell(0, 14, 20), sell(1, 12, 53), sell(3, 40, 9)]],
    values: [[0, 612], [0, 500], [310, 0], [0, 35]], // prettier-ignore
  },
  {
    tariffClass: 1,
    strips: [[sell(0, 14, 31), sell(1, 12, 40)], [buy(2, 20, 12)]],
    values: [[0, 250], [12, 407], [100, 0], [0, 0]], // prettier-ignore
  },
  {
    tariffClass: 0,
    strips: [
      [buy(0, 14, 41), buy(0, 30, 11), buy(1, 12, 29)],
      [buy(2, 33, 7), buy(3, 20, 15)],
    ],
    values: [[480, 0], [390, 0], [90, 0], [160, 0]], // prettier-ignore
  },
  {
    tariffClass: 1,
    strips: [[buy(0, 14, 17), buy(1, 25, 31), buy(1, 30, OVER_CAP)]],
    values: undefined,
  },
  {
    tariffClass: 1,
    strips: [[buy(0, 12, 5), sell(0, 20, 5), sell(2, 18, 16), sell(2, 33, 2)]],
    values: [[33, 0], [44, 0], [0, 170], [9, 9]], // prettier-ignore
  },
  { tariffClass: 0, strips: [], values: [[250, 0], [0, 0], [0, 120], [70, 70]] }, // prettier-ignore
];

const sdkEntry = ({ slot, side, tick, lots }: Entry) => entry(slot, side, tick, lots);

/** Posts the first strip of every home in one batch, the second ones in another. */
async function postAll(m: Market, homes: readonly HomeKeys[], period: number) {
  for (const round of [0, 1]) {
    const strips = await Promise.all(
      PLANS.flatMap(({ strips: own }, index) => {
        const entries = own[round];
        const after = round === 0 ? 0 : Math.max(...(own[0] ?? []).map(({ slot }) => slot)) + 1;
        return entries ? [m.signStrip({ home: at(homes, index), period, after, entries, feePerEntry: FEE })] : [];
      }),
    );
    await m.auction.post(...postArguments(m.community, period, strips));
  }
}

/** Strips as signed, in the sequence in which they are posted, without what is over the cap. */
function signedStrips(homes: readonly HomeKeys[]): PreviewStrip[] {
  return [0, 1].flatMap((round) =>
    PLANS.flatMap(({ strips }, index) => {
      const entries = strips[round]?.filter(({ lots }) => lots !== OVER_CAP).map(sdkEntry);
      const member = asMember(BigInt(at(homes, index).member));
      return entries ? [{ member, entries, feePerEntry: asAmount(BigInt(FEE)) }] : [];
    }),
  );
}

function memberOf({ tariffClass, values }: Plan, { member }: HomeKeys): PreviewMember {
  const metering: PreviewMember["metering"] =
    values === undefined
      ? { kind: "estimated", defaultLoadWh: asWh(BigInt(DEFAULT_LOAD)) }
      : { kind: "metered", values: values.map((each) => value(...each)), gapLeg: asSignedAmount(0n) };
  return { member: asMember(BigInt(member)), tariffClass: BigInt(tariffClass), metering };
}

/** The day on chain, from signed strips to settled money. */
async function playDay() {
  const m = await deployMarket(await connect(), {
    terms: hourly,
    tariff: { networkFee: NETWORK_FEE, classes: CLASSES },
    defaultLoadWh: DEFAULT_LOAD,
  });
  await m.fund(SUPPLIER, SUPPLIER_FUNDS);
  const homes: HomeKeys[] = [];
  for (const { tariffClass } of PLANS) homes.push(await m.addHome({ tariffClass }));
  // Homes may order from the next period on; that one passes without trade.
  const first = (await m.periodNow()) + 1;
  const period = first + 1;
  await m.goTo(m.periodStart(first));
  await postAll(m, homes, period);
  await goBehind(m, period, 1);
  await m.clearPeriod(period);
  const registers = new Registers(m);
  const quiet = homes.map(async (home) => {
    return { member: home.member, reading: await registers.read(home, first, flatValues(4, 0, 0)), records: [] };
  });
  await m.settlement.meter(m.community, first, await Promise.all(quiet));
  const items = [];
  for (const [index, { values }] of PLANS.entries()) {
    const home = at(homes, index);
    if (values) items.push(await metered(m, home, period, await registers.read(home, period, values)));
  }
  await m.settlement.meterAndSettle(m.community, period, items);
  await goBehind(m, period, HOUR);
  const estimated = homes.filter((_, index) => at(PLANS, index).values === undefined);
  const unread = await Promise.all(estimated.map(async (home) => await missing(m, home, period)));
  await m.settlement.settleEstimated(m.community, period, unread);
  return { m, homes, period };
}

describe("a previewed day", function () {
  let m: Market;
  let homes: HomeKeys[];
  let period: number;
  let preview: PeriodPreview;
  let input: PreviewInput;
  let terms: Parameters<typeof previewPeriod>[0];

  before(async function () {
    ({ m, homes, period } = await playDay());
    const grid = gridOf(m.terms);
    terms = { ...grid, ...brandTerms(grid) };
    const prices = CLASSES.map(({ importPrice, exportPrice }) => {
      return { importPrice: asPrice(BigInt(importPrice)), exportPrice: asPrice(BigInt(exportPrice)) };
    });
    input = {
      period: asPeriod(BigInt(period)),
      tariff: flatTariff(terms, asPrice(BigInt(NETWORK_FEE)), prices),
      members: PLANS.map((plan, index) => memberOf(plan, at(homes, index))),
      strips: signedStrips(homes),
    };
    preview = previewPeriod(terms, input);
  });

  it("clears as the contract did, slot by slot", async function () {
    const traded = [];
    for (const { slot, clearing, price } of preview.slots) {
      const result = await m.resultAt(slot);
      expect(result.cleared).to.equal(true);
      expect([result.lots, result.price]).to.deep.equal([clearing?.lots ?? 0n, price ?? 0n]);
      if (clearing === null) continue;
      const { marginalTick, priceTick, lots, side, allotment, volume } = result;
      const rationed = volume === 0n ? null : { side: side === 0n ? "buy" : "sell", allotment, volume };
      expect({ marginalTick, priceTick, lots, rationed }).to.deep.equal(clearing);
      traded.push(slot % 4n);
    }
    expect(traded).to.deep.equal([0n, 1n, 2n]);
  });

  it("fills every member as the contract did", async function () {
    const context = [...(await m.auction.contextOf(m.community, period))];
    for (const { member, settled, fills } of preview.members) {
      const records = await m.recordsOf(Number(member), period);
      const payloads = records.map(({ payload }) => payload);
      const answer = await m.auction.positionOf(m.community, member, period, context, payloads);
      expect(answer.position).to.equal(encodePosition(settled.slots));
      const accepted = payloads
        .flatMap((payload) => decodePayload(terms, payload))
        .filter(({ prefix }) => prefix !== null);
      const receipts = fills.map(({ offset, side, tick, lots, prefix }) => ({ offset, side, tick, lots, prefix }));
      expect(receipts).to.deep.equal(accepted);
    }
  });

  it("settles the legs that the escrow logged, estimates included", async function () {
    const logs = await m.escrow.queryFilter(m.escrow.filters.Settled(m.community, undefined, period));
    const settled = new Map(logs.map(({ args }) => [args.member, args]));
    expect(settled.size).to.equal(PLANS.length);
    for (const { member, settled: own } of preview.members) {
      const { paid, received, networkFee, settlementFee, gridLeg } = get(settled, member);
      expect([own.paid, own.received, own.networkFee]).to.deep.equal([paid, received, networkFee]);
      expect([own.settlementFee, own.gridLeg]).to.deep.equal([settlementFee, gridLeg]);
    }
    expect(preview.members.filter(({ bill }) => bill.estimated)).to.have.length(1);
  });

  it("costs every household what its account lost", async function () {
    for (const { member, community } of savingsOf(preview).members) {
      const { free } = await m.escrow.account(m.community, member);
      const reserved = await reservedOf(m, Number(member));
      expect([FUNDS - free, reserved]).to.deep.equal([community, 0n]);
      expect((await m.escrow.debt(m.community, member)).due).to.equal(0n);
    }
    expect((await m.escrow.account(m.community, 1)).free).to.equal(
      preview.members.reduce((sum, { settled }) => sum + settled.networkFee, 0n),
    );
  });

  it("is the same from the logs, whose records hold what was refused too", async function () {
    const journals = await Promise.all(
      input.members.map(async ({ member }) => {
        const records = await m.recordsOf(Number(member), period);
        return [member, records.map(({ head, payload }) => ({ head: unpackHead(head), payload }))] as const;
      }),
    );
    const strips = postedStrips(terms, journals);
    const entries = strips.flatMap((strip) => strip.entries);
    expect(entries.filter(({ prefix }) => prefix === null).map(({ lots }) => lots)).to.deep.equal([BigInt(OVER_CAP)]);
    const fromLogs = previewPeriod(terms, { ...input, strips });
    const { slots, members } = preview;
    expect(fromLogs.slots).to.deep.equal(slots);
    // Relayer fees stand in no record.
    expect(fromLogs.members).to.deep.equal(members.map((member) => ({ ...member, relayerFees: 0n })));
    expect(postedStrips(terms, journals, 1n)).to.deep.equal([]);
  });
});
