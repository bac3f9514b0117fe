import { VoidSigner } from "ethers";
import { connect, deployMarket, NEVER } from "../helpers/market.ts";
import { bindingOf, enrolmentOf, keysOf, membership } from "../helpers/membership.ts";

export type World = Awaited<ReturnType<typeof buildWorld>>;
export type Role = keyof World["roles"];

/**
 * A community in which every call of the role table goes through for the right caller: an active home, one without a meter, one
 * whose meter may be released, and roles in the middle of a handover and past one.
 */
export async function buildWorld() {
  const connection = await connect();
  const { ethers } = connection;
  const puppet = await ethers.deployContract("PuppetModule");
  const price = { importPrice: 300, exportPrice: 80 };
  const m = await deployMarket(connection, {
    terms: { horizon: 0, gateClosure: 0 },
    tariff: { networkFee: 40, classes: [price, price] },
    modules: [await puppet.getAddress()],
  });
  const { registry, escrow, settlement, auction, energyToken, community, coordinator: first } = m;
  const signers = await ethers.getSigners();
  const [coordinator, pendingCoordinator, pendingOwner, otherOwner] = signers.slice(10);
  if (!coordinator || !pendingCoordinator || !pendingOwner || !otherOwner) throw new Error("too few accounts");

  const home = await m.addHome();
  const sold = await m.addHome();
  const period = (await m.periodNow()) + 1;
  await m.goTo(m.periodStart(period));
  const leaving = await m.addHome(); // with a horizon of 0 its meter was never needed and may go at once
  await registry.connect(first).unbindMeter(community, leaving.member);
  const { enrol, sign, signEnrolment, signBinding } = membership(m);
  const bare = keysOf(1);
  const bareMember = await enrol(bare);

  // The coordinator's role went from `first` to `coordinator` and is offered on.
  await registry.connect(first).transferOwnership(community, 0, coordinator.address);
  await registry.connect(coordinator).acceptOwnership(community, 0);
  await registry.connect(coordinator).transferOwnership(community, 0, pendingCoordinator.address);
  await registry.connect(home.owner.connect(ethers.provider)).transferOwnership(community, home.member, pendingOwner);
  await registry.connect(sold.owner.connect(ethers.provider)).transferOwnership(community, sold.member, otherOwner);
  await registry.connect(otherOwner).acceptOwnership(community, sold.member);

  const roles = {
    stranger: m.stranger.address,
    deployer: m.deployer.address,
    coordinator: coordinator.address,
    previousCoordinator: first.address,
    pendingCoordinator: pendingCoordinator.address,
    dso: m.dso.address,
    feeCollector: m.feeCollector.address,
    supplier: m.supplier.address,
    owner: home.owner.address,
    pendingOwner: pendingOwner.address,
    otherOwner: otherOwner.address,
    previousOtherOwner: sold.owner.address,
    tradingKey: home.trading.address,
    meterKey: home.meter.address,
    orderBook: await auction.getAddress(),
    secondModule: await puppet.getAddress(),
    sealedAuction: await m.sealedAuction.getAddress(),
    commitBook: await m.commitBook.getAddress(),
    settlement: await settlement.getAddress(),
    registry: await registry.getAddress(),
    escrow: await escrow.getAddress(),
    lens: await m.lens.getAddress(),
    energyToken: await energyToken.getAddress(),
  };

  const newcomer = enrolmentOf(keysOf(2));
  const binding = bindingOf(bare.meter.address);
  const rotation = bindingOf(keysOf(3).meter.address);
  const change = { member: home.member, deadline: NEVER };
  return {
    ...m,
    ethers,
    puppet,
    takeSnapshot: connection.networkHelpers.takeSnapshot.bind(connection.networkHelpers),
    home,
    leaving,
    bareMember,
    period,
    roles,
    pauser: coordinator,
    as: (role: keyof typeof roles) => new VoidSigner(roles[role], ethers.provider),
    newcomer,
    newcomerConsent: await signEnrolment(newcomer, keysOf(2).owner),
    binding,
    bindingSignatures: await signBinding("MeterBinding", bareMember, binding, bare.owner, bare.meter),
    rotation,
    rotationSignatures: await signBinding("MeterRotation", home.member, rotation, home.owner, keysOf(3).meter),
    capConsent: await sign("CapChange", home.owner, { ...change, buyCap: 1, sellCap: 1 }),
    classConsent: await sign("ClassChange", home.owner, { ...change, tariffClass: 1 }),
    strip: await m.signStrip({ home, period, entries: [{ slot: 90, side: "buy", tick: 5, lots: 1 }] }),
  };
}
