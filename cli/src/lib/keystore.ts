/** Keys from encrypted keystore files (web3 secret storage, version 3), as ethers, geth and most wallets write them. */
import { scrypt as derive, type ScryptOptions } from "node:crypto";
import { promisify } from "node:util";
import { decryptKeystoreJson, getAddress, isKeystoreJson, scrypt, Wallet } from "ethers";
import { CliError } from "./errors.ts";
import type { Config, KeyFile, Role } from "./config.ts";
import { checkPrivate, readText } from "./files.ts";
import { askPassword, passwordIn } from "./password.ts";
import type { Terminal } from "./terminal.ts";

/** A key that is still locked. */
export interface LockedKey extends KeyFile {
  /** What it is for, for messages: a role of the configuration, or an option. */
  readonly name: string;
  readonly address: string;
  readonly json: string;
}

/** Most memory that deriving a key from a password may take, bytes: scrypt with N = 2^18 and r = 8 takes 256 MiB. */
const MOST_MEMORY = 512 * 1_024 * 1_024;

const deriveAsync = promisify<string | Uint8Array, string | Uint8Array, number, ScryptOptions, Buffer>(derive);
// Ethers' own derivation takes some twenty times as long.
scrypt.register(async (password, salt, N, r, p, length) =>
  deriveAsync(password, salt, length, { N, r, p, maxmem: MOST_MEMORY }),
);

/**
 * The key of a role, locked: its address is known without the password.
 * @throws CliError KEY_MISSING, KEY_FILE_INVALID, FILE_OPEN, FILE_UNREADABLE
 */
export function keyOf({ keys, path }: Config, role: Role): LockedKey {
  const found = keys[role];
  if (found !== undefined) return lockedKey(`keys.${role}`, found);
  const advice = `Add the keystore file as keys.${role}, or make one: wattbook init --keys ${role}`;
  throw new CliError("KEY_MISSING", `${path} names no key for the ${role}. ${advice}.`);
}

/**
 * Reads a keystore file.
 * @throws CliError KEY_FILE_INVALID, FILE_OPEN, FILE_UNREADABLE
 */
export function lockedKey(name: string, key: KeyFile): LockedKey {
  const json = readText(name, key.file);
  checkPrivate(name, key.file);
  if (!isKeystoreJson(json)) {
    const advice =
      "Name a file that wattbook init, geth or a wallet's export wrote; private keys in the open are not taken";
    throw new CliError("KEY_FILE_INVALID", `${name}: ${key.file} is no keystore file of version 3. ${advice}.`);
  }
  const { address } = JSON.parse(json) as { readonly address?: unknown };
  if (typeof address === "string" && /^(0x)?[0-9a-f]{40}$/i.test(address)) {
    return { ...key, name, json, address: getAddress(address.startsWith("0x") ? address : `0x${address}`) };
  }
  throw new CliError(
    "KEY_FILE_INVALID",
    `${name}: ${key.file} names no address. Export the key again, with its address.`,
  );
}

/**
 * Opens a key with its password: of the file that stands beside it, of `--password-file`, or asked for.
 * @throws CliError KEY_PASSWORD_WRONG, KEY_FILE_INVALID, PASSWORD_NEEDED, FILE_OPEN, FILE_UNREADABLE
 */
export async function unlock(key: LockedKey, passwordFile: string | undefined, terminal: Terminal): Promise<Wallet> {
  const [from, path] =
    key.passwordFile === undefined ? ["--password-file", passwordFile] : [`${key.name}.passwordFile`, key.passwordFile];
  const password = path === undefined ? await askPassword(`Password of ${key.file}`, terminal) : passwordIn(from, path);
  try {
    const { privateKey, address } = await decryptKeystoreJson(key.json, password);
    if (getAddress(address) !== key.address) throw new Error("another address");
    return new Wallet(privateKey);
  } catch (thrown) {
    if (thrown instanceof Error && /incorrect password/.test(thrown.message)) {
      const where = path === undefined ? "The password" : `The password in ${path}`;
      throw new CliError(
        "KEY_PASSWORD_WRONG",
        `${where} does not open ${key.file}. Try again, or name the file that it belongs to.`,
      );
    }
    // Ethers' errors may quote what they choke on: they go no further.
    throw new CliError("KEY_FILE_INVALID", `${key.name}: ${key.file} is damaged. Restore it from its backup.`);
  }
}
