import { expect } from "chai";
import fc from "fast-check";
import { energyUseOf, selfConsumptionPpmDown, selfSufficiencyPpmDown } from "../../sdk/src/self-use.ts";
import type { EnergyUse } from "../../sdk/src/self-use.ts";
import { asWh } from "../../sdk/src/units.ts";
import { expectCode } from "./support.ts";

const use = (fields: Partial<Record<keyof EnergyUse, bigint>>): EnergyUse => {
  const names = ["load", "generated", "imported", "exported", "fromMembers", "toMembers"] as const;
  return Object.fromEntries(names.map((name) => [name, asWh(fields[name] ?? 0n)])) as unknown as EnergyUse;
};

/** A slot of a home: what it used and made, and of the surplus or deficit the part that stayed in the community. */
interface Slot {
  readonly load: bigint;
  readonly generated: bigint;
}

/** Homes in a slot without batteries, all of them sharing: min(supply, demand) changes hands, first come first served. */
function shared(homes: readonly Slot[]): EnergyUse[] {
  const nets = homes.map(({ load, generated }) => load - generated);
  const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
  const [demand, supply] = [sum(nets.filter((net) => net > 0n)), -sum(nets.filter((net) => net < 0n))];
  let [given, taken] = [demand < supply ? demand : supply, demand < supply ? demand : supply];
  return homes.map(({ load, generated }, index) => {
    const net = nets[index] ?? 0n;
    const [imported, exported] = [net > 0n ? net : 0n, net < 0n ? -net : 0n];
    const [fromMembers, toMembers] = [imported < taken ? imported : taken, exported < given ? exported : given];
    taken -= fromMembers;
    given -= toMembers;
    return use({ load, generated, imported, exported, fromMembers, toMembers });
  });
}

describe("self-sufficiency and self-consumption", function () {
  // F20 of the founding review: self-consumption = used PV / PV, self-sufficiency = local / load.
  it("are local over load and used PV over PV (N25)", function () {
    const home = use({ load: 10_000n, generated: 8_000n, imported: 6_000n, exported: 4_000n });
    expect([selfSufficiencyPpmDown(home), selfConsumptionPpmDown(home)]).to.deep.equal([400_000n, 500_000n]);
    const member = { ...home, fromMembers: asWh(1_500n), toMembers: asWh(3_000n) };
    expect([selfSufficiencyPpmDown(member), selfConsumptionPpmDown(member)]).to.deep.equal([550_000n, 875_000n]);
  });

  it("round down, so that nobody claims more than there is", function () {
    expect(selfSufficiencyPpmDown(use({ load: 3n, imported: 1n }))).to.equal(666_666n);
    expect(selfConsumptionPpmDown(use({ generated: 3n, exported: 2n }))).to.equal(333_333n);
    expect(selfSufficiencyPpmDown(use({ load: 10n ** 12n, imported: 1n }))).to.equal(999_999n);
    expect(selfSufficiencyPpmDown(use({ load: 10n ** 12n }))).to.equal(1_000_000n);
  });

  it("are null where there is nothing to share out", function () {
    expect(selfSufficiencyPpmDown(use({ generated: 5n, exported: 5n }))).to.equal(null);
    expect(selfConsumptionPpmDown(use({ load: 5n, imported: 5n }))).to.equal(null);
  });

  it("count what a battery gives and takes, and never fall below 0", function () {
    // 400 Wh stored at noon, 300 Wh of them used at night.
    const home = use({ load: 600n, generated: 600n, imported: 200n, exported: 100n });
    expect([selfSufficiencyPpmDown(home), selfConsumptionPpmDown(home)]).to.deep.equal([666_666n, 833_333n]);
    expect(selfSufficiencyPpmDown(use({ load: 100n, imported: 500n }))).to.equal(0n);
    expect(selfConsumptionPpmDown(use({ generated: 100n, exported: 500n, toMembers: 50n }))).to.equal(0n);
  });

  it("refuse more from or to members than crossed the meter", function () {
    expectCode(() => selfSufficiencyPpmDown(use({ load: 9n, imported: 4n, fromMembers: 5n })), "OUT_OF_RANGE");
    expectCode(() => selfConsumptionPpmDown(use({ generated: 9n, exported: 4n, toMembers: 5n })), "OUT_OF_RANGE");
  });

  it("are those of the meter at the PCC where everybody shares and nobody has a battery", function () {
    const wh = fc.bigInt(0n, 5_000n);
    const slots = fc.array(fc.array(fc.record({ load: wh, generated: wh }), { minLength: 1, maxLength: 8 }), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(slots, (all) => {
        const community = energyUseOf(all.flatMap(shared));
        const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
        const nets = all.map((homes) => sum(homes.map(({ load, generated }) => load - generated)));
        const [load, generated] = (["load", "generated"] as const).map((name) =>
          sum(all.flat().map((home) => home[name])),
        ) as [bigint, bigint];
        const used = load - sum(nets.filter((net) => net > 0n));
        expect(community.fromMembers).to.equal(community.toMembers);
        // Without batteries both ratios have the same numerator.
        expect(selfSufficiencyPpmDown(community)).to.equal(load === 0n ? null : (used * 1_000_000n) / load);
        expect(selfConsumptionPpmDown(community)).to.equal(generated === 0n ? null : (used * 1_000_000n) / generated);
      }),
    );
  });
});
