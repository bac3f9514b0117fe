/** Where signatures come from: the file, or, on a local chain, keys that everybody knows. */

import { type ConsentName, type Consents, type Domain, type Hex, signConsent } from "@wattbook/sdk";
import { HDNodeWallet, type HDNodeWallet as Wallet, Mnemonic } from "ethers";
import { CommunityError } from "../../cli/src/community/errors.ts";

/** Test phrase of Hardhat and Anvil. Whoever uses it on a public chain gives the money away. */
export const DEV_MNEMONIC = "test test test test test test test test test test test junk";
const PATH = "m/44'/60'/0'/0";
/** Accounts that are looked through. */
const ACCOUNTS = 200;
const LOCAL_CHAINS: readonly bigint[] = [31_337n, 1_337n];

/** Signs for accounts of a test phrase. */
export interface DevKeys {
  /** Undefined for an account that is not of the phrase. */
  walletOf(address: string): Wallet | undefined;
}

/**
 * The first 200 accounts of a phrase, for local chains only.
 * @throws CommunityError DEV_KEYS_REFUSED
 */
export function devKeys(phrase: string, chainId: bigint): DevKeys {
  if (!LOCAL_CHAINS.includes(chainId)) {
    const where = `chain ${chainId} is not a local one (${LOCAL_CHAINS.join(", ")})`;
    throw new CommunityError("DEV_KEYS_REFUSED", `--dev-mnemonic: ${where}. Let owners and meters sign: --prepare.`);
  }
  if (!Mnemonic.isValidMnemonic(phrase)) {
    throw new CommunityError(
      "DEV_KEYS_REFUSED",
      "--dev-mnemonic: not a phrase of BIP-39. Leave it out for the usual one.",
    );
  }
  const root = HDNodeWallet.fromPhrase(phrase, "", PATH);
  const found = new Map<string, Wallet>();
  let next = 0;
  return {
    walletOf: (address) => {
      while (!found.has(address) && next < ACCOUNTS) {
        const wallet = root.deriveChild(next++);
        found.set(wallet.address, wallet);
      }
      return found.get(address);
    },
  };
}

/**
 * A signature: the file's, else that of a test key.
 * @param role Name of the signature in the file.
 * @throws CommunityError SIGNATURE_MISSING, KEY_UNKNOWN
 */
export async function signatureOf<N extends ConsentName>(
  domain: Domain,
  name: N,
  consent: Consents[N],
  signer: string,
  role: string,
  { given, keys }: { readonly given: Hex | undefined; readonly keys: DevKeys | undefined },
): Promise<Hex> {
  if (given !== undefined) return given;
  if (keys === undefined) {
    const message = `signatures.${role} is missing. ${signer} has to sign it: --prepare writes what.`;
    throw new CommunityError("SIGNATURE_MISSING", message);
  }
  const wallet = keys.walletOf(signer);
  if (wallet === undefined) {
    const message = `${signer} is not among the first ${ACCOUNTS} accounts of the test phrase, and signatures.${role} is missing.`;
    throw new CommunityError("KEY_UNKNOWN", message);
  }
  return signConsent(domain, name, consent, wallet);
}
