/** Money is spent on a yes only: the option, or the answer of a person. On a local chain there is none to spend. */

import { createInterface } from "node:readline/promises";
import { DeployError } from "./errors.ts";

/** Where a run reads and writes. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  /** The result, and nothing else. */
  readonly stdout: NodeJS.WritableStream;
  /** The plan, progress and problems. */
  readonly stderr: NodeJS.WriteStream;
}

/** Chains of local nodes, whose coins are worth nothing. */
const LOCAL_CHAINS: readonly number[] = [31_337, 1_337];

/**
 * Returns if the money may be spent.
 * @throws DeployError CONFIRMATION_NEEDED
 */
export async function confirm(question: string, chainId: number, yes: boolean, terminal: Terminal): Promise<void> {
  if (yes || LOCAL_CHAINS.includes(chainId)) return;
  const { stdin, stderr } = terminal;
  if (!stdin.isTTY || !stderr.isTTY) {
    throw new DeployError("CONFIRMATION_NEEDED", "There is nobody to ask whether to spend. Run it again with --yes.");
  }
  const prompt = createInterface({ input: stdin, output: stderr });
  const answer = await prompt.question(`${question} [y/N] `);
  prompt.close();
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new DeployError("CONFIRMATION_NEEDED", "Not confirmed. Nothing was sent.");
}
