/** Client of `EnergyToken`: ERC-1155, one unit per metered Wh. */
import { EnergyTokenAbi } from "../abi/index.js";
import { packTokenId } from "../energy-token.ts";
import type { EnergyTokenId } from "../energy-token.ts";
import type { Address, Hex } from "../hex.ts";
import { asWh } from "../units.ts";
import type { Wh } from "../units.ts";
import { Endpoint, sendsOf, simulationsOf } from "./endpoint.ts";
import type { ClientOptions, Sends, Simulations } from "./endpoint.ts";

type TokenCalls = ReturnType<typeof energyTokenCalls>;

/**
 * Reads and writes energy tokens.
 * @example await tokens.balanceOf(wallet.address, { community, vintage: yesterday, zone: 0n, source: 0n }); // 0n
 */
export class EnergyTokenClient {
  /** Writes as unsigned calls. */
  readonly calls: TokenCalls;
  /** Writes as transactions of the runner. */
  readonly send: Sends<TokenCalls>;
  /** Writes tried on the latest block without sending: a refusal throws `ContractRevertError`. */
  readonly simulate: Simulations<TokenCalls>;
  readonly #at: Endpoint;

  constructor(options: ClientOptions) {
    this.#at = new Endpoint(options, EnergyTokenAbi, "EnergyToken");
    this.calls = energyTokenCalls(this.#at);
    this.send = sendsOf(this.#at, this.calls);
    this.simulate = simulationsOf(this.#at, this.calls);
  }

  get address(): Address {
    return this.#at.address;
  }

  /** What an account holds of a token, Wh. */
  async balanceOf(account: Address, token: EnergyTokenId): Promise<Wh> {
    const [balance] = await this.#at.read("balanceOf", [account, packTokenId(token)]);
    return asWh(balance as bigint);
  }

  /** Several balances at once, in the order of `holdings`. */
  async balanceOfBatch(holdings: readonly { account: Address; token: EnergyTokenId }[]): Promise<Wh[]> {
    const ids = holdings.map(({ token }) => packTokenId(token));
    const [balances] = await this.#at.read("balanceOfBatch", [holdings.map(({ account }) => account), ids]);
    return Array.from(balances as readonly bigint[], (balance) => asWh(balance));
  }

  /** Wh of one token that were claimed and not yet retired. */
  async supplyOf(token: EnergyTokenId): Promise<Wh> {
    return asWh(await this.#one<bigint>("totalSupply(uint256)", packTokenId(token)));
  }

  /** Wh of all tokens that were claimed and not yet retired. */
  async totalSupply(): Promise<Wh> {
    return asWh(await this.#one<bigint>("totalSupply()"));
  }

  /** Whether any of a token is left. */
  async exists(token: EnergyTokenId): Promise<boolean> {
    return this.#one<boolean>("exists", packTokenId(token));
  }

  /** Whether an operator may move all tokens of an account. */
  async isApprovedForAll(owner: Address, operator: Address): Promise<boolean> {
    return this.#one<boolean>("isApprovedForAll", owner, operator);
  }

  /** The id of a token as the contract computes it; `packTokenId` computes the same without a call. */
  async idOf({ community, vintage, zone, source }: EnergyTokenId): Promise<bigint> {
    return this.#one<bigint>("idOf", community, vintage, zone, source);
  }

  /** Where a token's metadata stands: empty. */
  async uri(token: EnergyTokenId): Promise<string> {
    return this.#one<string>("uri", packTokenId(token));
  }

  /** Whether the contract implements an ERC-165 interface, such as "0xd9b67a26" (ERC-1155). */
  async supportsInterface(interfaceId: Hex): Promise<boolean> {
    return this.#one<boolean>("supportsInterface", interfaceId);
  }

  /** The only contract that mints. */
  async settlement(): Promise<Address> {
    return this.#one<Address>("settlement");
  }

  async #one<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    const [value] = await this.#at.read(name, args);
    return value as T;
  }
}

function energyTokenCalls(at: Endpoint) {
  return {
    /** Holder: burns tokens as consumed. */
    retire: (token: EnergyTokenId, amount: Wh, beneficiary: Address, purpose: string) =>
      at.call("retire", [packTokenId(token), amount, beneficiary, purpose]),
    /** Holder or its operator. */
    safeTransferFrom: (from: Address, to: Address, token: EnergyTokenId, amount: Wh) =>
      at.call("safeTransferFrom", [from, to, packTokenId(token), amount, "0x"]),
    /** Holder or its operator: several tokens at once. */
    safeBatchTransferFrom: (from: Address, to: Address, amounts: readonly { token: EnergyTokenId; amount: Wh }[]) => {
      const ids = amounts.map(({ token }) => packTokenId(token));
      return at.call("safeBatchTransferFrom", [from, to, ids, amounts.map(({ amount }) => amount), "0x"]);
    },
    /** Settlement only. */
    mint: (to: Address, amounts: readonly { token: EnergyTokenId; amount: Wh }[]) =>
      at.call("mint", [to, amounts.map(({ token }) => packTokenId(token)), amounts.map(({ amount }) => amount)]),
    /** Holder. */
    setApprovalForAll: (operator: Address, approved: boolean) => at.call("setApprovalForAll", [operator, approved]),
  };
}
