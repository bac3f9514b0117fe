/** The payment token: an address, or a play coin on a local chain. */

import { ContractFactory, type Signer } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { Folder } from "../deploy/folder.ts";
import { CommunityError } from "../../cli/src/community/errors.ts";
import { mined } from "./mined.ts";
import type { CommunityInput } from "../../cli/src/community/schema.ts";

const COIN = "LocalEuro";
const LOCAL_CHAINS: readonly number[] = [31_337, 1_337];

/** Where a play coin may be, or be deployed. */
export interface CoinPlaces {
  readonly hre: HardhatRuntimeEnvironment;
  readonly folder: Folder;
  readonly chainId: number;
  readonly waitMs: number;
}

/**
 * Address of the file's payment token; undefined for a play coin that is not there yet.
 * @throws CommunityError PAYMENT_TOKEN_NEEDED
 */
export async function knownToken(
  { terms }: CommunityInput,
  { folder, chainId }: CoinPlaces,
  getCode: (address: string) => Promise<string>,
): Promise<string | undefined> {
  if (terms.paymentToken !== COIN) return terms.paymentToken;
  if (!LOCAL_CHAINS.includes(chainId)) {
    const message = `terms.paymentToken is ${COIN}, a coin that nobody can mint on chain ${chainId}. Name a token's address.`;
    throw new CommunityError("PAYMENT_TOKEN_NEEDED", message);
  }
  const noted = await folder.read(`${COIN}.json`);
  if (noted === undefined) return undefined;
  const { address } = JSON.parse(noted) as { readonly address: string };
  return (await getCode(address)) === "0x" ? undefined : address;
}

/** Deploys the play coin and notes it beside the contracts. */
export async function deployCoin({ hre, folder, waitMs }: CoinPlaces, signer: Signer): Promise<string> {
  const { abi, bytecode } = await hre.artifacts.readArtifact(COIN);
  const contract = await new ContractFactory(abi, bytecode, signer).deploy();
  const transaction = contract.deploymentTransaction();
  if (transaction === null) throw new Error("a deployment without transaction");
  const { blockNumber, hash } = await mined(transaction, waitMs);
  const address = await contract.getAddress();
  const file = { address, abi, transactionHash: hash, blockNumber, args: [] };
  await folder.write(`${COIN}.json`, `${JSON.stringify(file, undefined, 2)}\n`);
  return address;
}
