/** Ethers' view of a node, or of several: with their failover, their checks and their patience. */
import { JsonRpcApiProvider, type JsonRpcPayload, type JsonRpcResult, Network } from "ethers";

/** What answers, and what closes it. */
export interface Answering {
  readonly chainId: bigint;
  /** @throws Faults of the nodes, once none of them answers */
  ask(method: string, params: readonly unknown[]): Promise<unknown>;
  close(): void;
}

/** Asks whichever node answers. Errors come with their codes: what ethers would throw is read already. */
export class AnyNodeProvider extends JsonRpcApiProvider {
  readonly #nodes: Answering;

  constructor(nodes: Answering) {
    const network = Network.from(nodes.chainId);
    super(network, { staticNetwork: network, cacheTimeout: -1, batchMaxCount: 1 });
    this.#nodes = nodes;
  }

  override async send(method: string, params: unknown[] | Record<string, unknown>): Promise<unknown> {
    this._start();
    return super.send(method, params) as Promise<unknown>;
  }

  async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    return Promise.all(
      [payload].flat().map(async ({ id, method, params }) => {
        return { id, result: await this.#nodes.ask(method, params as unknown[]) };
      }),
    );
  }

  override destroy(): void {
    super.destroy();
    this.#nodes.close();
  }
}
