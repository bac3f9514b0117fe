/** Where a step stands, by what the chain says. Files only help to find it. */

import { setTimeout as sleep } from "node:timers/promises";
import { type Build, isCodeOf } from "./build.ts";
import { DeployError } from "./errors.ts";
import type { Plan, Step } from "./plan.ts";
import type { Rpc } from "./rpc.ts";
import type { Patience } from "./step.ts";
import { otherCode } from "./wiring.ts";

/** `created`: the contract is there. `open`: its nonce is the deployer's next one. */
export type Standing = "created" | "open";

/**
 * Asks the chain about a step.
 * @throws DeployError CODE_MISMATCH, DEPLOYMENT_REVERTED, DEPLOYER_NONCE_TAKEN, CHAIN_RESET
 */
export async function look(rpc: Rpc, plan: Plan, build: Build, step: Step): Promise<Standing> {
  // The nonce first: what it counts is in the state that the code is read from afterwards.
  const used = await rpc.nonce(plan.deployer, "latest");
  const code = await rpc.code(step.address);
  if (code !== "0x") {
    if (isCodeOf(build.contracts[step.contract], code)) return "created";
    throw otherCode(step.contract, step.address);
  }
  if (used === step.nonce) return "open";
  if (used < plan.firstNonce) throw reset(plan, step, used);
  // The steps before this one are on chain.
  if (used < step.nonce) throw behind(plan, step, used);
  throw (await minedAttempt(rpc, plan, step, used)) ?? nonceTaken(plan, step);
}

/**
 * Asks again for a while where the answer cannot be, or would end the deployment: nodes behind a balancer are not all at the
 * same block.
 * @throws As `look`.
 */
export async function lookTwice(
  rpc: Rpc,
  plan: Plan,
  build: Build,
  step: Step,
  { pollMs, waitMs }: Patience,
): Promise<Standing> {
  const last = Date.now() + Math.min(waitMs, LAG_MS);
  for (;;) {
    try {
      return await look(rpc, plan, build, step);
    } catch (error) {
      const doubtful = error instanceof DeployError && DOUBTFUL.includes(error.code);
      if (!doubtful || Date.now() > last) throw error;
      await sleep(pollMs);
    }
  }
}
const DOUBTFUL: readonly string[] = ["RPC_INCONSISTENT", "DEPLOYER_NONCE_TAKEN"];
/** About a block of Ethereum, milliseconds. */
const LAG_MS = 15_000;

/** What a mined attempt without code at the address means; undefined if none is mined. */
async function minedAttempt(rpc: Rpc, plan: Plan, step: Step, used: number): Promise<DeployError | undefined> {
  for (const { hash } of step.attempts) {
    const receipt = hash === undefined ? undefined : await rpc.receipt(hash);
    if (receipt === undefined) continue;
    if (receipt.succeeded) return behind(plan, step, used);
    const what = `The creation of ${step.contract} failed on chain (transaction ${receipt.transactionHash})`;
    return new DeployError(
      "DEPLOYMENT_REVERTED",
      `${what} and used up nonce ${step.nonce}, so the addresses of the plan cannot be reached. Start anew with --restart.`,
    );
  }
  return undefined;
}

/** Whose transaction it is shows when it is mined: of another run of this deployment it is as good as ours. */
export function nonceHeld({ deployer }: Plan, step: Step): DeployError {
  return new DeployError(
    "DEPLOYER_BUSY",
    `Another transaction with nonce ${step.nonce} of ${deployer} is waiting to be mined: of another run of this deployment, or a ` +
      `foreign one. Wait for it, then run the same command again. Nothing is lost yet: do not use --restart.`,
  );
}

function nonceTaken({ deployer }: Plan, step: Step): DeployError {
  return new DeployError(
    "DEPLOYER_NONCE_TAKEN",
    `Nonce ${step.nonce} of ${deployer} is used up by a transaction that is not part of this deployment, so ${step.contract} cannot ` +
      `come to ${step.address}. Start anew with --restart, and use the key for nothing else meanwhile.`,
  );
}

function behind({ deployer }: Plan, step: Step, used: number): DeployError {
  return new DeployError(
    "RPC_INCONSISTENT",
    `The node contradicts itself at ${step.contract} (nonce ${step.nonce}): ${deployer} has sent ${used} transactions by its count. ` +
      `It may be behind: run the same command again in a minute, or use another RPC endpoint. Do not use --restart.`,
  );
}

function reset({ deployer }: Plan, step: Step, used: number): DeployError {
  return new DeployError(
    "CHAIN_RESET",
    `${deployer} has sent ${used} transactions, fewer than before the plan, at nonce ${step.nonce} for ${step.contract}. The chain went back, as ` +
      `local ones do at every start: start anew with --restart.`,
  );
}
