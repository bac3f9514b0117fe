/** How signed messages leave the gateway. */
import type { CommunityIndex, Hex } from "@wattbook/sdk/pure";
import type { MessageKind } from "../wire.ts";

/** A signed reading or strip. Its bytes never change, so that handing it over again is harmless. */
export interface Outgoing {
  readonly kind: MessageKind;
  readonly community: CommunityIndex;
  /** EIP-712 digest, the idempotency key. */
  readonly digest: Hex;
  /** JSON text of a `ReadingBody` or `StripBody`. */
  readonly body: string;
}

/** What the other side says for good. */
export type Delivery =
  | { readonly outcome: "accepted" | "already"; readonly answer: string }
  | { readonly outcome: "refused"; readonly code: string; readonly message: string };

/** Takes messages over. */
export interface HandOver {
  /**
   * Hands a message over. The other side keeps it once, however often it comes.
   * @throws GatewayError RELAYER_UNAVAILABLE where nothing is said for good: the same message has to come again
   */
  deliver(message: Outgoing): Promise<Delivery>;
}
