/** Keys of meters and traders: encrypted keystore files that nobody else can read. */
import { readFile, stat } from "node:fs/promises";
import { isError, isKeystoreJson, Wallet } from "ethers";
import { asAddress } from "@wattbook/sdk/pure";
import type { Address, TypedDataSigner } from "@wattbook/sdk/pure";
import { asGatewayError, GatewayError } from "./errors.ts";

/** Anything that signs: every ethers `Signer`, or a module in another machine. */
export type KeySigner = TypedDataSigner & { getAddress(): Promise<string> };

/** Where a key stands. */
export interface KeyFile {
  /** Web3 keystore, version 3, as ethers, geth and others write it. */
  readonly file: string;
  /** File with the password alone; a line break at its end does not count. */
  readonly passwordFile: string;
  /** The account that the key has to be. */
  readonly address?: Address;
}

/**
 * Opens a keystore.
 * @throws GatewayError KEY_FILE_OPEN, KEY_FILE_INVALID, KEY_PASSWORD_WRONG, KEY_MISMATCH, FILE_UNREADABLE
 */
export async function openKey({ file, passwordFile, address }: KeyFile): Promise<Wallet> {
  const [json, password] = await Promise.all([readSecret(file, "keystore"), readSecret(passwordFile, "passwordFile")]);
  if (!isKeystoreJson(json)) throw invalidKey(file);
  const wallet = await decrypted(file, json, password.replace(/\r?\n$/, ""));
  if (address === undefined || wallet.address === asAddress(address, "address")) return wallet;
  const text = `its key is ${wallet.address}, not ${address}. Name the right file, or rotate the key in the registry.`;
  throw new GatewayError("KEY_MISMATCH", "keystore", file, text);
}

async function decrypted(file: string, json: string, password: string): Promise<Wallet> {
  try {
    const wallet = await Wallet.fromEncryptedJson(json, password);
    return new Wallet(wallet.privateKey);
  } catch (error) {
    if (!isError(error, "INVALID_ARGUMENT") || !error.message.includes("incorrect password")) throw invalidKey(file);
    const text = "its password is another one. Check the password file for blanks and line breaks.";
    throw new GatewayError("KEY_PASSWORD_WRONG", "keystore", file, text);
  }
}

function invalidKey(file: string): GatewayError {
  return new GatewayError(
    "KEY_FILE_INVALID",
    "keystore",
    file,
    "it is no keystore of version 3. Export the key again.",
  );
}

/**
 * Reads a secret that only its owner may read.
 * @throws GatewayError FILE_UNREADABLE, KEY_FILE_OPEN
 */
export async function readSecret(file: string, field: string): Promise<string> {
  try {
    const { mode } = await stat(file);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      const shown = (mode & 0o777).toString(8).padStart(4, "0");
      const text = `its permissions are ${shown}, so others can read it. Run: chmod 600 ${file}.`;
      throw new GatewayError("KEY_FILE_OPEN", field, file, text);
    }
    return await readFile(file, "utf8");
  } catch (error) {
    throw asGatewayError(error, "FILE_UNREADABLE", field, `${file} cannot be read. Check its name and its owner.`);
  }
}
