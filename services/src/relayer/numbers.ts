/** The relayer's numbers for Prometheus. */
import { Counter, Gauge, type Registry } from "../operation/index.ts";

/** What is counted. */
export class Numbers {
  /** Strips and readings that came, by what they were answered: "accepted", "known", or the refusal's code or reason. */
  readonly messages;
  /** Strips by what became of them. */
  readonly strips;
  /** Steps of transactions. */
  readonly steps;
  /** Looks at the chain that failed, by code. */
  readonly faults;
  readonly block;
  readonly waiting;
  /** What came of the commits of sealed communities. */
  readonly commits;
  /** Bonds in sealed communities, base units. */
  readonly bonds;

  constructor(registry: Registry) {
    const registers = [registry];
    this.messages = new Counter({
      ...{ name: "wattbook_relayer_messages_total", help: "Strips and readings that came, by answer", registers },
      labelNames: ["kind", "answer"] as const,
    });
    this.strips = new Counter({
      ...{ name: "wattbook_relayer_strips_total", help: "Strips, by what became of them", registers },
      labelNames: ["outcome"] as const,
    });
    this.steps = new Counter({
      ...{ name: "wattbook_relayer_transaction_steps_total", help: "Steps of transactions", registers },
      labelNames: ["step"] as const,
    });
    this.faults = new Counter({
      ...{ name: "wattbook_relayer_faults_total", help: "Looks at the chain that failed, by code", registers },
      labelNames: ["code"] as const,
    });
    this.block = new Gauge({ name: "wattbook_relayer_block", help: "Latest block that was read", registers });
    this.waiting = new Gauge({
      ...{ name: "wattbook_relayer_strips_waiting", help: "Strips that wait to be posted", registers },
      labelNames: ["community"] as const,
    });
    this.commits = new Counter({
      ...{ name: "wattbook_relayer_commit_steps_total", help: "What came of commits to sealed periods", registers },
      labelNames: ["step"] as const,
    });
    this.bonds = new Gauge({
      ...{ name: "wattbook_relayer_bond", help: "Bonds in sealed communities, base units", registers },
      labelNames: ["community", "part"] as const,
    });
  }
}
