/** A meter swap in the queue of a gateway that is stopped: nothing else may write there meanwhile. */
import { existsSync } from "node:fs";
import { parseDeployment } from "@wattbook/sdk";
import { asSeconds, DEFAULT_TERMS } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import { ServiceError } from "../errors.ts";
import { readText } from "../operation/index.ts";
import { type Clock, systemClock } from "./clock.ts";
import { knownCommunities } from "./config/communities.ts";
import { rulesOf } from "./config/load.ts";
import type { GatewayConfig, MeterConfig } from "./config/schema.ts";
import { GatewayError } from "./errors.ts";
import { Intake, type MeterRules, type Swap } from "./intake.ts";
import type { Energies } from "./placing.ts";
import { Queue } from "./queue/queue.ts";
import { Timekeeper } from "./timekeeper.ts";

/** What a swap does. */
export interface SwapOutcome {
  readonly meter: string;
  readonly at: Seconds;
  /** The old meter's last sample that the queue has. */
  readonly before: Energies & { readonly at: Seconds; readonly serial?: string };
  /** The old meter's last registers, and what it counted since that sample. */
  readonly last: Energies;
  readonly since: Energies;
  /** The new meter's first registers. */
  readonly first: Energies;
  readonly serial?: string;
  /** What was counted by then through all meters: registers as readings have them. */
  readonly counted: Energies;
}

/** @param apply False tries it and changes nothing. */
export interface SwapOptions {
  readonly apply: boolean;
  readonly clock?: Clock;
}

/**
 * Writes a swap into the queue that a configuration names, or tries to.
 * @throws ServiceError STORE_IN_USE while the gateway runs, FILE_UNREADABLE where there is no queue, METER_UNKNOWN, SWAP_TOO_LATE,
 * TERMS_UNKNOWN, and what is wrong with the registers
 */
export function swapMeter(config: GatewayConfig, swap: Swap, { apply, clock = systemClock }: SwapOptions): SwapOutcome {
  if (!existsSync(config.queue)) {
    const text = `queue ${config.queue} is not there. Without one, set the meter's base in the configuration`;
    throw new ServiceError(
      "FILE_UNREADABLE",
      `${text}: what was counted before, less the new meter's first registers.`,
    );
  }
  const queue = new Queue(config.queue);
  try {
    const rules = rulesOfMeter(config, swap.meter, queue);
    return trying(queue, apply, () => {
      const intake = new Intake(queue, new Map([[swap.meter, rules]]), new Timekeeper(clock));
      const meter = queue.meters.idOf(swap.meter);
      const before = queue.samples.before(meter, swap.at);
      intake.swap(swap);
      const after = queue.samples.at(meter, swap.at);
      if (before === undefined || after === undefined) throw new Error("a swap lies between two samples");
      return outcomeOf(swap, rules, before, after);
    });
  } finally {
    queue.close();
  }
}

type Sample = NonNullable<ReturnType<Queue["samples"]["at"]>>;

function outcomeOf(swap: Swap, { counts }: MeterRules, before: Sample, after: Sample): SwapOutcome {
  const { at, importWh, exportWh, serial } = before.shown;
  const shown = ({ importWh, exportWh }: Energies) => ({
    importWh: counts.import ? importWh : 0n,
    exportWh: counts.export ? exportWh : 0n,
  });
  return {
    ...{ meter: swap.meter, at: swap.at },
    before: { at, importWh, exportWh, ...(serial === undefined ? {} : { serial }) },
    last: shown(swap.last),
    since: {
      importWh: after.counted.importWh - before.counted.importWh,
      exportWh: after.counted.exportWh - before.counted.exportWh,
    },
    first: shown(swap.first),
    ...(swap.serial === undefined ? {} : { serial: swap.serial }),
    counted: { importWh: after.counted.importWh, exportWh: after.counted.exportWh },
  };
}

/** Runs work in a transaction, and takes it back where it is tried alone. */
function trying<T>(queue: Queue, apply: boolean, work: () => T): T {
  const tried = { result: undefined as T | undefined };
  try {
    return queue.transaction(() => {
      const result = work();
      if (apply) return result;
      tried.result = result;
      throw new TriedAlone();
    });
  } catch (error) {
    if (error instanceof TriedAlone) return tried.result as T;
    throw error;
  }
}

class TriedAlone extends Error {}

function rulesOfMeter(config: GatewayConfig, name: string, queue: Queue): MeterRules {
  const meter = config.meters.find((each) => each.name === name);
  if (meter === undefined) {
    const names = config.meters.map((each) => each.name).join(", ");
    throw new GatewayError("METER_UNKNOWN", "meter", name, `the configuration has ${names}. Name one of them.`);
  }
  return rulesOf(meter, slotOf(config, meter, queue));
}

function slotOf(config: GatewayConfig, { name }: MeterConfig, queue: Queue): Seconds {
  const member = config.members.find(({ meter }) => meter === name);
  if (member === undefined) return asSeconds(DEFAULT_TERMS.slotDuration);
  const deployment = parseDeployment(readText("deployment", config.deployment));
  const known = knownCommunities(deployment, { ...config, members: [member] }, queue)?.get(member.community);
  if (known !== undefined) return known.terms.slotDuration;
  const text = "the queue does not know its terms. Start the gateway once while its node answers, and stop it again.";
  throw new GatewayError("TERMS_UNKNOWN", `community of meter ${name}`, member.community, text);
}
