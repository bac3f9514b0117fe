import { expect } from "chai";
import { accept, type Acceptance } from "./acceptance.ts";
import { openAccount, type Escrow } from "./accounts.ts";
import { get, range } from "./arrays.ts";
import { encodeEntries, type Entry } from "./entries.ts";
import { gateOf, slotOf, takesOrders } from "./community.ts";
import { afterRecord, EMPTY_JOURNAL } from "./journal.ts";
import { bookOf, type Market, type Trader } from "./market.ts";
import type { Strip } from "./messages.ts";
import { post } from "./posting.ts";
import { address, domain, escrowWithServices, flatTariff, grid, PERIOD, SUPPLIER, traderOn } from "./samples.ts";
import { solvency } from "./solvency.ts";

const MEMBER = 7n;
const RICH = 100_000_000n;
const GATE = gateOf(grid, slotOf(grid, PERIOD, 0n));

const order = (slot: bigint, side: "buy" | "sell", tick: bigint, lots: bigint): Entry => ({ slot, side, tick, lots });

function stripOf(entries: readonly Entry[], changes: Partial<Strip> = {}): Strip {
  const defaults = { community: 1n, member: MEMBER, period: PERIOD, after: 0n, epoch: 0n, deadline: GATE };
  const money = { maxReserve: RICH, feePerEntry: 10n, feeTo: address(5n) };
  return { ...defaults, ...money, entries: encodeEntries(entries), ...changes };
}

function market(): { market: Market; escrow: Escrow; trader: Trader } {
  const escrow = escrowWithServices();
  const account = openAccount(escrow, MEMBER, SUPPLIER);
  account.free = escrow.balance = RICH;
  const trader = traderOn(account);
  const traders = new Map([[MEMBER, trader]]);
  const tariff = flatTariff(20n, 300n, 80n);
  const books = { books: new Map(), busySlots: new Set<bigint>() };
  return {
    market: { domain, grid, tariff, module: 0n, period: PERIOD, now: GATE - 1n, traders, ...books },
    escrow,
    trader,
  };
}

function accepted(m: Market, strip: Strip): Acceptance {
  const result = accept(m, strip, true);
  if ("reason" in result) throw new Error(result.reason);
  return result;
}

const refusal = (m: Market, strip: Strip, signed = true): unknown => {
  const result = accept(m, strip, signed);
  return "reason" in result ? result.reason : "None";
};

describe("reference acceptance of a strip", function () {
  const good = [order(0n, "buy", 5n, 3n)];

  it("refuses for the first reason in the order of the checks", function () {
    const { market: m, trader } = market();
    const bad = stripOf(good, { epoch: 1n, deadline: 0n, after: 2n, maxReserve: RICH + 1n });
    const fixes: [string, () => void][] = [
      ["NotActive", () => (trader.active = true)],
      ["ModuleOff", () => (trader.moduleOn = true)],
      ["WrongEpoch", () => (trader.epoch = 1n)],
      ["Expired", () => (m.now = 0n)],
      ["InDebt", () => (trader.account.creditLine = 1n)],
      ["Underfunded", () => (trader.account.free = RICH + 1n)],
      ["RingBusy", () => (trader.journal.busy = false)],
      ["WrongFrontier", () => (trader.journal.frontier = 2n)],
      ["TooManyEntries", () => (trader.journal.entries = 2047n)],
      ["TooManyEntries", () => (trader.journal.records = 254n)],
    ];
    Object.assign(trader, { active: false, moduleOn: false });
    Object.assign(trader.journal, { busy: true, entries: 2048n, records: 255n });
    trader.account.due = 1n;
    expect(refusal(m, { ...bad, entries: "0x" })).to.equal("BadLength");
    expect(refusal(m, { ...bad, entries: "0x0102030405" })).to.equal("BadLength");
    for (const [reason, fix] of fixes) {
      expect(refusal(m, bad)).to.equal(reason);
      fix();
    }
    expect(refusal(m, bad)).to.equal("NothingAccepted");
    expect(refusal(m, bad, false)).to.equal("BadSignature");
  });

  it("takes a strip at its deadline and money to the last unit, not one less", function () {
    const { market: m } = market();
    const need = 2_000n + 30n * (80n + 20n) + 10n;
    expect(accepted(m, stripOf(good, { deadline: m.now, maxReserve: need })).head.reserve).to.equal(3_000n);
    expect(refusal(m, stripOf(good, { maxReserve: need - 1n }))).to.equal("NothingAccepted");
    expect(refusal(m, stripOf(good, { deadline: m.now - 1n }))).to.equal("Expired");
  });

  it("skips the whole strip where a slot's ring entry is busy", function () {
    const { market: m } = market();
    m.busySlots.add(1n);
    expect(refusal(m, stripOf([...good, order(1n, "buy", 5n, 1n)]))).to.equal("RingBusy");
    expect(refusal(m, stripOf([...good, order(1n, "buy", 5n, 9_999n)]))).to.equal("None");
    expect(refusal(m, stripOf([...good, order(1n, "buy", 5n, 0n)]))).to.equal("None");
    expect(refusal(m, stripOf(good))).to.equal("None");
  });

  it("takes orders for the current period and as far as the horizon", function () {
    const now = (PERIOD + 1n) * grid.slotDuration * grid.slotsPerPeriod;
    const open = range(6n).filter((i) => takesOrders(grid, PERIOD + i, now));
    expect(open).to.deep.equal([1n, 2n, 3n]);
  });
});

