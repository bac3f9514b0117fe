/** Messages to a relayer over HTTP. */
import { Accepted, addressOf, Failure, pathOf } from "../wire.ts";
import { boundedText } from "./bounded.ts";
import { asServiceError, GatewayError } from "./errors.ts";
import type { Delivery, HandOver, Outgoing } from "./hand-over.ts";

export interface HttpHandOverOptions {
  /** Address of the relayer, such as `https://relayer.example`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …` where the relayer asks for one. */
  readonly token?: string;
  /** Milliseconds until an answer counts as lost. */
  readonly timeout?: number;
}

const TIMEOUT = 10_000;
/** What a relayer answers for good; anything else may change, also that it does not serve a community or is elsewhere (404). */
const FINAL = [400, 409, 413, 422];

export class HttpHandOver implements HandOver {
  readonly #options: HttpHandOverOptions;

  constructor(options: HttpHandOverOptions) {
    this.#options = options;
  }

  /** @throws ServiceError RELAYER_UNAVAILABLE where nothing answers, or a server that is broken */
  async reach(): Promise<void> {
    const { url, timeout = TIMEOUT } = this.#options;
    const target = addressOf(url, "/v1/communities");
    const { status, body } = await fetch(target, { redirect: "error", signal: AbortSignal.timeout(timeout) }).catch(
      (error: unknown) => {
        const hint = "start the relayer, or correct its address; messages are kept.";
        throw asServiceError(causeOf(error), "RELAYER_UNAVAILABLE", target.origin, hint);
      },
    );
    await body?.cancel();
    if (status >= 500) throw unavailable(target.origin, status, "it is broken at the moment; messages are kept.");
  }

  async deliver(message: Outgoing): Promise<Delivery> {
    const { url, token, timeout = TIMEOUT } = this.#options;
    const target = addressOf(url, pathOf(message.kind, message.community));
    try {
      const response = await fetch(target, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "idempotency-key": message.digest,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: message.body,
        redirect: "error",
        signal: AbortSignal.timeout(timeout),
      });
      const answer = { status: response.status, text: await boundedText(response), retryAfter: retryAfterOf(response) };
      return deliveryOf(answer, message, target.origin);
    } catch (error) {
      throw asServiceError(causeOf(error), "RELAYER_UNAVAILABLE", target.origin, "the message is kept and sent again.");
    }
  }
}

/** Of `fetch`, whose own message says "fetch failed" alone. */
function causeOf(error: unknown): unknown {
  if (!(error instanceof TypeError) || !(error.cause instanceof Error)) return error;
  const { code } = error.cause as NodeJS.ErrnoException;
  return error.cause.message === "" ? new Error(code) : error.cause;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: bigint | undefined;
}

/** Whole seconds; relayers send no dates. */
function retryAfterOf({ headers }: Response): bigint | undefined {
  const text = headers.get("retry-after") ?? "";
  return /^\d{1,5}$/.test(text) ? BigInt(text) : undefined;
}

/** A lost, cut or unreadable answer says nothing: the message may have been kept, and asking again is harmless. */
function deliveryOf({ status, text, retryAfter }: Answer, { digest }: Outgoing, origin: string): Delivery {
  const json = jsonOf(text);
  if (status === 200 || status === 202) {
    const accepted = Accepted.safeParse(json);
    if (accepted.success && accepted.data.receipt.digest.toLowerCase() === digest.toLowerCase()) {
      const answer = JSON.stringify(accepted.data.receipt);
      return { outcome: status === 202 ? "accepted" : "already", answer };
    }
    throw unavailable(origin, status, "its receipt is missing, cut or of another message. Check what answers there.");
  }
  const failure = Failure.safeParse(json);
  if (FINAL.includes(status) && failure.success) return { outcome: "refused", ...failure.data };
  const reason = failure.success ? `${failure.data.code}: ${failure.data.message}` : "no reason given.";
  throw unavailable(origin, status, `${reason} The message is kept and sent again.`, retryAfter);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function unavailable(origin: string, status: number, text: string, retryAfter?: bigint): GatewayError {
  return new GatewayError("RELAYER_UNAVAILABLE", `answer of ${origin}`, status, text, { retryAfter });
}
