import { expect } from "chai";
import { dataLength, type BaseContract } from "ethers";
import { deployContracts } from "../scripts/lib/deployment.ts";
import { itCosts } from "./helpers/gas.ts";
import { connect } from "./helpers/market.ts";

/** EIP-170, EIP-3860 and EIP-7825. */
const MOST_CODE = 24_576;
const MOST_INITCODE = 49_152;
const MOST_GAS = 2n ** 24n;

describe("Rule 6: every contract can be deployed wherever the limits of Ethereum hold", function () {
  itCosts("within the size of code and initcode and the gas of a transaction", async function () {
    const { ethers } = await connect();
    const [deployer] = await ethers.getSigners();
    if (!deployer) throw new Error("no account");
    const parts = Object.entries(await deployContracts(ethers, deployer)) as [string, BaseContract][];
    const names = ["registry", "escrow", "energyToken", "settlement", "auction", "sealedAuction", "commitBook", "lens"];
    expect(parts.map(([name]) => name)).to.have.members([...names, "sharing", "meteredAuction", "desk"]);
    for (const [name, contract] of parts) {
      const transaction = contract.deploymentTransaction();
      const receipt = await transaction?.wait();
      const code = dataLength(await ethers.provider.getCode(contract));
      expect(code, `${name}: code`).to.be.within(1, MOST_CODE);
      expect(dataLength(transaction?.data ?? "0x"), `${name}: initcode`).to.be.within(1, MOST_INITCODE);
      expect(Number(receipt?.gasUsed), `${name}: gas`).to.be.within(1, Number(MOST_GAS));
    }
  });
});
