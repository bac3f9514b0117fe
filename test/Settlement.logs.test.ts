import { expect } from "chai";
import { Contract, type Interface, type Log, type LogDescription, type Provider } from "ethers";
import {
  connect,
  deployMarket,
  type Connection,
  type HomeKeys,
  type Market,
  postArguments,
  unpackRecords,
} from "./helpers/market.ts";
import { asTraded } from "./helpers/claims.ts";
import { estimate, hours, settleMetered, type Hour } from "./helpers/hours.ts";
import {
  HOUR,
  Registers,
  Skip,
  State,
  buy,
  dueOf,
  expectSolvent,
  freeOf,
  goBehind,
  hourly,
  metered,
  missing,
  post,
  sell,
  stateOf,
  valuesAt,
} from "./helpers/settling.ts";
import { FUNDS } from "./helpers/worlds.ts";
import { afterReading, afterRecord } from "./reference/journal.ts";

interface JournalRecord {
  readonly head: bigint;
  readonly digest: string;
  readonly payload: string;
}

/** Somebody with a provider, three addresses and no memory: everything else is in the logs. */
class Stranger {
  constructor(
    readonly provider: Provider,
    readonly settlement: { readonly address: string; readonly abi: Interface },
    readonly auction: { readonly address: string; readonly abi: Interface },
    readonly escrow: { readonly address: string; readonly abi: Interface },
  ) {}

  async logs({ address, abi }: { address: string; abi: Interface }, event: string): Promise<LogDescription[]> {
    const topics = abi.getEvent(event)?.topicHash ?? null;
    const found: Log[] = await this.provider.getLogs({ address, topics: [topics], fromBlock: 0 });
    return found.map((log) => abi.parseLog(log)).filter((log) => log !== null);
  }

  /** The records of every member of a period, as far as logged. */
  async records(community: number, period: number): Promise<Map<number, JournalRecord[]>> {
    const members = new Map<number, JournalRecord[]>();
    for (const { args } of await this.logs(this.escrow, "Recorded")) {
      if (Number(args["community"]) !== community || Number(args["period"]) !== period) continue;
      const packed = unpackRecords(args["module"] as bigint, args["records"] as string);
      for (const { member, head, digest, payload } of packed) {
        members.set(member, [...(members.get(member) ?? []), { head, digest, payload }]);
      }
    }
    return members;
  }

  /** What was metered and not settled yet. */
  async readings(community: number, period: number): Promise<Map<number, { values: string; gapLeg: bigint }>> {
    const members = new Map<number, { values: string; gapLeg: bigint }>();
    for (const { args } of await this.logs(this.settlement, "Metered")) {
      if (Number(args["community"]) !== community || Number(args["period"]) !== period) continue;
      // `values` is also a method of the result, so it is asked for by name.
      const values = args.getValue("values") as string;
      members.set(Number(args["member"]), { values, gapLeg: args["gapLeg"] as bigint });
    }
    return members;
  }
}

let connection: Connection;
before(async function () {
  connection = await connect();
});
const { hour } = hours(() => connection);

async function stranger({ m }: Hour): Promise<Stranger> {
  const { ethers } = connection;
  const [settlement, auction] = [await m.settlement.getAddress(), await m.auction.getAddress()];
  const escrow = await m.escrow.getAddress();
  return new Stranger(
    ethers.provider,
    { address: settlement, abi: m.settlement.interface },
    { address: auction, abi: m.auction.interface },
    { address: escrow, abi: m.escrow.interface },
  );
}

