/** What every client is made of: one contract, reached through an ethers runner. */
import { Interface } from "ethers";
import type { ContractRunner, InterfaceAbi, Result, TransactionResponse } from "ethers";
import { RunnerError } from "../errors.ts";
import { asAccount } from "../hex.ts";
import type { Address, Hex } from "../hex.ts";
import { NoContractError } from "./fault-errors.ts";
import { faultOf } from "./faults.ts";

/** How a client reaches its contract. */
export interface ClientOptions {
  readonly address: Address;
  /** A provider to read with, a signer to send with too. */
  readonly runner: ContractRunner;
}

/** A transaction that nobody signed yet: what smart wallets and batching wallets take. */
export interface UnsignedCall {
  readonly to: Address;
  readonly data: Hex;
  readonly value: bigint;
}

/** Functions that build unsigned calls. */
export type Calls = Readonly<Record<string, (...args: never[]) => UnsignedCall>>;

/** The same functions, sending what they build. */
export type Sends<C extends Calls> = {
  readonly [K in keyof C]: (...args: Parameters<C[K]>) => Promise<TransactionResponse>;
};

/** The same functions, tried without sending. */
export type Simulations<C extends Calls> = {
  readonly [K in keyof C]: (...args: Parameters<C[K]>) => Promise<void>;
};

/** A contract's functions by name; clients give them named fields and units. */
export class Endpoint {
  readonly address: Address;
  readonly runner: ContractRunner;
  readonly #abi: Interface;
  readonly #name: string;

  constructor({ address, runner }: ClientOptions, abi: InterfaceAbi, name: string) {
    this.#name = name;
    this.address = asAccount(address, "address");
    this.runner = runner;
    this.#abi = Interface.from(abi);
  }

  /** A call of `name`, not sent. */
  call(name: string, args: readonly unknown[]): UnsignedCall {
    return { to: this.address, data: this.#abi.encodeFunctionData(name, args), value: 0n };
  }

  /**
   * What the view `name` answers.
   * @throws ContractRevertError
   * @throws NoContractError
   * @throws FaultError where the node fails; see `faultOf`
   */
  async read(name: string, args: readonly unknown[]): Promise<Result> {
    if (this.runner.call === undefined) throw new RunnerError("read", "a provider, or a signer with a provider");
    const { to, data } = this.call(name, args);
    try {
      const answer = await this.runner.call({ to, data });
      if (answer === "0x") throw new NoContractError(this.#name, this.address);
      return this.#abi.decodeFunctionResult(name, answer);
    } catch (error) {
      throw faultOf(error) ?? error;
    }
  }

  /**
   * Tries a call on the latest block, in the name of the runner's account, without sending it.
   * @throws ContractRevertError where it would be refused
   */
  async simulate({ to, data, value }: UnsignedCall): Promise<void> {
    if (this.runner.call === undefined) throw new RunnerError("simulate", "a provider, or a signer with a provider");
    try {
      await this.runner.call({ to, data, value });
    } catch (error) {
      throw faultOf(error) ?? error;
    }
  }

  /**
   * Signs and sends a call.
   * @throws ContractRevertError where the runner finds out beforehand, as signers do when they estimate gas
   * @throws FaultError where the node or the wallet fails; see `faultOf`
   */
  async send(call: UnsignedCall): Promise<TransactionResponse> {
    if (this.runner.sendTransaction === undefined) throw new RunnerError("send", "a signer");
    try {
      return await this.runner.sendTransaction({ ...call });
    } catch (error) {
      throw faultOf(error) ?? error;
    }
  }
}

/** The sending twin of each builder in `calls`. */
export function sendsOf<C extends Calls>(endpoint: Endpoint, calls: C): Sends<C> {
  const entries = Object.entries(calls).map(([name, build]) => {
    const send = (...args: never[]) => endpoint.send(build(...args));
    return [name, send] as const;
  });
  return Object.fromEntries(entries) as unknown as Sends<C>;
}

/** The trying twin of each builder in `calls`. */
export function simulationsOf<C extends Calls>(endpoint: Endpoint, calls: C): Simulations<C> {
  const entries = Object.entries(calls).map(([name, build]) => {
    const simulate = (...args: never[]) => endpoint.simulate(build(...args));
    return [name, simulate] as const;
  });
  return Object.fromEntries(entries) as unknown as Simulations<C>;
}
