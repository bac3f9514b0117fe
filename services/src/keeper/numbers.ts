/** The keeper's numbers for Prometheus. */
import type { Outbox } from "../chain/index.ts";
import { SenderNumbers } from "../chain/numbers.ts";
import { Counter, Gauge, type Registry } from "../operation/index.ts";
import type { Pass, Task } from "./keeper.ts";

const TASKS: readonly Task[] = ["clear", "join", "count", "share", "settle", "estimate"];

/** What is counted. */
export class KeeperNumbers {
  readonly #passes;
  readonly #submitted;
  readonly #waiting;
  /** What its account sends and has. */
  readonly sender: SenderNumbers;
  #lastPass: number | undefined;

  constructor(registry: Registry, outbox: Outbox) {
    const registers = [registry];
    this.#passes = new Counter({
      ...{ name: "wattbook_keeper_passes_total", help: "Looks at what is due", registers },
      labelNames: ["result"] as const,
    });
    this.#submitted = new Counter({
      ...{ name: "wattbook_keeper_submitted_total", help: "Calls that were handed to the sender", registers },
      labelNames: ["task"] as const,
    });
    this.#waiting = new Gauge({
      ...{ name: "wattbook_keeper_waiting", help: "What is due and what the chain would not take yet", registers },
      labelNames: ["task"] as const,
    });
    for (const result of ["ok", "failed"]) this.#passes.inc({ result }, 0);
    for (const task of TASKS) this.#submitted.inc({ task }, 0);
    this.#showAge(registers);
    this.sender = new SenderNumbers("keeper", registry);
    this.sender.watch(outbox);
  }

  passed({ submitted, waiting }: Pass): void {
    this.#passes.inc({ result: "ok" });
    this.#lastPass = Date.now();
    for (const key of submitted) this.#submitted.inc({ task: key.slice(0, key.indexOf(":")) });
    for (const task of TASKS) {
      const items = waiting.filter((each) => each.task === task).map((each) => each.items);
      this.#waiting.set(
        { task },
        items.reduce((sum, each) => sum + each, 0),
      );
    }
  }

  failed(): void {
    this.#passes.inc({ result: "failed" });
  }

  #showAge(registers: Registry[]): void {
    const lastPass = () => this.#lastPass;
    const age = new Gauge({
      ...{ name: "wattbook_keeper_last_pass_age_seconds", help: "Since the last look that went well", registers },
      collect() {
        const at = lastPass();
        if (at !== undefined) this.set((Date.now() - at) / 1_000);
      },
    });
    age.remove();
  }
}
