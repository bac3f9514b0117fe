import { expect } from "chai";
import { Wallet } from "ethers";
import { decodeRevert, revertOf } from "../../../sdk/src/clients/decode-revert.ts";
import { isRevert } from "../../../sdk/src/clients/revert.ts";
import { RegistryClient } from "../../../sdk/src/clients/registry.ts";
import { meteringPointHash, signConsent } from "../../../sdk/src/consent.ts";
import { isWattbookError } from "../../../sdk/src/errors.ts";
import { asLots, asMember, asPeriod, asSeconds, asWh } from "../../../sdk/src/units.ts";
import { NEVER } from "../../helpers/market.ts";
import { world } from "./support.ts";

const OWNER = new Wallet(`0x${"21".repeat(32)}`);
const TRADER = new Wallet(`0x${"22".repeat(32)}`);
const METER = new Wallet(`0x${"23".repeat(32)}`);

describe("RegistryClient", function () {
  it("reads a community with named fields and units", async function () {
    const { registry, community, terms, raw, at } = await world();
    expect(await registry.communityCount()).to.equal(1n);
    expect(await registry.memberCount(community)).to.equal(4n);
    expect(terms).to.include({ slotDuration: 900n, slotsPerPeriod: 96n, lotWh: 10n, wideTicks: false });
    expect(await registry.termsHash(community)).to.equal(await raw.registry.termsHash(community));
    expect(await registry.paused(community)).to.equal(false);
    expect(await registry.paymentToken(community)).to.equal(at.euro);
    expect(await registry.moduleAt(community, 0n)).to.equal(at.market);
    expect(await registry.classes(community)).to.deep.equal([{ defaultLoadWh: 250n, supplier: 3n }]);
    const tariff = await registry.tariff(community, asPeriod(20_000n), terms);
    expect(tariff.networkFee).to.equal(40n);
    expect(tariff.classes[0]?.[95]).to.deep.equal({ importPrice: 300n, exportPrice: 80n });
  });

  it("enrols a home and binds its meter with consents of the SDK", async function () {
    const { registry, community, domains, raw, at, provider } = await world();
    const coordinator = new RegistryClient({ address: at.registry, runner: raw.coordinator });
    const enrolment = {
      community,
      termsHash: await registry.termsHash(community),
      owner: OWNER.address,
      tradingKey: TRADER.address,
      buyCap: asLots(200n),
      sellCap: asLots(120n),
      tariffClass: 0n,
      zone: 7n,
      kind: 1n,
      modules: 1n,
      meteringPoint: meteringPointHash(`0x${"ab".repeat(32)}`, "AT001"),
      deadline: asSeconds(BigInt(NEVER)),
      nonce: await registry.nonceOf(OWNER.address),
    };
    await coordinator.send.enroll(enrolment, await signConsent(domains.registry, "Enrolment", enrolment, OWNER));
    const member = asMember(4n);
    const binding = {
      community,
      member,
      meterKey: METER.address,
      startImport: asWh(1_000n),
      startExport: asWh(0n),
      deadline: asSeconds(BigInt(NEVER)),
      nonce: await registry.nonceOf(OWNER.address),
    };
    const [consent, proof] = await Promise.all(
      [OWNER, METER].map((key) => signConsent(domains.registry, "MeterBinding", binding, key)),
    );
    await coordinator.send.bindMeter(binding, consent ?? "0x", proof ?? "0x");
    const next = asPeriod(BigInt((await raw.periodNow()) + 1));
    await raw.goTo(raw.periodStart(Number(next)));
    const word = await new RegistryClient({ address: at.registry, runner: provider }).member(community, member, next);
    expect(word).to.include({ tradingKey: TRADER.address, buyCap: 200n, sellCap: 120n, zone: 7n, kind: 1n });
    expect(word).to.include({ active: true, enrolled: true, metered: true, service: false });
    expect(await registry.ownerOf(community, member)).to.equal(OWNER.address);
    expect(await registry.supplierOf(community, member)).to.equal(3n);
    expect(await registry.meterKey(community, member, next)).to.equal(METER.address);
  });

  it("adds a module as the coordinator", async function () {
    const { registry, community, raw, at } = await world();
    const coordinator = new RegistryClient({ address: at.registry, runner: raw.coordinator });
    await coordinator.send.addModule(community, at.euro);
    expect(await registry.moduleAt(community, 1n)).to.equal(at.euro);
    expect(await raw.registry.moduleList(raw.community)).to.deep.equal([at.market, at.euro]);
  });

  it("builds the calls that the contract takes", async function () {
    const { registry, community, raw, at } = await world();
    const member = asMember(3n);
    expect(registry.calls.setTrading(community, member, false)).to.deep.equal({
      to: at.registry,
      data: raw.registry.interface.encodeFunctionData("setTrading", [community, member, false]),
      value: 0n,
    });
    const names = Object.keys(registry.calls);
    expect(Object.keys(registry.send)).to.deep.equal(names);
    for (const name of names) expect(raw.registry.interface.getFunction(name as never), name).not.to.equal(null);
  });

  it("decodes what the contract refuses", async function () {
    const { registry, community, raw } = await world();
    const thrown: unknown = await registry.send.pause(community).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!isRevert(thrown, "NotCoordinator")) throw new Error(`Expected NotCoordinator, got ${String(thrown)}`);
    expect(isWattbookError(thrown, "CONTRACT_REVERTED")).to.equal(true);
    expect(thrown.args).to.deep.equal({ community, caller: raw.stranger.address });
    const data = raw.registry.interface.encodeErrorResult("UnknownMember", [community, 99]);
    expect(decodeRevert(data)?.args).to.deep.equal({ community, member: 99n });
    expect(revertOf({ info: { error: { data } } })?.message).to.include("UnknownMember(community 0, member 99)");
    expect(revertOf(new Error("down"))).to.equal(undefined);
  });

  it("says what runner it needs", async function () {
    const { registry, at, provider, community } = await world();
    const reader = new RegistryClient({ address: at.registry, runner: provider });
    await expect(reader.send.pause(community)).to.be.rejectedWith("signer").and.eventually.have.property("code");
    const offline = new RegistryClient({ address: registry.address, runner: new Wallet(OWNER.privateKey) });
    await expect(offline.terms(community)).to.be.rejected;
    await expect(offline.tariff(community, asPeriod(1n), { slotsPerPeriod: 96n })).to.be.rejectedWith("provider");
  });
});
