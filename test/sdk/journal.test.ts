import { expect } from "chai";
import { AbiCoder, keccak256, solidityPacked } from "ethers";
import fc from "fast-check";
import { bookRecord, decodePayload, encodePayload } from "../../sdk/src/book-record.ts";
import type { BookEntry } from "../../sdk/src/book-record.ts";
import { journalOf, packHead, readingHash, recordHash, settledHash, unpackHead } from "../../sdk/src/journal.ts";
import type { Head, JournalRecord } from "../../sdk/src/journal.ts";
import { addPositions, decodePosition, encodePosition } from "../../sdk/src/position.ts";
import { encodeValues } from "../../sdk/src/reading.ts";
import { communityTerms } from "../../sdk/src/terms.ts";
import { asAmount, asLots, asSignedAmount, asWh } from "../../sdk/src/units.ts";
import { ACCOUNTS, anyEntry, anyUint, anyWord, entry, expectCode, metered, TARIFF, TERMS, traded } from "./support.ts";

const WIDE = communityTerms({ ...ACCOUNTS, wideTicks: true });

const anyHead: fc.Arbitrary<Head> = fc.record({
  sellWh: anyUint(48).map((value) => asWh(value)),
  buyWh: anyUint(48).map((value) => asWh(value)),
  reserve: anyUint(96).map((value) => asAmount(value)),
  entries: anyUint(16),
  module: anyUint(8),
});
const anyPayload = fc.uint8Array({ maxLength: 80 }).map((bytes) => solidityPacked(["bytes"], [bytes]));
const anyRecord: fc.Arbitrary<JournalRecord> = fc.record({ head: anyHead, digest: anyWord, payload: anyPayload });
const anyPosition = fc.record({
  bought: anyUint(32).map((value) => asWh(value)),
  sold: anyUint(32).map((value) => asWh(value)),
});

/** The specification, written with ethers' encoder. */
function h204(types: string[], values: unknown[]): bigint {
  return BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(types, values))) >> 52n;
}

function bookEntry(prefix: number | null, ...[offset, side, tick, lots]: Parameters<typeof entry>): BookEntry {
  return { ...entry(offset, side, tick, lots), prefix: prefix === null ? null : asLots(BigInt(prefix)) };
}

describe("journal", function () {
  it("packs heads as Solidity does, low bit first", function () {
    const head = { sellWh: asWh(1n), buyWh: asWh(2n), reserve: asAmount(3n), entries: 4n, module: 5n };
    expect(packHead(head)).to.equal(1n | (2n << 48n) | (3n << 96n) | (4n << 192n) | (5n << 208n));
    fc.assert(
      fc.property(anyHead, (any) => {
        expect(unpackHead(packHead(any))).to.deep.equal(any);
      }),
    );
    expectCode(() => packHead({ ...head, entries: 65_536n }), "OUT_OF_RANGE", { field: "entries" });
  });

  it("encodes positions: four bytes bought, four sold", function () {
    expect(encodePosition([traded(250, 30), traded(0, 7)])).to.equal("0x000000fa0000001e0000000000000007");
    fc.assert(
      fc.property(fc.array(anyPosition, { maxLength: 6 }), (position) => {
        expect(decodePosition(encodePosition(position))).to.deep.equal(position);
      }),
    );
    const most = 2n ** 32n;
    expectCode(() => encodePosition([{ bought: asWh(most), sold: asWh(0n) }]), "OUT_OF_RANGE", { field: "bought" });
    expectCode(() => encodePosition([{ bought: asWh(0n), sold: asWh(most) }]), "OUT_OF_RANGE", { field: "sold" });
    expect(addPositions(traded(1, 2), traded(30, 40))).to.deep.equal(traded(31, 42));
  });

  it("chains records as settlement does", function () {
    fc.assert(
      fc.property(anyUint(204), anyRecord, (journal, record) => {
        const { head, digest, payload } = record;
        const expected = h204(
          ["uint256", "uint256", "bytes32", "bytes32"],
          [journal, packHead(head), digest, keccak256(payload)],
        );
        expect(recordHash(journal, record)).to.equal(expected);
        expect(expected < 1n << 204n).to.equal(true);
      }),
    );
  });

  it("starts at zero and keeps the order of records", function () {
    fc.assert(
      fc.property(anyRecord, anyRecord, (first, second) => {
        expect(journalOf([])).to.equal(0n);
        expect(journalOf([first, second])).to.equal(recordHash(recordHash(0n, first), second));
        if (packHead(first.head) !== packHead(second.head)) {
          expect(journalOf([first, second])).not.to.equal(journalOf([second, first]));
        }
      }),
    );
  });

  it("chains a reading, its gap leg signed", function () {
    const values = [metered(250, 0), metered(0, 30)];
    for (const gapLeg of [0n, 5_000n, -5_000n]) {
      const expected = h204(["uint256", "bytes32", "int256"], [17n, keccak256(encodeValues(values)), gapLeg]);
      expect(readingHash(17n, values, asSignedAmount(gapLeg))).to.equal(expected);
    }
  });

  it("chains the position as settled", function () {
    fc.assert(
      fc.property(fc.array(anyPosition, { maxLength: 6 }), (position) => {
        const halves = position.flatMap(({ bought, sold }) => [bought, sold]);
        const bytes = solidityPacked(
          halves.map(() => "uint32"),
          halves,
        );
        expect(settledHash(17n, position)).to.equal(h204(["uint256", "bytes32"], [17n, keccak256(bytes)]));
      }),
    );
  });
});

