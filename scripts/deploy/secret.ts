/** Variables that Hardhat finds in the environment or in its keystore, which asks a person for its password. */

import { DeployError } from "./errors.ts";

/**
 * What `get` finds; errors name the variable, never its value.
 * @throws DeployError VARIABLE_MISSING
 */
export async function asked<T>(name: string, get: () => Promise<T>): Promise<T> {
  try {
    return await unlessForgotten(get);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    const advice = `Set it in the environment, or keep it in the keystore: npx hardhat keystore set ${name}`;
    throw new DeployError("VARIABLE_MISSING", `${name} cannot be read (${reason}). ${advice}`, { cause: error });
  }
}

/** A question without a terminal never gets its answer: the process would end without a word. */
async function unlessForgotten<T>(get: () => Promise<T>): Promise<T> {
  let forgotten = (): void => undefined;
  const ending = new Promise<never>((_, reject) => {
    forgotten = () => {
      reject(new Error("there is no terminal to ask for the keystore's password"));
    };
  });
  process.once("beforeExit", forgotten);
  try {
    return await Promise.race([get(), ending]);
  } finally {
    process.off("beforeExit", forgotten);
  }
}
