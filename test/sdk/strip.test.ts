import { expect } from "chai";
import { TypedDataEncoder, Wallet, ZeroAddress } from "ethers";
import fc from "fast-check";
import { buildStrip } from "../../sdk/src/build-strip.ts";
import type { Order } from "../../sdk/src/build-strip.ts";
import { checkEntries, decodeEntries, encodeEntries } from "../../sdk/src/entry.ts";
import { maxReserveOf, reserveOf, reserveOfEntry } from "../../sdk/src/reserve.ts";
import { compactSignature } from "../../sdk/src/signature.ts";
import { recoverStripSigner, signStrip, stripDigest, stripTypedData, verifyStrip } from "../../sdk/src/strip.ts";
import type { Strip } from "../../sdk/src/strip.ts";
import {
  asAmount,
  asCommunity,
  asLots,
  asMember,
  asPeriod,
  asPrice,
  asSeconds,
  asSlotOffset,
  asWh,
} from "../../sdk/src/units.ts";
import {
  account,
  anyAddress,
  anyEntry,
  anyUint,
  DOMAIN,
  entry,
  expectCode,
  HEADER,
  slotNumber,
  TARIFF,
  TERMS,
  TRADER,
} from "./support.ts";

const CONTEXT = { tariff: TARIFF, tariffClass: 0n, first: true };
const STRIP: Strip = { ...HEADER, maxReserve: asAmount(80_000n), entries: [entry(48, "sell", 10, 25)] };

const anyStrip: fc.Arbitrary<Strip> = fc.record({
  community: anyUint(32).map((value) => asCommunity(value)),
  member: anyUint(32).map((value) => asMember(value)),
  period: anyUint(32).map((value) => asPeriod(value)),
  after: anyUint(8).map((value) => asSlotOffset(value)),
  epoch: anyUint(32),
  deadline: anyUint(40).map((value) => asSeconds(value)),
  maxReserve: anyUint(96).map((value) => asAmount(value)),
  feePerEntry: anyUint(32).map((value) => asAmount(value)),
  feeTo: anyAddress,
  entries: fc.array(anyEntry, { minLength: 1, maxLength: 20 }),
});

function order(offset: number, side: "buy" | "sell", price: number, energy: number): Order {
  return { slot: slotNumber(offset), side, price: asPrice(BigInt(price)), energy: asWh(BigInt(energy)) };
}

describe("entries", function () {
  it("take four bytes: slot 8, side 1, tick 7, lots 16", function () {
    const entries = [entry(48, "sell", 10, 25), entry(255, "buy", 127, 65_535)];
    expect(encodeEntries(entries)).to.equal("0x308a0019ff7fffff");
  });

  it("decode to what was encoded, acceptable or not", function () {
    fc.assert(
      fc.property(fc.array(anyEntry, { minLength: 1, maxLength: 50 }), (entries) => {
        expect(decodeEntries(encodeEntries(entries))).to.deep.equal(entries);
      }),
    );
  });

  it("come in whole entries, at least one", function () {
    for (const bytes of ["0x", "0x308a00", "0x308a001930"]) expectCode(() => decodeEntries(bytes), "BAD_LENGTH");
    expectCode(() => decodeEntries("308a0019"), "INVALID_HEX");
  });

  it("are checked for what the chain would refuse", function () {
    const check = (...entries: ReturnType<typeof entry>[]) => {
      checkEntries(TERMS, entries);
    };
    check(entry(1, "buy", 3, 1), entry(1, "buy", 4, 1), entry(1, "sell", 0, 1), entry(2, "buy", 0, 1));
    expectCode(() => {
      check();
    }, "EMPTY_STRIP");
    expectCode(
      () => {
        check(entry(96, "buy", 0, 1));
      },
      "OUT_OF_RANGE",
      { field: "entries[0].offset" },
    );
    expectCode(
      () => {
        check(entry(0, "buy", 64, 1));
      },
      "OUT_OF_RANGE",
      { field: "entries[0].tick" },
    );
    expectCode(() => {
      check(entry(0, "buy", 0, 0));
    }, "OFF_LOT_QUANTITY");
    expectCode(
      () => {
        check(entry(0, "buy", 3, 1), entry(0, "buy", 3, 2));
      },
      "NOT_ASCENDING",
      { index: 1 },
    );
    expectCode(() => {
      check(entry(0, "sell", 3, 1), entry(0, "buy", 9, 2));
    }, "NOT_ASCENDING");
    expectCode(() => {
      check(entry(1, "buy", 3, 1), entry(0, "buy", 4, 1));
    }, "NOT_ASCENDING");
  });
});

