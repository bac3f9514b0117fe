/** Transactions, one per block, at times that the run decides: no wall clock gets into its outcome. */

import type { BrowserProvider, Wallet } from "ethers";
import { revertOf, type UnsignedCall } from "@wattbook/sdk";

/** What a transaction took. */
export interface Sent {
  readonly gasUsed: bigint;
  readonly block: number;
}

/** Most gas of a transaction (EIP-7825). */
export const MOST_GAS = 2n ** 24n;
const MAX_FEE = 10n ** 12n;

export class Chain {
  readonly provider: BrowserProvider;
  readonly #chainId: bigint;
  readonly #nonces = new Map<string, number>();
  #now: number;
  #block: number;

  private constructor(provider: BrowserProvider, chainId: bigint, now: number, block: number) {
    this.provider = provider;
    this.#chainId = chainId;
    this.#now = now;
    this.#block = block;
  }

  /** @param now Unix seconds, later than the node's latest block. */
  static async open(provider: BrowserProvider, now: number): Promise<Chain> {
    const { chainId } = await provider.getNetwork();
    return new Chain(provider, chainId, now, await provider.getBlockNumber());
  }

  get chainId(): bigint {
    return this.#chainId;
  }

  /** Unix seconds of the latest block. */
  get now(): number {
    return this.#now;
  }

  /** Number of the next block. */
  get nextBlock(): number {
    return this.#block + 1;
  }

  /** The next block starts at `time` (unix seconds) or later. */
  advanceTo(time: number): void {
    if (time > this.#now) this.#now = time - 1;
  }

  /**
   * Signs, sends and mines a call.
   * @throws ContractRevertError
   */
  async send(from: Wallet, call: UnsignedCall): Promise<Sent> {
    const nonce = this.#nonces.get(from.address) ?? (await this.provider.getTransactionCount(from.address));
    const gas = { gasLimit: MOST_GAS, maxFeePerGas: MAX_FEE, maxPriorityFeePerGas: 0n };
    const signed = await from.signTransaction({ ...call, ...gas, type: 2, chainId: this.#chainId, nonce });
    await this.#setNextTime();
    const receipt = await this.#mine(signed);
    this.#nonces.set(from.address, nonce + 1);
    this.#now += 1;
    this.#block = Number(receipt.blockNumber);
    return { gasUsed: BigInt(receipt.gasUsed), block: this.#block };
  }

  /**
   * Whether a call would go through within the gas of one transaction, in the next block.
   * @throws ContractRevertError
   */
  async fits(from: Wallet, call: UnsignedCall): Promise<boolean> {
    await this.#setNextTime();
    try {
      const { to, data } = call;
      const gas = `0x${MOST_GAS.toString(16)}`;
      await this.provider.send("eth_call", [{ from: from.address, to, data, gas }, "pending"]);
      return true;
    } catch (error) {
      const revert = revertOf(error);
      if (revert !== undefined) throw revert;
      return false;
    }
  }

  async #setNextTime(): Promise<void> {
    await this.provider.send("evm_setNextBlockTimestamp", [this.#now + 1]);
  }

  async #mine(signed: string): Promise<{ blockNumber: string; gasUsed: string }> {
    try {
      const hash = (await this.provider.send("eth_sendRawTransaction", [signed])) as string;
      return (await this.provider.send("eth_getTransactionReceipt", [hash])) as never;
    } catch (error) {
      throw revertOf(error) ?? error;
    }
  }
}
