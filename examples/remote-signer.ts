/**
 * A meter key that never leaves its machine: `RemoteSigner` is what a gateway takes as `meterKey`, `signerServer` is
 * the machine with the key, such as one with a security module. It signs readings of one contract on one chain and
 * nothing else, and no period twice with different content.
 *
 *   const key = new RemoteSigner({ url: "https://keys.example/north", token, address });
 *   new Gateway({ ..., members: [{ ..., meterKey: key }] });
 */
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { TypedDataDomain, TypedDataField, Wallet } from "ethers";

export interface RemoteSignerOptions {
  readonly url: string;
  /** Shared by the gateway and the machine with the key; send it over TLS alone. */
  readonly token: string;
  /** Account of the key. */
  readonly address: string;
  /** Milliseconds until the signer counts as away: the gateway keeps the reading and asks again. */
  readonly timeout?: number;
}

type Types = Record<string, TypedDataField[]>;
type Value = Record<string, unknown>;

/** Signs by asking. The gateway checks what it gets: a wrong signature is refused before it leaves. */
export class RemoteSigner {
  readonly #options: RemoteSignerOptions;

  constructor(options: RemoteSignerOptions) {
    this.#options = options;
  }

  getAddress(): Promise<string> {
    return Promise.resolve(this.#options.address);
  }

  async signTypedData(domain: TypedDataDomain, types: Types, value: Value): Promise<string> {
    const { url, token, timeout = 10_000 } = this.#options;
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ domain, types, value }, asText),
      signal: AbortSignal.timeout(timeout),
    });
    const answer = (await response.json()) as { signature?: string; message?: string };
    if (answer.signature !== undefined) return answer.signature;
    throw new Error(`the signer at ${url} answers ${response.status}: ${answer.message ?? "no reason given"}`);
  }
}

/** JSON has no bigints: as decimal texts they mean the same to typed data. */
function asText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

/** What the machine with the key may sign. */
export interface SignerPolicy {
  readonly token: string;
  readonly chainId: bigint;
  /** Address of `Settlement`. */
  readonly settlement: string;
}

/** The other side. Keep `signed` on disk: with it a restart cannot be used to get a second reading of a period. */
export function signerServer(wallet: Wallet, policy: SignerPolicy, signed = new Map<string, string>()): Server {
  return createServer((request, response) => {
    const answer = ({ status, ...body }: Answer) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    answerTo(request, wallet, policy, signed).then(answer, (error: unknown) => {
      answer({ status: 400, message: String(error) });
    });
  });
}

interface Answer {
  readonly status: number;
  readonly signature?: string;
  readonly message?: string;
}

async function answerTo(
  request: IncomingMessage,
  wallet: Wallet,
  policy: SignerPolicy,
  signed: Map<string, string>,
): Promise<Answer> {
  if (request.headers.authorization !== `Bearer ${policy.token}`) return { status: 401, message: "wrong token" };
  let text = "";
  for await (const chunk of request) text += String(chunk);
  const { domain, types, value } = JSON.parse(text) as { domain: TypedDataDomain; types: Types; value: Value };
  const refusal = refusalOf(domain, types, policy);
  if (refusal !== undefined) return { status: 422, message: refusal };
  const key = `${String(value["community"])}/${String(value["member"])}/${String(value["period"])}`;
  if ((signed.get(key) ?? text) !== text) return { status: 409, message: `another reading of ${key} is signed` };
  signed.set(key, text);
  return { status: 200, signature: await wallet.signTypedData(domain, types, value) };
}

function refusalOf(domain: TypedDataDomain, types: Types, { chainId, settlement }: SignerPolicy): string | undefined {
  if (Object.keys(types).join() !== "Reading") return "only readings are signed here";
  if (BigInt(domain.chainId ?? 0) !== chainId) return `the chain is ${String(domain.chainId)}, not ${chainId}`;
  if (domain.verifyingContract?.toLowerCase() !== settlement.toLowerCase()) return "another contract would take it";
  return undefined;
}