describe("Rule 9: whoever holds the logs can settle a period", function () {
  it("metered by a gateway that then vanished", async function () {
    const w = await hour();
    const { m, seller, buyer, idle, period, registers } = w;
    await post(m, period, [
      [seller, [sell(1, 10, 100)]],
      [buyer, [buy(1, 30, 60)]],
      [idle, [buy(1, 30, 40)]],
    ]);
    const second = await m.signStrip({ home: buyer, period, after: 2, entries: [buy(2, 30, 7)] });
    await m.auction.post(...postArguments(m.community, period, [second]));
    await m.goTo(m.periodStart(period + 1));
    const items = [];
    for (const [home, values] of [
      [seller, asTraded.seller],
      [buyer, asTraded.buyer],
      [idle, asTraded.idle],
    ] as const) {
      items.push({ member: home.member, reading: await registers.read(home, period, values), records: [] });
    }
    await m.settlement.meter(m.community, period, items);

    const one = await stranger(w);
    const records = await one.records(m.community, period);
    const readings = await one.readings(m.community, period);
    const signer = m.stranger;
    const auction = new Contract(one.auction.address, one.auction.abi, signer);
    const settlement = new Contract(one.settlement.address, one.settlement.abi, signer);
    // Slots that orders name, out of the payloads alone.
    const slots = new Set<number>();
    for (const { payload } of [...records.values()].flat()) {
      const entries = (payload.length - 2) / 12;
      for (let entry = 0; entry < entries; entry++)
        slots.add(Number(`0x${payload.slice(2 + 8 * entry, 4 + 8 * entry)}`));
    }
    await auction.getFunction("clear").send(
      m.community,
      [...slots].map((slot) => period * 4 + slot),
    );
    const settled = [...readings].map(([member, reading]) => ({
      member,
      ...reading,
      records: records.get(member) ?? [],
    }));
    await settlement.getFunction("settle").send(m.community, period, settled);
    for (const home of [seller, buyer, idle]) expect(await stateOf(m, home, period)).to.equal(State.Settled);
    // 1,000 Wh at 140 and 70 Wh at 140, all delivered as traded but for the last 70 Wh, which the seller never sold.
    expect(await freeOf(m, seller.member)).to.equal(FUNDS + 140_000n + 70n * 80n - 2_000n);
    expect(await m.escrow.fees(m.euro, signer.address)).to.equal(6_000n);
    expect([...(await m.escrow.pot(m.community, 0, period))]).to.deep.equal([0n, 0n]);
    await expectSolvent(m);
  });

  it("that nobody metered", async function () {
    const w = await hour();
    const { m, seller, buyer, period } = w;
    await post(m, period, [
      [seller, [sell(1, 10, 100)]],
      [buyer, [buy(1, 30, 100)]],
    ]);
    await goBehind(m, period, 2 * HOUR);
    const one = await stranger(w);
    await m.auction.connect(m.stranger).clear(m.community, [period * 4 + 1]);
    const items = [...(await one.records(m.community, period))].map(([member, records]) => ({ member, records }));
    await m.settlement.connect(m.stranger).settleEstimated(m.community, period, items);
    expect([...(await m.escrow.journals(m.community, period))]).to.deep.equal([2n, 2n]);
    await expectSolvent(m);
  });

  it("and the logs hash to the journals on chain", async function () {
    const w = await hour();
    const { m, seller, buyer, period, registers } = w;
    await post(m, period, [
      [seller, [sell(1, 10, 100)]],
      [buyer, [buy(1, 30, 100)]],
    ]);
    const more = await m.signStrip({ home: buyer, period, after: 2, entries: [buy(3, 3, 3)] });
    await m.auction.post(...postArguments(m.community, period, [more]));
    const one = await stranger(w);
    const records = (await one.records(m.community, period)).get(buyer.member) ?? [];
    const hash = records.reduce(
      (journal, { head, digest, payload }) => afterRecord(journal, head, digest, payload),
      0n,
    );
    expect(records).to.have.length(2);
    expect((await m.escrow.journal(m.community, buyer.member, period)).hash).to.equal(hash);
    await m.goTo(m.periodStart(period + 1));
    const reading = await registers.read(buyer, period, valuesAt({ 0: [1, 2] }));
    await m.settlement.meter(m.community, period, [{ member: buyer.member, reading, records: [] }]);
    const { values, gapLeg } = (await one.readings(m.community, period)).get(buyer.member) ?? {
      values: "",
      gapLeg: -1n,
    };
    expect((await m.escrow.journal(m.community, buyer.member, period)).hash).to.equal(
      afterReading(hash, values, gapLeg),
    );
  });
});

