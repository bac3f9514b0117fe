import { expect } from "chai";
import {
  encodeSupply,
  paperDigest,
  paperTypedData,
  signPaper,
  verifyPaper,
  type PaperName,
  type Papers,
} from "../../../sdk/src/coordinator/papers.ts";
import { isRevert } from "../../../sdk/src/clients/revert.ts";
import { pccReadingDigest, recoverPccReadingSigner, signPccReading } from "../../../sdk/src/coordinator/pcc.ts";
import { pccReadingTypedData, verifyPccReading } from "../../../sdk/src/coordinator/pcc.ts";
import { asMember, asPermille, asPrice, asSeconds, asSignedAmount, asWh } from "../../../sdk/src/units.ts";
import { pccKey, SUPPLIER, TERMS_HASH } from "../../helpers/desk.ts";
import { DESK_TYPES } from "../../helpers/typed-data.ts";
import { rejection } from "../clients/rejection.ts";
import { expectCode, metered } from "../support.ts";
import { deskWorld, mandateOf } from "./world.ts";

describe("Papers for the coordinator's desk", function () {
  let w: Awaited<ReturnType<typeof deskWorld>>;
  let papers: Papers;
  before(async function () {
    w = await deskWorld();
    const { community, member, period } = w;
    const deadline = asSeconds(2n ** 40n - 1n);
    const prices = [200n, 210n, 220n, 230n].map((price) => ({
      importPrice: asPrice(price),
      exportPrice: asPrice(50n),
    }));
    papers = {
      MembershipAgreement: { community, member, termsHash: TERMS_HASH, fromPeriod: period, sequence: 1n, deadline },
      BatteryMandate: mandateOf({ community, member }),
      PccBinding: {
        ...{ community, meterKey: pccKey.address, startImport: asWh(7n), startExport: asWh(9n) },
        ...{ mostWh: asWh(100_000n), sequence: 1n, deadline },
      },
      SupplyTariff: { community, supplier: asMember(BigInt(SUPPLIER)), fromPeriod: period, prices, deadline },
    };
  });

  const names = ["MembershipAgreement", "BatteryMandate", "PccBinding", "SupplyTariff"] as const;
  for (const name of names) {
    it(`${name} has the digest that the contract computes, and verifies with its signer alone`, async function () {
      const { client, domain, home } = w;
      const digest = paperDigest(domain, name, papers[name]);
      const onChain = {
        MembershipAgreement: () => client.agreementDigest(papers.MembershipAgreement),
        BatteryMandate: () => client.mandateDigest(papers.BatteryMandate),
        PccBinding: () => client.pccBindingDigest(papers.PccBinding),
        SupplyTariff: () => client.supplyDigest(papers.SupplyTariff),
      } satisfies Record<PaperName, () => Promise<string>>;
      expect(await onChain[name]()).to.equal(digest);
      const signature = await signPaper(domain, name, papers[name], home.owner);
      expect(verifyPaper(domain, name, papers[name], signature, home.owner.address)).to.equal(true);
      expect(verifyPaper(domain, name, papers[name], signature, home.trading.address)).to.equal(false);
      expect(paperTypedData(domain, name, papers[name]).types).to.deep.equal({ [name]: DESK_TYPES[name] });
    });
  }

  it("go to the desk and come back, from the first signature to the account with the supplier", async function () {
    const { raw, client, domain, home, community, member, period } = w;
    const [agreement, binding, supply] = [papers.MembershipAgreement, papers.PccBinding, papers.SupplyTariff];
    const asCoordinator = { ...client.calls };
    const coordinate = async (call: { readonly to: string; readonly data: string }) =>
      await (await raw.coordinator.sendTransaction({ to: call.to, data: call.data })).wait();
    expect(await client.agreement(community, member)).to.equal(null);
    expect(await client.pcc(community, period)).to.equal(null);
    expect(await client.supply(community, period)).to.equal(null);
    const both = await Promise.all(
      [home.owner, raw.coordinator].map(async (by) => await signPaper(domain, "MembershipAgreement", agreement, by)),
    );
    await client.send.keepAgreement(agreement, both[0] ?? "0x", both[1] ?? "0x");
    expect(await client.agreement(community, member)).to.deep.equal({
      ...{ termsHash: TERMS_HASH, party: home.owner.address, fromPeriod: period, endPeriod: null, sequence: 1n },
    });
    await coordinate(asCoordinator.endAgreement(community, member));
    expect((await client.agreement(community, member))?.endPeriod).to.equal(period);
    expect(await client.isAgreed(community, member, period)).to.equal(false);

    const consent = await signPaper(domain, "PccBinding", binding, raw.dso);
    await coordinate(asCoordinator.bindPcc(binding, consent, await signPaper(domain, "PccBinding", binding, pccKey)));
    const tolerance = { permille: asPermille(20n), absoluteWh: asWh(300n) };
    await coordinate(asCoordinator.setTolerance(community, tolerance));
    expect(await client.tolerance(community, period)).to.deep.equal(tolerance);
    const prices = await signPaper(domain, "SupplyTariff", supply, raw.supplier);
    await coordinate(asCoordinator.publishSupply(supply, prices));
    expect((await client.supply(community, period))?.supplier).to.equal(3n);

    await raw.goTo(raw.periodStart(Number(period) + 1));
    const reading = {
      ...{ community, period, revision: 0n, closesGap: false, startImport: asWh(7n), startExport: asWh(9n) },
      values: [metered(1_000, 0), metered(0, 400), metered(3, 0), metered(0, 0)],
    };
    const signature = await signPccReading(domain, reading, pccKey);
    expect(await client.pccReading(community, period)).to.equal(null);
    await client.send.postPcc({ reading, signature });
    expect(await client.pccReadingDigest(reading)).to.equal(pccReadingDigest(domain, reading));
    expect(recoverPccReadingSigner(domain, reading, signature)).to.equal(pccKey.address);
    expect(verifyPccReading(domain, reading, signature, pccKey.address)).to.equal(true);
    expect(pccReadingTypedData(domain, reading).types).to.deep.equal({ PccReading: DESK_TYPES.PccReading });
    const cost = 1_000n * 200n - 400n * 50n + 3n * 220n;
    const kept = await client.pccReading(community, period);
    expect(kept).to.include({ revision: 0n, imported: 1_003n, exported: 400n, amount: cost });
    expect(await client.pcc(community, period)).to.deep.equal({
      ...{ meterKey: pccKey.address, fromPeriod: period, nextPeriod: period + 1n, sequence: 1n },
      ...{ importRegister: 1_010n, exportRegister: 409n, mostWh: 100_000n },
    });
    const paid = asSignedAmount(180_000n);
    const { to, data } = client.calls.notePayment(community, asMember(3n), paid);
    await (await raw.supplier.sendTransaction({ to, data })).wait();
    const account = await client.supplierAccount(community, asMember(3n));
    expect(account).to.include({ invoiced: cost, acknowledged: 0n, paid, balance: cost - paid });
    expect(account.head).to.match(/^0x[0-9a-f]{64}$/);

    const thrown = await rejection(client.simulate.postPcc({ reading, signature }), "CONTRACT_REVERTED");
    expect(isRevert(thrown, "AlreadyRead")).to.equal(true);
    expect(thrown.hint).to.include("correctPcc");
  });

  it("name a field that does not fit", function () {
    const { domain } = w;
    const wide = { ...papers.PccBinding, mostWh: asWh(2n ** 32n) };
    expectCode(() => paperDigest(domain, "PccBinding", wide), "OUT_OF_RANGE", { field: "PccBinding.mostWh" });
    const short = { ...papers.MembershipAgreement, termsHash: "0x12" };
    expectCode(() => paperDigest(domain, "MembershipAgreement", short), "INVALID_HEX", {
      field: "MembershipAgreement.termsHash",
    });
    expect(encodeSupply(papers.SupplyTariff.prices)).to.have.length(2 + 2 * (2 + 4 * 4));
  });
});
