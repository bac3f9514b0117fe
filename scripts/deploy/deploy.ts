/** A deployment in two parts: look and count the cost, then do what is left. Either can be repeated at any time. */

import { CONTRACTS } from "../lib/contracts.ts";
import type { Account } from "./account.ts";
import type { Build } from "./build.ts";
import { checkChain } from "./chain.ts";
import { checkFunds, type Cost, costOf } from "./cost.ts";
import { DeployError } from "./errors.ts";
import type { Folder } from "./folder.ts";
import { Journal } from "./journal.ts";
import { lookTwice } from "./look.ts";
import { addressesIn, type Plan, PLAN_FILE, planOf, readPlan, type Step, writePlan } from "./plan.ts";
import { CHAIN_FILE, DEPLOYMENT_FILE, type DeploymentFile, writeContract, writeDeployment } from "./records.ts";
import type { Receipt, Rpc } from "./rpc.ts";
import { create, type Patience } from "./step.ts";
import { checkDeployment, noContract } from "./wiring.ts";

/** Everything a deployment works with. */
export interface Deploying {
  readonly network: string;
  /** Of the network's configuration. */
  readonly expectedChainId: number | undefined;
  readonly version: string;
  readonly rpc: Rpc;
  readonly folder: Folder;
  readonly build: Build;
  /** Asked for only if there is something to send: a keystore wants a password. */
  readonly account: () => Promise<Account>;
  readonly patience: Patience;
  /** Told what happens, for a person to read. */
  readonly note: (line: string) => void;
}

/** What is to be done, and what it costs. */
export interface Prepared {
  readonly plan: Plan;
  /** Whether the plan is on disk. */
  readonly known: boolean;
  /** Contracts that are not on chain yet. */
  readonly left: readonly Step[];
  readonly cost: Cost | undefined;
  /** Of the deployer, wei; undefined if nothing is left. */
  readonly balance: bigint | undefined;
}

/**
 * Finds out what is left to do. Sends nothing, writes nothing.
 * @throws DeployError
 */
export async function prepare(deploying: Deploying): Promise<Prepared> {
  const { rpc, folder, build } = deploying;
  const chainId = await checkChain(rpc, folder, deploying.expectedChainId);
  const known = await knownPlan(deploying, chainId);
  const plan = known ?? (await freshPlan(deploying, chainId));
  const left = await stepsLeft(deploying, plan);
  const [first] = left;
  if (first === undefined) return { plan, known: known !== undefined, left, cost: undefined, balance: undefined };
  await deployerOf(deploying, plan);
  await lookTwice(rpc, plan, build, first, deploying.patience);
  const cost = await costOf(rpc, plan, build, left, await rpc.block());
  return { plan, known: known !== undefined, left, cost, balance: await checkFunds(rpc, plan.deployer, cost) };
}

/** What a deployment came to. */
export interface Deployed {
  readonly file: DeploymentFile;
  /** Contracts that this run brought on chain. */
  readonly sent: number;
  readonly gasUsed: bigint;
}

/**
 * Does what is left, and checks the whole.
 * @throws DeployError; run it again to go on
 */
export async function execute(deploying: Deploying, { plan, known }: Prepared): Promise<Deployed> {
  const { rpc, folder, build, note } = deploying;
  if (!known) {
    if ((await folder.read(PLAN_FILE)) !== undefined) throw begunMeanwhile(folder);
    await folder.write(CHAIN_FILE, `${plan.chainId}`);
    await writePlan(folder, plan);
  }
  const journal = new Journal(folder, plan);
  const sender = { rpc, build, journal, account: () => deployerOf(deploying, plan) };
  const receipts: Receipt[] = [];
  let sent = 0;
  for (const name of CONTRACTS) {
    const created = await create(sender, name, deploying.patience);
    await writeContract(folder, journal.plan, build, name, created.receipt);
    receipts.push(created.receipt);
    if (created.sent) sent++;
    note(`${name} ${created.sent ? "deployed" : "is there"}: ${journal.step(name).address}`);
  }
  await checkDeployment(rpc, addressesIn(plan), build);
  const file = await writeDeployment(folder, plan, receipts);
  await journal.close();
  return { file, sent, gasUsed: receipts.reduce((total, { gasUsed }) => total + gasUsed, 0n) };
}

/** Two plans in one folder would mix two deployments. */
function begunMeanwhile({ path }: Folder): DeployError {
  const found = `Another run began a deployment in ${path} meanwhile`;
  return new DeployError("DEPLOYER_BUSY", `${found}. Wait for it, then run the same command again. Nothing was sent.`);
}

async function knownPlan({ folder, build }: Deploying, chainId: number): Promise<Plan | undefined> {
  const plan = await readPlan(folder);
  if (plan === undefined) {
    if ((await folder.read(DEPLOYMENT_FILE)) === undefined) return undefined;
    const found = `${folder.path} has ${DEPLOYMENT_FILE} and no ${PLAN_FILE}`;
    throw new DeployError("FOLDER_MALFORMED", `${found}. Restore it from version control, or use --restart.`);
  }
  if (plan.chainId !== chainId) {
    const found = `${folder.path}/${PLAN_FILE} is for chain ${plan.chainId}, and the node is on chain ${chainId}`;
    throw new DeployError("WRONG_CHAIN", `${found}. Check the RPC URL, or start anew with --restart.`);
  }
  if (plan.build === build.fingerprint) return plan;
  throw new DeployError(
    "FOLDER_VERSION",
    `${folder.path} is a deployment of version ${plan.version} from other sources or compiler settings. Check out what it was ` +
      `deployed from, or deploy this version anew with --restart.`,
  );
}

async function freshPlan(deploying: Deploying, chainId: number): Promise<Plan> {
  const { rpc, network, version, build } = deploying;
  const { address: deployer } = await deploying.account();
  const firstNonce = await rpc.nonce(deployer, "latest");
  const pending = await rpc.nonce(deployer, "pending");
  if (pending > firstNonce) {
    const waits = `${deployer} has ${pending - firstNonce} transactions waiting to be mined`;
    throw new DeployError("DEPLOYER_BUSY", `${waits}. Wait for them, or use another key. Nothing was sent.`);
  }
  const { number: madeAtBlock } = await rpc.block();
  return planOf({ version, network, chainId, deployer, firstNonce, madeAtBlock, build: build.fingerprint });
}

async function stepsLeft({ rpc, folder }: Deploying, plan: Plan): Promise<Step[]> {
  const finished = (await folder.read(DEPLOYMENT_FILE)) !== undefined;
  const left: Step[] = [];
  for (const step of plan.steps) {
    if ((await rpc.code(step.address)) !== "0x") continue;
    if (finished) throw noContract(step.contract, step.address);
    left.push(step);
  }
  return left;
}

/** The account that the plan's addresses follow from. */
async function deployerOf({ account, folder }: Deploying, { deployer }: Plan): Promise<Account> {
  const found = await account();
  if (found.address === deployer) return found;
  throw new DeployError(
    "DEPLOYER_CHANGED",
    `${folder.path} was begun by ${deployer}, and the key is that of ${found.address}. Go on with the key it was begun with, or ` +
      `start anew with --restart.`,
  );
}
