import { expect } from "chai";
import fc from "fast-check";
import { packHead, unpackHead } from "../../sdk/src/journal.ts";
import { packRecords, unpackRecords } from "../../sdk/src/packed-records.ts";
import type { AppendedRecord } from "../../sdk/src/packed-records.ts";
import { asAmount, asMember, asSlotOffset, asWh } from "../../sdk/src/units.ts";
import { unpackRecords as unpackPlainly } from "../helpers/market.ts";
import { packRecord } from "../helpers/modules.ts";
import { anyUint, anyWord, expectCode } from "./support.ts";

const MODULE = 5n;

const anyRecord: fc.Arbitrary<AppendedRecord> = fc
  .record({
    ...{ member: anyUint(32), frontier: anyUint(8), fee: anyUint(48), head: anyUint(208), digest: anyWord },
    payload: fc.uint8Array({ maxLength: 40 }),
  })
  .map(({ member, frontier, fee, head, digest, payload }) => ({
    ...{ member: asMember(member), frontier: asSlotOffset(frontier), fee: asAmount(fee), digest },
    head: unpackHead(head | (MODULE << 208n)),
    payload: `0x${Buffer.from(payload).toString("hex")}`,
  }));

const record = (override: Partial<AppendedRecord> = {}): AppendedRecord => ({
  ...{ member: asMember(4n), frontier: asSlotOffset(9n), fee: asAmount(7n) },
  head: { sellWh: asWh(1n), buyWh: asWh(2n), reserve: asAmount(3n), entries: 1n, module: MODULE },
  digest: `0x${"33".repeat(32)}`,
  payload: "0x0503001400ff",
  ...override,
});

describe("packed records", function () {
  it("are what Solidity packs, and what a plain reader reads", function () {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 4 }), (records) => {
        const plain = records.map(({ member, frontier, fee, head, digest, payload }) => ({
          ...{ member: Number(member), frontier: Number(frontier), fee, digest, payload },
          head: packHead(head),
        }));
        const bytes = packRecords(MODULE, records);
        expect(bytes).to.equal(`0x${plain.map((each) => packRecord(each).slice(2)).join("")}`);
        expect(unpackPlainly(MODULE, bytes)).to.deep.equal(plain);
      }),
    );
  });

  it("come back as they were, with their module", function () {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 4 }), (records) => {
        expect(unpackRecords(MODULE, packRecords(MODULE, records))).to.deep.equal(records);
      }),
    );
  });

  it("are refused where they are cut off anywhere", function () {
    const bytes = packRecords(MODULE, [record({ payload: "0x" }), record()]);
    const ends = new Set([0, 71, 71 + 77]);
    for (let length = 0; 2 + 2 * length <= bytes.length; length++) {
      const cut = bytes.slice(0, 2 + 2 * length);
      if (ends.has(length)) expect(() => unpackRecords(MODULE, cut)).not.to.throw();
      else expectCode(() => unpackRecords(MODULE, cut), "BAD_LENGTH");
    }
    expectCode(() => unpackRecords(MODULE, "0xzz"), "INVALID_HEX");
  });

  it("are refused where a head names another module or a field does not fit", function () {
    expectCode(() => packRecords(6n, [record()]), "OUT_OF_RANGE", { field: "records[0].head.module" });
    const { head } = record();
    const bad = [
      { member: 1n << 32n },
      { frontier: 1n << 8n },
      { fee: 1n << 48n },
      { head: { ...head, sellWh: 1n << 48n } },
      { head: { ...head, entries: 1n << 16n } },
      { payload: `0x${"00".repeat(65_536)}` },
    ] as unknown as Partial<AppendedRecord>[];
    for (const field of bad) expectCode(() => packRecords(MODULE, [record(field)]), "OUT_OF_RANGE");
    expectCode(() => packRecords(MODULE, [record({ digest: "0x12" })]), "INVALID_HEX");
    expectCode(() => packRecords(MODULE, [record({ payload: "0x1" })]), "INVALID_HEX");
  });
});
