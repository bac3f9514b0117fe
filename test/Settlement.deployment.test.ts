import { expect } from "chai";
import { getCreateAddress } from "ethers";
import { deployContracts } from "../scripts/lib/deployment.ts";
import { connect, type Connection } from "./helpers/market.ts";

describe("Settlement is deployed where its parts expect it", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  async function setUp() {
    const { ethers } = connection;
    const [deployer, stranger] = await ethers.getSigners();
    if (!deployer || !stranger) throw new Error("too few accounts");
    /** Parts for the settlement contract that the deployer creates right after them. */
    const parts = async () => {
      const nonce = await ethers.provider.getTransactionCount(deployer);
      const expected = getCreateAddress({ from: deployer.address, nonce: nonce + 3 });
      const token = await ethers.deployContract("EnergyToken", [expected]);
      const escrow = await ethers.deployContract("PaymentEscrow", [stranger, expected]);
      const registry = await ethers.deployContract("ProsumerRegistry", [escrow, expected]);
      return { registry, escrow, token, expected };
    };
    return { ethers, stranger, deployed: await deployContracts(ethers, deployer), parts };
  }
  const fixture = async () => await connection.networkHelpers.loadFixture(setUp);

  for (const part of ["registry", "escrow", "token"] as const) {
    it(`and refuses another ${part}, which expects it elsewhere`, async function () {
      const { ethers, deployed, parts } = await fixture();
      const own = await parts();
      const others = { registry: deployed.registry, escrow: deployed.escrow, token: deployed.energyToken };
      const mixed = [
        part === "registry" ? others.registry : own.registry,
        part === "escrow" ? others.escrow : own.escrow,
        part === "token" ? others.token : own.token,
      ] as const;
      await expect(ethers.deployContract("Settlement", [...mixed]))
        .to.be.revertedWithCustomError(deployed.settlement, "Misdeployed")
        .withArgs(await others[part].getAddress());
    });
  }

  it("and by nobody but the one they were made for", async function () {
    const { ethers, deployed, stranger, parts } = await fixture();
    const { registry, escrow, token, expected } = await parts();
    await expect(ethers.deployContract("Settlement", [registry, escrow, token], stranger))
      .to.be.revertedWithCustomError(deployed.settlement, "Misdeployed")
      .withArgs(await registry.getAddress());
    const settlement = await ethers.deployContract("Settlement", [registry, escrow, token]);
    expect(await settlement.getAddress()).to.equal(expected);
    expect(await settlement.registry()).to.equal(await registry.getAddress());
    expect(await settlement.escrow()).to.equal(await escrow.getAddress());
    expect(await settlement.energyToken()).to.equal(await token.getAddress());
  });
});
