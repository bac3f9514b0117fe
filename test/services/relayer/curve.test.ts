import { expect } from "chai";
import { compactSignature, type CompactSignature, type Hex } from "@wattbook/sdk";
import { id, toBeHex, Wallet } from "ethers";
import { check } from "../../../services/src/relayer/signatures/check.ts";
import { type Curve, ETHERS_CURVE, fastestCurve } from "../../../services/src/relayer/signatures/curve.ts";
import { SignaturePool } from "../../../services/src/relayer/signatures/pool.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const PARITY = 1n << 255n;

describe("relayer: signatures", function () {
  this.timeout(30_000);
  let fast: Curve;
  const wallet = new Wallet(id("a trading key"));
  const other = new Wallet(id("another key"));
  const sign = (digest: Hex): CompactSignature => compactSignature(wallet.signingKey.sign(digest).serialized);

  before(async () => {
    fast = await fastestCurve();
  });

  it("are recovered and made alike by the fast curve and by ethers", () => {
    for (let index = 0; index < 40; index++) {
      const digest = id(`message ${index}`);
      const signature = sign(digest);
      expect(fast.sign(digest, wallet.privateKey)).to.deep.equal(signature);
      expect(ETHERS_CURVE.sign(digest, wallet.privateKey)).to.deep.equal(signature);
      expect(fast.recover(digest, signature)).to.equal(wallet.address);
      expect(ETHERS_CURVE.recover(digest, signature)).to.equal(wallet.address);
    }
  });

  it("are none, or another account's, alike where they are spoilt", () => {
    const digest = id("a message");
    const { r, vs } = sign(digest);
    const low = BigInt(vs) & ~PARITY;
    const zero = toBeHex(0n, 32);
    const spoilt: CompactSignature[] = [
      { r, vs: toBeHex(BigInt(vs) ^ PARITY, 32) },
      { r, vs: toBeHex(ORDER - low, 32) },
      { r, vs: zero },
      { r: zero, vs },
      { r: toBeHex(ORDER, 32), vs },
      { r: `0x${"ff".repeat(32)}`, vs },
      { r, vs: `0x${"ff".repeat(32)}` },
      { r: toBeHex(5n, 32), vs }, // no point has this x
      { r: vs, vs: r },
    ];
    for (const signature of spoilt) {
      const found = fast.recover(digest, signature);
      expect(found).to.equal(ETHERS_CURVE.recover(digest, signature));
      expect(found).not.to.equal(wallet.address);
    }
  });

  it("come with a receipt's only if they are the right account's", () => {
    const digest = id("a strip");
    const receipt = id("its receipt");
    const task = { digest, signature: sign(digest), by: wallet.address.toLowerCase(), receipt };
    const found = check(fast, other.privateKey, task);
    expect(found.signer).to.equal(wallet.address);
    const signed = compactSignature(found.receipt ?? "0x");
    expect(fast.recover(receipt, signed)).to.equal(other.address);
    expect(check(fast, other.privateKey, { ...task, by: other.address }).receipt).to.equal(null);
    expect(check(fast, null, task)).to.deep.equal({ signer: wallet.address, receipt: null });
  });

  for (const size of [0, 2]) {
    it(`are checked in ${size === 0 ? "the caller's own thread" : `${size} threads`}, in any number at once`, async () => {
      const pool = new SignaturePool(null, size);
      const digests = Array.from({ length: 100 }, (_, index) => id(`message ${index}`));
      const wrong = digests.map((digest, index) => (index % 10 === 0 ? id("spoilt") : digest));
      const found = await Promise.all(
        digests.map((digest, index) =>
          pool.check({ digest, signature: sign(wrong[index] ?? digest), by: wallet.address }),
        ),
      );
      await pool.close();
      for (const [index, { signer }] of found.entries()) {
        expect(signer === wallet.address, `message ${index}`).to.equal(index % 10 !== 0);
      }
    });
  }
});
