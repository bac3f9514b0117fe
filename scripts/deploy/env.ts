/** The `.env` file: every line is understood, or named. dotenv leaves out in silence what it does not understand. */

import { readFileSync } from "node:fs";
import { parse } from "dotenv";
import { computeAddress } from "ethers";
import { DeployError } from "./errors.ts";

/** A setting of a `.env` file. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  /** From 1. */
  readonly line: number;
}

/** Endings of a network's settings: `SEPOLIA_RPC_URL` is for `--network sepolia`. */
export const RPC_URL = "_RPC_URL";
export const CHAIN_ID = "_CHAIN_ID";
export const EXPLORER_URL = "_EXPLORER_URL";

const SECRETS = ["DEPLOYER_KEY", "COORDINATOR_KEY"];
const OTHERS = ["ETHERSCAN_API_KEY"];

/**
 * Reads and checks the settings of a `.env` file; none if there is no file. No error shows a value: it may be a secret.
 * @throws DeployError ENV_MALFORMED, ENV_UNKNOWN_KEY, ENV_DUPLICATE_KEY, ENV_URL_INVALID, ENV_CHAIN_ID_INVALID, ENV_KEY_INVALID
 */
export function readEnv(path: string): Setting[] {
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "ENOENT") return [];
    throw new DeployError("ENV_MALFORMED", `${path} cannot be read. Check its owner and mode.`, { cause: error });
  }
  return parseEnv(path, text);
}

/** Checks the text of a `.env` file. Settings without a value count as not set. */
export function parseEnv(path: string, text: string): Setting[] {
  const settings: Setting[] = [];
  for (const [index, line] of text.split(/\r\n?|\n/).entries()) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const setting = settingOf(`${path}:${index + 1}`, line, index + 1);
    const earlier = settings.find(({ name }) => name === setting.name);
    if (earlier !== undefined) {
      const first = `${path}:${setting.line}: ${setting.name} stands on line ${earlier.line} already`;
      throw new DeployError("ENV_DUPLICATE_KEY", `${first}. Keep one of them.`);
    }
    checkValue(`${path}:${setting.line}: ${setting.name}`, setting);
    settings.push(setting);
  }
  return settings.filter(({ value }) => value !== "");
}

function settingOf(place: string, line: string, number: number): Setting {
  const entries = /^\s*(export\s+)?[A-Za-z_]\w*\s*=/.test(line) ? Object.entries(parse(line)) : [];
  const [entry] = entries;
  const quotes = (line.match(/["']/g) ?? []).length;
  if (entry === undefined || quotes % 2 === 1) {
    throw new DeployError("ENV_MALFORMED", `${place}: not a setting. Write NAME=value, or # before a comment.`);
  }
  const [name, value] = entry;
  return { name, value, line: number };
}

function checkValue(place: string, { name, value }: Setting): void {
  const url = name.endsWith(RPC_URL) || name.endsWith(EXPLORER_URL);
  const chainId = name.endsWith(CHAIN_ID);
  const secret = SECRETS.includes(name);
  if (!url && !chainId && !secret && !OTHERS.includes(name)) {
    const known = [`NETWORK${RPC_URL}`, `NETWORK${CHAIN_ID}`, `NETWORK${EXPLORER_URL}`, ...SECRETS, ...OTHERS];
    throw new DeployError("ENV_UNKNOWN_KEY", `${place} is not a setting. Known are ${known.join(", ")}.`);
  }
  if (value === "") return;
  if (url && !isHttp(value)) {
    throw new DeployError("ENV_URL_INVALID", `${place} is no URL. Write http:// or https:// and the address.`);
  }
  if (chainId && !/^[1-9]\d{0,14}$/.test(value)) {
    throw new DeployError("ENV_CHAIN_ID_INVALID", `${place} is no chain id. Write a whole number such as 11155111.`);
  }
  if (secret && !isPrivateKey(value)) {
    const advice = `Write 64 hexadecimal digits, or better keep it in the keystore: npx hardhat keystore set ${name}`;
    throw new DeployError("ENV_KEY_INVALID", `${place} is no private key. ${advice}`);
  }
}

function isHttp(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function isPrivateKey(value: string): boolean {
  try {
    computeAddress(value.startsWith("0x") ? value : `0x${value}`);
    return true;
  } catch {
    return false;
  }
}