describe("buildStrip", function () {
  it("turns orders into ascending entries, whatever their order", function () {
    const orders = [
      order(2, "buy", 60, 10),
      order(1, "sell", 60, 20),
      order(1, "buy", 104, 30),
      order(1, "buy", 100, 40),
    ];
    const expected = [entry(1, "buy", 10, 4), entry(1, "buy", 11, 3), entry(1, "sell", 0, 2), entry(2, "buy", 0, 1)];
    fc.assert(
      fc.property(fc.shuffledSubarray(orders, { minLength: 4 }), (shuffled) => {
        expect(buildStrip(TERMS, HEADER, shuffled, CONTEXT).entries).to.deep.equal(expected);
      }),
    );
  });

  it("reserves the worst case and every fee", function () {
    const strip = buildStrip(TERMS, HEADER, [order(1, "buy", 100, 250), order(1, "sell", 300, 100)], CONTEXT);
    expect(strip.maxReserve).to.equal(250n * (100n + 20n) + 100n * (320n - 300n) + 2n * 5n + 2_000n);
    expect(strip).to.include(HEADER);
  });

  const WRONG: [string, Order[], Parameters<typeof expectCode>[1], object][] = [
    ["no orders", [], "EMPTY_STRIP", {}],
    ["a price between ticks", [order(1, "buy", 101, 10)], "OFF_GRID_PRICE", { price: 101n }],
    ["a price above the grid", [order(1, "buy", 316, 10)], "OFF_GRID_PRICE", { price: 316n }],
    ["a part of a lot", [order(1, "buy", 100, 15)], "OFF_LOT_QUANTITY", { energy: 15n, lotWh: 10n }],
    ["no energy", [order(1, "buy", 100, 0)], "OFF_LOT_QUANTITY", { energy: 0n }],
    ["more lots than an entry holds", [order(1, "buy", 100, 655_360)], "OFF_LOT_QUANTITY", { mostLots: 65_535n }],
    ["a slot of the next period", [order(96, "buy", 100, 10)], "SLOT_OUTSIDE_PERIOD", { slot: slotNumber(96) }],
    [
      "the same slot, side and price twice",
      [order(1, "buy", 100, 10), order(2, "buy", 100, 10), order(1, "buy", 100, 20)],
      "DUPLICATE_ORDER",
      { slot: slotNumber(1), side: "buy", price: 100n },
    ],
    [
      "2,049 orders",
      Array.from({ length: 2_049 }, () => order(1, "buy", 100, 10)),
      "TOO_MANY_ENTRIES",
      { most: 2_048 },
    ],
  ];
  for (const [name, orders, code, evidence] of WRONG) {
    it(`refuses ${name}`, function () {
      expectCode(() => buildStrip(TERMS, HEADER, orders, CONTEXT), code, evidence);
    });
  }

  it("refuses a slot behind the frontier, and takes the one at it", function () {
    const header = { ...HEADER, after: asSlotOffset(5n) };
    expectCode(() => buildStrip(TERMS, header, [order(4, "buy", 100, 10)], CONTEXT), "BEHIND_FRONTIER", {
      offset: 4n,
      after: 5n,
    });
    buildStrip(TERMS, header, [order(5, "buy", 100, 10)], CONTEXT);
  });

  it("checks caps per slot and side where it knows them", function () {
    const context = { ...CONTEXT, caps: { buy: asLots(10n), sell: asLots(0n) } };
    const build = (...orders: Order[]) => buildStrip(TERMS, HEADER, orders, context);
    build(order(1, "buy", 100, 60), order(1, "buy", 104, 40), order(2, "buy", 104, 100));
    expectCode(() => build(order(1, "buy", 100, 60), order(1, "buy", 104, 50)), "OVER_CAP", { lots: 11n, cap: 10n });
    expectCode(() => build(order(1, "sell", 100, 10)), "OVER_CAP", { side: "sell", slot: slotNumber(1) });
  });
});

