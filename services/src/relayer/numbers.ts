/** The relayer's numbers for Prometheus. */
import { SenderNumbers } from "../chain/numbers.ts";
import { Counter, Gauge, type Registry } from "../operation/index.ts";
import { COMMIT_STEPS } from "./sealed/outcomes.ts";

/** What is counted. */
export class Numbers {
  /** Strips and readings that came, by what they were answered: "accepted", "known", or the refusal's code or reason. */
  readonly messages;
  /** Strips by what became of them. */
  readonly strips;
  /** What its account sends and has. */
  readonly sender: SenderNumbers;
  /** Looks at the chain that failed, by code. */
  readonly faults;
  readonly block;
  readonly waiting;
  /** What came of the commits of sealed communities. */
  readonly commits;
  /** Commits of its account whose bundles it does not have. */
  readonly strays;
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
    this.sender = new SenderNumbers("relayer", registry);
    this.faults = new Counter({
      ...{ name: "wattbook_relayer_faults_total", help: "Looks at the chain that failed, by code", registers },
      labelNames: ["code"] as const,
    });
    this.block = new Gauge({ name: "wattbook_relayer_block", help: "Latest block that was read", registers });
    // Not known is not 0.
    this.block.remove();
    this.waiting = new Gauge({
      ...{ name: "wattbook_relayer_strips_waiting", help: "Strips that wait to be posted", registers },
      labelNames: ["community"] as const,
    });
    this.commits = new Counter({
      ...{ name: "wattbook_relayer_commit_steps_total", help: "What came of commits to sealed periods", registers },
      labelNames: ["step"] as const,
    });
    this.strays = new Gauge({
      ...{ name: "wattbook_relayer_bundles_missing", help: "Commits of its account without a bundle here", registers },
      labelNames: ["community"] as const,
    });
    this.bonds = new Gauge({
      ...{ name: "wattbook_relayer_bond", help: "Bonds in sealed communities, base units", registers },
      labelNames: ["community", "part"] as const,
    });
    for (const kind of ["strip", "reading"])
      for (const answer of ["accepted", "known"]) this.messages.inc({ kind, answer }, 0);
    for (const outcome of ["posted", "skipped", "missed"]) this.strips.inc({ outcome }, 0);
    for (const step of COMMIT_STEPS) this.commits.inc({ step }, 0);
  }
}
