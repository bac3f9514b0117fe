/** The demo as a command: options in, report out, an exit code. */

import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { type BatteryReport, renderBattery, runBattery } from "./battery.ts";
import { runOnChain, stepsOf } from "./chain/run.ts";
import { type DemoOptions, parseOptions } from "./cli.ts";
import { type Community, loadCommunity } from "./community.ts";
import { DemoError } from "./errors.ts";
import { prepareFolder, writeFiles, writePage, writeSharing } from "./files.ts";
import { printable } from "./format.ts";
import type { PageOptions } from "./html/assemble.ts";
import { renderPage } from "./html/render.ts";
import { renderSharedPage } from "./html/shared.ts";
import { compareRules, comparisonSteps } from "./modes/compare.ts";
import { type JsonValue, toJson } from "./json.ts";
import { renderSharing, sharingReport } from "./modes/report.ts";
import { type ProgressStream, startProgress } from "./progress.ts";
import { type Report, reportOf } from "./report.ts";
import { renderReport } from "./tables.ts";
import { detailOf } from "./trace.ts";

/** Where a run writes to. */
export interface Terminal {
  /** The report, and nothing else. */
  readonly stdout: NodeJS.WritableStream;
  /** Progress, paths and problems. */
  readonly stderr: ProgressStream;
  readonly env: NodeJS.ProcessEnv;
}

/** Longest remark that may quote an input file. */
const MOST_LINE = 1_000;

/** Exit codes. */
export const EXIT = { sound: 0, unsound: 1, refused: 2 } as const;

/** Runs a command line, without node and script; returns the exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const options = parseOptions(args, terminal.stdout);
    return options === undefined ? EXIT.sound : await run(options, terminal);
  } catch (error) {
    if (!(error instanceof DemoError)) throw error;
    terminal.stderr.write(`${error.code}: ${printable(error.message, MOST_LINE)}\n`);
    return EXIT.refused;
  }
}

async function run(options: DemoOptions, { stdout, stderr, env }: Terminal): Promise<number> {
  await prepareFolder(options);
  const community = await loadCommunity(options);
  for (const note of community.data.notes ?? []) stderr.write(`note: ${printable(note, MOST_LINE)}\n`);
  if (options.mode !== "auction") return share(options, community, { stdout, stderr, env });
  const progress = startProgress(stepsOf(community, options.days), stderr, env);
  const result = await runOnChain(community, options, progress).finally(() => {
    progress.stop();
  });
  const { outcome, slots, faults } = result;
  const report = reportOf(outcome);
  const battery = await planned(options, community);
  print(options, battery, stdout, report as unknown as Fields, renderReport(report));
  if (options.out !== undefined) {
    const paths = await writeFiles(options.out, report, result);
    stderr.write(`written: ${paths.join(", ")}\n`);
    const { days } = detailOf(report.homes, slots.length / report.days, report.days);
    if (days < report.days) stderr.write(`note: bills and schedules are those of the first ${days} days.\n`);
  }
  if (options.report) {
    await publish(options, await renderPage(report, { ...result, battery }, pageOptions(options, community)), stderr);
  }
  for (const fault of [...faults, ...faultsOf(report)]) stderr.write(`FAULT: ${fault}\n`);
  return faults.length + faultsOf(report).length === 0 ? EXIT.sound : EXIT.unsound;
}

/** Lets meters trade by every rule, and lists the homes of one. */
async function share(options: DemoOptions, community: Community, { stdout, stderr, env }: Terminal): Promise<number> {
  const progress = startProgress(comparisonSteps(community, options.days), stderr, env);
  const comparison = await compareRules(community, options, progress).finally(() => {
    progress.stop();
  });
  const report = sharingReport(community, options, comparison, options.mode === "metered" ? "metered" : options.rule);
  const battery = await planned(options, community);
  print(options, battery, stdout, report as unknown as Fields, renderSharing(report));
  if (options.out !== undefined) {
    const paths = await writeSharing(options.out, report, comparison, community.calendar.step);
    stderr.write(`written: ${paths.join(", ")}\n`);
  }
  if (options.report) {
    const input = { community, comparison, battery };
    await publish(options, await renderSharedPage(report, input, pageOptions(options, community)), stderr);
  }
  const unsound = report.comparison.flatMap(({ rule, books }) =>
    faultsOf({ books, unsettled: 0 }).map((fault) => `${rule}: ${fault}`),
  );
  const faults = [...comparison.faults, ...unsound];
  for (const fault of faults) stderr.write(`FAULT: ${fault}\n`);
  return faults.length === 0 ? EXIT.sound : EXIT.unsound;
}

type Fields = Readonly<Record<string, JsonValue>>;

/** What a battery of the community would do on the same days, if it is asked for. */
async function planned({ battery, days }: DemoOptions, community: Community): Promise<BatteryReport | undefined> {
  return battery ? runBattery(community, days) : undefined;
}

/** The report, and the battery. */
function print(
  { json }: DemoOptions,
  battery: BatteryReport | undefined,
  stdout: NodeJS.WritableStream,
  report: Fields,
  text: string,
): void {
  const more = battery === undefined ? "" : `\n\n${renderBattery(battery)}`;
  stdout.write(`${json ? toJson({ ...report, battery: battery as unknown as JsonValue }) : `${text}${more}`}\n`);
}

/** Writes the page, and says where it is. */
async function publish({ out }: DemoOptions, html: string, stderr: ProgressStream): Promise<void> {
  const path = await writePage(out ?? ".", html);
  stderr.write(`report: ${path} (open it in a browser: ${pathToFileURL(path).href})\n`);
}

function pageOptions({ ethPrice, input }: DemoOptions, { data }: Community): PageOptions {
  return { ethCents: ethPrice, input: input === undefined ? undefined : basename(input), notes: data.notes ?? [] };
}

/** What must not be in any report. */
function faultsOf({ books, unsettled }: Pick<Report, "books" | "unsettled">): string[] {
  return [
    ...(books.energyWh === 0n ? [] : [`bought and sold energy differ by ${books.energyWh} Wh.`]),
    ...(books.money === 0n ? [] : [`the books of money are ${books.money} base units off.`]),
    ...(unsettled === 0 ? [] : [`${unsettled} journals are not settled.`]),
  ];
}
