/** Keys from encrypted keystore files (web3 secret storage, version 3), as ethers and most wallets write them. */
import { scrypt as derive, type ScryptOptions } from "node:crypto";
import { promisify } from "node:util";
import { decryptKeystoreJson, isKeystoreJson, scrypt, Wallet } from "ethers";
import { ServiceError } from "../errors.ts";
import { readPrivate, readSecret } from "./files.ts";
import type { Secrets } from "./secrets.ts";

/** A key and where its password is. */
export interface KeyFiles {
  readonly keystore: string;
  readonly passwordFile: string;
}

/** Most memory that a key's password derivation may take, bytes: scrypt with N = 2^18 and r = 8 takes 256 MiB. */
const MOST_MEMORY = 512 * 1_024 * 1_024;

const deriveAsync = promisify<string | Uint8Array, string | Uint8Array, number, ScryptOptions, Buffer>(derive);
// Ethers' own derivation takes some twenty times as long.
scrypt.register(async (password, salt, N, r, p, length) =>
  deriveAsync(password, salt, length, { N, r, p, maxmem: MOST_MEMORY }),
);

/**
 * Opens a key.
 * @param field What the key is for, for messages.
 * @throws ServiceError FILE_OPEN, FILE_UNREADABLE, KEY_FILE_INVALID, KEY_PASSWORD_WRONG
 */
export async function openKey(field: string, files: KeyFiles, secrets: Secrets): Promise<Wallet> {
  const json = readPrivate(`${field}.keystore`, files.keystore);
  const password = secrets.add(readSecret(`${field}.passwordFile`, files.passwordFile));
  if (!isKeystoreJson(json)) {
    const help = "Make one with ethers' `wallet.encrypt(password)`, geth or any wallet";
    throw new ServiceError("KEY_FILE_INVALID", `${field}.keystore: ${files.keystore} is no keystore file. ${help}.`);
  }
  try {
    const { privateKey } = await decryptKeystoreJson(json, password);
    return new Wallet(secrets.add(privateKey));
  } catch (cause) {
    const wrong = cause instanceof Error && /incorrect password/.test(cause.message);
    if (!wrong) {
      const help = "Restore it from its backup";
      const message = `${field}.keystore: ${files.keystore} is damaged. ${help}.`;
      throw new ServiceError("KEY_FILE_INVALID", message, { cause });
    }
    const found = `${field}.passwordFile: the password in ${files.passwordFile} does not open ${files.keystore}`;
    throw new ServiceError(
      "KEY_PASSWORD_WRONG",
      `${found}. Correct the file, or name the keystore that it belongs to.`,
    );
  }
}
