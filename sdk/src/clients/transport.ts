/** What a dApp connects with, made into an ethers provider and signer that never wait without end. */
import { BrowserProvider, JsonRpcSigner, Network } from "ethers";
import type { ContractRunner, Eip1193Provider, Provider, Signer } from "ethers";
import { isWattbookError, RunnerError } from "../errors.ts";
import type { Address } from "../hex.ts";
import { RpcInvalidError, SignatureRejectedError, WrongChainError } from "./fault-errors.ts";
import { faultOf } from "./faults.ts";
import { GuardedSigner } from "./guarded-signer.ts";
import { withPatience } from "./timing.ts";
import type { Patience } from "./timing.ts";

/** An injected wallet, any ethers provider, or any ethers signer with a provider. */
export type Transport = Eip1193Provider | Provider | Signer;

/** A transport on the right chain. */
export interface Line {
  readonly provider: Provider;
  /** Null for a transport that only reads. */
  readonly signer: Signer | null;
  /** What the clients use. */
  readonly runner: ContractRunner;
}

/** How to open a transport. */
export interface LineOptions extends Patience {
  /** Of an EIP-1193 wallet: which account signs; the first that it offers if left out; null to read only. */
  readonly account?: Address | null;
}

/** What is looked at before anybody is asked to sign. */
export type Check = (provider: Provider, reader: ContractRunner) => Promise<void>;

/**
 * Checks the chain and what `check` checks, then asks an EIP-1193 wallet for an account.
 * @throws WrongChainError
 * @throws FaultError where the node or the wallet fails
 */
export async function openLine(
  transport: Transport,
  chainId: bigint,
  options: LineOptions,
  check: Check,
): Promise<Line> {
  if (isEip1193(transport)) return openWallet(transport, chainId, options, check);
  const signer = isSigner(transport) ? transport : null;
  const provider = signer === null ? (transport as Provider) : signer.provider;
  if (!provider) throw new RunnerError("reach a chain", "a signer that is connected to a provider");
  const onChain = () => checkChain(chainIdOf(provider, options), chainId);
  await onChain();
  const reading = reader(provider, options);
  await check(provider, reading);
  if (signer === null) return { provider, signer, runner: reading };
  const guarded = new GuardedSigner(signer, provider, chainId, onChain);
  return { provider, signer: guarded, runner: guardedRunner(guarded, options) };
}

async function openWallet(wallet: Eip1193Provider, chainId: bigint, options: LineOptions, check: Check): Promise<Line> {
  const patient = patientWallet(wallet, options);
  const network = Network.from(chainId);
  const provider = new BrowserProvider(patient, network, { staticNetwork: network, cacheTimeout: -1 });
  const onChain = async () => checkChain(ask(patient, "eth_chainId"), chainId);
  await onChain();
  const reading = reader(provider, options);
  await check(provider, reading);
  if (options.account === null) return { provider, signer: null, runner: reading };
  const account = await chooseAccount(patient, options.account);
  const signer = new GuardedSigner(new JsonRpcSigner(provider, account), provider, chainId, onChain);
  return { provider, signer, runner: guardedRunner(signer, options) };
}

/** Nodes with accounts of their own, as for development, have nobody to ask: they offer theirs without. */
async function chooseAccount(wallet: Eip1193Provider, wanted: Address | undefined): Promise<Address> {
  const offered = await ask(wallet, "eth_requestAccounts").catch((error: unknown) => {
    if (isWattbookError(error, "RPC_REFUSED")) return ask(wallet, "eth_accounts");
    throw error;
  });
  const accounts = Array.isArray(offered) ? (offered as unknown[]).map(String) : [];
  const account = accounts.find((each) => wanted === undefined || each.toLowerCase() === wanted.toLowerCase());
  if (account !== undefined) return account;
  if (wanted === undefined) throw new SignatureRejectedError();
  throw new RunnerError(`sign for ${wanted}`, "an account that the wallet offers");
}

/** A wallet whose answers do not take for ever, but for those that wait for the user. */
function patientWallet(wallet: Eip1193Provider, patience: Patience): Eip1193Provider {
  return {
    request: async (request) => {
      const work: Promise<unknown> = wallet.request(request);
      return ASKS_USER.test(request.method) ? work : withPatience(request.method, work, patience);
    },
  };
}
const ASKS_USER = /^(eth_requestAccounts|eth_sendTransaction|eth_sign\w*|personal_sign|wallet_\w+)$/;

async function ask(wallet: Eip1193Provider, method: string): Promise<unknown> {
  try {
    return (await wallet.request({ method, params: [] })) as unknown;
  } catch (error) {
    throw faultOf(error) ?? error;
  }
}

/** Compares what a node says with the deployment. */
async function checkChain(answer: Promise<unknown>, expected: bigint): Promise<void> {
  const said = await answer;
  let actual: bigint;
  try {
    actual = BigInt(said as string);
  } catch (cause) {
    throw new RpcInvalidError(`eth_chainId is ${String(said)}`, { cause });
  }
  if (actual !== expected) throw new WrongChainError(expected, actual);
}

/**
 * The chain id of the node itself, not what a static network claims. Ethers' own start-up retries without end; its
 * detection does not.
 */
async function chainIdOf(provider: Provider, patience: Patience): Promise<unknown> {
  const raw = provider as Provider & { send?: (method: string, params: unknown[]) => Promise<unknown> };
  try {
    const { chainId } = await withPatience("eth_chainId", provider.getNetwork(), patience);
    if (typeof raw.send !== "function") return chainId;
    return await withPatience("eth_chainId", raw.send("eth_chainId", []), patience);
  } catch (error) {
    throw faultOf(error) ?? error;
  }
}

function reader(provider: Provider, patience: Patience): ContractRunner {
  return { provider, call: (tx) => withPatience("eth_call", provider.call(tx), patience) };
}

function guardedRunner(signer: GuardedSigner, patience: Patience): ContractRunner {
  return {
    provider: signer.provider,
    call: (tx) => withPatience("eth_call", signer.call(tx), patience),
    sendTransaction: (tx) => signer.sendTransaction(tx),
  };
}

function isEip1193(transport: Transport): transport is Eip1193Provider {
  return "request" in transport && !("getBlockNumber" in transport) && !("signTypedData" in transport);
}

function isSigner(transport: Provider | Signer): transport is Signer {
  return "signTypedData" in transport;
}
