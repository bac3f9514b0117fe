import { expect } from "chai";
import fc from "fast-check";
import { claimable, deliveredOf, packTokenId, unpackTokenId } from "../../sdk/src/energy-token.ts";
import { asCommunity, asPeriod, asWh } from "../../sdk/src/units.ts";
import { anyUint, expectCode, metered, traded } from "./support.ts";

function ledger(delivered: number, bought: number, sold: number) {
  return { delivered: asWh(BigInt(delivered)), ...traded(bought, sold) };
}

describe("energy tokens", function () {
  it("have ids of community, vintage, zone and source, high bits first", function () {
    const id = { community: asCommunity(1n), vintage: asPeriod(2n), zone: 3n, source: 4n };
    expect(packTokenId(id)).to.equal((1n << 56n) | (2n << 24n) | (3n << 8n) | 4n);
  });

  it("unpack what they pack", function () {
    fc.assert(
      fc.property(anyUint(32), anyUint(32), anyUint(16), anyUint(8), (community, vintage, zone, source) => {
        const id = { community: asCommunity(community), vintage: asPeriod(vintage), zone, source };
        expect(unpackTokenId(packTokenId(id))).to.deep.equal(id);
      }),
    );
    const wrong = { community: asCommunity(1n), vintage: asPeriod(2n), zone: 65_536n, source: 0n };
    expectCode(() => packTokenId(wrong), "OUT_OF_RANGE", { field: "zone" });
  });

  it("are claimed as far as sellers delivered, rounded down per slot", function () {
    const position = [traded(100, 0), traded(100, 0), traded(50, 0)];
    const totals = [ledger(300, 300, 300), ledger(200, 300, 300), ledger(0, 0, 0)];
    expect(claimable(position, null, totals)).to.deep.equal({ bought: 100n + 66n + 0n, unsold: 0n });
  });

  it("share by the larger of what was bought and sold", function () {
    expect(claimable([traded(100, 0)], null, [ledger(200, 300, 400)]).bought).to.equal(50n);
    expect(claimable([traded(100, 0)], null, [ledger(200, 400, 300)]).bought).to.equal(50n);
  });

  it("are claimed by sellers for what they exported and did not sell", function () {
    const position = [traded(0, 250), traded(0, 250), traded(0, 0)];
    const values = [metered(0, 300), metered(0, 200), metered(10, 20)];
    const totals = [ledger(0, 0, 0), ledger(0, 0, 0), ledger(0, 0, 0)];
    expect(claimable(position, values, totals).unsold).to.equal(50n + 0n + 20n);
    expect(deliveredOf(traded(0, 250), metered(0, 200))).to.equal(200n);
  });

  it("never exceed what was delivered, whatever the split between buyers", function () {
    const anySizes = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(anySizes, fc.nat({ max: 1_000 }), (sizes, permille) => {
        const matched = sizes.reduce((sum, size) => sum + size, 0);
        const delivered = Math.floor((matched * permille) / 1_000);
        const claims = sizes.map(
          (size) => claimable([traded(size, 0)], null, [ledger(delivered, matched, matched)]).bought,
        );
        expect(claims.reduce((sum, claim) => sum + claim, 0n) <= BigInt(delivered)).to.equal(true);
      }),
    );
  });

  it("need lists of one length", function () {
    expectCode(() => claimable([traded(1, 0)], null, []), "BAD_LENGTH", { field: "ledger" });
    expectCode(() => claimable([traded(1, 0)], [], [ledger(0, 0, 0)]), "BAD_LENGTH", { field: "values" });
  });
});