describe("order book records", function () {
  it("hold entries, then prefixes, all ones for a refused entry", function () {
    const entries = [bookEntry(258, 48, "sell", 10, 25), bookEntry(null, 49, "buy", 3, 1)];
    expect(encodePayload(TERMS, entries)).to.equal("0x308a0019310300010102ffff");
    expect(encodePayload(WIDE, entries)).to.equal("0x308a00193103000100000102ffffffff");
  });

  for (const [name, terms, bits] of [
    ["16", TERMS, 16n],
    ["32", WIDE, 32n],
  ] as const) {
    it(`decode to what was encoded, with prefixes of ${name} bits`, function () {
      const prefix = fc.option(fc.bigInt(0n, (1n << bits) - 2n).map((value) => asLots(value)));
      const anyBookEntry = fc.tuple(anyEntry, prefix).map(([each, lots]): BookEntry => ({ ...each, prefix: lots }));
      fc.assert(
        fc.property(fc.array(anyBookEntry, { minLength: 1, maxLength: 20 }), (entries) => {
          expect(decodePayload(terms, encodePayload(terms, entries))).to.deep.equal(entries);
        }),
      );
    });
  }

  it("refuse payloads of another format", function () {
    expectCode(() => decodePayload(TERMS, "0x"), "BAD_LENGTH");
    expectCode(() => decodePayload(WIDE, "0x308a00190102"), "BAD_LENGTH");
    expectCode(() => encodePayload(TERMS, [bookEntry(65_536, 1, "buy", 1, 1)]), "OUT_OF_RANGE", { field: "prefix" });
  });

  it("name in their head what the accepted entries reserve", function () {
    const entries = [
      bookEntry(0, 1, "buy", 10, 25),
      bookEntry(7, 1, "sell", 20, 5),
      bookEntry(null, 2, "buy", 10, 1_000),
    ];
    const digest = `0x${"ab".repeat(32)}`;
    const record = bookRecord(TERMS, 0n, digest, entries, { tariff: TARIFF, tariffClass: 0n });
    expect(record.head).to.deep.equal({
      buyWh: 250n,
      sellWh: 50n,
      reserve: 250n * (100n + 20n) + 50n * (320n - 140n),
      entries: 3n,
      module: 0n,
    });
    expect(record.payload).to.equal(encodePayload(TERMS, entries));
    expect(record.digest).to.equal(digest);
  });
});
