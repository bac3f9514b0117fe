import { expect } from "chai";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { JsonRpcProvider, VoidSigner, Wallet } from "ethers";
import type { Eip1193Provider } from "ethers";
import { connect } from "../../../sdk/src/clients/connect.ts";
import { isRevert } from "../../../sdk/src/clients/revert.ts";
import { asAmount, asMember } from "../../../sdk/src/units.ts";
import { account } from "../support.ts";
import { rejection } from "./rejection.ts";
import { walletError, walletOver, walletWorld } from "./wallet.ts";

const SUPPLIER = asMember(3n);
const FAST = { timeout: 100 };

describe("connect", function () {
  it("reads and sends through an injected wallet", async function () {
    const { node, deployment, community, raw } = await walletWorld();
    const wattbook = await connect(walletOver(node), deployment);
    const accounts = (await node.request({ method: "eth_accounts" })) as string[];
    expect(wattbook.account?.toLowerCase()).to.equal(accounts[0]?.toLowerCase());
    expect(await wattbook.registry.paymentToken(community)).to.equal(await raw.euro.getAddress());
    const token = await wattbook.paymentToken(community);
    const receipt = await (await token.send.approve(wattbook.escrow.address, asAmount(7n))).wait();
    expect(receipt?.status).to.equal(1);
    expect(await token.allowance(wattbook.account ?? "", wattbook.escrow.address)).to.equal(7n);
    expect(await (await wattbook.logs(community)).cashFlows(token.address)).to.deep.equal([]);
    expect(wattbook.domains.market.verifyingContract).to.equal(wattbook.market.address);
  });

  it("uses the account that is asked for, or only reads", async function () {
    const { node, deployment, raw } = await walletWorld();
    const asSupplier = await connect(walletOver(node), deployment, { account: raw.supplier.address });
    expect(asSupplier.account).to.equal(raw.supplier.address);
    const wallet = walletOver(node);
    const reading = await connect(wallet, deployment, { account: null });
    expect([reading.account, reading.signer]).to.deep.equal([null, null]);
    expect(wallet.asked).not.to.include("eth_requestAccounts");
    await rejection(reading.escrow.send.deposit(0n as never, 0n as never, asAmount(1n)), "RUNNER_UNFIT");
    await rejection(connect(walletOver(node), deployment, { account: account(9) }), "RUNNER_UNFIT");
  });

  it("takes any ethers provider or signer", async function () {
    const { provider, deployment, raw, community } = await walletWorld();
    const reading = await connect(provider, deployment);
    expect(await reading.registry.memberCount(community)).to.equal(4n);
    const own = Wallet.createRandom(provider);
    await raw.stranger.sendTransaction({ to: own.address, value: 10n ** 18n });
    const writing = await connect(own, deployment);
    await (await (await writing.paymentToken(community)).send.approve(account(1), asAmount(3n))).wait();
    expect(await (await reading.paymentToken(community)).allowance(own.address, account(1))).to.equal(3n);
    await rejection(connect(Wallet.createRandom(), deployment), "RUNNER_UNFIT");
  });

  it("names both chains where the network is wrong, before it asks for an account", async function () {
    const { node, provider, deployment } = await walletWorld();
    const wallet = walletOver(node, ({ method }) => (method === "eth_chainId" ? "0x5" : undefined));
    const expected = BigInt(deployment.chainId);
    expect(await rejection(connect(wallet, deployment), "WRONG_CHAIN")).to.include({ expected, actual: 5n });
    expect(wallet.asked).to.deep.equal(["eth_chainId"]);
    const other = { ...deployment, chainId: 5 };
    expect(await rejection(connect(provider, other), "WRONG_CHAIN")).to.include({ expected: 5n, actual: expected });
  });

  it("sends nothing once the wallet has changed its network", async function () {
    const { node, deployment, community } = await walletWorld();
    const switched = { chainId: undefined as string | undefined };
    const wallet = walletOver(node, ({ method }) => (method === "eth_chainId" ? switched.chainId : undefined));
    const { escrow } = await connect(wallet, deployment);
    switched.chainId = "0x1";
    await rejection(escrow.send.deposit(community, SUPPLIER, asAmount(1n)), "WRONG_CHAIN");
    expect(wallet.asked).not.to.include("eth_sendTransaction");
  });

  it("sees through a node that lies about its chain", async function () {
    const { node, deployment } = await walletWorld();
    const liar = walletOver(node, ({ method }) => (method === "eth_chainId" ? "0x5" : undefined));
    const lied = { ...deployment, chainId: 5 };
    expect(await rejection(connect(liar, lied), "RPC_INCONSISTENT")).to.include({ claim: "chain 5" });
    await rejection(connect(walletOver(node), { ...deployment, fromBlock: 10_000_000 }), "RPC_INCONSISTENT");
    const garbled = walletOver(node, ({ method }) => (method === "eth_chainId" ? "five" : undefined));
    await rejection(connect(garbled, deployment), "RPC_INVALID");
  });

  it("names the contract whose address has no code", async function () {
    const { node, deployment } = await walletWorld();
    const contracts = { ...deployment.contracts, Settlement: account(0xdead) };
    const thrown = await rejection(connect(walletOver(node), { ...deployment, contracts }), "NO_CONTRACT");
    expect(thrown).to.include({ contract: "Settlement" });
  });

  it("does not blame the deployment for a node that fails or answers nonsense", async function () {
    const { node, deployment } = await walletWorld();
    const faulty = (method: string, answer: () => unknown) =>
      connect(
        walletOver(node, (request) => (request.method === method ? answer() : undefined)),
        deployment,
      );
    const busy = () => {
      throw walletError(-32005, "rate limit exceeded");
    };
    await rejection(faulty("eth_call", busy), "RPC_REFUSED");
    for (const method of ["eth_call", "eth_getCode", "eth_blockNumber"]) {
      await rejection(
        faulty(method, () => null),
        "RPC_INVALID",
      );
    }
  });

  it("refuses contracts that do not belong together", async function () {
    const one = await walletWorld();
    const { raw } = one;
    const token = await raw.euro.getAddress();
    const foreign = { ...one.deployment.contracts, DoubleAuction: token };
    await rejection(connect(one.provider, { ...one.deployment, contracts: foreign }), "DEPLOYMENT_MISMATCH");
    const { DoubleAuction, EnergyToken } = one.deployment.contracts;
    const swapped = { ...one.deployment.contracts, DoubleAuction: EnergyToken, EnergyToken: DoubleAuction };
    await rejection(connect(one.provider, { ...one.deployment, contracts: swapped }), "DEPLOYMENT_MISMATCH");
  });

  it("says so where the user rejects the connection, a transaction or a signature", async function () {
    const { node, deployment, community } = await walletWorld();
    const refuse = (refused: string) =>
      walletOver(node, ({ method }) => {
        if (method === refused) throw walletError(4001, "User rejected the request.");
        return undefined;
      });
    await rejection(connect(refuse("eth_requestAccounts"), deployment), "SIGNATURE_REJECTED");
    const { escrow } = await connect(refuse("eth_sendTransaction"), deployment);
    await rejection(escrow.send.bumpEpoch(community, SUPPLIER), "CONTRACT_REVERTED");
    const token = await (await connect(refuse("eth_sendTransaction"), deployment)).paymentToken(community);
    await rejection(token.send.approve(account(1), asAmount(1n)), "SIGNATURE_REJECTED");
    const { signer } = await connect(refuse("eth_signTypedData_v4"), deployment);
    const typed = signer?.signTypedData({}, { Mail: [{ name: "text", type: "string" }] }, { text: "hi" });
    await rejection(typed ?? Promise.resolve(), "SIGNATURE_REJECTED");
  });

  it("says so where the account cannot pay for gas", async function () {
    const { provider, deployment, community } = await walletWorld();
    const poor = await connect(Wallet.createRandom(provider), deployment);
    const token = await poor.paymentToken(community);
    await rejection(token.send.approve(account(1), asAmount(1n)), "INSUFFICIENT_FUNDS");
  });

  it("decodes reverts that come through a wallet", async function () {
    const { node, deployment, community } = await walletWorld();
    const { escrow } = await connect(walletOver(node), deployment);
    const thrown = await rejection(
      escrow.send.withdraw(community, SUPPLIER, account(1), asAmount(1n)),
      "CONTRACT_REVERTED",
    );
    if (!isRevert(thrown, "NotOwner")) throw new Error(`Expected NotOwner, got ${String(thrown)}`);
    expect(thrown.args).to.include({ community, member: SUPPLIER });
    expect(thrown.hint).to.include("ownerOf");
  });

  it("does not wait for a node that is silent, but for a user who is", async function () {
    const { node, deployment } = await walletWorld();
    const silent = (mute: string) =>
      walletOver(node, ({ method }) => (method === mute ? new Promise(() => undefined) : undefined));
    expect(await rejection(connect(silent("eth_chainId"), deployment, FAST), "RPC_TIMEOUT")).to.include({
      waited: 100,
    });
    await rejection(connect(silent("eth_getCode"), deployment, FAST), "RPC_TIMEOUT");
    await rejection(connect(silent("eth_call"), deployment, FAST), "RPC_TIMEOUT");
    const slowUser = walletOver(node, async ({ method }) => {
      if (method === "eth_requestAccounts") await new Promise((resolve) => setTimeout(resolve, 150));
      return undefined;
    });
    expect((await connect(slowUser, deployment, FAST)).account).to.be.a("string");
  });

  it("stops when it is called off, with the caller's own reason", async function () {
    const { node, deployment } = await walletWorld();
    const mute = walletOver(node, () => new Promise(() => undefined));
    const controller = new AbortController();
    const attempt = connect(mute, deployment, { signal: controller.signal });
    const reason = new Error("page closed");
    controller.abort(reason);
    const thrown: unknown = await attempt.catch((error: unknown) => error);
    expect(thrown).to.equal(reason);
  });

  it("fails fast on a node that is not there, says no, or answers nonsense", async function () {
    const { deployment } = await walletWorld();
    await withServer(null, async (url) => {
      await rejection(connectTo(url, deployment), "RPC_UNAVAILABLE");
    });
    await withServer({ status: 401, body: "no key" }, async (url) => {
      await rejection(connectTo(url, deployment), "RPC_REFUSED");
    });
    await withServer({ status: 200, body: "<html>" }, async (url) => {
      await rejection(connectTo(url, deployment), "RPC_INVALID");
    });
    await withServer({ status: 503, body: "" }, async (url) => {
      await rejection(connectTo(url, deployment), "RPC_UNAVAILABLE");
    });
  });

  it("needs a provider behind a signer", async function () {
    const { deployment } = await walletWorld();
    await rejection(connect(new VoidSigner(account(1)), deployment), "RUNNER_UNFIT");
    await rejection(connect({} as Eip1193Provider, { ...deployment, format: 9 }), "DEPLOYMENT_VERSION");
  });
});

async function connectTo(url: string, deployment: unknown): Promise<unknown> {
  const provider = new JsonRpcProvider(url);
  try {
    return await connect(provider, deployment, { timeout: 3_000 });
  } finally {
    provider.destroy();
  }
}

/** A server that gives one answer to everything; null for one that is gone. */
async function withServer(
  answer: { status: number; body: string } | null,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer((_, response) => {
    response.writeHead(answer?.status ?? 200).end(answer?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => new Promise((resolve) => server.close(resolve));
  if (answer === null) await close();
  try {
    await use(url);
  } finally {
    server.closeAllConnections();
    if (answer !== null) await close();
  }
}
