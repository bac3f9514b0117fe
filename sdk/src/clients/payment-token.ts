/** Client of a payment token: ERC-20 with EIP-2612 permits. */
import { Signature } from "ethers";
import type { TypedDataDomain } from "ethers";
import { asAddress } from "../hex.ts";
import type { Address, Hex } from "../hex.ts";
import type { TypedDataSigner } from "../typed-data.ts";
import { asAmount } from "../units.ts";
import type { Amount, Seconds } from "../units.ts";
import { Endpoint, sendsOf, simulationsOf } from "./endpoint.ts";
import type { ClientOptions, Sends, Simulations } from "./endpoint.ts";
import { permitDomain } from "./permit-domain.ts";

/** A signed permit. https://eips.ethereum.org/EIPS/eip-2612 */
export interface Permit {
  readonly deadline: Seconds;
  readonly v: bigint;
  readonly r: Hex;
  readonly s: Hex;
}

/** What a permit allows. */
export interface PermitInput {
  readonly owner: Address;
  readonly spender: Address;
  readonly value: Amount;
  /** Of the owner: `PaymentTokenClient.nonceOf`. */
  readonly nonce: bigint;
  readonly deadline: Seconds;
}

const ABI = [
  "function name() view returns (string)",
  "function symbol() view returns (string)",
  "function decimals() view returns (uint8)",
  "function balanceOf(address account) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function nonces(address owner) view returns (uint256)",
  "function version() view returns (string)",
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
  "function eip712Domain() view returns (bytes1, string, string, uint256, address, bytes32, uint256[])",
  "function approve(address spender, uint256 value) returns (bool)",
  "function transfer(address to, uint256 value) returns (bool)",
  "function transferFrom(address from, address to, uint256 value) returns (bool)",
  "function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)",
  "function totalSupply() view returns (uint256)",
];

const PERMIT_TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

type TokenCalls = ReturnType<typeof tokenCalls>;

/**
 * Reads and writes a payment token.
 * @example
 * const token = new PaymentTokenClient({ address: await registry.paymentToken(community), runner: wallet });
 * await token.send.approve(escrow.address, asAmount(5_000_000n));
 */
export class PaymentTokenClient {
  /** Writes as unsigned calls. */
  readonly calls: TokenCalls;
  /** Writes as transactions of the runner. */
  readonly send: Sends<TokenCalls>;
  /** Writes tried on the latest block without sending: a refusal throws `ContractRevertError`. */
  readonly simulate: Simulations<TokenCalls>;
  readonly #at: Endpoint;

  constructor(options: ClientOptions) {
    this.#at = new Endpoint(options, ABI, "the payment token");
    this.calls = tokenCalls(this.#at);
    this.send = sendsOf(this.#at, this.calls);
    this.simulate = simulationsOf(this.#at, this.calls);
  }

  get address(): Address {
    return this.#at.address;
  }

  /** Name of the token. */
  async name(): Promise<string> {
    const [name] = await this.#at.read("name", []);
    return name as string;
  }

  /** Symbol of the token, such as "LEUR". */
  async symbol(): Promise<string> {
    const [symbol] = await this.#at.read("symbol", []);
    return symbol as string;
  }

  /** Digits behind the point of a whole token. */
  async decimals(): Promise<bigint> {
    return this.#integer("decimals");
  }

  /** All that exists of the token, base units. */
  async totalSupply(): Promise<Amount> {
    return asAmount(await this.#integer("totalSupply"));
  }

  /** What an account holds, base units. */
  async balanceOf(account: Address): Promise<Amount> {
    return asAmount(await this.#integer("balanceOf", account));
  }

  /** What `spender` may take; an endless allowance reads as the largest amount. */
  async allowance(owner: Address, spender: Address): Promise<Amount> {
    const allowed = await this.#integer("allowance", owner, spender);
    const most = (1n << 128n) - 1n;
    return asAmount(allowed < most ? allowed : most);
  }

  /** The nonce of an owner's next permit. */
  async nonceOf(owner: Address): Promise<bigint> {
    return this.#integer("nonces", owner);
  }

  /**
   * The EIP-712 domain of permits; see `permitDomain`.
   * @throws PermitDomainError where the token takes no permits, or states no domain
   */
  async domain(): Promise<TypedDataDomain> {
    return permitDomain(this.#at);
  }

  async #integer(name: string, ...args: readonly unknown[]): Promise<bigint> {
    const [value] = await this.#at.read(name, args);
    return value as bigint;
  }
}

/**
 * Signs a permit with the owner's key.
 * @param domain `PaymentTokenClient.domain`.
 * @example
 * const [owner, spender, value] = [wallet.address, escrow.address, asAmount(5_000_000n)];
 * const deadline = asSeconds(now + 3_600n);
 * const nonce = await euro.nonceOf(owner);
 * const permit = await signPermit(await euro.domain(), { owner, spender, value, nonce, deadline }, wallet);
 * await escrow.send.depositWithPermit(community, member, value, permit);
 */
export async function signPermit(
  domain: TypedDataDomain,
  input: PermitInput,
  signer: TypedDataSigner,
): Promise<Permit> {
  const { deadline, nonce, value } = input;
  const message = { owner: asAddress(input.owner, "owner"), spender: asAddress(input.spender, "spender") };
  const signed = await signer.signTypedData(domain, PERMIT_TYPES, { ...message, value, nonce, deadline });
  const { v, r, s } = Signature.from(signed);
  return { deadline, v: BigInt(v), r, s };
}

function tokenCalls(at: Endpoint) {
  return {
    /** Holder: lets `spender` take up to `amount`. */
    approve: (spender: Address, amount: Amount) => at.call("approve", [spender, amount]),
    /** Holder. */
    transfer: (to: Address, amount: Amount) => at.call("transfer", [to, amount]),
    /** `from`'s spender, within its allowance. */
    transferFrom: (from: Address, to: Address, amount: Amount) => at.call("transferFrom", [from, to, amount]),
    /** Anyone: makes a signed permit count. `escrow.calls.depositWithPermit` does so by itself. */
    permit: ({ owner, spender, value }: Omit<PermitInput, "nonce">, { deadline, v, r, s }: Permit) =>
      at.call("permit", [owner, spender, value, deadline, v, r, s]),
  };
}
