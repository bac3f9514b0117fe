/** Numbers of whoever sends transactions, for Prometheus. */
import { Counter, Gauge, type Registry } from "../operation/metrics.ts";
import type { Outbox } from "./outbox.ts";
import type { SenderStep } from "./sender.ts";

/** All of them: a counter that is not there before its first step hides that step from whoever asks for increases. */
const STEPS = {
  ...{ signed: 0, broadcast: 0, raised: 0, cancelled: 0, mined: 0, unmined: 0, requeued: 0, done: 0, reverted: 0 },
  ...{ refused: 0, expired: 0, late: 0 },
} satisfies Record<SenderStep["step"], 0>;

/** What a service's account sends and has. */
export class SenderNumbers {
  readonly #steps;
  readonly #balance;
  readonly #name: string;
  readonly #registers: Registry[];

  /** @param service Stands in the numbers' names. */
  constructor(service: "keeper" | "relayer", registry: Registry) {
    this.#name = `wattbook_${service}`;
    const registers = (this.#registers = [registry]);
    this.#steps = new Counter({
      ...{ name: `${this.#name}_transaction_steps_total`, help: "Steps of transactions", registers },
      labelNames: ["step"] as const,
    });
    for (const step of Object.keys(STEPS)) this.#steps.inc({ step }, 0);
    this.#balance = new Gauge({ name: `${this.#name}_balance_wei`, help: "Money for gas", registers });
    // Not known is not 0.
    this.#balance.remove();
  }

  stepped({ step }: Pick<SenderStep, "step">): void {
    this.#steps.inc({ step });
  }

  /** Wei. */
  holds(balance: bigint): void {
    this.#balance.set(Number(balance));
  }

  /** Shows what is in the outbox whenever somebody asks. */
  watch(outbox: Outbox): void {
    new Gauge({
      ...{ name: `${this.#name}_jobs`, help: "Calls in the outbox, by state", registers: this.#registers },
      labelNames: ["state"],
      collect() {
        for (const [state, count] of Object.entries(outbox.counts())) this.set({ state }, count);
      },
    });
  }
}
