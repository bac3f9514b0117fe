/** Where a step stands, by what the chain says. Files only help to find it. */

import { type Build, isCodeOf } from "./build.ts";
import { DeployError } from "./errors.ts";
import type { Plan, Step } from "./plan.ts";
import type { Rpc } from "./rpc.ts";
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
  if (used < step.nonce) throw reset(plan, step, used);
  throw (await revertedAttempt(rpc, step)) ?? nonceTaken(plan, step);
}

async function revertedAttempt(rpc: Rpc, step: Step): Promise<DeployError | undefined> {
  for (const { hash } of step.attempts) {
    const receipt = hash === undefined ? undefined : await rpc.receipt(hash);
    if (receipt === undefined || receipt.succeeded) continue;
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

function reset({ deployer }: Plan, step: Step, used: number): DeployError {
  return new DeployError(
    "CHAIN_RESET",
    `${deployer} has sent ${used} transactions, fewer than the ${step.nonce} before ${step.contract}. The chain went back, as ` +
      `local ones do at every start: start anew with --restart.`,
  );
}
