import { expect } from "chai";
import fc from "fast-check";
import {
  auditSetPoint,
  recoverSetPointSigner,
  setPointDigest,
  setPointTypedData,
  signSetPoint,
  verifySetPoint,
} from "../../../sdk/src/coordinator/set-point.ts";
import { batteryMandate, packMandate, unpackMandate } from "../../../sdk/src/coordinator/mandate.ts";
import { signPaper } from "../../../sdk/src/coordinator/papers.ts";
import { asPermille, asSeconds, asWatts } from "../../../sdk/src/units.ts";
import { dispatcherKey } from "../../helpers/desk.ts";
import { DESK_TYPES } from "../../helpers/typed-data.ts";
import { account, expectCode } from "../support.ts";
import { deskWorld, mandateOf, setPointOf } from "./world.ts";

describe("A set-point", function () {
  it("is signed and audited as the contract does, whatever is wrong with it (N3)", async function () {
    const { connection, home, client, domain, community, member } = await deskWorld();
    const paper = mandateOf({ community, member });
    const sent = await client.send.keepMandate(paper, await signPaper(domain, "BatteryMandate", paper, home.owner));
    await sent.wait();
    const info = await client.mandate(community, member);
    expect(info).to.deep.equal({ mandate: paper, revokedAt: null, party: home.owner.address, voidedThrough: 0n });
    const seen = new Set<string>();
    const near = (value: bigint) => fc.constantFrom(value - 1n, value, value + 1n);
    const fields = fc.record({
      mandate: fc.constantFrom(1n, 1n, 1n, 2n),
      counter: fc.bigInt(0n, 2n ** 48n - 1n),
      validFrom: near(500n).map((value) => asSeconds(value)),
      validUntil: fc.oneof(near(9_000_000_000n), near(500n)).map((value) => asSeconds(value)),
      discharging: fc.boolean(),
      powerW: fc.oneof(near(3_000n), near(5_000n), fc.constant(0n)).map((value) => asWatts(value)),
      minSocPermille: fc.oneof(near(200n), near(900n)).map((value) => asPermille(value)),
      maxSocPermille: fc.oneof(near(200n), near(900n)).map((value) => asPermille(value)),
    });
    await fc.assert(
      fc.asyncProperty(fields, fc.constantFrom(dispatcherKey, dispatcherKey, home.trading), async (some, signer) => {
        const setPoint = setPointOf({ community, member, ...some });
        const signed = { setPoint, signature: await signSetPoint(domain, setPoint, signer) };
        const breach = auditSetPoint(domain, signed, info);
        seen.add(breach);
        expect(await client.auditSetPoint(signed)).to.equal(breach);
      }),
      { numRuns: 120, seed: 6 },
    );
    expect([...seen].sort()).to.deep.equal([
      ...["BadSignature", "None", "OtherMandate", "OutsideSoc", "OutsideTime", "OverPower"],
    ]);
    const call = client.calls.revokeMandate(community, member, 1n);
    await (await home.owner.connect(connection.ethers.provider).sendTransaction({ ...call })).wait();
    const revoked = await client.mandate(community, member);
    const at = revoked?.revokedAt ?? asSeconds(0n);
    expect(revoked?.voidedThrough).to.equal(1n);
    for (const [from, breach] of [
      [at - 1n, "None"],
      [at, "Revoked"],
    ] as const) {
      const times = { validFrom: asSeconds(from), validUntil: asSeconds(at + 900n) };
      const setPoint = setPointOf({ community, member, ...times });
      const signed = { setPoint, signature: await signSetPoint(domain, setPoint, dispatcherKey) };
      expect(auditSetPoint(domain, signed, revoked)).to.equal(breach);
      expect(await client.auditSetPoint(signed)).to.equal(breach);
      expect(auditSetPoint(domain, signed, null)).to.equal("NoMandate");
      expect(await client.setPointDigest(setPoint)).to.equal(setPointDigest(domain, setPoint));
    }
  });

  it("tells who signed it, and shows wallets what it says", async function () {
    const { domain, community, member } = await deskWorld();
    const setPoint = setPointOf({ community, member });
    const signature = await signSetPoint(domain, setPoint, dispatcherKey);
    expect(recoverSetPointSigner(domain, setPoint, signature)).to.equal(dispatcherKey.address);
    expect(verifySetPoint(domain, setPoint, signature, dispatcherKey.address)).to.equal(true);
    const other = { ...setPoint, counter: 2n };
    expect(verifySetPoint(domain, other, signature, dispatcherKey.address)).to.equal(false);
    expect(setPointTypedData(domain, setPoint).types).to.deep.equal({ SetPoint: DESK_TYPES.SetPoint });
    expectCode(() => setPointDigest(domain, { ...setPoint, counter: 2n ** 48n }), "OUT_OF_RANGE", {
      field: "SetPoint.counter",
    });
  });
});

describe("A battery mandate", function () {
  it("is checked before it is signed", function () {
    const bad = [
      [{ minSocPermille: asPermille(901n) }, "OUT_OF_RANGE", "minSocPermille"],
      [{ validUntil: asSeconds(500n) }, "OUT_OF_RANGE", "validUntil"],
      [{ dispatcher: account(0) }, "INVALID_ADDRESS", "dispatcher"],
    ] as const;
    for (const [fields, code, field] of bad) expectCode(() => batteryMandate(mandateOf(fields)), code, { field });
    expectCode(() => asPermille(1_001n), "OUT_OF_RANGE", { field: "permille" });
    expectCode(() => asWatts(2n ** 32n), "OUT_OF_RANGE", { field: "watts" });
    expect(batteryMandate(mandateOf())).to.deep.equal(mandateOf());
  });

  it("fits one word, there and back", function () {
    const { community, member, dispatcher, ...limits } = mandateOf();
    expect([community, member, dispatcher]).to.have.length(3);
    expect(unpackMandate(packMandate(limits))).to.deep.equal(limits);
    expectCode(() => packMandate({ ...limits, sequence: 2n ** 32n }), "OUT_OF_RANGE", { field: "sequence" });
  });
});
