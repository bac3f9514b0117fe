import { expect } from "chai";
import { Signature } from "ethers";
import { connect, NEVER, type Connection } from "./helpers/market.ts";
import { ANNA, BELA, escrowLab, type Lab } from "./helpers/escrow-lab.ts";

const PERMIT = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

async function euroLab(connection: Connection) {
  const euro = await connection.ethers.deployContract("LocalEuro");
  const lab = await escrowLab(connection, euro);
  await euro.faucet(lab.payer.address, 10_000n);
  return { ...lab, euro };
}

describe("PaymentEscrow: deposits with a permit", function () {
  let connection: Connection;
  const build = async () => await euroLab(connection);
  let lab: Awaited<ReturnType<typeof build>>;

  before(async function () {
    connection = await connect();
  });
  beforeEach(async function () {
    lab = await connection.networkHelpers.loadFixture(build);
  });

  async function permit(value: bigint, signer: Lab["payer"] = lab.payer, deadline = NEVER) {
    const { chainId } = await lab.ethers.provider.getNetwork();
    const verifyingContract = await lab.euro.getAddress();
    const domain = { name: "Local Euro", version: "1", chainId, verifyingContract };
    const message = {
      owner: lab.payer.address,
      spender: await lab.escrow.getAddress(),
      value,
      nonce: await lab.euro.nonces(lab.payer.address),
      deadline,
    };
    return Signature.from(await signer.signTypedData(domain, PERMIT, message));
  }
  const asPayer = () => lab.escrow.connect(lab.payer);

  it("need no approval before", async function () {
    const { v, r, s } = await permit(700n);
    await expect(asPayer().depositWithPermit(0, ANNA, 700n, NEVER, v, r, s))
      .to.emit(lab.escrow, "Deposited")
      .withArgs(0, ANNA, lab.payer.address, 700n);
    expect(await lab.freeOf(ANNA)).to.equal(700n);
  });

  it("do not mind that somebody sent the permit first", async function () {
    const { v, r, s } = await permit(700n);
    await lab.euro.connect(lab.stranger).permit(lab.payer, lab.escrow, 700n, NEVER, v, r, s);
    await asPayer().depositWithPermit(0, ANNA, 700n, NEVER, v, r, s);
    expect(await lab.freeOf(ANNA)).to.equal(700n);
  });

  it("do not mind a copy of the permit when an allowance was there before", async function () {
    await lab.euro.connect(lab.payer).approve(lab.escrow, 5000n);
    const { v, r, s } = await permit(700n);
    await lab.euro.connect(lab.stranger).permit(lab.payer, lab.escrow, 700n, NEVER, v, r, s);
    await asPayer().depositWithPermit(0, ANNA, 700n, NEVER, v, r, s);
    expect(await lab.freeOf(ANNA)).to.equal(700n);
  });

  it("use an allowance that is larger than the amount when the permit is void", async function () {
    await lab.euro.connect(lab.payer).approve(lab.escrow, 5000n);
    const { v, r, s } = await permit(700n, lab.stranger);
    await asPayer().depositWithPermit(0, ANNA, 700n, NEVER, v, r, s);
    expect(await lab.euro.allowance(lab.payer, lab.escrow)).to.equal(4300n);
  });

  it("fail without an allowance when the permit is forged, expired or for less", async function () {
    const { escrow, euro, payer } = lab;
    const forged = await permit(700n, lab.stranger);
    const expired = await permit(700n, payer, 1);
    const less = await permit(699n);
    for (const [deadline, { v, r, s }] of [
      [NEVER, forged],
      [1, expired],
      [NEVER, less],
    ] as const) {
      await expect(escrow.connect(payer).depositWithPermit(0, ANNA, 700n, deadline, v, r, s))
        .to.be.revertedWithCustomError(euro, "ERC20InsufficientAllowance")
        .withArgs(escrow, 0n, 700n);
    }
  });

  it("take the sender's money alone: a permit of somebody else is worth nothing to them", async function () {
    const { v, r, s } = await permit(700n);
    await expect(lab.escrow.connect(lab.stranger).depositWithPermit(0, BELA, 700n, NEVER, v, r, s))
      .to.be.revertedWithCustomError(lab.euro, "ERC20InsufficientAllowance")
      .withArgs(lab.escrow, 0n, 700n);
    await expect(asPayer().depositWithPermit(0, ANNA, 700n, NEVER, v, r, s)).to.emit(lab.escrow, "Deposited");
  });

  it("work with a token that knows no permits, given an allowance", async function () {
    const plain = await escrowLab(connection);
    const { v, r, s } = await permit(1n);
    await plain.coin.getFunction("mint").send(plain.payer.address, 10n);
    await plain.coin.getFunction("approve").send(plain.escrow, 10n);
    await expect(plain.escrow.connect(plain.payer).depositWithPermit(0, ANNA, 0n, NEVER, v, r, s)).to.emit(
      plain.escrow,
      "Deposited",
    );
  });

  it("refuse a member that does not exist", async function () {
    const { v, r, s } = await permit(700n);
    await expect(asPayer().depositWithPermit(0, 99, 700n, NEVER, v, r, s))
      .to.be.revertedWithCustomError(lab.escrow, "UnknownMember")
      .withArgs(0, 99);
  });
});
