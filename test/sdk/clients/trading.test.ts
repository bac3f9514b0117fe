import { expect } from "chai";
import { positionOf } from "../../../sdk/src/book-answer.ts";
import { buildStrip } from "../../../sdk/src/build-strip.ts";
import type { Order } from "../../../sdk/src/build-strip.ts";
import { EnergyTokenClient } from "../../../sdk/src/clients/energy-tokens.ts";
import { MarketClient } from "../../../sdk/src/clients/market.ts";
import type { SignedStrip } from "../../../sdk/src/packed-strips.ts";
import { isRevert } from "../../../sdk/src/clients/revert.ts";
import { resultsOf } from "../../../sdk/src/clients/rebuild.ts";
import { SettlementClient } from "../../../sdk/src/clients/settlement.ts";
import { journalOf, readingHash, settledHash } from "../../../sdk/src/journal.ts";
import { signReading } from "../../../sdk/src/reading.ts";
import { settleMember } from "../../../sdk/src/settlement.ts";
import { signStrip } from "../../../sdk/src/strip.ts";
import {
  asAmount,
  asCommunity,
  asLots,
  asMember,
  asPeriod,
  asPrice,
  asSeconds,
  asSignedAmount,
  asSlot,
  asSlotOffset,
  asWh,
} from "../../../sdk/src/units.ts";
import type { Period } from "../../../sdk/src/units.ts";
import type { HomeKeys } from "../../helpers/market.ts";
import { expectCode } from "../support.ts";
import { world, type World } from "./support.ts";

const OFFSET = 40n;

/** A seller and a buyer with strips that meet in slot 40 of the next period. */
async function twoHomes() {
  const w = await world();
  const seller = await w.raw.addHome();
  const buyer = await w.raw.addHome({ sellCap: 0 });
  await w.raw.fund(3, 1_000_000_000n);
  const period = asPeriod(BigInt((await w.raw.periodNow()) + 1));
  await w.raw.goTo(w.raw.periodStart(Number(period)));
  return { ...w, seller, buyer, period };
}

async function stripOf(w: World, home: HomeKeys, period: Period, order: Omit<Order, "slot">): Promise<SignedStrip> {
  const { community, terms, registry, domains } = w;
  const header = {
    community,
    member: asMember(BigInt(home.member)),
    period,
    after: asSlotOffset(0n),
    epoch: 0n,
    deadline: asSeconds(BigInt(w.raw.periodStart(Number(period) + 1))),
    feePerEntry: asAmount(5n),
    feeTo: w.raw.stranger.address,
  };
  const tariff = await registry.tariff(community, period, terms);
  const slot = asSlot(period * terms.slotsPerPeriod + OFFSET);
  const strip = buildStrip(terms, header, [{ ...order, slot }], { tariff, tariffClass: 0n, first: true });
  return { strip, signature: await signStrip(domains.market, strip, home.trading) };
}

const SELL = { side: "sell", price: asPrice(100n), energy: asWh(1_000n) } as const;
const BUY = { side: "buy", price: asPrice(180n), energy: asWh(800n) } as const;

