import { expect } from "chai";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Transaction } from "ethers";
import { network } from "hardhat";
import { keyAccount } from "../../../scripts/deploy/account.ts";
import { creationGas, initcodeOf } from "../../../scripts/deploy/cost.ts";
import { execute, prepare } from "../../../scripts/deploy/deploy.ts";
import { folderAt, renewed } from "../../../scripts/deploy/folder.ts";
import type { Plan } from "../../../scripts/deploy/plan.ts";
import type { Provider } from "../../../scripts/deploy/rpc.ts";
import { addressesFrom, CONTRACTS } from "../../../scripts/lib/contracts.ts";
import { codeOf, deploy, deploying, developer, died, Interrupter, temporaryFolder, theBuild } from "./harness.ts";
import { providerAt } from "./nodes.ts";

const DEPLOYER = developer(0).address;
/** The operation after the first contract's file is written. */
const AFTER_FIRST_CONTRACT = 7;

describe("A deployment refuses with a code, and leaves nothing half written", function () {
  let connection: Awaited<ReturnType<typeof network.create>>;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let snapshot: Awaited<ReturnType<typeof connection.networkHelpers.takeSnapshot>>;
  let provider: Provider;
  let path: string;
  let count = 0;

  before(async function () {
    connection = await network.create();
    provider = connection.provider;
    folder = await temporaryFolder();
    snapshot = await connection.networkHelpers.takeSnapshot();
  });
  beforeEach(async function () {
    await snapshot.restore();
    await send("evm_setAutomine", true);
    path = join(folder.path, `${++count}`);
  });
  after(async function () {
    await connection.close();
    await folder.remove();
  });

  /** A node that answers some calls in its own way. */
  const lying = (answers: Readonly<Record<string, () => unknown>>): Provider => ({
    request: async (call) => {
      const own = answers[call.method];
      return own === undefined ? await provider.request(call) : own();
    },
  });
  const sent = () => connection.ethers.provider.getTransactionCount(DEPLOYER);
  const send = (method: string, ...params: unknown[]) => provider.request({ method, params });
  /** A transaction of the deployer's that has nothing to do with the deployment. */
  const spend = () => send("eth_sendTransaction", { from: DEPLOYER, to: DEPLOYER, gas: "0x5208" });
  const nothingHappened = async () => {
    expect(await sent()).to.equal(0);
    expect(existsSync(path)).to.equal(false);
  };
  const planAt = async () => JSON.parse(await readFile(join(path, "plan.json"), "utf8")) as Plan;
  const put = async (name: string, text: string) => {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, name), text);
  };
  /** Dies after the first contract is there. */
  const begin = async () => {
    const interrupter = new Interrupter(AFTER_FIRST_CONTRACT - 1, "after");
    expect(await died(deploy({ path, provider, interrupter }))).to.equal(true);
    expect(await sent()).to.equal(1);
  };

  /** Dies when the plan is written and nothing is sent. */
  const planOnly = async () => {
    expect(await died(deploy({ path, provider, interrupter: new Interrupter(1, "after") }))).to.equal(true);
  };

  it("a node on another chain than the configuration says", async function () {
    expect(await codeOf(deploy({ path, provider, expectedChainId: 1 }))).to.equal("WRONG_CHAIN");
    await nothingHappened();
  });

  it("a node that names two chains", async function () {
    const liar = lying({ net_version: () => "1" });
    expect(await codeOf(deploy({ path, provider: liar }))).to.equal("RPC_INCONSISTENT");
    await nothingHappened();
  });

  it("a node that changes its chain before the first signature", async function () {
    let asked = 0;
    const liar = lying({ eth_chainId: () => (asked++ === 0 ? "0x7a69" : "0x1") });
    expect(await codeOf(deploy({ path, provider: liar }))).to.equal("RPC_INCONSISTENT");
    expect(await sent()).to.equal(0);
  });

  it("a node that calls a transaction by another hash; another node goes on", async function () {
    const liar: Provider = {
      request: async (call) => {
        const answer = await provider.request(call);
        return call.method === "eth_sendRawTransaction" ? `0x${"11".repeat(32)}` : answer;
      },
    };
    expect(await codeOf(deploy({ path, provider: liar }))).to.equal("RPC_INCONSISTENT");
    await deploy({ path, provider });
    expect(await sent()).to.equal(CONTRACTS.length);
  });

  it("a node whose answers are no numbers", async function () {
    const liar = lying({ eth_getTransactionCount: () => "soon" });
    expect(await codeOf(deploy({ path, provider: liar }))).to.equal("RPC_INCONSISTENT");
    await nothingHappened();
  });

  it("a node whose answers lack what they should hold, at whatever call", async function () {
    const liars: readonly Readonly<Record<string, () => unknown>>[] = [
      { eth_call: () => "0x" },
      { eth_call: () => `0x${"ff".repeat(32)}` },
      { net_version: () => null },
      {
        eth_getTransactionReceipt: () => ({ blockNumber: "0x1", gasUsed: "0x1", status: "0x1", contractAddress: "no" }),
      },
    ];
    for (const liar of liars) {
      expect(await codeOf(deploy({ path, provider: lying(liar) })), Object.keys(liar)[0]).to.equal("RPC_INCONSISTENT");
    }
    await deploy({ path, provider });
    expect(await sent()).to.equal(CONTRACTS.length);
  });

  it("a folder of another chain, and one whose chain id is none", async function () {
    await put(".chainId", "11155111");
    expect(await codeOf(deploy({ path, provider }))).to.equal("WRONG_CHAIN");
    await put(".chainId", "sepolia");
    expect(await codeOf(deploy({ path, provider }))).to.equal("FOLDER_MALFORMED");
    expect(await sent()).to.equal(0);
  });

  it("a deployer that cannot pay to the end, before anything is sent", async function () {
    await connection.networkHelpers.setBalance(DEPLOYER, 10n ** 15n);
    expect(await codeOf(deploy({ path, provider }))).to.equal("INSUFFICIENT_FUNDS");
    await nothingHappened();
  });

  it("a node that does not answer, and one that is not there", async function () {
    const silent = lying({ eth_getCode: () => new Promise(() => undefined) });
    expect(await codeOf(deploy({ path, provider: silent, timeoutMs: 20 }))).to.equal("RPC_TIMEOUT");
    expect(await codeOf(deploy({ path, provider: providerAt("http://127.0.0.1:1") }))).to.equal("RPC_UNAVAILABLE");
    await nothingHappened();
  });

  it("a folder in another format, and one from other sources", async function () {
    await begin();
    const plan = await planAt();
    const build = { ...(await theBuild()), fingerprint: `0x${"22".repeat(32)}` };
    expect(await codeOf(deploy({ path, provider, build }))).to.equal("FOLDER_VERSION");
    await put("plan.json", JSON.stringify({ ...plan, format: 1 }));
    expect(await codeOf(deploy({ path, provider }))).to.equal("FOLDER_VERSION");
    expect(await sent()).to.equal(1);
  });

  it("a plan that somebody changed or cut off", async function () {
    await begin();
    const plan = await planAt();
    const [first, second, ...others] = plan.steps;
    const swapped = [{ ...first, address: second?.address }, second, ...others];
    for (const text of [
      "{",
      "null",
      JSON.stringify({ ...plan, steps: swapped }),
      JSON.stringify({ ...plan, nonce: 1 }),
      JSON.stringify({ ...plan, steps: [first, { ...second, nonce: 7 }, ...others] }),
      JSON.stringify({ ...plan, steps: [first, { ...second, args: first?.args }, ...others] }),
    ]) {
      await put("plan.json", text);
      const code = await codeOf(deploy({ path, provider }));
      expect(code, text.slice(0, 20)).to.be.oneOf(["FOLDER_MALFORMED", "FOLDER_VERSION"]);
    }
    expect(await sent()).to.equal(1);
  });

  it("addresses without a plan to go on from", async function () {
    await put("deployment.json", "{}");
    expect(await codeOf(deploy({ path, provider }))).to.equal("FOLDER_MALFORMED");
    expect(await sent()).to.equal(0);
  });

  it("a finished deployment without code at its addresses", async function () {
    await deploy({ path, provider });
    await snapshot.restore();
    expect(await codeOf(deploy({ path, provider }))).to.equal("NO_CONTRACT");
    expect(await sent()).to.equal(0);
  });

  it("a chain that went back behind the plan", async function () {
    await spend();
    await planOnly();
    await snapshot.restore();
    expect(await codeOf(deploy({ path, provider }))).to.equal("CHAIN_RESET");
    expect(await sent()).to.equal(0);
  });
  it("a nonce that another transaction took; --restart goes on from the next one", async function () {
    await begin();
    await spend();
    expect(await codeOf(deploy({ path, provider }))).to.equal("DEPLOYER_NONCE_TAKEN");
    expect(await sent()).to.equal(2);
    const run = await deploying({ path, provider });
    let aside = "";
    const anew = { ...run, folder: renewed(folderAt(path), (moved) => (aside = moved)) };
    const { file } = await execute(anew, await prepare(anew));
    expect(file.contracts).to.deep.equal(addressesFrom(DEPLOYER, 2));
    expect(existsSync(join(aside, "EnergyToken.json"))).to.equal(true);
  });

  it("a deployer whose transactions are still waiting", async function () {
    await send("evm_setAutomine", false);
    await spend();
    expect(await codeOf(deploy({ path, provider }))).to.equal("DEPLOYER_BUSY");
    expect(existsSync(path)).to.equal(false);
  });

  it("a nonce that a waiting transaction holds", async function () {
    await planOnly();
    await send("evm_setAutomine", false);
    await spend();
    expect(await codeOf(deploy({ path, provider }))).to.equal("DEPLOYER_BUSY");
    await send("evm_setAutomine", true);
    await send("evm_mine");
    expect(await codeOf(deploy({ path, provider }))).to.equal("DEPLOYER_NONCE_TAKEN");
  });

  it("a second run that was begun at the same time; run again, it finds all done", async function () {
    const [one, two] = [await deploying({ path, provider }), await deploying({ path, provider })];
    const [first, second] = [await prepare(one), await prepare(two)];
    await execute(one, first);
    expect(await codeOf(execute(two, second))).to.equal("DEPLOYER_BUSY");
    expect((await deploy({ path, provider })).sent).to.equal(0);
    expect(await sent()).to.equal(CONTRACTS.length);
  });

  it("another deployer than the one that began", async function () {
    await begin();
    const account = () => Promise.resolve(keyAccount(developer(1)));
    expect(await codeOf(deploy({ path, provider, account }))).to.equal("DEPLOYER_CHANGED");
  });

  it("other code where a contract should be", async function () {
    await deploy({ path, provider });
    await connection.networkHelpers.setCode(addressesFrom(DEPLOYER, 0).Settlement, "0x6000");
    expect(await codeOf(deploy({ path, provider }))).to.equal("CODE_MISMATCH");
  });

  it("contracts that do not name each other", async function () {
    const { file } = await deploy({ path, provider });
    const code = await connection.ethers.provider.getCode(file.contracts.EnergyToken);
    const foreign = code.replaceAll(file.contracts.Settlement.slice(2).toLowerCase(), "33".repeat(20));
    await connection.networkHelpers.setCode(file.contracts.EnergyToken, foreign);
    expect(await codeOf(deploy({ path, provider }))).to.equal("DEPLOYMENT_MISMATCH");
  });

  it("a creation that failed on chain", async function () {
    // Enough to be mined, too little to come through.
    const stingy = lying({ eth_estimateGas: () => "0x1e8480" });
    const run = deploy({ path, provider: stingy, waitMs: 50 });
    expect(await codeOf(run)).to.not.equal(undefined);
    expect(await sent()).to.equal(2);
    expect(await codeOf(deploy({ path, provider }))).to.equal("DEPLOYMENT_REVERTED");
    expect(await sent()).to.equal(2);
  });

  it("to wait for ever; the next run waits on and sends nothing twice", async function () {
    await send("evm_setAutomine", false);
    expect(await codeOf(deploy({ path, provider, waitMs: 20 }))).to.equal("TRANSACTION_PENDING");
    expect(await codeOf(deploy({ path, provider, waitMs: 20 }))).to.equal("TRANSACTION_PENDING");
    await send("evm_setAutomine", true);
    await send("evm_mine");
    await deploy({ path, provider });
    expect(await sent()).to.equal(CONTRACTS.length);
    expect((await planAt()).steps.map(({ attempts }) => attempts.length)).to.deep.equal(CONTRACTS.map(() => 1));
  });

  it("nothing where the node still holds the cheaper transaction: the next one offers an eighth more of both fees", async function () {
    let held: Transaction | undefined;
    /** As Ethereum's nodes do it: a replacement pays a tenth more of both. */
    const node: Provider = {
      request: async (call) => {
        if (call.method !== "eth_sendRawTransaction") return await provider.request(call);
        const offered = Transaction.from(String(call.params?.[0]));
        const enough = (fee: "maxFeePerGas" | "maxPriorityFeePerGas") =>
          (offered[fee] ?? 0n) * 10n >= (held?.[fee] ?? 0n) * 11n;
        if (held === undefined) {
          held = offered;
          return offered.hash;
        }
        if (offered.nonce === held.nonce && !(enough("maxFeePerGas") && enough("maxPriorityFeePerGas"))) {
          throw new Error("replacement transaction underpriced");
        }
        return await provider.request(call);
      },
    };
    expect(await codeOf(deploy({ path, provider: node, waitMs: 20 }))).to.equal("TRANSACTION_PENDING");
    await connection.networkHelpers.setNextBlockBaseFeePerGas(10n ** 11n);
    await send("evm_mine");
    const { file } = await deploy({ path, provider: node });
    expect(file.contracts).to.deep.equal(addressesFrom(DEPLOYER, 0));
    expect(await sent()).to.equal(CONTRACTS.length);
  });

  it("nothing where nodes behind a balancer lag: what one has, the next lacks", async function () {
    const before = new Map<string, unknown>();
    let stale = 0;
    /** Every new count of transactions and every new code is answered with the old one first, two times. */
    const lagging: Provider = {
      request: async (call) => {
        const answer = await provider.request(call);
        if (!["eth_getCode", "eth_getTransactionCount"].includes(call.method)) return answer;
        const key = `${call.method} ${String(call.params?.[0])}`;
        const old = before.get(key) ?? answer;
        if (old !== answer && stale++ % 3 < 2) return old;
        before.set(key, answer);
        return answer;
      },
    };
    const { file } = await deploy({ path, provider: lagging });
    expect(stale).to.be.greaterThan(CONTRACTS.length);
    expect(file.contracts).to.deep.equal(addressesFrom(DEPLOYER, 0));
    expect(await sent()).to.equal(CONTRACTS.length);
  });

  it("never advises to start anew where the node has a receipt and no code", async function () {
    await begin();
    const { EnergyToken } = addressesFrom(DEPLOYER, 0);
    const behind: Provider = {
      request: async (call) =>
        call.method === "eth_getCode" && String(call.params?.[0]) === EnergyToken ? "0x" : await provider.request(call),
    };
    expect(await codeOf(deploy({ path, provider: behind, waitMs: 20 }))).to.equal("RPC_INCONSISTENT");
    await deploy({ path, provider });
    expect(await sent()).to.equal(CONTRACTS.length);
  });

  it("nothing where only the fee has become too low: it signs the same nonce again, for more", async function () {
    const interrupter = new Interrupter(2, "after");
    expect(await died(deploy({ path, provider, interrupter }))).to.equal(true);
    await connection.networkHelpers.setNextBlockBaseFeePerGas(10n ** 11n);
    await send("evm_mine");
    const { file } = await deploy({ path, provider });
    expect(file.contracts).to.deep.equal(addressesFrom(DEPLOYER, 0));
    expect((await planAt()).steps.map(({ attempts }) => attempts.length)).to.deep.equal(
      CONTRACTS.map((_, index) => (index === 0 ? 2 : 1)),
    );
  });
});

