import { expect } from "chai";
import fc from "fast-check";
import { byteLength, uint, word } from "./bytes.ts";
import { decodeEntries, encodeEntries, sortKey, type Entry } from "./entries.ts";
import { packHead, unpackHead } from "./head.ts";
import { decodePayload, encodePayload } from "./payload.ts";
import { decodeValues, encodeValues } from "./readings.ts";
import { grid } from "./samples.ts";
import { decodeTariff, encodeTariff, moneyPumps, versionFor } from "./tariff.ts";
import { tokenId } from "./token-id.ts";

const bits = (count: number): fc.Arbitrary<bigint> => fc.bigInt(0n, (1n << BigInt(count)) - 1n);

const anyEntry: fc.Arbitrary<Entry> = fc.record({
  slot: bits(8),
  side: fc.constantFrom("buy" as const, "sell" as const),
  tick: bits(7),
  lots: bits(16),
});

describe("reference encoding", function () {
  it("packs an entry into slot 8, side 1, tick 7 and lots 16 bits", function () {
    const entries: Entry[] = [
      { slot: 1n, side: "buy", tick: 2n, lots: 3n },
      { slot: 95n, side: "sell", tick: 63n, lots: 65535n },
    ];
    expect(encodeEntries(entries)).to.equal("0x01020003" + "5fbfffff");
  });

  it("reads back entries, and sorts them by slot, side, tick", function () {
    fc.assert(
      fc.property(fc.array(anyEntry), anyEntry, anyEntry, (entries, a, b) => {
        expect(decodeEntries(encodeEntries(entries))).to.deep.equal(entries);
        const rank = ({ slot, side, tick }: Entry): bigint => slot * 1000n + (side === "sell" ? 500n : 0n) + tick;
        expect(sortKey(a) < sortKey(b)).to.equal(rank(a) < rank(b));
      }),
    );
  });

  it("puts prefixes after the entries, all ones for one that was not accepted", function () {
    const entries = encodeEntries([
      { slot: 0n, side: "buy", tick: 1n, lots: 1n },
      { slot: 0n, side: "buy", tick: 2n, lots: 1n },
    ]);
    expect(encodePayload(entries, [258n, undefined], false)).to.equal(`${entries}0102ffff`);
    expect(encodePayload(entries, [258n, undefined], true)).to.equal(`${entries}00000102ffffffff`);
  });

  it("reads back payloads, narrow and wide", function () {
    const placed = fc.record({ entry: anyEntry, prefix: fc.option(fc.bigInt(0n, 65534n), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(placed), fc.boolean(), (all, wide) => {
        const entries = encodeEntries(all.map(({ entry }) => entry));
        const prefixes = all.map(({ prefix }) => prefix);
        expect(decodePayload(encodePayload(entries, prefixes, wide), wide)).to.deep.equal(all);
      }),
    );
  });

  it("packs a head from the low bit: sellWh, buyWh, reserve, entries, module", function () {
    const head = { sellWh: 1n, buyWh: 2n, reserve: 3n, entries: 4n, module: 5n };
    expect(packHead(head)).to.equal(1n + (2n << 48n) + (3n << 96n) + (4n << 192n) + (5n << 208n));
    const any = fc.record({ sellWh: bits(48), buyWh: bits(48), reserve: bits(96), entries: bits(16), module: bits(8) });
    fc.assert(
      fc.property(any, (fields) => {
        expect(unpackHead(packHead(fields))).to.deep.equal(fields);
      }),
    );
  });

  it("packs readings and tariffs big-endian", function () {
    const values = [{ imported: 1n, exported: 0x020304n }];
    expect(encodeValues(values)).to.equal("0x000001020304");
    expect(decodeValues("0x000001020304")).to.deep.equal(values);
    const price = { importPrice: 0x0102n, exportPrice: 3n };
    const tariff = {
      networkFee: 4n,
      classes: [
        [price, price, price, price],
        [price, price, price, price],
      ],
    };
    expect(encodeTariff(tariff)).to.equal(`0x0004${"01020003".repeat(8)}`);
    expect(decodeTariff(encodeTariff(tariff), grid.slotsPerPeriod)).to.deep.equal(tariff);
  });

  it("sees the slots in which one class could sell for more than another buys", function () {
    const safe = [
      { importPrice: 300n, exportPrice: 80n },
      { importPrice: 300n, exportPrice: 80n },
    ];
    const pump = [
      { importPrice: 300n, exportPrice: 80n },
      { importPrice: 79n, exportPrice: 10n },
    ];
    expect(moneyPumps({ networkFee: 0n, classes: [safe, pump] })).to.deep.equal([1]);
  });

  it("uses the latest tariff version that has started", function () {
    const versions = new Map([
      [0n, "a"],
      [7n, "b"],
    ]);
    expect([0n, 6n, 7n, 9n].map((period) => versionFor(versions, period))).to.deep.equal(["a", "a", "b", "b"]);
    expect(versionFor(new Map([[7n, "b"]]), 6n)).to.equal(undefined);
  });

  it("composes token ids of community, vintage, zone and source", function () {
    expect(tokenId(1n, 2n, 3n, 4n)).to.equal((1n << 56n) | (2n << 24n) | (3n << 8n) | 4n);
  });

  it("refuses numbers that do not fit", function () {
    expect(() => uint(256n, 1)).to.throw(RangeError);
    expect(() => uint(-1n, 1)).to.throw(RangeError);
    expect(() => encodeEntries([{ slot: 0n, side: "buy", tick: 128n, lots: 1n }])).to.throw(RangeError);
    expect(byteLength(word(-1n))).to.equal(32);
  });
});
