/** A wallet in a page: an EIP-1193 provider that announces itself (EIP-6963), over a Hardhat chain. */
import type { TypedDataDomain, TypedDataField, Wallet } from "ethers";
import type { Page } from "playwright-core";

interface Request {
  readonly method: string;
  readonly params?: readonly unknown[];
}

interface Node {
  request(request: { method: string; params?: unknown[] }): Promise<unknown>;
}

type Signer = Pick<Wallet, "address" | "signTypedData">;

/**
 * Gives `page` a wallet with one account, before it loads. The account signs here; its transactions the node signs.
 * @returns The methods that the page asked the wallet for.
 */
export async function injectWallet(page: Page, node: Node, signer: Signer): Promise<string[]> {
  const asked: string[] = [];
  await node.request({ method: "hardhat_impersonateAccount", params: [signer.address] });
  await page.exposeFunction("askWallet", async ({ method, params = [] }: Request) => {
    asked.push(method);
    try {
      return { result: await answer(node, signer, method, params) };
    } catch (error) {
      const { message, code, data } = error as { message: string; code?: unknown; data?: unknown };
      return { error: { message, code, data } };
    }
  });
  await page.addInitScript(ANNOUNCE);
  return asked;
}

async function answer(node: Node, signer: Signer, method: string, params: readonly unknown[]): Promise<unknown> {
  if (method === "eth_accounts" || method === "eth_requestAccounts") return [signer.address.toLowerCase()];
  if (method !== "eth_signTypedData_v4") return node.request({ method, params: [...params] });
  const { domain, types, message } = JSON.parse(params[1] as string) as {
    domain: TypedDataDomain;
    types: Record<string, TypedDataField[]>;
    message: Record<string, unknown>;
  };
  const own = Object.fromEntries(Object.entries(types).filter(([name]) => name !== "EIP712Domain"));
  return signer.signTypedData(domain, own, message);
}

/** Runs in the page. */
const ANNOUNCE = `
  const provider = {
    request: async (request) => {
      const { result, error } = await window.askWallet(request);
      if (error) throw Object.assign(new Error(error.message), error);
      return result;
    },
    on: () => provider,
    removeListener: () => provider,
  };
  const detail = Object.freeze({ info: { uuid: "1", name: "Test wallet", icon: "data:,", rdns: "test" }, provider });
  const announce = () => window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  window.addEventListener("eip6963:requestProvider", announce);
  announce();
`;
