/** What the services ask a node. One line to a chain that is checked, never waits without end, and is told what it may repeat. */
import { faultOf, isWattbookError, RpcInvalidError, WrongChainError } from "@wattbook/sdk";
import type { FaultError } from "@wattbook/sdk";
import { type JsonRpcApiProvider, JsonRpcProvider, Network, type TransactionRequest } from "ethers";
import { ServiceError } from "../errors.ts";
import { pause, type Backoff, DEFAULT_BACKOFF, waitBefore } from "./backoff.ts";
import { endpointOf } from "./endpoint.ts";
import { AnyNodeProvider } from "./provider.ts";

/** How to reach a node. */
export interface NodeOptions {
  /** Tried in this order; the next one takes over where one fails. May hold keys: never logged. */
  readonly urls: readonly string[];
  /** The chain that the deployment is on. */
  readonly chainId: bigint;
  /** Milliseconds per request, 10,000 if left out. */
  readonly timeout?: number;
  /** Bytes of an answer, 32 MiB if left out. */
  readonly mostAnswer?: number;
  /** How often and how long to wait between tries. */
  readonly backoff?: Backoff;
  /** Blocks that a node may be behind the newest one seen before it counts as lagging; 3 if left out. */
  readonly lag?: number;
  readonly signal?: AbortSignal;
}

/** A block as far as the services need it. */
export interface Head {
  readonly number: number;
  readonly hash: string;
  /** Hash of the block before. */
  readonly parent: string;
  /** Unix seconds. */
  readonly time: number;
  /** Wei per gas; null on chains without EIP-1559. */
  readonly baseFee: bigint | null;
}

/** Where a transaction ended up. */
export interface Receipt {
  readonly block: number;
  readonly blockHash: string;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
}

/**
 * A node, or several of the same chain. Every request is repeated where that may help and does no harm: all of them are
 * questions, and sending the same signed bytes twice sends one transaction.
 */
export class Node {
  /** Ethers' view of them all, for the clients of the SDK. Destroy it to close every connection. */
  readonly provider: JsonRpcApiProvider;
  readonly #lines: readonly Line[];
  readonly #options: NodeOptions;
  #current = 0;
  #newest = 0;
  #seen: number | undefined;

