import { getCreateAddress, type BaseContract } from "ethers";
import { defaultTerms, flatTariff, type Connection, type TermsOverride } from "./market.ts";
import { keysOf, membership } from "./membership.ts";

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
  ...parts,
});

/**
 * A registry and an escrow of which the test itself is the settlement contract, so that every booking can be made by hand. The
 * community has two suppliers, three members without meters and two modules, and pays in `token` or in a plain coin. Where `terms`
 * make it sealed, the escrow is a `PledgeTaker`, which can be told to take pledged money.
 */
export async function escrowLab(connection: Connection, token?: BaseContract, terms: TermsOverride = {}) {
  const { ethers } = connection;
  const [deployer, settlement, coordinator, dso, feeCollector, supplier, otherSupplier, payer, stranger] =
    await ethers.getSigners();
  if (!deployer || !settlement || !coordinator || !dso || !feeCollector) throw new Error("too few accounts");
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
  const { enrol, asCoordinator } = membership({ registry, community, coordinator, domains });
  await asCoordinator.addModule(community, late);
  for (const [index, tariffClass] of [0, 0, 1].entries()) await enrol(keysOf(index), { tariffClass });
  const owners = await Promise.all(
    [0, 1, 2].map(async (index) => await ethers.getImpersonatedSigner(keysOf(index).owner.address)),
  );
  for (const { address } of owners) await connection.networkHelpers.setBalance(address, 10n ** 20n);
  const [anna, bela, carl] = owners;
  if (!anna || !bela || !carl) throw new Error("no owners");

  const asSettlement = escrow.connect(settlement);
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
