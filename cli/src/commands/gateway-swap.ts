/** `wattbook gateway swap`: a gateway goes on with a new meter's registers where the old one's ended. */
import type { SwapOutcome } from "@wattbook/services/gateway";
import type { Seconds } from "@wattbook/sdk";
import { action, type App, type CommonOptions, type Register } from "../lib/app.ts";
import { confirm } from "../lib/confirm.ts";
import { CliError } from "../lib/errors.ts";
import { instantOf } from "../lib/options.ts";
import type { Output } from "../lib/output.ts";
import { tableText } from "../lib/table.ts";
import { timeText } from "../lib/units.ts";

interface Options extends CommonOptions {
  readonly config: string;
  readonly meter: string;
  readonly at: string;
  readonly lastImport?: string;
  readonly lastExport?: string;
  readonly firstImport?: string;
  readonly firstExport?: string;
  readonly serial?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  /** Of the command above. */
  readonly check?: boolean;
  readonly printConfig?: boolean;
}

/** Declares the command. */
export const gatewaySwap: Register = (parent, app) => {
  const command = parent
    .command("swap")
    .description("Tells a gateway that is stopped of a new meter: its registers go on where the old one's ended.")
    .option("--config <gateway.json>", "the gateway's configuration", "gateway.json")
    .requiredOption("--meter <name>", "the meter's name in the configuration")
    .requiredOption("--at <time>", "when the old meter was read last and the new one first: 2026-11-30T12:00Z")
    .option("--last-import <energy>", "the old meter's last register, such as 5130.5kWh; left out without one")
    .option("--last-export <energy>", "likewise")
    .option("--first-import <energy>", "the new meter's first register, such as 0kWh")
    .option("--first-export <energy>", "likewise")
    .option("--serial <number>", "the new meter's serial number")
    .option("--yes", "do not ask before writing")
    .option("--dry-run", "show what would change; write nothing");
  action<Options, []>(command, app, (options, output) => swap(options, output, app));
};

async function swap(options: Options, output: Output, { terminal }: App): Promise<void> {
  if (options.check === true || options.printConfig === true) {
    const advice = "leave them out; --dry-run shows what a swap would change";
    throw new CliError("OPTION_INVALID", `--check and --print-config do not go with swap: ${advice}.`);
  }
  const { readGatewayConfig, registerWhDown, swapMeter } = await import("@wattbook/services/gateway");
  const { Secrets } = await import("@wattbook/services/operation");
  const config = readGatewayConfig({ path: options.config, env: terminal.env }, new Secrets());
  const has = new Set(config.meters.find(({ name }) => name === options.meter)?.registers);
  const wh = (side: "import" | "export", flag: string, text: string | undefined): bigint => {
    if (text === undefined && !has.has(side)) return 0n;
    const [, digits = "", unit = ""] = /^(.*?)\s*(k|M|)Wh$/.exec(text ?? "") ?? [];
    if (digits !== "") return registerWhDown(digits, `${unit}Wh` as "Wh" | "kWh" | "MWh", flag);
    const given = text === undefined ? `${flag} is missing` : `${flag} ${text}`;
    throw new CliError("OPTION_INVALID", `${given}: pass a register with its unit, such as 5130.5kWh.`);
  };
  const told = {
    ...{ meter: options.meter, at: timeOf(options.at) },
    last: {
      importWh: wh("import", "--last-import", options.lastImport),
      exportWh: wh("export", "--last-export", options.lastExport),
    },
    first: {
      importWh: wh("import", "--first-import", options.firstImport),
      exportWh: wh("export", "--first-export", options.firstExport),
    },
    ...(options.serial === undefined ? {} : { serial: options.serial }),
  };
  const { dryRun = false } = options;
  const outcome = swapMeter(config, told, { apply: false });
  if (!dryRun) {
    output.say(`${swapText(outcome)}\n`);
    const asked = { what: "write the swap", undone: "Nothing was written." };
    await confirm(`Write this into ${config.queue}?`, options.yes, terminal, asked);
    swapMeter(config, told, { apply: true });
  }
  output.result({ ...outcome, dryRun }, () => {
    return dryRun
      ? `${swapText(outcome)}\nNothing was written.`
      : `Meter ${outcome.meter} is swapped. Start the gateway${serialHint(outcome)}.`;
  });
}

function serialHint({ meter, serial }: SwapOutcome): string {
  return serial === undefined ? "" : `; where its configuration names a serial for ${meter}, set it to ${serial} first`;
}

/** What changes, register by register. */
function swapText({ meter, at, before, last, since, first, serial, counted }: SwapOutcome): string {
  const row = (name: string, { importWh, exportWh }: { importWh: bigint; exportWh: bigint }, more = "") => [
    name,
    kWhText(importWh),
    kWhText(exportWh),
    more,
  ];
  const rows = [
    row("old meter, last sample", before, `at ${timeText(before.at)}${numbered(before.serial)}`),
    row("old meter, last registers", last),
    row("counted since that sample", since),
    row("new meter, first registers", first, numbered(serial).trim()),
    row("registers of readings, there", counted),
  ];
  const table = tableText(["", "import", "export", ""], ["left", "right", "right", "left"], rows);
  return `Meter ${meter} is swapped at ${timeText(at)}:\n${table}`;
}

function numbered(serial: string | undefined): string {
  return serial === undefined ? "" : ` number ${serial}`;
}

/** Exact: "5130.5 kWh". */
function kWhText(wh: bigint): string {
  const fraction = (wh % 1_000n).toString().padStart(3, "0").replace(/0+$/, "");
  return `${wh / 1_000n}${fraction === "" ? "" : `.${fraction}`} kWh`;
}

function timeOf(text: string): Seconds {
  const time = instantOf(text);
  if (time !== undefined) return time;
  throw new CliError("OPTION_INVALID", `--at ${text}: pass a time with its offset, such as 2026-11-30T12:00Z.`);
}
