/** Keys from encrypted keystore files (web3 secret storage, version 3), as ethers, geth and most wallets write them. */
import { scrypt as derive, type ScryptOptions } from "node:crypto";
import { promisify } from "node:util";
import { decryptKeystoreJson, getAddress, isKeystoreJson, scrypt, Wallet } from "ethers";
import { ServiceError } from "../errors.ts";
import { readPrivate, readSecret } from "./files.ts";
import type { Secrets } from "./secrets.ts";

/** A key and where its password is. */
export interface KeyFile {
  readonly file: string;
  /** Where it is missing, `Passwords` say what to do. */
  readonly passwordFile?: string | undefined;
  /** The account that it has to be. */
  readonly address?: string | undefined;
}

/** Where passwords come from whose keys name no file. */
export interface Passwords {
  /** Told of every password and key. */
  readonly secrets: Secrets;
  /** A file with the password of all of them, and who named it. */
  readonly file?: { readonly field: string; readonly path: string } | undefined;
  /** Asks a person; left out where there is nobody. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
}

/** A key that is still locked. */
export interface LockedKey extends KeyFile {
  /** What it is for, for messages. */
  readonly name: string;
  readonly address: string;
  readonly json: string;
}

/** Most memory that a key's password derivation may take, bytes: scrypt with N = 2^18 and r = 8 takes 256 MiB. */
const MOST_MEMORY = 512 * 1_024 * 1_024;

const deriveAsync = promisify<string | Uint8Array, string | Uint8Array, number, ScryptOptions, Buffer>(derive);
// Ethers' own derivation takes some twenty times as long.
scrypt.register(async (password, salt, N, r, p, length) =>
  deriveAsync(password, salt, length, { N, r, p, maxmem: MOST_MEMORY }),
);

/**
 * Reads a keystore: its address is known without the password.
 * @param name What the key is for, such as `members[0].meterKey`.
 * @throws ServiceError FILE_OPEN, FILE_UNREADABLE, KEY_FILE_INVALID, KEY_MISMATCH
 */
export function readKey(name: string, key: KeyFile): LockedKey {
  const json = readPrivate(name, key.file);
  if (!isKeystoreJson(json)) {
    const advice = "Name a file that wattbook init, geth or a wallet's export wrote; keys in the open are not taken";
    throw new ServiceError("KEY_FILE_INVALID", `${name}: ${key.file} is no keystore of version 3. ${advice}.`);
  }
  const { address } = JSON.parse(json) as { readonly address?: unknown };
  if (typeof address !== "string" || !/^(0x)?[0-9a-f]{40}$/i.test(address)) {
    const advice = "Export the key again, with its address";
    throw new ServiceError("KEY_FILE_INVALID", `${name}: ${key.file} names no address. ${advice}.`);
  }
  const found = getAddress(`0x${address.replace(/^0x/, "").toLowerCase()}`);
  if (key.address !== undefined && key.address.toLowerCase() !== found.toLowerCase()) {
    const message = `${name}.address is ${key.address}, and ${key.file} holds ${found}. Name the right file or address.`;
    throw new ServiceError("KEY_MISMATCH", message);
  }
  return { ...key, name, json, address: found };
}

/**
 * Opens a key with its password: of the file that stands beside it, of the file for all, or asked for.
 * @throws ServiceError KEY_PASSWORD_WRONG, KEY_FILE_INVALID, PASSWORD_NEEDED, FILE_OPEN, FILE_UNREADABLE
 */
export async function unlockKey(key: LockedKey, passwords: Passwords): Promise<Wallet> {
  const { secrets } = passwords;
  const { password, from } = await passwordOf(key, passwords);
  secrets.add(password);
  try {
    const { privateKey, address } = await decryptKeystoreJson(key.json, password);
    if (getAddress(address) !== key.address) throw new Error("another address");
    return new Wallet(secrets.add(privateKey));
  } catch (thrown) {
    if (thrown instanceof Error && /incorrect password/.test(thrown.message)) {
      const advice = "Type it again, or name the file that belongs to this key";
      throw new ServiceError("KEY_PASSWORD_WRONG", `${from} does not open ${key.file}. ${advice}.`);
    }
    // Ethers' errors may quote what they choke on: they go no further.
    const message = `${key.name}: ${key.file} is damaged. Restore it from its backup.`;
    throw new ServiceError("KEY_FILE_INVALID", message);
  }
}

/** `readKey` and `unlockKey`. */
export async function openKey(name: string, key: KeyFile, passwords: Passwords): Promise<Wallet> {
  return unlockKey(readKey(name, key), passwords);
}

async function passwordOf(
  { name, file, passwordFile }: LockedKey,
  { file: shared, ask }: Passwords,
): Promise<{ readonly password: string; readonly from: string }> {
  const [field, path] =
    passwordFile === undefined ? [shared?.field, shared?.path] : [`${name}.passwordFile`, passwordFile];
  if (field !== undefined && path !== undefined) {
    return { password: readSecret(field, path), from: `${field}: the password in ${path}` };
  }
  if (ask !== undefined) return { password: await ask(`Password of ${file}`), from: "The password" };
  const advice = "Name a passwordFile beside the key, or one for all keys as KEY_PASSWORD_FILE or --password-file";
  throw new ServiceError("PASSWORD_NEEDED", `${name}: nobody can be asked for the password of ${file}. ${advice}.`);
}
