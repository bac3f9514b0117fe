import { expect } from "chai";
import { Signature, SigningKey } from "ethers";
import fc from "fast-check";
import { compactSignature, recoverSigner, signatureBytes } from "../../sdk/src/signature.ts";
import { anyWord, expectCode, TRADER } from "./support.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const KEY = new SigningKey(TRADER.privateKey);
const DIGEST = `0x${"ab".repeat(32)}`;

function word(value: bigint): string {
  return `0x${value.toString(16).padStart(64, "0")}`;
}

describe("signature", function () {
  it("packs 65 bytes as ethers does", function () {
    fc.assert(
      fc.property(anyWord, (digest) => {
        const signed = KEY.sign(digest);
        const compact = compactSignature(signed.serialized);
        expect(signatureBytes(compact)).to.equal(signed.compactSerialized);
        expect(compactSignature(signed.compactSerialized)).to.deep.equal(compact);
        expect(recoverSigner(digest, compact)).to.equal(TRADER.address);
      }),
      { numRuns: 30 },
    );
  });

  it("takes v as a parity too", function () {
    const { r, s, yParity, serialized } = KEY.sign(DIGEST);
    const signature = `${r}${s.slice(2)}0${yParity}`;
    expect(compactSignature(signature)).to.deep.equal(compactSignature(serialized));
  });

  it("refuses the high s that a valid signature has as its twin", function () {
    const { r, s, v } = KEY.sign(DIGEST);
    const high = word(ORDER - BigInt(s)).slice(2);
    const flipped = v === 27 ? "1c" : "1b";
    expectCode(() => compactSignature(`${r}${high}${flipped}`), "BAD_SIGNATURE");
    const vs = word(ORDER - BigInt(s));
    if (BigInt(vs) < 1n << 255n) expectCode(() => recoverSigner(DIGEST, { r, vs }), "BAD_SIGNATURE");
  });

  it("refuses a compact s just above half the order", function () {
    const vs = word(ORDER / 2n + 1n);
    expectCode(() => recoverSigner(DIGEST, { r: word(1n), vs }), "BAD_SIGNATURE");
    expectCode(() => compactSignature(`${word(1n)}${vs.slice(2)}`), "BAD_SIGNATURE");
  });

  it("refuses other lengths, other v and other texts", function () {
    const { r, s } = KEY.sign(DIGEST);
    for (const signature of [
      "0x",
      r,
      `${r}${s.slice(2)}1b00`,
      `${r}${s.slice(2)}1d`,
      `${r}${s.slice(2)}02`,
      "signed",
    ]) {
      expectCode(() => compactSignature(signature), "BAD_SIGNATURE");
    }
    expectCode(() => recoverSigner(DIGEST, { r: "0x01", vs: s }), "BAD_SIGNATURE");
  });

  it("refuses an r that recovers no key", function () {
    expectCode(() => recoverSigner(DIGEST, { r: word(0n), vs: word(1n) }), "BAD_SIGNATURE");
    expectCode(() => recoverSigner(DIGEST, { r: word(ORDER), vs: word(1n) }), "BAD_SIGNATURE");
  });

  it("agrees with ethers on the signature it unpacks", function () {
    const signed = KEY.sign(DIGEST);
    expect(Signature.from(signatureBytes(compactSignature(signed.serialized))).serialized).to.equal(signed.serialized);
  });
});
