import { expect } from "chai";
import { connect, encodeEntries, type Entry, type HomeKeys, type HomeOptions } from "./helpers/market.ts";
import { buy, clear, entryReason, openDay, post, sell, stateOf } from "./helpers/auction.ts";
import { reservedOf } from "./helpers/reserves.ts";
import type { Day, EntryReason } from "./helpers/auction.ts";

const connection = await connect();
const { ethers, networkHelpers } = connection;

/** Caps of 100 and 50 lots in the middle; default grid: 96 slots, 64 ticks. */
async function threeHomes() {
  return await openDay(connection, [{}, { buyCap: 100, sellCap: 50 }, {}]);
}

const eightHomes = async () =>
  await openDay(
    connection,
    Array.from({ length: 8 }, () => ({ deposit: 10n ** 10n })),
  );

const tomorrow = (day: Day) => day.period + 1;
const sign = async (
  day: Day,
  index: number,
  entries: readonly Entry[],
  rest: Partial<Parameters<Day["signStrip"]>[0]> = {},
) => await day.signStrip({ home: day.home(index), period: tomorrow(day), entries, ...rest });
const place = (day: Day, home: HomeKeys, strip: Awaited<ReturnType<typeof sign>>, period = tomorrow(day)) =>
  day.auction.connect(home.owner.connect(ethers.provider)).place(day.community, period, strip);

/** Reserve of the default tariff: limit + 40 per Wh bought, 300 − limit per Wh sold, 10 Wh a lot. */
const reserveOf = ({ side, tick, lots }: Entry) => {
  const limit = 60 + 4 * tick;
  return BigInt(10 * lots * (side === "buy" ? limit + 40 : Math.max(4, 300 - limit)));
};
const sum = (entries: readonly Entry[]) => entries.map(reserveOf).reduce((a, b) => a + b, 0n);
const FEE = 2000n;

interface BadEntries {
  readonly name: string;
  readonly entries: readonly Entry[];
  readonly reasons: readonly EntryReason[];
  readonly maxReserve?: bigint;
}

const first = buy(40, 10, 5);
const last = sell(80, 12, 7);
const good = "None" as const;
const between = (name: string, reason: EntryReason, bad: Entry): BadEntries => ({
  name,
  entries: [first, bad, last],
  reasons: [good, reason, good],
});

const BAD_ENTRIES: readonly BadEntries[] = [
  between("of an earlier slot", "NotAscending", buy(39, 10, 5)),
  between("of the same slot, side and tick", "NotAscending", buy(40, 10, 1)),
  between("of a lower tick", "NotAscending", buy(40, 9, 5)),
  {
    name: "to buy after one to sell",
    entries: [sell(40, 3, 5), buy(40, 10, 5), last],
    reasons: [good, "NotAscending", good],
  },
  {
    name: "below a refused one",
    entries: [first, buy(200, 1, 1), last],
    reasons: [good, "OffGrid", "NotAscending"],
  },
  between("of a tick beyond the grid", "OffGrid", buy(40, 64, 5)),
  between("of the highest tick there is", "OffGrid", sell(40, 127, 5)),
  {
    name: "of the first slot beyond the period",
    entries: [first, last, buy(96, 10, 5)],
    reasons: [good, good, "OffGrid"],
  },
  { name: "of the highest slot there is", entries: [first, last, sell(255, 10, 5)], reasons: [good, good, "OffGrid"] },
  between("of no lots", "ZeroLots", buy(50, 10, 0)),
  between("above the cap", "OverCap", buy(50, 10, 101)),
  between("of the most lots there are", "OverCap", sell(50, 10, 65_535)),
  {
    name: "that lifts a curve above the cap",
    entries: [buy(40, 9, 60), buy(40, 10, 41), buy(40, 11, 40), sell(40, 9, 50), sell(40, 10, 1)],
    reasons: [good, "OverCap", good, good, "OverCap"],
  },
  {
    name: "that the rest of the reserve does not cover, with all behind it",
    entries: [first, buy(50, 20, 10), last],
    reasons: [good, "OverReserve", "OverReserve"],
    maxReserve: FEE + sum([first, last]) + reserveOf(buy(50, 20, 10)) - reserveOf(last) - 1n,
  },
];

