/** Who deploys: a key that signs here, or an account that the node has unlocked. */

import { HDNodeWallet, type TransactionLike, Wallet } from "ethers";
import type { NetworkConfig } from "hardhat/types/config";
import { DeployError } from "./errors.ts";
import type { Rpc } from "./rpc.ts";
import { asked } from "./secret.ts";

/** The deployer. It has no rights afterwards, whoever it is. */
export interface Account {
  readonly address: string;
  /** Undefined where the node signs. */
  readonly sign: ((transaction: TransactionLike) => Promise<string>) | undefined;
}

/** An account that signs with `key`. */
export function keyAccount(wallet: LocalWallet): Account {
  return { address: wallet.address, sign: (transaction) => wallet.signTransaction(transaction) };
}

/** The node's first account. */
export async function unlockedAccount(rpc: Rpc, network: string): Promise<Account> {
  const [address] = await rpc.accounts();
  if (address === undefined) {
    const advice = `Give network ${network} a key in hardhat.config.ts: accounts: [configVariable("DEPLOYER_KEY")].`;
    throw new DeployError("NO_ACCOUNT", `The node of network ${network} has no account of its own. ${advice}`);
  }
  return { address, sign: undefined };
}

/**
 * The first account of a network's configuration, or of its node.
 * @throws DeployError NO_ACCOUNT, VARIABLE_MISSING, ENV_KEY_INVALID; none of them shows the key
 */
export async function accountOf(config: NetworkConfig, network: string, rpc: Rpc): Promise<Account> {
  const wallet = await configuredWallet(config, network);
  return wallet === undefined ? unlockedAccount(rpc, network) : keyAccount(wallet);
}

/**
 * The first key of a network's configuration; undefined if its node holds the keys.
 * @throws DeployError NO_ACCOUNT, VARIABLE_MISSING, ENV_KEY_INVALID
 */
export async function configuredWallet(config: NetworkConfig, network: string): Promise<LocalWallet | undefined> {
  const { accounts } = config;
  if (accounts === "remote") return undefined;
  if (!Array.isArray(accounts)) {
    const { mnemonic, passphrase, path, initialIndex } = accounts;
    const phrase = await asked("the mnemonic", () => mnemonic.get());
    const salt = await asked("the passphrase", () => passphrase.get());
    return madeWallet("mnemonic", () => HDNodeWallet.fromPhrase(phrase, salt, path).deriveChild(initialIndex));
  }
  const [first] = accounts;
  if (first === undefined) {
    throw new DeployError("NO_ACCOUNT", `Network ${network} has no accounts in hardhat.config.ts. Add a key.`);
  }
  const variable = "privateKey" in first ? first.privateKey : first;
  const name = "name" in variable ? String(variable.name) : "the key";
  return walletFrom(name, await asked(name, () => variable.get()));
}

/** A key that signs in this process. */
export type LocalWallet = Wallet | HDNodeWallet;

/**
 * The wallet of a private key, with or without 0x.
 * @param name Of the variable that holds it.
 * @throws DeployError ENV_KEY_INVALID
 */
export function walletFrom(name: string, key: string): LocalWallet {
  return madeWallet(name, () => new Wallet(key.startsWith("0x") ? key : `0x${key}`));
}

/** Ethers puts the key into its errors, so they go no further than here. */
function madeWallet(name: string, make: () => LocalWallet): LocalWallet {
  try {
    return make();
  } catch {
    const advice = `Set it again: npx hardhat keystore set --force ${name}`;
    throw new DeployError("ENV_KEY_INVALID", `${name} holds no private key of 32 bytes in hex. ${advice}`);
  }
}
