/** A signer that looks at the chain before it sends, and throws coded errors. */
import { AbstractSigner } from "ethers";
import type {
  Provider,
  Signer,
  TransactionRequest,
  TransactionResponse,
  TypedDataDomain,
  TypedDataField,
} from "ethers";
import { faultOf } from "./faults.ts";

/**
 * Any ethers signer, bound to one chain: a wallet may change its network while a page is open.
 * @example
 * await wattbook.signer?.getAddress();
 */
export class GuardedSigner extends AbstractSigner<Provider> {
  readonly #inner: Signer;
  readonly #chainId: bigint;
  readonly #check: () => Promise<void>;

  constructor(inner: Signer, provider: Provider, chainId: bigint, check: () => Promise<void>) {
    super(provider);
    this.#inner = inner;
    this.#chainId = chainId;
    this.#check = check;
  }

  override getAddress(): Promise<string> {
    return coded(this.#inner.getAddress());
  }

  /** The same signer elsewhere, unguarded: another provider may be of another chain. */
  override connect(provider: null | Provider): Signer {
    return this.#inner.connect(provider);
  }

  override call(tx: TransactionRequest): Promise<string> {
    return coded(this.#inner.call(tx));
  }

  override estimateGas(tx: TransactionRequest): Promise<bigint> {
    return coded(this.#inner.estimateGas(tx));
  }

  /**
   * @throws WrongChainError
   * @throws SignatureRejectedError
   * @throws InsufficientFundsError
   */
  override async sendTransaction(tx: TransactionRequest): Promise<TransactionResponse> {
    await this.#check();
    return coded(this.#inner.sendTransaction({ chainId: this.#chainId, ...tx }));
  }

  override signTransaction(tx: TransactionRequest): Promise<string> {
    return coded(this.#inner.signTransaction(tx));
  }

  override signMessage(message: string | Uint8Array): Promise<string> {
    return coded(this.#inner.signMessage(message));
  }

  /**
   * @throws WrongChainError
   * @throws SignatureRejectedError
   */
  override signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string> {
    return coded(this.#inner.signTypedData(domain, types, value));
  }
}

async function coded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw faultOf(error) ?? error;
  }
}
