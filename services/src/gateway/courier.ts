/** Signs what is made and hands over what is signed, each once, whenever the gateway stops in between. */
import { asSeconds, recoverReadingSigner, recoverStripSigner, signReading, signStrip } from "@wattbook/sdk/pure";
import type { Address, CompactSignature, Seconds } from "@wattbook/sdk/pure";
import { readingOf, signatureText, stripOf, UnsignedReadingBody, UnsignedStripBody } from "../wire.ts";
import type { Counters } from "./counters.ts";
import type { ServiceError } from "../errors.ts";
import { asServiceError, GatewayError } from "./errors.ts";
import type { Delivery, HandOver } from "./hand-over.ts";
import type { Community, KeySigner } from "./members.ts";
import type { Probe } from "./probe.ts";
import { MOST_WAIT, type OutboxItem, type OutboxKind } from "./queue/outbox.ts";
import type { Queue } from "./queue/queue.ts";
import type { Report } from "./sample.ts";

/** Who signs a message. */
export interface Signing {
  readonly community: Community;
  readonly signer: KeySigner;
}

export interface CourierOptions {
  readonly queue: Queue;
  readonly handOver: HandOver;
  /** Finds the key for a message; undefined where the configuration has its member no more. */
  signingOf(item: OutboxItem): Signing | undefined;
  readonly counters: Counters;
  readonly report: Report;
  readonly probe?: Probe;
  /** Hears of what was answered for good. */
  readonly finished?: Finished;
  /** Whether the gateway is to stop: what is not handed over yet waits for the next start. */
  readonly stopped?: () => boolean;
}

/** Hears of a message that was accepted or refused for good. */
export type Finished = (item: OutboxItem, delivery: Delivery) => void;

/** Messages on their way at once. */
const PARALLEL = 8;
/** Messages of one round: the next one is seconds away, and bodies of all periods of all members would fill the memory. */
const MOST_WAITING = 200;
const FIRST_WAIT = 2n;
const LAST_WAIT = 300n;

export class Courier {
  readonly #options: CourierOptions;

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  /** Takes everything that is due one step on. What fails is reported and tried again later. */
  async run(kind: OutboxKind, now: Seconds): Promise<void> {
    const { queue } = this.#options;
    // The contract takes readings in the order of periods.
    const due = queue.outbox.waiting(kind, now, MOST_WAITING).filter((item) => !queue.outbox.isBehind(item));
    for (let at = 0; at < due.length && this.#options.stopped?.() !== true; at += PARALLEL) {
      await Promise.all(due.slice(at, at + PARALLEL).map((item) => this.#take(item, now)));
    }
  }

  async #take(item: OutboxItem, now: Seconds): Promise<void> {
    const { queue, counters, report } = this.#options;
    try {
      const signature = item.signature ?? (await this.#sign(item));
      const delivery = await this.#deliver(item, signature);
      this.#finish(item, delivery);
    } catch (error) {
      counters.add("hand_over_failed");
      const named = asServiceError(error, "SIGNER_UNAVAILABLE", nameOf(item), "it is kept and tried again.");
      report(named);
      queue.transaction(() => {
        queue.outbox.postpone(item, asSeconds(now + waitAfter(item.attempts, named)));
      });
    }
  }

  async #sign(item: OutboxItem): Promise<string> {
    const { queue, counters, probe } = this.#options;
    const signing = this.#options.signingOf(item);
    if (signing === undefined) {
      const text = "the configuration has no key for it. Put the member back until it is handed over.";
      throw new GatewayError("KEY_MISMATCH", nameOf(item), item.state, text);
    }
    const [signature, signed] = await signatureFor(item, signing);
    const expected = await signing.signer.getAddress();
    if (signed !== expected) {
      const text = `the signer says it is ${expected}. Check the remote signer's key and chain.`;
      throw new GatewayError("KEY_MISMATCH", `signer of ${nameOf(item)}`, signed, text);
    }
    const bytes = signatureText(signature);
    queue.transaction(() => {
      queue.outbox.sign(item, bytes);
    });
    counters.add(`${item.kind}s_signed`);
    probe?.("signed");
    return bytes;
  }

  async #deliver(item: OutboxItem, signature: string): Promise<Delivery> {
    const { kind, community, digest } = item;
    const body = JSON.stringify({ ...(JSON.parse(item.body) as object), signature });
    const delivery = await this.#options.handOver.deliver({ kind, community, digest, body });
    this.#options.probe?.("handed over");
    return delivery;
  }

  #finish(item: OutboxItem, delivery: Delivery): void {
    const { queue, counters, report, probe } = this.#options;
    const refused = delivery.outcome === "refused";
    const answer = refused ? JSON.stringify({ code: delivery.code, message: delivery.message }) : delivery.answer;
    queue.transaction(() => {
      queue.outbox.finish(item, refused ? "refused" : "accepted", answer);
    });
    counters.add(`${item.kind}s_${refused ? "refused" : "accepted"}`);
    probe?.("acknowledged");
    this.#options.finished?.(item, delivery);
    if (!refused) return;
    const text = `${delivery.message} It is not sent again: mend the cause, then run wattbook gateway refused --forget.`;
    report(new GatewayError("HAND_OVER_REFUSED", nameOf(item), delivery.code, text));
  }
}

/** The signature of what is in the outbox, and the account that it recovers. */
async function signatureFor(item: OutboxItem, { community, signer }: Signing): Promise<[CompactSignature, Address]> {
  const body: unknown = JSON.parse(item.body);
  if (item.kind === "reading") {
    const { settlement, terms } = community;
    const reading = readingOf(terms, item.community, UnsignedReadingBody.parse(body));
    const signature = await signReading(settlement, reading, signer);
    return [signature, recoverReadingSigner(settlement, reading, signature)];
  }
  if (community.market === undefined) {
    throw new GatewayError("CONFIG_INVALID", "market", undefined, "name the order book of the community to trade.");
  }
  const strip = stripOf(item.community, UnsignedStripBody.parse(body));
  const signature = await signStrip(community.market, strip, signer);
  return [signature, recoverStripSigner(community.market, strip, signature)];
}

/** Seconds until a message is tried again: twice as long each time, and as long as the other side asks, within bounds. */
function waitAfter(attempts: bigint, error: ServiceError): bigint {
  const retryAfter = error instanceof GatewayError ? (error.retryAfter ?? 0n) : 0n;
  const doubled = FIRST_WAIT << (attempts > 8n ? 8n : attempts);
  const wait = doubled > LAST_WAIT ? LAST_WAIT : doubled;
  const asked = retryAfter > MOST_WAIT ? MOST_WAIT : retryAfter;
  return asked > wait ? asked : wait;
}

function nameOf({ kind, community, member, period }: OutboxItem): string {
  return `${kind} of member ${member} in community ${community}, period ${period}`;
}
