import { getCreateAddress, ZeroAddress, type AddressLike, type BaseContract } from "ethers";
import { at } from "./lists.ts";
import { defaultTerms, flatTariff, type Connection, type TermsOverride } from "./market.ts";
import { keysOf, membership } from "./membership.ts";
import { packHead, packRecord } from "./modules.ts";

export type Lab = Awaited<ReturnType<typeof escrowLab>>;

/** What settlement tells the escrow about one member's period; base units. */
export interface Leg {
  readonly member: number;
  readonly supplier: number;
  readonly reserved: bigint;
  readonly lost: bigint;
  readonly paid: bigint;
  readonly received: bigint;
  readonly networkFee: bigint;
  readonly settlementFee: bigint;
  readonly gridLeg: bigint;
  /** Its word afterwards. */
  readonly journal: bigint;
}

/** Members 0 to 2 are the services, 3 and 4 the suppliers; `ANNA` and `BELA` buy from the first, `CARL` from the second. */
export const DSO = 1;
export const COLLECTOR = 2;
export const SUPPLIER = 3;
export const OTHER_SUPPLIER = 4;
export const ANNA = 5;
export const BELA = 6;
export const CARL = 7;
export const RING = 11; // horizon 2, claim window 7 days, periods of a day

export const leg = (member: number, parts: Partial<Leg> = {}): Leg => ({
  member,
  supplier: member === CARL ? OTHER_SUPPLIER : SUPPLIER,
  reserved: 0n,
  lost: 0n,
  paid: 0n,
  received: 0n,
  networkFee: 0n,
  settlementFee: 0n,
  gridLeg: 0n,
  journal: 0n,
  ...parts,
});

/** What a module reserves by hand: of Anna's first record, at the order book, unless it says otherwise. */
export interface Reserving {
  readonly module?: number;
  readonly period?: number;
  readonly fee?: bigint;
  readonly feeTo?: AddressLike;
}

/**
 * A registry and an escrow of which the test itself is the settlement contract, and its modules too, so that every booking can be made
 * by hand. The community has two suppliers, three members with meters that nobody reads, two modules and no settlement fee, and pays in
 * `token` or in a plain coin. Records are taken in `period` and the two after it. Where `terms` make it
 * sealed, the escrow is a `PledgeTaker`, which can be told to take pledged money.
 */
