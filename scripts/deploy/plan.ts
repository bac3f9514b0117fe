/** What a deployment is going to do, written down before it does anything: the addresses are decided here. */

import { getAddress, isAddress } from "ethers";
import { z } from "zod";
import { addressesFrom, argumentsOf, type ContractName, CONTRACTS, type PerContract } from "../lib/contracts.ts";
import { DeployError } from "./errors.ts";
import type { Folder } from "./folder.ts";

export const PLAN_FILE = "plan.json";
export const PLAN_FORMAT = 4;

const address = z.string().refine((text) => isAddress(text), "not an address");
const hexString = z.string().regex(/^0x([0-9a-f]{2})+$/, "not hex");
const count = z.int().nonnegative();

/** A transaction that was about to be sent. A node that signs by itself leaves no bytes, and its hash comes later. */
const attempt = z.strictObject({ hash: hexString.optional(), signed: hexString.optional() });

const step = z.strictObject({
  contract: z.enum(CONTRACTS),
  nonce: count,
  address,
  args: z.array(address),
  attempts: z.array(attempt),
});

const plan = z.strictObject({
  format: z.literal(PLAN_FORMAT),
  version: z.string(),
  network: z.string(),
  chainId: z.int().positive(),
  deployer: address,
  firstNonce: count,
  /** Latest block when the plan was made: none of the transactions is in an earlier one. */
  madeAtBlock: count,
  /** Fingerprint of the compiled contracts. */
  build: hexString,
  steps: z.array(step).length(CONTRACTS.length),
});

export type Attempt = z.infer<typeof attempt>;
export type Step = z.infer<typeof step>;
export type Plan = z.infer<typeof plan>;

/** What a plan follows from. */
export interface PlanInput {
  readonly version: string;
  readonly network: string;
  readonly chainId: number;
  readonly deployer: string;
  readonly firstNonce: number;
  readonly madeAtBlock: number;
  readonly build: string;
}

/** The plan of a deployment from `firstNonce` on. */
export function planOf(input: PlanInput): Plan {
  const addresses = addressesFrom(input.deployer, input.firstNonce);
  const steps = CONTRACTS.map((contract, index) => ({
    contract,
    nonce: input.firstNonce + index,
    address: addresses[contract],
    args: argumentsOf(contract, addresses),
    attempts: [],
  }));
  return { format: PLAN_FORMAT, ...input, steps };
}

export function addressesIn({ steps }: Plan): PerContract<string> {
  return Object.fromEntries(steps.map(({ contract, address }) => [contract, address])) as PerContract<string>;
}

export function stepOf({ steps }: Plan, contract: ContractName): Step {
  const found = steps.find((candidate) => candidate.contract === contract);
  if (found === undefined) throw new Error(`no step for ${contract}`);
  return found;
}

/**
 * The plan in a folder; undefined if there is none.
 * @throws DeployError FOLDER_MALFORMED, FOLDER_VERSION
 */
export async function readPlan(folder: Folder): Promise<Plan | undefined> {
  const text = await folder.read(PLAN_FILE);
  if (text === undefined) return undefined;
  const file = `${folder.path}/${PLAN_FILE}`;
  const json = parseJson(file, text);
  const format = (json as { readonly format?: unknown } | null)?.format;
  if (format !== PLAN_FORMAT) {
    const found = `${file} has format ${JSON.stringify(format)}, this version reads ${PLAN_FORMAT}`;
    throw new DeployError("FOLDER_VERSION", `${found}. Use the version that wrote it, or start anew with --restart.`);
  }
  const { success, data, error } = plan.safeParse(json);
  if (!success) {
    const [issue] = error.issues;
    const where = issue?.path.join(".") ?? "";
    throw new DeployError("FOLDER_MALFORMED", `${file}: ${where}: ${issue?.message ?? "not a plan"}. ${REPAIR}`);
  }
  const expected = planOf(data);
  if (data.steps.some((each, index) => decided(each) !== decided(expected.steps[index]))) {
    const found = "not the nonces, addresses and arguments that follow from deployer and firstNonce";
    throw new DeployError("FOLDER_MALFORMED", `${file}: steps: ${found}. ${REPAIR}`);
  }
  return data;
}

/** What a step is, whatever was tried. Arguments are immutable on chain: a wrong one would cost the deployment. */
function decided(each: Step | undefined): string {
  if (each === undefined) return "";
  const { contract, nonce, address, args } = each;
  return JSON.stringify([contract, nonce, getAddress(address), args.map((arg) => getAddress(arg))]);
}

/** Writes the plan, with what was sent so far. */
export async function writePlan(folder: Folder, value: Plan): Promise<void> {
  await folder.write(PLAN_FILE, `${JSON.stringify(value, undefined, 2)}\n`);
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DeployError("FOLDER_MALFORMED", `${file} is not JSON. ${REPAIR}`, { cause: error });
  }
}
const REPAIR = "Restore the file from version control, or start anew with --restart.";