describe("Rule 11: rings are used again, and nothing old shows through", function () {
  /** Windows of seconds and no horizon: the ring has three periods. */
  const shortest = { ...hourly, horizon: 0, readingDeadline: 1, correctionWindow: 2, claimWindow: 3, tariffNotice: 0 };
  async function shortRing() {
    const m = await deployMarket(connection, { terms: shortest });
    await m.fund(3, 1_000_000_000n);
    const seller = await m.addHome();
    const buyer = await m.addHome();
    const idle = await m.addHome();
    const period = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(period));
    return { m, seller, buyer, idle, period };
  }
  const open = async () => {
    const w = await connection.networkHelpers.loadFixture(shortRing);
    return { ...w, registers: new Registers(w.m) };
  };
  const ledgers = async (m: Market, period: number) =>
    await Promise.all(
      [0, 1, 2, 3].map(async (slot) => [...(await m.settlement.ledger(m.community, period * 4 + slot))]),
    );
  const NOTHING = [0n, 0n, 0n, 0n, 0n];

  it("over ten periods of trading in a ring of three", async function () {
    const { m, seller, buyer, idle, period, registers } = await open();
    for (let turn = 0; turn < 10; turn++) {
      const now = period + turn;
      const slot = 1 + (turn % 3);
      await m.goTo(m.periodStart(now));
      expect(await ledgers(m, now)).to.deep.equal([NOTHING, NOTHING, NOTHING, NOTHING]);
      expect([...(await m.escrow.journal(m.community, seller.member, now))]).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
      expect([...(await m.escrow.pot(m.community, 0, now))]).to.deep.equal([0n, 0n]);
      expect([...(await m.escrow.journals(m.community, now))]).to.deep.equal([0n, 0n]);
      expect((await m.resultAt(now * 4 + slot)).cleared).to.equal(false);
      await post(m, now, [
        [seller, [sell(slot, 10, 10 + turn)]],
        [buyer, [buy(slot, 30, 10 + turn)]],
      ]);
      await m.goTo(m.periodStart(now + 1));
      await m.clearPeriod(now);
      const wh = 10 * (10 + turn);
      const items = [
        await metered(m, seller, now, await registers.read(seller, now, valuesAt({ [slot]: [0, wh] }))),
        await metered(m, buyer, now, await registers.read(buyer, now, valuesAt({ [slot]: [wh, 0] }))),
        await metered(m, idle, now, await registers.read(idle, now, valuesAt({ 0: [turn, 0] }))),
      ];
      await m.settlement.meterAndSettle(m.community, now, items);
      const [all] = [BigInt(wh)];
      const expected = [0, 1, 2, 3].map((each) => {
        if (each === slot) return [all, all, all, all, all];
        return each === 0 ? [0n, 0n, 0n, BigInt(turn), 0n] : NOTHING;
      });
      expect(await ledgers(m, now)).to.deep.equal(expected);
      expect([...(await m.escrow.pot(m.community, 0, now))]).to.deep.equal([0n, 0n]);
      expect([...(await m.escrow.journals(m.community, now))]).to.deep.equal([3n, 3n]);
      expect(await dueOf(m, buyer.member)).to.equal(0n);
      await expectSolvent(m);
    }
    // 1,450 Wh in all at 140, and ten settlement fees.
    expect(await freeOf(m, seller.member)).to.equal(FUNDS + 1450n * 140n - 20_000n);
    expect(await freeOf(m, buyer.member)).to.equal(FUNDS - 1450n * 180n - 20_000n);
  });

  it("an entry is taken while an old period in it is unsettled, and free once anybody settled it", async function () {
    const { m, seller, buyer, idle, period, registers } = await open();
    await post(m, period, [
      [seller, [sell(1, 10, 10)]],
      [buyer, [buy(1, 30, 10)]],
    ]);
    const next = period + 3;
    await m.goTo(m.periodStart(next));
    const strip = await m.signStrip({ home: idle, period: next, entries: [buy(2, 30, 1)] });
    const ringBusy = 11;
    const refused = async () => {
      await expect(m.auction.post(...postArguments(m.community, next, [strip])))
        .to.emit(m.auction, "StripSkipped")
        .withArgs(m.community, idle.member, next, 0, ringBusy);
    };
    await refused();
    await m.auction.connect(m.stranger).clear(m.community, [period * 4 + 1]);
    for (const home of [seller, buyer]) {
      await refused();
      const items = [await missing(m, home, period)];
      await m.settlement.connect(m.stranger).settleEstimated(m.community, period, items);
    }
    await m.auction.post(...postArguments(m.community, next, [strip]));
    expect((await m.escrow.journal(m.community, idle.member, next)).records).to.equal(1n);
    // The periods between were left out by the two homes; they catch up one by one.
    await m.goTo(m.periodStart(next + 1));
    for (let each = period; each <= next; each++) {
      const items = [await metered(m, idle, each, await registers.read(idle, each, valuesAt({ 0: [1, 0] })))];
      if (each === next) await m.clearPeriod(next);
      await m.settlement.meterAndSettle(m.community, each, items);
    }
    expect(await stateOf(m, idle, next)).to.equal(State.Settled);
    await expectSolvent(m);
  });

  it("readings of a period wait while its entry is taken, and lose nothing", async function () {
    const { m, seller, buyer, idle, period, registers } = await open();
    await post(m, period, [
      [seller, [sell(1, 10, 10)]],
      [buyer, [buy(1, 30, 10)]],
    ]);
    const next = period + 3;
    await goBehind(m, next, 10);
    for (let each = period; each < next; each++) {
      const items = [await metered(m, idle, each, await registers.read(idle, each, valuesAt({ 0: [1, 0] })))];
      await m.settlement.meterAndSettle(m.community, each, items);
    }
    const item = await metered(m, idle, next, await registers.read(idle, next, valuesAt({ 0: [1, 0] })));
    const skips = [
      m.settlement.meterAndSettle(m.community, next, [item]),
      m.settlement.meter(m.community, next, [item]),
      m.settlement.settleEstimated(m.community, next, [{ member: idle.member, records: [] }]),
    ];
    for (const sent of skips) {
      await expect(sent).to.emit(m.settlement, "ItemSkipped").withArgs(m.community, idle.member, next, Skip.RingBusy);
    }
    await m.clearPeriod(period);
    const items = [await missing(m, seller, period), await missing(m, buyer, period)];
    await m.settlement.connect(m.stranger).settleEstimated(m.community, period, items);
    await m.settlement.meterAndSettle(m.community, next, [item]);
    expect(await stateOf(m, idle, next)).to.equal(State.Settled);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 4n * 300n);
    await expectSolvent(m);
  });

  it("a period that has left the ring can still be settled in money, without touching its successor", async function () {
    const { m, idle, buyer, period, registers } = await open();
    const read = async (home: HomeKeys, each: number, wh: number) => {
      const reading = await registers.read(home, each, valuesAt({ 2: [wh, 0] }));
      await m.settlement.meterAndSettle(m.community, each, [await metered(m, home, each, reading)]);
    };
    for (let each = period; each <= period + 3; each++) {
      await m.goTo(m.periodStart(each + 1));
      await read(buyer, each, 100);
    }
    const before = await ledgers(m, period + 3);
    const counts = [...(await m.escrow.journals(m.community, period + 3))];
    await read(idle, period, 55);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 55n * 300n);
    expect(await ledgers(m, period + 3)).to.deep.equal(before);
    expect(await ledgers(m, period)).to.deep.equal([NOTHING, NOTHING, NOTHING, NOTHING]);
    expect([...(await m.escrow.journals(m.community, period + 3))]).to.deep.equal(counts);
    expect(await stateOf(m, idle, period)).to.equal(State.Open);
    const { importRegister } = await m.settlement.meterState(m.community, idle.member);
    expect(importRegister).to.equal(55n);
    // `meter` alone has nowhere to keep it.
    await m.goTo(m.periodStart(period + 5));
    await read(buyer, period + 4, 100);
    const reading = await registers.read(idle, period + 1, valuesAt({}));
    await expect(m.settlement.meter(m.community, period + 1, [await metered(m, idle, period + 1, reading)]))
      .to.emit(m.settlement, "ItemSkipped")
      .withArgs(m.community, idle.member, period + 1, Skip.RingBusy);
    await m.settlement.meterAndSettle(m.community, period + 1, [await metered(m, idle, period + 1, reading)]);
    await expectSolvent(m);
  });

  it("claims read the ledger of their own period alone", async function () {
    const w = await hour();
    const { m, idle, buyer, period, registers } = w;
    // Nine periods later the same ledger words are taken; the idle home's claim window is long over.
    for (let each = period; each <= period + 9; each++) {
      await goBehind(m, each, 0);
      await settleMetered(w, buyer, each, await registers.read(buyer, each, valuesAt({ 0: [100, each - period] })));
    }
    await goBehind(m, period + 9, HOUR);
    for (let each = period; each <= period + 9; each++) await estimate(w, each, idle);
    const slot = async (each: number) => [...(await m.settlement.ledger(m.community, each * 4))];
    expect(await slot(period)).to.deep.equal(NOTHING);
    expect(await slot(period + 9)).to.deep.equal([0n, 0n, 0n, 350n, 9n]);
    expect(await slot(period + 1)).to.deep.equal([0n, 0n, 0n, 350n, 1n]);
  });
});
