import { expect } from "chai";
import { claimBought, claimUnsold, slotLedger, type SettledMember } from "./energy.ts";

/** A member in one slot. */
function member(imported: bigint, exported: bigint, bought: bigint, sold: bigint): SettledMember {
  return { metered: [{ imported, exported }], position: [{ bought, sold }] };
}

describe("reference energy", function () {
  const seller = member(0n, 25n, 0n, 30n);
  const surplus = member(5n, 20n, 0n, 10n);
  const buyers = [member(33n, 0n, 27n, 0n), member(9n, 0n, 13n, 0n)];
  const ledger = slotLedger([seller, surplus, ...buyers], 0n);

  it("counts as delivered what was both sold and exported", function () {
    expect(ledger).to.deep.equal({ delivered: 35n, bought: 40n, sold: 40n, imported: 47n, exported: 45n });
  });

  it("gives each buyer its share of what was delivered, rounded down", function () {
    expect(buyers.map(({ position }) => claimBought(position, [ledger]))).to.deep.equal([23n, 11n]);
  });

  it("gives a seller its unsold export", function () {
    expect([seller, surplus].map(claimUnsold)).to.deep.equal([0n, 10n]);
  });

  it("divides by what was sold where that is more than what was bought", function () {
    const more = slotLedger([seller, surplus, member(27n, 0n, 27n, 0n)], 0n);
    expect(claimBought([{ bought: 27n, sold: 0n }], [more])).to.equal((27n * 35n) / 40n);
  });

  it("gives nothing for a slot without trade", function () {
    expect(claimBought([{ bought: 0n, sold: 0n }], [slotLedger([], 0n)])).to.equal(0n);
  });
});
