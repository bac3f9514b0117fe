/** Stopping without losing anything: what is in hand is finished, then the process ends. */
import type { Logger } from "./log.ts";

/** Milliseconds that a service has to finish. */
export const GRACE = 30_000;

/** Signals that end a service. */
const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** What can be listened to; the process itself, but for tests. */
export interface Stoppable {
  once(signal: (typeof SIGNALS)[number], listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * A signal that is aborted when the process shall end. Whoever holds it finishes and closes; the process then ends by itself. A
 * second request, or one that is not followed within `grace` milliseconds, ends it at once: everything is on disk anyway.
 */
export function stopSignal(log: Logger, grace = GRACE, target: Stoppable = process): AbortSignal {
  const abort = new AbortController();
  const end = (why: string) => {
    log.error({ why }, "ends without having finished");
    target.exit(1);
  };
  for (const name of SIGNALS) {
    target.once(name, () => {
      if (abort.signal.aborted) {
        end("asked twice");
        return;
      }
      log.info({ signal: name }, "stopping");
      abort.abort(new Error(`${name} was received`));
      setTimeout(end, grace, `not finished within ${grace} ms`).unref();
    });
  }
  return abort.signal;
}