describe("What a deployment costs", function () {
  it("is known before it is sent, within one per cent, and a dry run sends and writes nothing", async function () {
    const { provider, ethers } = await network.create();
    const folder = await temporaryFolder();
    const run = await deploying({ path: join(folder.path, "lab"), provider });
    const prepared = await prepare(run);
    expect(existsSync(join(folder.path, "lab"))).to.equal(false);
    expect(await ethers.provider.getTransactionCount(DEPLOYER)).to.equal(0);
    const { gasUsed } = await execute(run, prepared);
    const estimate = prepared.cost?.gas ?? 0n;
    expect(Number((estimate * 10_000n) / gasUsed)).to.be.within(9_990, 10_100);
    await folder.remove();
  });

  it("is computed for Settlement, which no node can estimate before its parts are there", async function () {
    const { provider } = await network.create();
    const folder = await temporaryFolder();
    const run = await deploying({ path: join(folder.path, "lab"), provider });
    const prepared = await prepare(run);
    await execute(run, prepared);
    const { Settlement } = run.build.contracts;
    const step = prepared.plan.steps.find(({ contract }) => contract === "Settlement");
    if (step === undefined) throw new Error("no step");
    const receipt = JSON.parse(await readFile(join(folder.path, "lab", "Settlement.json"), "utf8")) as {
      receipt: { gasUsed: string };
    };
    const computed = creationGas(initcodeOf(Settlement, step), Settlement.deployedBytecode);
    expect(Number((computed * 10_000n) / BigInt(receipt.receipt.gasUsed))).to.be.within(10_000, 10_100);
    await folder.remove();
  });
});
