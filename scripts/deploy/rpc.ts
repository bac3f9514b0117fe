/** What a deployment asks a node. Answers are checked: nodes behind a balancer, or hostile ones, say anything. */

import { getAddress, isAddress, isHexString } from "ethers";
import { DeployError } from "./errors.ts";
import { rpcFault } from "./rpc-fault.ts";

/** An EIP-1193 provider. */
export interface Provider {
  request(call: { readonly method: string; readonly params?: unknown[] }): Promise<unknown>;
}

/** Base fee where there is one (EIP-1559), number and time of a block. */
export interface Block {
  readonly number: number;
  readonly baseFee: bigint | undefined;
}

/** What a mined transaction did. */
export interface Receipt {
  readonly transactionHash: string;
  readonly blockNumber: number;
  readonly gasUsed: bigint;
  readonly succeeded: boolean;
  readonly contractAddress: string | undefined;
  /** As the node gave it. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** State as of the latest block, or with what waits to be mined. */
export type At = "latest" | "pending";

/** A transaction that creates a contract. */
export interface Creation {
  readonly from: string;
  readonly data: string;
}

/** A transaction for a node that signs by itself. */
export interface UnlockedTransaction extends Creation {
  readonly nonce: number;
  readonly gas: bigint;
  readonly fees: Readonly<Record<string, bigint>>;
}

const DEFAULT_TIMEOUT = 30_000;

export class Rpc {
  readonly #provider: Provider;
  readonly #timeoutMs: number;

  /** @param timeoutMs Longest wait for one answer, milliseconds. */
  constructor(provider: Provider, timeoutMs = DEFAULT_TIMEOUT) {
    this.#provider = provider;
    this.#timeoutMs = timeoutMs;
  }

  async chainId(): Promise<number> {
    return this.#integer("eth_chainId");
  }

  /** The node's own word on its network: a decimal number of the chain, on all chains that Wattbook knows. */
  async networkId(): Promise<number> {
    const answer = await this.#ask("net_version");
    if (typeof answer === "string" && /^(\d+|0x[0-9a-f]+)$/i.test(answer)) return Number(answer);
    throw malformed("net_version", answer);
  }

  async nonce(address: string, at: At): Promise<number> {
    return this.#integer("eth_getTransactionCount", address, at);
  }

  async code(address: string): Promise<string> {
    return this.#hex("eth_getCode", address, "latest");
  }

  async balance(address: string): Promise<bigint> {
    return this.#quantity("eth_getBalance", address, "latest");
  }

  async call(to: string, data: string): Promise<string> {
    return this.#hex("eth_call", { to, data }, "latest");
  }

  async estimateGas({ from, data }: Creation): Promise<bigint> {
    return this.#quantity("eth_estimateGas", { from, data });
  }

  async gasPrice(): Promise<bigint> {
    return this.#quantity("eth_gasPrice");
  }

  /** Wei per gas that gets a transaction into a block soon, above the base fee. */
  async priorityFee(): Promise<bigint> {
    return this.#quantity("eth_maxPriorityFeePerGas");
  }

