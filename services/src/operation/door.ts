/** What operators see of a service, open before anything else is: a service that waits for its node can say so. */
import type { Registry } from "prom-client";
import { createMetrics, Gauge } from "./metrics.ts";
import { type Need, Readiness } from "./readiness.ts";
import type { Secrets } from "./secrets.ts";
import { type Listen, serveOperation } from "./server.ts";

/** An open door, and what is behind it. */
export interface Door {
  readonly metrics: Registry;
  /** Undefined where nobody listens. */
  readonly url: string | undefined;
  /** The service is up: from now on it is ready when these needs are met. */
  up(needs: readonly Need[]): void;
  close(): Promise<void>;
}

/**
 * Opens a service's door.
 * @param listen Left out, there are numbers that nobody asks for.
 * @param needs What it needs to come up.
 */
export async function openDoor(
  service: string,
  listen: Listen | undefined,
  secrets: Secrets,
  needs: readonly Need[],
): Promise<Door> {
  const metrics = createMetrics(service);
  const starting: Need = { name: "start", check: () => Promise.reject(new Error("It is starting.")) };
  const readiness = new Readiness([...needs, starting]);
  showChecks(readiness, metrics);
  const server = listen && (await serveOperation(listen, { metrics, readiness, secrets }));
  return {
    metrics,
    url: server?.url,
    up: (after) => {
      readiness.become(after);
    },
    close: async () => server?.close(),
  };
}

function showChecks(readiness: Readiness, registry: Registry): void {
  new Gauge({
    ...{ name: "wattbook_check_ok", help: "1 where a check of /readyz is met, 0 where it is not" },
    ...{ registers: [registry], labelNames: ["check"] },
    async collect() {
      const found = await readiness.look();
      this.reset();
      for (const [check, fault] of Object.entries(found)) this.set({ check }, fault === null ? 1 : 0);
    },
  });
}