describe("Rule 7: one bad entry never hurts another", function () {
  for (const { name, entries, reasons, maxReserve } of BAD_ENTRIES) {
    it(`refuses an entry ${name}, takes the rest, and refuses all of it in an own transaction`, async function () {
      const day = await networkHelpers.loadFixture(threeHomes);
      const funds = maxReserve === undefined ? {} : { maxReserve };
      const strip = await sign(day, 1, entries, { feePerEntry: 0, ...funds });
      const accepted = entries.filter((_, i) => reasons[i] === good);
      const clean = await sign(day, 1, accepted);
      const others = [await sign(day, 0, [first, last]), await sign(day, 2, [first, last])] as const;
      const snapshot = await networkHelpers.takeSnapshot();
      const control = await post(day, [others[0], clean, others[1]], tomorrow(day));
      expect(control).to.deep.include({ skipped: [], refused: [] });
      await snapshot.restore();

      const mixed = await post(day, [others[0], strip, others[1]], tomorrow(day));
      expect(mixed.skipped).to.deep.equal([]);
      expect(mixed.refused).to.deep.equal([{ member: BigInt(strip.member), reasons }]);
      expect(mixed.records[0]).to.deep.equal(control.records[0]);
      expect(mixed.records[2]).to.deep.equal(control.records[2]);
      // The bad strip's record: its own entries, the prefixes of the clean one, all ones where an entry is refused.
      const cleanPrefixes = (control.records[1]?.payload ?? "").slice(2 + 8 * accepted.length).match(/.{4}/g) ?? [];
      const prefixes = reasons.map((reason) => (reason === good ? cleanPrefixes.shift() : "ffff"));
      expect(mixed.records[1]?.payload).to.equal(encodeEntries(entries) + prefixes.join(""));
      const [head, cleanHead] = [mixed.records[1]?.head ?? 0n, control.records[1]?.head ?? 0n];
      expect(head - cleanHead).to.equal(BigInt(entries.length - accepted.length) << 192n);
      expect(await reservedOf(day, strip.member)).to.equal(FEE + sum(accepted));

      await snapshot.restore();
      const index = reasons.findIndex((reason) => reason !== good);
      await expect(place(day, day.home(1), strip))
        .to.be.revertedWithCustomError(day.auction, "EntryRefused")
        .withArgs(index, entryReason(reasons[index] ?? good));
      expect(await stateOf(day, strip.member, tomorrow(day))).to.deep.equal(await stateOf(day, strip.member, 0));
      await place(day, day.home(1), clean);
    });
  }

  // A strip's entries and reasons are worked on where those of the strip before were: neither shows in the next.
  for (const [batch, curves] of [
    ["a small batch", 0],
    ["a batch large enough for sweeps", 3],
  ] as const) {
    it(`names the reasons of each strip alone, in ${batch}`, async function () {
      const day = await networkHelpers.loadFixture(eightHomes);
      const curve = Array.from({ length: 480 }, (_, i) => buy(30 + Math.floor(i / 12), i % 12, 1));
      const many = Array.from({ length: 12 }, (_, i) => (i % 3 === 1 ? buy(40 + i, 10, 5) : buy(40 + i, 10, 0)));
      const parts = [
        { entries: many, refused: many.map(({ lots }) => (lots === 0 ? "ZeroLots" : good)) },
        { entries: [buy(41, 10, 5), buy(96, 10, 5)], refused: [good, "OffGrid"] },
        { entries: [buy(90, 10, 0), sell(91, 99, 1), buy(92, 127, 65_535)], refused: undefined },
        { entries: [buy(200, 10, 5), buy(201, 10, 5), last], refused: ["OffGrid", "OffGrid", "NotAscending"] },
        { entries: [buy(41, 10, 5)], refused: [] },
        ...Array.from({ length: curves }, () => ({ entries: curve, refused: [] })),
      ];
      const strips = [];
      for (const [index, { entries }] of parts.entries()) {
        strips.push(await sign(day, index, entries, { feePerEntry: 0, maxReserve: 10n ** 8n }));
      }
      const { refused, skipped, records } = await post(day, strips, tomorrow(day));
      expect(skipped.map(({ index, reason }) => [index, reason])).to.deep.equal([
        [2n, "NothingAccepted"],
        [3n, "NothingAccepted"],
      ]);
      expect(refused.map(({ reasons }) => reasons)).to.deep.equal([parts[0]?.refused, parts[1]?.refused]);
      const taken = records.map(({ payload }) => payload.slice(2));
      expect(taken[0]).to.equal(
        encodeEntries(many).slice(2) + many.map(({ lots }) => (lots === 0 ? "ffff" : "0000")).join(""),
      );
      expect(taken[1]).to.equal(encodeEntries([buy(41, 10, 5), buy(96, 10, 5)]).slice(2) + "0005ffff");
      expect(taken[2]).to.equal(encodeEntries([buy(41, 10, 5)]).slice(2) + "000a");
      expect(taken).to.have.length(3 + curves);
    });
  }

  it("refuses what lies behind the frontier, and moves it past refused slots of the grid", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const frontier = async () => (await day.escrow.journal(day.community, day.home(1).member, tomorrow(day))).frontier;
    await post(day, [await sign(day, 1, [buy(40, 10, 5), buy(44, 10, 0)])], tomorrow(day));
    expect(await frontier()).to.equal(45n);
    const second = await sign(day, 1, [buy(44, 11, 5), buy(45, 10, 5), buy(96, 0, 1)], { after: 45 });
    const { refused } = await post(day, [second], tomorrow(day));
    expect(refused[0]?.reasons).to.deep.equal(["BehindFrontier", "None", "OffGrid"]);
    expect(await frontier()).to.equal(46n);
    const third = await sign(day, 1, [buy(45, 11, 5), buy(95, 10, 5)], { after: 46 });
    await expect(place(day, day.home(1), third))
      .to.be.revertedWithCustomError(day.auction, "EntryRefused")
      .withArgs(0, entryReason("BehindFrontier"));
    await place(day, day.home(1), await sign(day, 1, [buy(95, 10, 5)], { after: 46 }));
    expect(await frontier()).to.equal(96n);
    const fourth = await sign(day, 1, [buy(95, 10, 5)], { after: 96 });
    expect((await post(day, [fourth], tomorrow(day))).skipped[0]).to.include({ reason: "NothingAccepted" });
  });

  it("moves the frontier past slots of the grid that come after one off the grid", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const strip = await sign(day, 1, [first, buy(200, 1, 1), last]);
    expect((await post(day, [strip], tomorrow(day))).refused[0]?.reasons).to.deep.equal([
      "None",
      "OffGrid",
      "NotAscending",
    ]);
    const journal = await day.escrow.journal(day.community, strip.member, tomorrow(day));
    expect(journal.frontier).to.equal(81n);
  });

  it("refuses each entry of a consumer that sells", async function () {
    const day = await openDay(connection, [{ sellCap: 0 }]);
    const strip = await sign(day, 0, [buy(40, 1, 1), sell(40, 1, 1)]);
    expect((await post(day, [strip], tomorrow(day))).refused[0]?.reasons).to.deep.equal(["None", "OverCap"]);
  });
});