  constructor(options: NodeOptions) {
    if (options.urls.length === 0) throw new RangeError("urls: name at least one node");
    this.#options = options;
    this.#lines = options.urls.map((url) => new Line(url, options));
    this.provider = new AnyNodeProvider({
      chainId: options.chainId,
      ask: (method, params) => this.ask(method, params),
      close: () => {
        for (const { provider } of this.#lines) provider.destroy();
      },
    });
  }

  get chainId(): bigint {
    return this.#options.chainId;
  }

  /** Blocks that an answer may be behind the newest one: so far a node, or one of several behind an address, is trusted. */
  get lag(): number {
    return this.#options.lag ?? 3;
  }

  /** The block that `head` named last, as nodes are asked for it; "latest" before. */
  get at(): string {
    return this.#seen === undefined ? "latest" : hex(this.#seen);
  }

  /** The latest block. @throws ServiceError NODE_LAGGING where every node is behind what one of them said before */
  async head(): Promise<Head> {
    return this.#try("eth_getBlockByNumber", async (line) => {
      const head = headIn(await line.ask("eth_getBlockByNumber", ["latest", false]));
      if (head.number + this.lag < this.#newest) {
        const said = `The node is at block ${head.number}, and ${this.#newest} was seen before`;
        throw new ServiceError(
          "NODE_LAGGING",
          `${said}. Nothing is sent until it has caught up; or name another node.`,
        );
      }
      this.#newest = Math.max(this.#newest, head.number);
      this.#seen = head.number;
      return head;
    });
  }

  /** A block by number; null where the node has none. */
  async block(number: number): Promise<Head | null> {
    return this.#try("eth_getBlockByNumber", async (line) => {
      const answer = await line.ask("eth_getBlockByNumber", [hex(number), false]);
      return answer === null ? null : headIn(answer);
    });
  }

  /** Transactions of an account that are in blocks, or wait to be as well. */
  async nonce(account: string, at: "latest" | "pending"): Promise<number> {
    return this.#count(account, at);
  }

  /** Transactions of an account in blocks up to one. */
  async nonceAt(account: string, block: number): Promise<number> {
    return this.#count(account, hex(block));
  }

  async #count(account: string, at: string): Promise<number> {
    const method = "eth_getTransactionCount";
    return this.#try(method, async (line) => {
      const answer = await line.ask(method, [account, at]);
      const count = quantityIn(method, answer);
      if (count > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed(method, answer);
      return Number(count);
    });
  }

  /** Wei. */
  async balance(account: string): Promise<bigint> {
    return this.#quantity("eth_getBalance", [account, "latest"]);
  }

  /** Wei per gas that gets a transaction into a block soon, above the base fee. */
  async tip(): Promise<bigint> {
    return this.#quantity("eth_maxPriorityFeePerGas", []);
  }

  /** Wei per gas, on chains without EIP-1559. */
  async gasPrice(): Promise<bigint> {
    return this.#quantity("eth_gasPrice", []);
  }

  /** @throws ContractRevertError where the call would revert */
  async estimateGas(
    call: Pick<TransactionRequest, "from" | "to" | "data"> & { readonly value: bigint },
  ): Promise<bigint> {
    const { from, to, data, value } = call;
    return this.#quantity("eth_estimateGas", [{ from, to, data, value: hex(value) }]);
  }

  /** Any other question to the chain. */
  async ask(method: string, params: readonly unknown[]): Promise<unknown> {
    return this.#try(method, (line) => line.ask(method, [...params]));
  }

  /** The same, where `read` finds an answer that is none: then the next node is asked. */
  async read<T>(method: string, params: readonly unknown[], read: (answer: unknown) => T): Promise<T> {
    return this.#try(method, async (line) => read(await line.ask(method, [...params])));
  }

  /** Null while the transaction is in no block. */
  async receipt(hash: string): Promise<Receipt | null> {
    const method = "eth_getTransactionReceipt";
    return this.#try(method, async (line) => {
      const answer = await line.ask(method, [hash]);
      if (answer === null) return null;
      const { blockNumber, blockHash, status, gasUsed } = fieldsOf(method, answer);
      return {
        block: Number(quantityIn(method, blockNumber)),
        blockHash: String(blockHash),
        succeeded: quantityIn(method, status) === 1n,
        gasUsed: quantityIn(method, gasUsed),
      };
    });
  }

  /** Whether the node knows a transaction, in a block or waiting. */
  async knows(hash: string): Promise<boolean> {
    return this.#try("eth_getTransactionByHash", async (line) => {
      return (await line.ask("eth_getTransactionByHash", [hash])) !== null;
    });
  }

  /** Hands in signed bytes. @throws NonceTakenError, InsufficientFundsError, and faults of the node */
  async send(signed: string): Promise<void> {
    await this.#try("eth_sendRawTransaction", async (line) => {
      await line.ask("eth_sendRawTransaction", [signed]);
    });
  }

  get #line(): Line {
    return this.#lines[this.#current] as Line;
  }

  async #quantity(method: string, params: unknown[]): Promise<bigint> {
    return this.#try(method, async (line) => quantityIn(method, await line.ask(method, params)));
  }

  /** Tries the lines in turn, from the one that worked last. */
  async #try<T>(method: string, work: (line: Line) => Promise<T>): Promise<T> {
    const { backoff = DEFAULT_BACKOFF, signal } = this.#options;
    for (let tries = 1; ; tries++) {
      try {
        await this.#line.check();
        return await work(this.#line);
      } catch (thrown) {
        signal?.throwIfAborted();
        const fault = faultOf(thrown) ?? thrown;
        if (!mayHelp(fault) || tries >= backoff.tries * this.#lines.length) throw fault;
        this.#current = (this.#current + 1) % this.#lines.length;
        if (tries % this.#lines.length === 0) await pause(waitBefore(backoff, tries / this.#lines.length), signal);
      }
    }
  }
}

/** Whether another node, or the same one a moment later, may do better. */
function mayHelp(fault: unknown): boolean {
  if (fault instanceof ServiceError) return fault.code === "NODE_LAGGING";
  if (isWattbookError(fault, "WRONG_CHAIN")) return false;
  // A cut answer: the next one may be whole.
  if (isWattbookError(fault, "RPC_INVALID")) return true;
  return isWattbookError(fault) && "transient" in fault && (fault as FaultError).transient;
}

/** One node. */
class Line {
  readonly provider: JsonRpcProvider;
  readonly #chainId: bigint;
  #checked = false;

  constructor(url: string, { chainId, timeout = 10_000, mostAnswer }: NodeOptions) {
    const network = Network.from(chainId);
    this.provider = new JsonRpcProvider(endpointOf(url, timeout, mostAnswer), network, {
      staticNetwork: network,
      cacheTimeout: -1,
      batchMaxCount: 1,
    });
    this.#chainId = chainId;
  }

  /** Asks for the chain once, and again after any failure: behind the same address another node may stand. */
  async check(): Promise<void> {
    if (this.#checked) return;
    const chainId = quantityIn("eth_chainId", await this.ask("eth_chainId", []));
    if (chainId !== this.#chainId) throw new WrongChainError(this.#chainId, chainId);
    this.#checked = true;
  }

  async ask(method: string, params: unknown[]): Promise<unknown> {
    try {
      return (await this.provider.send(method, params)) as unknown;
    } catch (error) {
      this.#checked = false;
      throw error;
    }
  }
}

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

function headIn(answer: unknown): Head {
  const method = "eth_getBlockByNumber";
  const { number, hash, parentHash, timestamp, baseFeePerGas } = fieldsOf(method, answer);
  if (typeof hash !== "string" || typeof parentHash !== "string") throw malformed(method, answer);
  return {
    number: Number(quantityIn(method, number)),
    hash,
    parent: parentHash,
    time: Number(quantityIn(method, timestamp)),
    baseFee: baseFeePerGas === undefined || baseFeePerGas === null ? null : quantityIn(method, baseFeePerGas),
  };
}

function quantityIn(method: string, answer: unknown): bigint {
  if (typeof answer === "string" && /^0x[0-9a-f]+$/i.test(answer)) return BigInt(answer);
  throw malformed(method, answer);
}

function fieldsOf(method: string, answer: unknown): Readonly<Record<string, unknown>> {
  if (typeof answer === "object" && answer !== null) return answer as Record<string, unknown>;
  throw malformed(method, answer);
}

function malformed(method: string, answer: unknown): RpcInvalidError {
  const shown = answer === undefined ? "nothing" : JSON.stringify(answer).slice(0, 60);
  return new RpcInvalidError(`${method}: ${shown}`);
}