describe("reference acceptance of entries", function () {
  const reasonsOf = (m: Market, entries: readonly Entry[], changes: Partial<Strip> = {}): unknown =>
    accepted(m, stripOf(entries, changes)).reasons;
  const last = order(3n, "sell", 9n, 1n);

  it("names each reason", function () {
    const { market: m, trader } = market();
    Object.assign(trader, { buyCap: 70_000n });
    m.books.set(3n, [{ id: "x", side: "buy", tick: 2n, lots: 65_534n }]);
    trader.journal.frontier = 1n;
    const entries = [
      order(0n, "buy", 1n, 1n),
      order(2n, "buy", 1n, 1_001n),
      order(2n, "buy", 1n, 5n),
      order(2n, "buy", 40n, 1n),
      order(2n, "sell", 1n, 0n),
      order(2n, "sell", 2n, 999n),
      order(2n, "sell", 3n, 2n),
      order(3n, "buy", 2n, 2n),
      last,
      order(4n, "buy", 1n, 1n),
    ];
    expect(reasonsOf(m, entries, { after: 1n })).to.deep.equal([
      "BehindFrontier",
      "None",
      "NotAscending",
      "OffGrid",
      "ZeroLots",
      "None",
      "OverCap",
      "TickFull",
      "None",
      "OffGrid",
    ]);
  });

  it("closes the gate at its second", function () {
    const { market: m } = market();
    expect(reasonsOf(m, [order(0n, "buy", 1n, 1n), last])).to.deep.equal(["None", "None"]);
    m.now = GATE;
    expect(reasonsOf(m, [order(0n, "buy", 1n, 1n), last])).to.deep.equal(["GateClosed", "None"]);
  });

  it("compares with the largest entry seen, whatever became of it", function () {
    const { market: m } = market();
    const entries = [order(0n, "buy", 1n, 1n), order(9n, "buy", 1n, 1n), order(1n, "buy", 1n, 1n)];
    expect(reasonsOf(m, entries)).to.deep.equal(["None", "OffGrid", "NotAscending"]);
  });

  it("fills a tick to the last lot, 16 or 32 bits", function () {
    for (const [wideTicks, full] of [
      [false, 65_535n],
      [true, 4_294_967_295n],
    ] as const) {
      const { market: m } = market();
      m.grid = { ...grid, wideTicks };
      m.books.set(3n, [{ id: "x", side: "sell", tick: 9n, lots: full - 1n }]);
      expect(accepted(m, stripOf([last])).prefixes).to.deep.equal([full - 1n]);
      m.books.set(3n, [{ id: "x", side: "sell", tick: 9n, lots: full }]);
      expect(refusal(m, stripOf([last]))).to.equal("NothingAccepted");
    }
  });

  it("looks at nothing behind an entry that the rest of the reserve does not cover, and charges nothing for it", function () {
    const { market: m } = market();
    const entries = [order(0n, "buy", 1n, 1n), order(1n, "buy", 1n, 900n), order(2n, "buy", 1n, 1n)];
    const result = accepted(m, stripOf(entries, { maxReserve: 2_000n + 2n * (840n + 10n) }));
    expect(result.reasons).to.deep.equal(["None", "OverReserve", "OverReserve"]);
    expect(result).to.deep.include({ fees: 10n, settlementFee: 2_000n, frontier: 3n });
    expect(result.head).to.deep.equal({ sellWh: 0n, buyWh: 10n, reserve: 840n, entries: 3n, module: 0n });
  });

  it("reserves for a seller what its replacement costs above its limit, at least a price step", function () {
    const { market: m } = market();
    expect(accepted(m, stripOf([order(0n, "sell", 0n, 2n)])).head.reserve).to.equal(20n * (300n - 60n));
    m.tariff = flatTariff(20n, 62n, 50n);
    expect(accepted(m, stripOf([order(0n, "sell", 0n, 2n)])).head.reserve).to.equal(20n * 4n);
  });

  it("moves the frontier past refused slots of the grid, never past its end", function () {
    const { market: m } = market();
    expect(accepted(m, stripOf([order(0n, "buy", 1n, 1n), order(2n, "buy", 1n, 0n)])).frontier).to.equal(3n);
    expect(accepted(m, stripOf([order(0n, "buy", 1n, 1n), order(200n, "buy", 1n, 1n)])).frontier).to.equal(1n);
  });
});

describe("reference posting", function () {
  it("books orders, journal and money, and takes no strip twice", function () {
    const { market: m, escrow, trader } = market();
    const orders = [order(0n, "buy", 5n, 3n), order(0n, "sell", 9n, 0n), order(1n, "sell", 6n, 2n)];
    const first = stripOf(orders, { maxReserve: 1_000_000n });
    const posted = post(m, escrow, first, true);
    if ("reason" in posted) throw new Error(posted.reason);
    const { head, digest, payload } = posted.record;
    expect(trader.journal.hash).to.equal(afterRecord(EMPTY_JOURNAL, head, digest, payload));
    expect(trader.journal).to.include({ frontier: 2n, entries: 3n, records: 1n });
    expect(bookOf(m, 0n)).to.deep.equal([{ id: "7/0/0", side: "buy", tick: 5n, lots: 3n }]);
    const reserved = posted.head.reserve + 2_000n;
    expect(trader.account).to.include({ free: RICH - reserved - 20n, reserved });
    expect(get(escrow.fees, address(5n))).to.equal(20n);
    expect(solvency(escrow)).to.deep.equal({ liabilities: RICH, broken: [] });
    expect(post(m, escrow, first, true)).to.deep.equal({ reason: "WrongFrontier" });
  });

  it("reserves the settlement fee with the first record only", function () {
    const { market: m, escrow } = market();
    const small = { maxReserve: 1_000_000n };
    post(m, escrow, stripOf([order(0n, "buy", 5n, 3n)], small), true);
    const second = post(m, escrow, stripOf([order(1n, "buy", 5n, 3n)], { ...small, after: 1n }), true);
    expect(second).to.include({ settlementFee: 0n, frontier: 2n });
  });
});