describe("The gate", function () {
  const offset = 40;
  for (const [name, delay, reason] of [
    ["a second before", -1, "None"],
    ["at", 0, "GateClosed"],
    ["a second after", 1, "GateClosed"],
  ] as const) {
    it(`${reason === "None" ? "takes" : "refuses"} orders ${name} the gate, and clears only from then on`, async function () {
      const day = await networkHelpers.loadFixture(threeHomes);
      const period = day.period;
      const early = await day.signStrip({
        home: day.home(0),
        period,
        entries: [buy(offset, 9, 1), sell(offset, 9, 1)],
      });
      await post(day, [early]);
      const strip = await day.signStrip({ home: day.home(1), period, entries: [buy(offset, 9, 1), buy(41, 9, 1)] });
      await day.goTo(day.gate(offset) + delay - 5);
      const snapshot = await networkHelpers.takeSnapshot();
      await networkHelpers.time.setNextBlockTimestamp(day.gate(offset) + delay);
      const { refused, records } = await post(day, [strip]);
      expect(records).to.have.length(1);
      expect(refused).to.deep.equal(
        reason === "None" ? [] : [{ member: BigInt(strip.member), reasons: [reason, "None"] }],
      );
      await snapshot.restore();
      await networkHelpers.time.setNextBlockTimestamp(day.gate(offset) + delay);
      const { cleared } = await clear(day, [offset, offset + 1]);
      expect(cleared.map(({ slot }) => slot)).to.deep.equal(reason === "None" ? [] : [BigInt(day.slot(offset))]);
      await snapshot.restore();
      await networkHelpers.time.setNextBlockTimestamp(day.gate(offset) + delay);
      const placing = place(day, day.home(1), strip, period);
      if (reason === "None") await placing;
      else
        await expect(placing)
          .to.be.revertedWithCustomError(day.auction, "EntryRefused")
          .withArgs(0, entryReason(reason));
    });
  }

  for (const [name, gateClosure] of [
    ["no time", 0],
    ["a whole period", 86_400],
  ] as const) {
    it(`closes ${name} ahead of a slot where the terms say so`, async function () {
      const day = await openDay(connection, [{}], { terms: { gateClosure } });
      const period = tomorrow(day);
      const gates = [0, 1].map((slot) => day.gate(slot, period));
      expect(gates[0]).to.equal(day.periodStart(period) - gateClosure);
      const strip = await sign(day, 0, [buy(0, 9, 1), buy(1, 9, 1)]);
      const later = Math.max(gates[0] ?? 0, (await networkHelpers.time.latest()) + 1);
      await networkHelpers.time.setNextBlockTimestamp(later);
      expect((await post(day, [strip], period)).refused[0]?.reasons).to.deep.equal(["GateClosed", "None"]);
    });
  }
});

