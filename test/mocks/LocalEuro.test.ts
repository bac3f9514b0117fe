import { expect } from "chai";
import { MaxUint256, parseUnits, Signature } from "ethers";
import { network } from "hardhat";

const { ethers, networkHelpers } = await network.create();

const PERMIT = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

const AMOUNT = parseUnits("12.5", 6);

async function deployEuro() {
  const [deployer, owner, spender] = await ethers.getSigners();
  if (!deployer || !owner || !spender) throw new Error("The network has too few accounts.");
  const euro = await ethers.deployContract("LocalEuro", deployer);
  const domain = {
    name: "Local Euro",
    version: "1",
    chainId: (await ethers.provider.getNetwork()).chainId,
    verifyingContract: await euro.getAddress(),
  };
  const terms = { owner: owner.address, spender: spender.address, value: AMOUNT, nonce: 0n };
  const signPermit = async (signer: typeof owner, deadline: bigint) =>
    Signature.from(await signer.signTypedData(domain, PERMIT, { ...terms, deadline }));
  return { euro, owner, spender, signPermit };
}

describe("LocalEuro", function () {
  it("is an empty coin with six decimals", async function () {
    const { euro } = await networkHelpers.loadFixture(deployEuro);
    expect(await euro.name()).to.equal("Local Euro");
    expect(await euro.symbol()).to.equal("LEUR");
    expect(await euro.decimals()).to.equal(6n);
    expect(await euro.totalSupply()).to.equal(0n);
  });

  describe("faucet", function () {
    it("mints to anyone on a local network", async function () {
      const { euro, owner, spender } = await networkHelpers.loadFixture(deployEuro);
      const minting = euro.connect(spender).faucet(owner.address, AMOUNT);
      await expect(minting).to.changeTokenBalance(ethers, euro, owner, AMOUNT);
      expect(await euro.totalSupply()).to.equal(AMOUNT);
    });

    it("mints on chain id 1337 too", async function () {
      const geth = await network.create({ network: "default", override: { chainId: 1337 } });
      const euro = await geth.ethers.deployContract("LocalEuro");
      const to = geth.ethers.Wallet.createRandom().address;
      await euro.faucet(to, AMOUNT);
      expect(await euro.balanceOf(to)).to.equal(AMOUNT);
    });

    it("reverts with FaucetClosed on any other chain", async function () {
      const gnosis = await network.create({ network: "default", override: { chainId: 100 } });
      const euro = await gnosis.ethers.deployContract("LocalEuro");
      const to = gnosis.ethers.Wallet.createRandom().address;
      await expect(euro.faucet(to, AMOUNT)).to.be.revertedWithCustomError(euro, "FaucetClosed").withArgs(100n);
      expect(await euro.totalSupply()).to.equal(0n);
    });
  });

  describe("transfer", function () {
    it("reverts with ERC20InsufficientBalance beyond the balance", async function () {
      const { euro, owner, spender } = await networkHelpers.loadFixture(deployEuro);
      await expect(euro.connect(owner).transfer(spender.address, 1n))
        .to.be.revertedWithCustomError(euro, "ERC20InsufficientBalance")
        .withArgs(owner.address, 0n, 1n);
    });
  });

  describe("permit", function () {
    it("sets the allowance its owner signed, once", async function () {
      const { euro, owner, spender, signPermit } = await networkHelpers.loadFixture(deployEuro);
      const { v, r, s } = await signPermit(owner, MaxUint256);
      await euro.permit(owner.address, spender.address, AMOUNT, MaxUint256, v, r, s);
      expect(await euro.allowance(owner.address, spender.address)).to.equal(AMOUNT);
      expect(await euro.nonces(owner.address)).to.equal(1n);
      await expect(
        euro.permit(owner.address, spender.address, AMOUNT, MaxUint256, v, r, s),
      ).to.be.revertedWithCustomError(euro, "ERC2612InvalidSigner");
    });

    it("reverts with ERC2612InvalidSigner when another account signed", async function () {
      const { euro, owner, spender, signPermit } = await networkHelpers.loadFixture(deployEuro);
      const { v, r, s } = await signPermit(spender, MaxUint256);
      await expect(euro.permit(owner.address, spender.address, AMOUNT, MaxUint256, v, r, s))
        .to.be.revertedWithCustomError(euro, "ERC2612InvalidSigner")
        .withArgs(spender.address, owner.address);
    });

    it("reverts with ERC2612ExpiredSignature after the deadline", async function () {
      const { euro, owner, spender, signPermit } = await networkHelpers.loadFixture(deployEuro);
      const deadline = BigInt(await networkHelpers.time.latest());
      const { v, r, s } = await signPermit(owner, deadline);
      await expect(euro.permit(owner.address, spender.address, AMOUNT, deadline, v, r, s))
        .to.be.revertedWithCustomError(euro, "ERC2612ExpiredSignature")
        .withArgs(deadline);
    });
  });
});