describe("MarketClient, SettlementClient and LogReader", function () {
  it("trade, settle from logs alone, and claim", async function () {
    const w = await twoHomes();
    const { market, escrow, settlement, tokens, logs, community, terms, domains, period, seller, buyer, raw } = w;
    await market.send.post(community, period, [
      await stripOf(w, seller, period, SELL),
      await stripOf(w, buyer, period, BUY),
    ]);
    const slot = asSlot(period * terms.slotsPerPeriod + OFFSET);
    expect((await market.book(community, slot)).asks[10]).to.equal(100n);
    expect(await market.result(community, slot)).to.equal(undefined);
    await raw.goTo(raw.periodStart(Number(period) + 1));
    await market.send.clear(community, [slot]);

    const journals = await logs.journals(period);
    const results = await logs.results(period);
    expect(results.get(slot)).to.deep.equal(await market.result(community, slot));
    expect([...(await logs.cleared(period)).values()]).to.deep.equal([{ price: 100n, lots: 80n }]);

    const flow = (imported: bigint, exported: bigint) =>
      Array.from({ length: 96 }, (_, k) => {
        const on = BigInt(k) === OFFSET;
        return { imported: asWh(on ? imported : 0n), exported: asWh(on ? exported : 0n) };
      });
    const readings = [
      { home: seller, values: flow(0n, 1_000n) },
      { home: buyer, values: flow(900n, 0n) },
    ];
    const items = [];
    for (const { home, values } of readings) {
      const member = asMember(BigInt(home.member));
      const header = { community, member, period, closesGap: false };
      const reading = { ...header, startImport: asWh(0n), startExport: asWh(0n), values };
      const signature = await signReading(domains.settlement, reading, home.meter);
      items.push({ reading, signature, records: journals.get(member) ?? [] });
    }
    await settlement.send.meterAndSettle(community, period, items);

    const tariff = await w.registry.tariff(community, period, terms);
    const legs = await logs.settled(period);
    const accepted = await logs.readings(period);
    for (const [member, records] of journals) {
      const reading = accepted.get(member);
      if (reading === undefined) throw new Error("no reading");
      const answer = positionOf(terms, period, records, results);
      const metering = { kind: "metered", ...reading } as const;
      const preview = settleMember(terms, {
        tariff,
        tariffClass: 0n,
        records,
        answers: new Map([[0n, answer]]),
        metering,
      });
      const { paid, received, networkFee, settlementFee, gridLeg } = preview;
      const due = asSignedAmount(0n);
      expect(legs.get(member)).to.deep.equal({ paid, received, networkFee, settlementFee, gridLeg, due });
      const info = await escrow.journal(community, member, period);
      const hash = settledHash(readingHash(journalOf(records), reading.values, reading.gapLeg), answer.position);
      expect(info).to.deep.equal({ hash, entries: 1n, records: 1n, frontier: OFFSET + 1n, state: "settled" });
    }
    expect(await settlement.ledger(community, slot)).to.deep.equal({
      delivered: 800n,
      bought: 800n,
      sold: 800n,
      imported: 900n,
      exported: 1_000n,
    });
    expect(await settlement.meter(community, asMember(BigInt(buyer.member)))).to.include({
      bound: true,
      fresh: false,
      gap: false,
      nextPeriod: period + 1n,
      importRegister: 900n,
    });

    await raw.goTo(raw.periodStart(Number(period) + 1) + Number(terms.correctionWindow));
    const member = asMember(BigInt(buyer.member));
    const records = journals.get(member) ?? [];
    const { position } = positionOf(terms, period, records, results);
    const owner = new SettlementClient({ address: settlement.address, runner: buyer.owner.connect(w.provider) });
    const claim = { member, journal: journalOf(records), ...(accepted.get(member) ?? neverRead()), position };
    await owner.send.claim(community, period, claim, buyer.owner.address);
    const id = { community, vintage: period, zone: 0n, source: 0n };
    expect(await tokens.balanceOf(buyer.owner.address, id)).to.equal(800n);
    const holder = new EnergyTokenClient({ address: tokens.address, runner: buyer.owner.connect(w.provider) });
    await holder.send.retire(id, asWh(300n), buyer.owner.address, "own use");
    await holder.send.safeTransferFrom(buyer.owner.address, seller.owner.address, id, asWh(100n));
    await holder.send.setApprovalForAll(seller.owner.address, true);
    expect(await tokens.balanceOf(buyer.owner.address, id)).to.equal(400n);
  });

  it("name what was skipped", async function () {
    const w = await twoHomes();
    const { market, settlement, logs, community, period, seller, domains } = w;
    const { strip } = await stripOf(w, seller, period, SELL);
    const forged = { strip, signature: await signStrip(domains.market, strip, seller.meter) };
    const poor = await stripOf(w, seller, period, { ...SELL, energy: asWh(100_000n) });
    await market.send.post(community, period, [forged, poor]);
    await settlement.send.settle(community, period, [settleItem(seller)]);
    const member = BigInt(seller.member);
    expect(await logs.skipped(period)).to.deep.equal([
      { stage: "strip", member, reason: "BadSignature" },
      { stage: "strip", member, reason: "NothingAccepted" },
      { stage: "settlement", member, reason: "NotMetered" },
    ]);
  });

  it("place an own strip, and say why it is refused", async function () {
    const w = await twoHomes();
    const { strip } = await stripOf(w, w.seller, w.period, SELL);
    const own = new MarketClient({ address: w.market.address, runner: w.seller.trading.connect(w.provider) });
    await own.send.place(strip);
    const thrown: unknown = await own.send.place(strip).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!isRevert(thrown, "StripRefused")) throw new Error(`Expected StripRefused, got ${String(thrown)}`);
    const entries = await w.logs.journals(w.period);
    expect(entries.get(strip.member)?.[0]?.head.sellWh).to.equal(1_000n);
  });

  it("build the calls that the contracts take", async function () {
    const { market, settlement, tokens, raw } = await world();
    const pairs = [
      [market, raw.auction],
      [settlement, raw.settlement],
      [tokens, raw.energyToken],
    ] as const;
    for (const [client, contract] of pairs) {
      for (const name of Object.keys(client.calls)) {
        expect(contract.interface.getFunction(name as never), name).not.to.equal(null);
      }
    }
    const [community, period, member] = [asCommunity(0n), asPeriod(7n), asMember(4n)];
    const estimate = settlement.calls.settleEstimated(community, period, [{ member, records: [] }]);
    expect(estimate.data).to.equal(
      raw.settlement.interface.encodeFunctionData("settleEstimated", [0, 7, [{ member: 4, records: [] }]]),
    );
  });

  it("refuse results that the journals do not explain", async function () {
    const { terms } = await world();
    const slot = asSlot(1n);
    const cleared = new Map([[slot, { price: asPrice(100n), lots: asLots(1n) }]]);
    expectCode(() => resultsOf(terms, new Map(), cleared), "LOGS_INCOMPLETE");
    const empty = Array.from({ length: 64 }, () => asLots(0n));
    expectCode(() => resultsOf(terms, new Map([[slot, { bids: empty, asks: empty }]]), cleared), "LOGS_INCOMPLETE");
  });
});

function settleItem(home: HomeKeys) {
  const values = Array.from({ length: 96 }, () => ({ imported: asWh(0n), exported: asWh(0n) }));
  return { member: asMember(BigInt(home.member)), values, gapLeg: asSignedAmount(0n), records: [] };
}

function neverRead(): never {
  throw new Error("no reading");
}
