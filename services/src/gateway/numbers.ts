/** The gateway's numbers for Prometheus, read from it whenever they are asked for. */
import { asSeconds, periodEnd } from "@wattbook/sdk/pure";
import type { CommunityIndex, Terms } from "@wattbook/sdk/pure";
import { Counter, Gauge, type Registry } from "../operation/index.ts";
import type { CounterName } from "./counters.ts";
import type { Gateway } from "./gateway.ts";

const KINDS = ["reading", "strip"] as const;
const STEPS = ["made", "signed", "accepted", "refused"] as const;

/** Shows a gateway's numbers. @param terms Of the communities it serves. */
export function showNumbers(gateway: Gateway, registry: Registry, terms: ReadonlyMap<CommunityIndex, Terms>): void {
  const registers = [registry];
  countSamples(gateway, registers);
  new Gauge({
    ...{
      name: "wattbook_gateway_held_samples",
      help: "Samples held until it is known whose clock is wrong",
      registers,
    },
    collect() {
      this.set(Number(gateway.queue.held.count()));
    },
  });
  countMessages(gateway, registers);
  new Gauge({
    ...{
      name: "wattbook_gateway_oldest_unsent_seconds",
      help: "Since the end of the oldest period whose reading waits",
    },
    registers,
    collect() {
      this.set(oldestUnsent(gateway, terms));
    },
  });
  new Gauge({
    ...{ name: "wattbook_gateway_members_with_gaps", help: "Members whose next reading waits for samples", registers },
    collect() {
      this.set(gateway.withGaps);
    },
  });
  new Gauge({
    name: "wattbook_gateway_last_sample_seconds",
    help: "Unix time of a meter's last sample, by its own clock; 0 where none came since the start",
    ...{ registers, labelNames: ["meter"] },
    collect() {
      for (const meter of gateway.meters) this.set({ meter }, Number(gateway.lastSamples.get(meter) ?? 0n));
    },
  });
}

function countSamples(gateway: Gateway, registers: Registry[]): void {
  const get = (name: CounterName) => gateway.counters.get(name);
  new Counter({
    ...{ name: "wattbook_gateway_samples_total", help: "Samples of meters, by what became of them", registers },
    labelNames: ["result"],
    collect() {
      this.reset();
      for (const result of ["received", "kept", "duplicate", "held"] as const)
        this.inc({ result }, get(`samples_${result}`));
    },
  });
  new Counter({
    ...{ name: "wattbook_gateway_refused_total", help: "What was refused or failed, by code", registers },
    labelNames: ["code"],
    collect() {
      this.reset();
      for (const [name, count] of gateway.counters.all) {
        if (name.startsWith("refused.")) this.inc({ code: name.slice("refused.".length) }, count);
      }
    },
  });
}

function countMessages(gateway: Gateway, registers: Registry[]): void {
  new Counter({
    ...{ name: "wattbook_gateway_messages_total", help: "Readings and strips, by step", registers },
    labelNames: ["kind", "step"],
    collect() {
      this.reset();
      for (const kind of KINDS)
        for (const step of STEPS) this.inc({ kind, step }, gateway.counters.get(`${kind}s_${step}`));
    },
  });
  new Counter({
    ...{ name: "wattbook_gateway_hand_over_failed_total", help: "Messages that were not answered for good", registers },
    collect() {
      this.reset();
      this.inc(gateway.counters.get("hand_over_failed"));
    },
  });
  new Gauge({
    ...{ name: "wattbook_gateway_queued", help: "Readings and strips in the queue, by state", registers },
    labelNames: ["kind", "state"],
    collect() {
      for (const kind of KINDS) for (const state of STEPS) this.set({ kind, state }, 0);
      for (const { kind, state, count } of gateway.queue.outbox.counts()) this.set({ kind, state }, Number(count));
    },
  });
}

/** Seconds; 0 where nothing waits. */
function oldestUnsent(gateway: Gateway, terms: ReadonlyMap<CommunityIndex, Terms>): number {
  const now = asSeconds(BigInt(Math.floor(Date.now() / 1_000)));
  const ages = [...gateway.queue.outbox.earliestWaiting("reading")].flatMap(([community, period]) => {
    const known = terms.get(community);
    return known === undefined ? [] : [Number(now - periodEnd(known, period))];
  });
  return Math.max(0, ...ages);
}
