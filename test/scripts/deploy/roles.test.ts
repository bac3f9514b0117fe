import { expect } from "chai";
import { Interface, type ParamType } from "ethers";
import hre from "hardhat";
import { CONTRACTS } from "../../../scripts/lib/contracts.ts";
import { connect, deployMarket, type Connection, type Market } from "../../helpers/market.ts";

/** A value of any type: zero, empty, or a list of one such. */
function blank(type: ParamType): unknown {
  if (type.baseType === "array") return type.arrayChildren === null ? [] : [blank(type.arrayChildren)];
  if (type.baseType === "tuple") return (type.components ?? []).map(blank);
  if (type.baseType === "bool") return false;
  if (type.baseType === "address") return `0x${"44".repeat(20)}`;
  if (type.baseType === "string") return "";
  if (type.baseType === "bytes") return "0x";
  if (type.baseType.startsWith("bytes")) return `0x${"00".repeat(Number(type.baseType.slice(5)))}`;
  return 0n;
}

describe("Whoever deploys keeps no role", function () {
  let connection: Connection;
  let market: Market;
  before(async function () {
    connection = await connect();
    market = await deployMarket(connection);
    await market.addHome();
  });
  after(async function () {
    await connection.close();
  });

  /** What a call answers or is refused with, the caller's own address left out. */
  async function outcome(from: string, to: string, data: string): Promise<string> {
    const own = new RegExp(from.slice(2), "gi");
    try {
      return (await connection.ethers.provider.call({ from, to, data })).replace(own, "caller");
    } catch (error) {
      const { data: found } = error as { readonly data?: string | { readonly data?: string } };
      const refusal = typeof found === "object" ? found.data : found;
      expect(refusal, `${to} ${data.slice(0, 10)}`).to.match(/^0x/);
      return `refused ${String(refusal)}`.replace(own, "caller");
    }
  }

  const addresses = () => ({
    EnergyToken: market.energyToken,
    PaymentEscrow: market.escrow,
    ProsumerRegistry: market.registry,
    Settlement: market.settlement,
    DoubleAuction: market.auction,
    SealedAuction: market.sealedAuction,
    CommitBook: market.commitBook,
    OrderBookLens: market.lens,
    EnergySharing: market.sharing,
    MeteredAuction: market.meteredAuction,
    CoordinatorDesk: market.desk,
  });

  it("no function of any contract answers the deployer otherwise than a stranger", async function () {
    let tried = 0;
    for (const name of CONTRACTS) {
      const { abi } = await hre.artifacts.readArtifact(name);
      const contract = new Interface(abi);
      const to = await addresses()[name].getAddress();
      const writes = contract.fragments.filter((each) => each.type === "function");
      for (const fragment of writes) {
        const found = contract.getFunction(fragment.format("sighash"));
        if (found === null || found.constant) continue;
        const data = contract.encodeFunctionData(found, found.inputs.map(blank));
        const strangers = await outcome(market.stranger.address, to, data);
        expect(await outcome(market.deployer.address, to, data), `${name}.${found.name}`).to.equal(strangers);
        tried++;
      }
    }
    expect(tried).to.be.greaterThan(40);
  });

  it("and the same comparison tells the coordinator from a stranger", async function () {
    const { registry, coordinator, stranger, community } = market;
    const data = registry.interface.encodeFunctionData("pause", [community]);
    const to = await registry.getAddress();
    expect(await outcome(coordinator.address, to, data)).to.not.equal(await outcome(stranger.address, to, data));
  });

  it("no contract has an owner, an administrator or a proxy's switch", async function () {
    const names: string[] = [];
    for (const name of CONTRACTS) {
      const { abi } = await hre.artifacts.readArtifact(name);
      new Interface(abi).forEachFunction(({ name: each }) => names.push(each));
    }
    const powers = /^(owner|admin|proxyAdmin|grantRole|hasRole|renounceOwnership|upgradeTo|upgradeToAndCall|unpause)$/;
    expect(names.filter((each) => powers.test(each))).to.deep.equal([]);
  });
});
