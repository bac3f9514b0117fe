import { expect } from "chai";
import fc from "fast-check";
import { toBeHex } from "ethers";
import { encodeEntries } from "../../sdk/src/entry.ts";
import { batchOf, packedLength, packStrip, packStrips, unpackStrips } from "../../sdk/src/packed-strips.ts";
import type { SignedStrip } from "../../sdk/src/packed-strips.ts";
import { asAmount, asCommunity, asMember, asPeriod, asSeconds, asSlotOffset } from "../../sdk/src/units.ts";
import { packStrips as packPlainly } from "../helpers/market.ts";
import { account, anyEntry, anyUint, anyWord, entry, expectCode, HEADER } from "./support.ts";

const batch = { community: asCommunity(3n), period: asPeriod(20_000n), feeTo: account(7) };

const anySigned: fc.Arbitrary<SignedStrip> = fc
  .record({
    ...{ member: anyUint(32), after: anyUint(8), epoch: anyUint(32), deadline: anyUint(40) },
    ...{ maxReserve: anyUint(96), feePerEntry: anyUint(32), r: anyWord, vs: anyWord },
    entries: fc.array(anyEntry, { maxLength: 5 }),
  })
  .map(({ member, after, epoch, deadline, maxReserve, feePerEntry, r, vs, entries }) => ({
    strip: {
      ...{ ...batch, epoch, entries },
      ...{ member: asMember(member), after: asSlotOffset(after), deadline: asSeconds(deadline) },
      ...{ maxReserve: asAmount(maxReserve), feePerEntry: asAmount(feePerEntry) },
    },
    signature: { r, vs },
  }));

const signed = (override: Partial<SignedStrip["strip"]> = {}): SignedStrip => ({
  strip: { ...HEADER, ...batch, maxReserve: asAmount(9n), entries: [entry(5, "sell", 3, 20)], ...override },
  signature: { r: `0x${"11".repeat(32)}`, vs: `0x${"22".repeat(32)}` },
});

describe("packed strips", function () {
  it("are the fields one behind the other, as a plain writer says too", function () {
    fc.assert(
      fc.property(fc.array(anySigned, { minLength: 1, maxLength: 4 }), (strips) => {
        const plain = strips.map(({ strip, signature }) => ({
          ...strip,
          ...signature,
          ...{ member: Number(strip.member), after_: Number(strip.after), epoch: Number(strip.epoch) },
          ...{ deadline: Number(strip.deadline), feePerEntry: Number(strip.feePerEntry) },
          entries: encodeEntries(strip.entries),
        }));
        expect(packStrips(strips)).to.equal(packPlainly(plain));
      }),
    );
  });

  it("come back as they were, each as long as it says", function () {
    fc.assert(
      fc.property(fc.array(anySigned, { minLength: 1, maxLength: 4 }), (strips) => {
        const bytes = packStrips(strips);
        expect(unpackStrips(batch, bytes)).to.deep.equal(strips);
        expect(bytes.length - 2).to.equal(2 * strips.reduce((sum, { strip }) => sum + packedLength(strip), 0));
        expect(bytes).to.equal(`0x${strips.map((each) => packStrip(each).slice(2)).join("")}`);
      }),
    );
    expect(unpackStrips(batch, "0x")).to.deep.equal([]);
  });

  it("are refused where they are cut off anywhere", function () {
    const bytes = packStrips([signed({ entries: [] }), signed()]);
    const ends = new Set([0, 96, 96 + 100]);
    for (let length = 0; 2 + 2 * length <= bytes.length; length++) {
      const cut = bytes.slice(0, 2 + 2 * length);
      if (ends.has(length)) expect(() => unpackStrips(batch, cut)).not.to.throw();
      else expectCode(() => unpackStrips(batch, cut), "BAD_LENGTH");
    }
    expectCode(() => unpackStrips(batch, "0x0"), "INVALID_HEX");
  });

  it("share community, period and feeTo, however the address is spelt", function () {
    const spelt = signed({ feeTo: batch.feeTo.toLowerCase() });
    expect(batchOf([signed(), spelt])).to.deep.equal(batch);
    expect(packStrips([signed(), spelt])).to.equal(packStrips([signed(), signed()]));
  });

  it("are refused where there are none, or one was signed for something else", function () {
    expectCode(() => packStrips([]), "EMPTY_BATCH");
    for (const other of [{ community: asCommunity(4n) }, { period: asPeriod(1n) }, { feeTo: account(8) }]) {
      expectCode(() => packStrips([signed(), signed(other)]), "MIXED_STRIPS");
    }
    const last = () => batchOf([signed(), signed(), signed({ feeTo: account(8) })]);
    expectCode(last, "MIXED_STRIPS", { index: 2, field: "feeTo", value: account(8), expected: account(7) });
  });

  it("are refused where a field does not fit", function () {
    const over = (bits: number) => 1n << BigInt(bits);
    const bad = [
      { member: over(32) },
      { after: over(8) },
      { epoch: over(32) },
      { deadline: over(40) },
      { maxReserve: over(96) },
      { feePerEntry: over(32) },
      { epoch: -1n },
      { entries: new Array(65_536).fill(entry(5, "sell", 3, 20)) as SignedStrip["strip"]["entries"] },
    ] as unknown as Partial<SignedStrip["strip"]>[];
    for (const field of bad) expectCode(() => packStrip(signed(field)), "OUT_OF_RANGE");
    for (const word of ["0x", "0x12", `0x${"11".repeat(33)}`, "11".repeat(32), toBeHex(1, 31)]) {
      const { strip, signature } = signed();
      expectCode(() => packStrip({ strip, signature: { ...signature, r: word } }), "INVALID_HEX");
      expectCode(() => packStrip({ strip, signature: { ...signature, vs: word } }), "INVALID_HEX");
    }
  });
});