describe("reserve", function () {
  const RESERVES: ["buy" | "sell", number, bigint][] = [
    ["buy", 0, 60n + 20n],
    ["buy", 63, 312n + 20n],
    ["sell", 0, 320n - 60n],
    ["sell", 62, 320n - 308n],
    ["sell", 63, 320n - 312n],
  ];
  for (const [side, tick, perWh] of RESERVES) {
    it(`takes ${perWh} per Wh to ${side} at tick ${tick}`, function () {
      expect(reserveOfEntry(TERMS, entry(5, side, tick, 7), CONTEXT)).to.equal(70n * perWh);
    });
  }

  for (const importPrice of [90n, 140n, 142n]) {
    it(`takes at least a tick from a seller at 140 where import costs ${importPrice}`, function () {
      const prices = (TARIFF.classes[0] ?? []).map((price) => ({ ...price, importPrice: asPrice(importPrice) }));
      const context = { tariff: { ...TARIFF, classes: [prices] }, tariffClass: 0n };
      expect(reserveOfEntry(TERMS, entry(5, "sell", 20, 1), context)).to.equal(10n * 4n);
    });
  }

  it("adds fees to the limit of the strip, not to the reserve", function () {
    const strip = { entries: [entry(1, "buy", 0, 1), entry(2, "buy", 0, 1)], feePerEntry: asAmount(7n) };
    expect(reserveOf(TERMS, strip, CONTEXT)).to.equal(1_600n);
    expect(maxReserveOf(TERMS, strip, { ...CONTEXT, first: false })).to.equal(1_614n);
    expect(maxReserveOf(TERMS, strip, CONTEXT)).to.equal(3_614n);
  });

  it("refuses classes and slots that the tariff does not hold", function () {
    expectCode(
      () => reserveOfEntry(TERMS, entry(5, "sell", 0, 1), { ...CONTEXT, tariffClass: 1n }),
      "UNKNOWN_TARIFF_CLASS",
    );
    expectCode(() => reserveOfEntry(TERMS, entry(96, "sell", 0, 1), CONTEXT), "OUT_OF_RANGE", { field: "offset" });
  });
});

describe("strip", function () {
  it("has the digest that ethers computes", function () {
    fc.assert(
      fc.property(anyStrip, anyUint(64), anyAddress, (strip, chainId, verifyingContract) => {
        const domain = { ...DOMAIN, chainId, verifyingContract };
        const { types, value } = stripTypedData(domain, strip);
        expect(stripDigest(domain, strip)).to.equal(TypedDataEncoder.hash(domain, types, value));
      }),
    );
  });

  it("has the type of the specification", function () {
    const { types } = stripTypedData(DOMAIN, STRIP);
    expect(TypedDataEncoder.from(types).encodeType("Strip")).to.equal(
      "Strip(uint32 community,uint32 member,uint32 period,uint8 after,uint32 epoch,uint40 deadline,uint96 maxReserve," +
        "uint32 feePerEntry,address feeTo,bytes entries)",
    );
  });

  it("keeps its digest", function () {
    expect(stripDigest(DOMAIN, STRIP)).to.equal("0xdb6f34bd88fc8da4e8d046edcb5f302cb2d51e7a24877ac1eaeeea6f8c0feb19");
  });

  it("names a field that does not fit", function () {
    expectCode(() => stripDigest(DOMAIN, { ...STRIP, epoch: 1n << 32n }), "OUT_OF_RANGE", { field: "Strip.epoch" });
    expectCode(() => stripDigest(DOMAIN, { ...STRIP, maxReserve: asAmount(1n << 96n) }), "OUT_OF_RANGE", {
      field: "Strip.maxReserve",
    });
    expectCode(() => stripDigest(DOMAIN, { ...STRIP, feeTo: "0x12" }), "INVALID_ADDRESS", { field: "Strip.feeTo" });
  });

  it("is verified against the trading key that signed it", async function () {
    const signature = await signStrip(DOMAIN, STRIP, TRADER);
    expect(recoverStripSigner(DOMAIN, STRIP, signature)).to.equal(TRADER.address);
    expect(verifyStrip(DOMAIN, STRIP, signature, TRADER.address)).to.equal(true);
    expect(verifyStrip(DOMAIN, STRIP, signature, TRADER.address.toLowerCase())).to.equal(true);
    expect(verifyStrip(DOMAIN, STRIP, signature, account(1))).to.equal(false);
    expect(verifyStrip({ ...DOMAIN, chainId: 1n }, STRIP, signature, TRADER.address)).to.equal(false);
  });

  it("loses its signature with any change", async function () {
    const signature = await signStrip(DOMAIN, STRIP, TRADER);
    const changes: Partial<Strip>[] = [
      { community: asCommunity(8n) },
      { member: asMember(43n) },
      { period: asPeriod(20_001n) },
      { after: asSlotOffset(1n) },
      { epoch: 4n },
      { deadline: asSeconds(1_750_000_001n) },
      { maxReserve: asAmount(80_001n) },
      { feePerEntry: asAmount(6n) },
      { feeTo: ZeroAddress },
      { entries: [entry(48, "buy", 10, 25)] },
    ];
    for (const change of changes) {
      expect(verifyStrip(DOMAIN, { ...STRIP, ...change }, signature, TRADER.address)).to.equal(false);
    }
  });

  it("signs alike with typed data and any signer", async function () {
    const { domain, types, value } = stripTypedData(DOMAIN, STRIP);
    const signature = compactSignature(await TRADER.signTypedData(domain, types, value));
    expect(await signStrip(DOMAIN, STRIP, new Wallet(TRADER.privateKey))).to.deep.equal(signature);
  });
});
