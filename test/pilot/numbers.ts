/** The three services' numbers, made by what makes them in a running service. */
import { join } from "node:path";
import { asPeriod } from "@wattbook/sdk";
import { Outbox } from "../../services/src/chain/index.ts";
import { showNumbers } from "../../services/src/gateway/numbers.ts";
import { KeeperNumbers } from "../../services/src/keeper/numbers.ts";
import {
  type Door,
  type Listen,
  type Need,
  openDoor,
  type Registry,
  Secrets,
} from "../../services/src/operation/index.ts";
import { Numbers } from "../../services/src/relayer/numbers.ts";
import { gatewayOf } from "../services/gateway/gateway-support.ts";
import type { Series } from "./promql.ts";

const MET: Need = { name: "node", check: () => Promise.resolve() };
const ACCOUNT = `0x${"1".repeat(40)}`;

/** Doors of a relayer, a gateway and a keeper that have seen something of everything. */
export class Doors {
  readonly all: Readonly<Record<"relayer" | "gateway" | "keeper", Door>>;
  readonly #closers: (() => Promise<void> | void)[] = [];

  private constructor(all: Doors["all"]) {
    this.all = all;
  }

  /** @param listen Left out, nobody can ask them. */
  static async open(folder: string, listen?: Listen): Promise<Doors> {
    const open = (service: string) => openDoor(service, listen, new Secrets(), [MET]);
    const doors = new Doors({
      relayer: await open("relayer"),
      gateway: await open("gateway"),
      keeper: await open("keeper"),
    });
    const { relayer, gateway, keeper } = doors.all;
    const outboxes = ["relayer", "keeper"].map((name) => new Outbox(join(folder, `${name}.db`), 1n, ACCOUNT));
    const [relayed, kept] = outboxes as [Outbox, Outbox];
    relaying(new Numbers(relayer.metrics), relayed);
    keeping(new KeeperNumbers(keeper.metrics, kept));
    const stop = await metering(gateway.metrics);
    for (const door of Object.values(doors.all)) {
      door.up([MET]);
      doors.#closers.push(() => door.close());
    }
    doors.#closers.push(stop, () => {
      for (const outbox of outboxes) outbox.close();
    });
    return doors;
  }

  async close(): Promise<void> {
    for (const close of this.#closers) await close();
  }
}

function relaying(numbers: Numbers, outbox: Outbox): void {
  numbers.sender.watch(outbox);
  numbers.sender.holds(10n ** 18n);
  numbers.block.set(1);
  numbers.messages.inc({ kind: "strip", answer: "Underfunded" });
  numbers.faults.inc({ code: "RPC_UNAVAILABLE" });
  numbers.waiting.set({ community: "0" }, 1);
  numbers.strays.set({ community: "0" }, 0);
  for (const part of ["free", "locked"]) numbers.bonds.set({ community: "0", part }, 1);
}

function keeping(numbers: KeeperNumbers): void {
  numbers.passed({ submitted: ["clear:0:1:0"], waiting: [{ task: "settle", period: asPeriod(1n), items: 2 }] });
  numbers.sender.holds(10n ** 18n);
}

/** A gateway with a meter that was heard, and one that was not. @return What ends it. */
async function metering(registry: Registry): Promise<() => Promise<void>> {
  const { gateway, sample } = gatewayOf();
  showNumbers(gateway, registry, new Map());
  await sample(0, 1_000n);
  await sample(48, 500n).catch(() => undefined); // a register that falls is refused
  gateway.counters.add("refused.CLOCK_AHEAD");
  gateway.counters.add("refused.CLOCK_BEHIND");
  return () => gateway.stop();
}

/** Labels that Prometheus gives to everything that it scrapes. */
const TARGET = ["job", "instance"];

/** All numbers of the doors, as Prometheus has them. @param doors By the job that asks them. */
export async function seriesOf(doors: Readonly<Record<string, Door>>): Promise<Map<string, Series>> {
  const job = ["job", new Set(Object.keys(doors))] as const;
  const known = new Map<string, Series>([["up", { labels: new Set(TARGET), values: new Map([job]) }]]);
  for (const { metrics: registry } of Object.values(doors)) {
    for (const { name, type, values } of await registry.getMetricsAsJSON()) {
      const { labelNames } = registry.getSingleMetric(name) as unknown as { labelNames: string[] };
      const names = type.toString() === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
      const labels = new Set([...TARGET, "service", ...labelNames]);
      for (const each of names) known.set(each, { labels, values: new Map([job, ...valuesOf(labelNames, values)]) });
    }
  }
  return known;
}

/** Where nothing is counted yet, any value may come. */
function valuesOf(labelNames: readonly string[], values: readonly { labels: object }[]): Map<string, Set<string>> {
  const found = labelNames.map((name): [string, Set<string>] => {
    const seen = values.flatMap(({ labels }) => (labels as Record<string, string | undefined>)[name] ?? []);
    return [name, new Set(seen)];
  });
  return new Map(found.filter(([, seen]) => seen.size > 0));
}