  async block(): Promise<Block> {
    const block = object("eth_getBlockByNumber", await this.#ask("eth_getBlockByNumber", "latest", false));
    const { number, baseFeePerGas } = block;
    return {
      number: Number(quantity("eth_getBlockByNumber", number)),
      baseFee: typeof baseFeePerGas === "string" ? quantity("eth_getBlockByNumber", baseFeePerGas) : undefined,
    };
  }

  /** Hash of the transaction that `from` sent with `nonce`, in a block; undefined if the block has none. */
  async minedIn(block: number, from: string, nonce: number): Promise<string | undefined> {
    const answer = object("eth_getBlockByNumber", await this.#ask("eth_getBlockByNumber", hex(block), true));
    const { transactions } = answer;
    if (!Array.isArray(transactions)) throw malformed("eth_getBlockByNumber", answer);
    const sent = (transactions as (Partial<Record<string, unknown>> | null)[]).find(
      (tx) => String(tx?.["from"]).toLowerCase() === from.toLowerCase() && Number(tx?.["nonce"]) === nonce,
    );
    return typeof sent?.["hash"] === "string" ? sent["hash"] : undefined;
  }

  /** Whether the node knows a transaction, mined or waiting. */
  async knows(hash: string): Promise<boolean> {
    return (await this.#ask("eth_getTransactionByHash", hash)) !== null;
  }

  /** Undefined while the transaction is not in a block. */
  async receipt(hash: string): Promise<Receipt | undefined> {
    const method = "eth_getTransactionReceipt";
    const answer = await this.#ask(method, hash);
    if (answer === null || answer === undefined) return undefined;
    const raw = object(method, answer);
    const { contractAddress } = raw;
    return {
      transactionHash: String(raw["transactionHash"]),
      blockNumber: Number(quantity(method, raw["blockNumber"])),
      gasUsed: quantity(method, raw["gasUsed"]),
      succeeded: quantity(method, raw["status"]) === 1n,
      contractAddress: typeof contractAddress === "string" ? addressIn(method, contractAddress) : undefined,
      raw,
    };
  }

  /** Broadcasts; the node's answer is the transaction's hash. */
  async sendRaw(signed: string): Promise<string> {
    return this.#hex("eth_sendRawTransaction", signed);
  }

  /** Has the node sign and broadcast. */
  async sendUnlocked({ from, data, nonce, gas, fees }: UnlockedTransaction): Promise<string> {
    const prices = Object.fromEntries(Object.entries(fees).map(([name, fee]) => [name, hex(fee)]));
    return this.#hex("eth_sendTransaction", { from, data, nonce: hex(nonce), gas: hex(gas), ...prices });
  }

  /** Accounts whose keys the node holds. */
  async accounts(): Promise<string[]> {
    const answer = await this.#ask("eth_accounts");
    return Array.isArray(answer) ? answer.map((address) => addressIn("eth_accounts", address)) : [];
  }

  async #integer(method: string, ...params: unknown[]): Promise<number> {
    return Number(await this.#quantity(method, ...params));
  }

  async #quantity(method: string, ...params: unknown[]): Promise<bigint> {
    return quantity(method, await this.#ask(method, ...params));
  }

  async #hex(method: string, ...params: unknown[]): Promise<string> {
    const answer = await this.#ask(method, ...params);
    if (isHexString(answer)) return answer;
    throw malformed(method, answer);
  }

  async #ask(method: string, ...params: unknown[]): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const give = () => {
        const waited = `The node did not answer ${method} within ${this.#timeoutMs / 1000} s`;
        reject(new DeployError("RPC_TIMEOUT", `${waited}. Run the same command again; it goes on where it stopped.`));
      };
      timer = setTimeout(give, this.#timeoutMs);
    });
    try {
      return await Promise.race([this.#provider.request({ method, params }), late]);
    } catch (error) {
      throw rpcFault(method, error);
    } finally {
      clearTimeout(timer);
    }
  }
}

const hex = (value: number | bigint) => `0x${value.toString(16)}`;

function quantity(method: string, answer: unknown): bigint {
  if (typeof answer === "string" && /^0x[0-9a-f]+$/i.test(answer)) return BigInt(answer);
  throw malformed(method, answer);
}

function addressIn(method: string, answer: unknown): string {
  if (isAddress(answer)) return getAddress(answer);
  throw malformed(method, answer);
}

function object(method: string, answer: unknown): Readonly<Record<string, unknown>> {
  if (typeof answer === "object" && answer !== null) return answer as Record<string, unknown>;
  throw malformed(method, answer);
}

function malformed(method: string, answer: unknown): DeployError {
  const shown = answer === undefined ? "nothing" : JSON.stringify(answer).slice(0, 60);
  return new DeployError("RPC_INCONSISTENT", `The node answers ${method} with ${shown}. Use another RPC endpoint.`);
}