describe("A full tick", function () {
  const CAP = 8191;
  const consumer: HomeOptions = { buyCap: CAP, sellCap: 0, deposit: 1_000_000_000n };

  /** Eight consumers fill a tick to seven lots; then one of them gives up its cap to a ninth. */
  async function nearlyFull() {
    const day = await openDay(
      connection,
      Array.from({ length: 8 }, () => consumer),
    );
    const period = day.period + 2;
    const strips = await Promise.all(
      day.homes.map(
        async (home) => await day.signStrip({ home, period, maxReserve: 10n ** 9n, entries: [buy(0, 5, CAP)] }),
      ),
    );
    expect((await post(day, strips, period)).records).to.have.length(8);
    const { community, registry, coordinator } = day;
    const { member, owner } = day.home(0);
    const deadline = 2 ** 40 - 1;
    const consent = await day.consent("CapChange", owner, { community, member, buyCap: 0, sellCap: 0, deadline });
    await registry.connect(coordinator).changeCaps(community, member, 0, 0, deadline, consent);
    const ninth = await day.addHome(consumer);
    await day.goTo(day.periodStart(day.period + 1));
    return { day, period, ninth };
  }

  it("takes lots to the last one and refuses the next, with the rest of the strip going through", async function () {
    const { day, period, ninth } = await networkHelpers.loadFixture(nearlyFull);
    const strip = (entries: readonly Entry[], after = 0) =>
      day.signStrip({ home: ninth, period, entries, after, maxReserve: 10n ** 9n });
    const snapshot = await networkHelpers.takeSnapshot();
    const over = await strip([buy(0, 4, 1), buy(0, 5, 8), buy(0, 6, 1), buy(1, 5, CAP)]);
    const { refused, records } = await post(day, [over], period);
    expect(refused[0]?.reasons).to.deep.equal(["None", "TickFull", "None", "None"]);
    expect(records[0]?.payload.slice(-16)).to.equal("0000ffff00000000");
    const { bids } = await day.bookAt(day.slot(0, period));
    expect(bids.slice(4, 8)).to.deep.equal([1n, 65_528n, 1n, 0n]);
    await snapshot.restore();
    await expect(place(day, ninth, over, period))
      .to.be.revertedWithCustomError(day.auction, "EntryRefused")
      .withArgs(1, entryReason("TickFull"));
    expect((await post(day, [await strip([buy(0, 5, 7)])], period)).records[0]?.payload).to.equal("0x00050007fff8");
    expect((await day.bookAt(day.slot(0, period))).bids[5]).to.equal(65_535n);
  });

  it("counts a full tick against neither cap nor reserve", async function () {
    const { day, period, ninth } = await networkHelpers.loadFixture(nearlyFull);
    const entries = [buy(0, 5, CAP), buy(0, 6, CAP)];
    const maxReserve = FEE + reserveOf(buy(0, 6, CAP));
    const { refused, records } = await post(
      day,
      [await day.signStrip({ home: ninth, period, entries, maxReserve })],
      period,
    );
    expect(refused[0]?.reasons).to.deep.equal(["TickFull", "None"]);
    expect(((records[0]?.head ?? 0n) >> 96n) % 2n ** 96n).to.equal(maxReserve - FEE);
  });
});
