/** Idempotency keys: each stands for one message. */
import { ServiceError } from "../../errors.ts";
import type { Store } from "../../store/open.ts";

/** What a key stands for: as it was noted, or the message whose digest it is. */
const KNOWN = `SELECT digest FROM requests WHERE key = :key
  UNION ALL SELECT digest FROM strips WHERE digest = :natural UNION ALL SELECT digest FROM readings WHERE digest = :natural`;

/** The table of requests. */
export class Requests {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Why a key cannot stand for a message: it stands for another one. Asked again within the transaction that keeps the message. */
  refusalOf(key: string | undefined, digest: string): ServiceError | undefined {
    if (!needsNote(key, digest)) return undefined;
    const asked = this.#store.prepare<[{ key: string; natural: string }], { digest: string }>(KNOWN);
    const known = asked.get({ key, natural: key.toLowerCase() })?.digest;
    if (known === undefined || known === digest) return undefined;
    return new ServiceError(
      "KEY_REUSED",
      `Idempotency-Key ${key} stands for another message. Use the message's digest.`,
    );
  }

  /**
   * Binds a key to the message that is kept with it, within the same transaction. A further key of a message that is known is not noted:
   * anybody can hand that in again, as often as they like.
   */
  bind(key: string | undefined, digest: string): void {
    if (!needsNote(key, digest)) return;
    this.#store.prepare("INSERT OR IGNORE INTO requests (key, digest) VALUES (?, ?)").run(key, digest);
  }
}

/** A message is kept once whatever its key is; its digest is the natural one and needs no note. */
function needsNote(key: string | undefined, digest: string): key is string {
  return key !== undefined && key.toLowerCase() !== digest;
}