export async function escrowLab(connection: Connection, token?: BaseContract, terms: TermsOverride = {}) {
  const { ethers } = connection;
  const [deployer, , coordinator, dso, feeCollector, supplier, otherSupplier, payer, stranger] =
    await ethers.getSigners();
  if (!deployer || !coordinator || !dso || !feeCollector) throw new Error("too few accounts");
  // The registry tells settlement about meters: there must be code, and it says yes to everything.
  const settlement = await ethers.getImpersonatedSigner(getCreateAddress({ from: deployer.address, nonce: 2 ** 32 }));
  await connection.networkHelpers.setCode(settlement.address, "0x00");
  if (!supplier || !otherSupplier || !payer || !stranger) throw new Error("too few accounts");
  const coin = token ?? (await ethers.deployContract("MockToken", [6]));
  const coinAddress = await coin.getAddress();
  const modules = [await ethers.deployContract("PuppetModule"), await ethers.deployContract("PuppetModule")];
  const late = await ethers.deployContract("PuppetModule");
  const nonce = await ethers.provider.getTransactionCount(deployer.address);
  const registryAddress = getCreateAddress({ from: deployer.address, nonce: nonce + 1 });
  const contract: string = terms.revealWindow === undefined ? "PaymentEscrow" : "PledgeTaker";
  const deployed = await ethers.deployContract(contract, [registryAddress, settlement.address]);
  const escrow = await ethers.getContractAt("PaymentEscrow", await deployed.getAddress());
  const registry = await ethers.deployContract("ProsumerRegistry", [escrow, settlement.address]);
  const price = { importPrice: 300, exportPrice: 80 };
  await registry.createCommunity(
    {
      ...defaultTerms,
      settlementFee: 0,
      ...terms,
      paymentToken: coinAddress,
      coordinator: coordinator.address,
      dso: dso.address,
      feeCollector: feeCollector.address,
    },
    [supplier.address, otherSupplier.address],
    [
      { supplier: 0, defaultLoadWh: 250 },
      { supplier: 1, defaultLoadWh: 250 },
    ],
    modules,
    flatTariff(96, 40, [price, price]),
  );
  const community = 0;
  const { chainId } = await ethers.provider.getNetwork();
  const domain = { name: "Wattbook", version: "1", chainId, verifyingContract: registryAddress };
  const domains = { registry: domain, auction: domain, settlement: domain };
  const { enrol, bind, asCoordinator } = membership({ registry, community, coordinator, domains });
  await asCoordinator.addModule(community, late);
  for (const [index, tariffClass] of [0, 0, 1].entries()) {
    await bind(await enrol(keysOf(index), { tariffClass }), keysOf(index));
  }
  const owners = await Promise.all(
    [0, 1, 2].map(async (index) => await ethers.getImpersonatedSigner(keysOf(index).owner.address)),
  );
  const speakers = await Promise.all(
    modules.map(async (module) => await ethers.getImpersonatedSigner(await module.getAddress())),
  );
  for (const { address } of [settlement, ...owners, ...speakers]) {
    await connection.networkHelpers.setBalance(address, 10n ** 20n);
  }
  const [anna, bela, carl] = owners;
  if (!anna || !bela || !carl) throw new Error("no owners");

  const asSettlement = escrow.connect(settlement);
  // Meters count from the next period on.
  const { slotDuration, slotsPerPeriod } = defaultTerms;
  const length = slotDuration * slotsPerPeriod;
  const period = Math.floor((await connection.networkHelpers.time.latest()) / length) + 1;
  await connection.networkHelpers.time.increaseTo(period * length);

  /** Reserves for a member by a record of a module. */
  const reserve = async (
    member: number,
    amount: bigint,
    { module = 0, period: of = period, fee = 0n, feeTo = ZeroAddress }: Reserving = {},
  ) =>
    await escrow
      .connect(at(speakers, module))
      .append(community, of, module, feeTo, packRecord({ member, fee, head: packHead({ reserve: amount }) }));
  /** Settles legs of one period with nothing in its pots. */
  const settle = async (period: number, ...legs: Leg[]) =>
    await asSettlement.settle(community, period, legs, [], 0, 0, stranger.address);

  return {
    connection,
    ethers,
    escrow,
    registry,
    coin,
    coinAddress,
    modules,
    community,
    domains,
    settlement,
    asSettlement,
    coordinator,
    dso,
    feeCollector,
    supplier,
    otherSupplier,
    payer,
    stranger,
    anna,
    bela,
    carl,
    period,
    /** Moves to the start of a period. */
    goTo: async (of: number) => {
      await connection.networkHelpers.time.increaseTo(of * length);
    },
    speakers,
    reserve,
    settle,
    freeOf: async (member: number) => (await escrow.account(community, member)).free,
    dueOf: async (member: number) => (await escrow.debt(community, member)).due,
  };
}

/** Gives the payer `amount` of the lab's coin, which any of the mock tokens can mint, and lets the escrow take it. */
export async function mintAndApprove(lab: Lab, amount: bigint): Promise<void> {
  await lab.coin.getFunction("mint").send(lab.payer.address, amount);
  const coin = lab.coin.connect(lab.payer);
  await coin.getFunction("approve").send(await lab.escrow.getAddress(), amount);
}

/** Deposits `amount` for a member out of nowhere. */
export async function fund(lab: Lab, member: number, amount: bigint): Promise<void> {
  await mintAndApprove(lab, amount);
  await lab.escrow.connect(lab.payer).deposit(lab.community, member, amount);
}
