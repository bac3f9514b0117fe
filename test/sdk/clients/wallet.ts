/** An injected wallet (EIP-1193) over the Hardhat network, with faults to order. */
import type { Eip1193Provider } from "ethers";
import { deploymentOf } from "./deployment-of.ts";
import { world } from "./support.ts";

type Request = Parameters<Eip1193Provider["request"]>[0];
/** Answers instead of the node, or undefined to let it answer. */
export type Fault = (request: Request) => unknown;

export interface ShimmedWallet extends Eip1193Provider {
  readonly asked: string[];
}

/** Passes requests on, unless a fault answers or throws first. */
export function walletOver(node: Eip1193Provider, fault: Fault = () => undefined): ShimmedWallet {
  const asked: string[] = [];
  return {
    asked,
    request: async (request) => {
      asked.push(request.method);
      const answer: unknown = await fault(request);
      return answer === undefined ? ((await node.request(request)) as unknown) : answer;
    },
  };
}

/** What a wallet throws: a plain object with a code, as the standard has it. */
export function walletError(code: number, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** A deployment, and the node it stands on as a wallet sees it. */
export async function walletWorld() {
  const w = await world();
  const node = w.connection.provider as unknown as Eip1193Provider;
  return { ...w, node, deployment: await deploymentOf(w) };
}
