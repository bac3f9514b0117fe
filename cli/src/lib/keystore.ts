/** Keys of the configuration's roles, from encrypted keystore files. */
import { type LockedKey, readKey, Secrets, unlockKey } from "@wattbook/services/files";
import type { Wallet } from "ethers";
import type { Config, Role } from "./config.ts";
import { CliError } from "./errors.ts";
import { askPassword } from "./password.ts";
import { canAsk, type Terminal } from "./terminal.ts";

export { readKey, type LockedKey };

/**
 * The key of a role, locked: its address is known without the password.
 * @throws CliError KEY_MISSING @throws ServiceError KEY_FILE_INVALID, FILE_OPEN, FILE_UNREADABLE
 */
export function keyOf({ keys, path }: Config, role: Role): LockedKey {
  const found = keys[role];
  if (found !== undefined) return readKey(`keys.${role}`, found);
  const advice = `Add the keystore file as keys.${role}, or make one: wattbook init --keys ${role}`;
  throw new CliError("KEY_MISSING", `${path} names no key for the ${role}. ${advice}.`);
}

/**
 * Opens a key with its password: of the file that stands beside it, of `--password-file`, or asked for.
 * @throws ServiceError KEY_PASSWORD_WRONG, KEY_FILE_INVALID, PASSWORD_NEEDED, FILE_OPEN, FILE_UNREADABLE
 */
export async function unlock(
  key: LockedKey,
  passwordFile: string | undefined,
  terminal: Terminal,
  secrets = new Secrets(),
): Promise<Wallet> {
  return unlockKey(key, { secrets, ...passwordSource(passwordFile, terminal) });
}

/** Where passwords come from whose keys name no file. Whoever is asked is asked one question at a time. */
export function passwordSource(passwordFile: string | undefined, terminal: Terminal) {
  let asked: Promise<unknown> = Promise.resolve();
  const ask = (question: string): Promise<string> => {
    const answer = asked.then(() => askPassword(question, terminal));
    asked = answer.catch(() => undefined);
    return answer;
  };
  return {
    ...(passwordFile !== undefined && { file: { field: "--password-file", path: passwordFile } }),
    ...(canAsk(terminal) && { ask }),
  };
}
