/** Client of `EnergyToken`: ERC-1155, one unit per metered Wh. */
import { EnergyTokenAbi } from "../abi/index.js";
import { packTokenId } from "../energy-token.ts";
import type { EnergyTokenId } from "../energy-token.ts";
import type { Address } from "../hex.ts";
import { asWh } from "../units.ts";
import type { Wh } from "../units.ts";
import { Endpoint, sendsOf } from "./endpoint.ts";
import type { ClientOptions, Sends } from "./endpoint.ts";

type TokenCalls = ReturnType<typeof energyTokenCalls>;

/**
 * Reads and writes energy tokens.
 * @example await tokens.balanceOf(owner, { community, vintage: period, zone: 0n, source: 0n });
 */
export class EnergyTokenClient {
  /** Writes as unsigned calls. */
  readonly calls: TokenCalls;
  /** Writes as transactions of the runner. */
  readonly send: Sends<TokenCalls>;
  readonly #at: Endpoint;

  constructor(options: ClientOptions) {
    this.#at = new Endpoint(options, EnergyTokenAbi, "EnergyToken");
    this.calls = energyTokenCalls(this.#at);
    this.send = sendsOf(this.#at, this.calls);
  }

  get address(): Address {
    return this.#at.address;
  }

  async balanceOf(account: Address, token: EnergyTokenId): Promise<Wh> {
    const [balance] = await this.#at.read("balanceOf", [account, packTokenId(token)]);
    return asWh(balance as bigint);
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
    /** Holder. */
    setApprovalForAll: (operator: Address, approved: boolean) => at.call("setApprovalForAll", [operator, approved]),
  };
}
