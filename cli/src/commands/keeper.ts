/** `wattbook keeper`: clears and settles what is due, again and again. Anyone may run one, and several do no harm. */
import type { MemberIndex, Period } from "@wattbook/sdk";
import { Option } from "commander";
import type { Level } from "@wattbook/services/operation";
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { dueOf, membersText, slotsText } from "../lib/due.ts";
import { EXIT } from "../lib/errors.ts";
import { withSession, type Session } from "../lib/link.ts";
import { withLogs } from "../lib/logs.ts";
import { asking, count, linked, listenOf } from "../lib/options.ts";
import type { Output } from "../lib/output.ts";
import { keepOn, keepOnce, type KeepOptions } from "./keeper-run.ts";

type Options = CommonOptions & KeepOptions;

/** Written down here, so that the help loads no service. */
const LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const satisfies readonly Level[];

/** Declares the command. */
export const keeper: Register = (parent, app) => {
  const command = asking(linked(parent.command("keeper"), "community"))
    .description("Clears due slots and settles due periods from chain data alone, until it is stopped.")
    .option("--once", "one look, wait for what it sends, and end")
    .addOption(count("--every <seconds>", "between two looks", { least: 1n, most: 3_600n, unset: 15n }))
    .addOption(
      count("--delay <seconds>", "leave what is due to others for so long", { least: 0n, most: 86_400n, unset: 0n }),
    )
    .addOption(
      count("--confirmations <blocks>", "blocks after which a transaction is final", {
        least: 1n,
        most: 1_000n,
        unset: 2n,
      }),
    )
    .option("--listen <host:port>", "where operators find /healthz, /readyz and /metrics", (text) =>
      listenOf("--listen", text),
    )
    .addOption(
      new Option("--log <level>", "how much to log").choices(LEVELS).default("info" satisfies (typeof LEVELS)[number]),
    );
  action<Options, []>(command, app, async (options, output) => {
    if (options.dryRun === true) await withSession(options, app.terminal, (session) => look(session, output));
    else if (options.once !== true) await keepOn(options, output);
    else if (!(await keepOnce(options, output))) app.exit = EXIT.failed;
  });
};

/** What a pass would find. */
async function look(session: Session, output: Output): Promise<void> {
  const due = await withLogs(session, output, (logs) => dueOf(session, logs));
  const json = due.map(({ period, clear, join, count: counts, chunks, settle, estimate }) => ({
    period: Number(period),
    clear: clear.map(Number),
    join: join.map(Number),
    count: counts.map(({ member }) => Number(member)),
    share: chunks.map(({ items }) => items.map(({ member }) => Number(member))),
    settle: settle.map(({ member }) => Number(member)),
    estimate: estimate.map(({ member }) => Number(member)),
  }));
  output.result({ dryRun: true, due: json }, () => {
    const lines = due.flatMap(({ period, clear, join, count: counts, chunks, settle, estimate }) => [
      ...(clear.length > 0 ? [`Due to clear: ${slotsText(session, clear)}.`] : []),
      ...dueLine("let join", period, join),
      ...dueLine("count", period, membersIn(counts)),
      ...chunks.flatMap(({ items }) => dueLine("share among", period, membersIn(items))),
      ...dueLine("settle", period, membersIn(settle)),
      ...dueLine("estimate", period, membersIn(estimate)),
    ]);
    return lines.length === 0 ? "Nothing is due." : lines.join("\n");
  });
}

function membersIn(items: readonly { readonly member: MemberIndex }[]): MemberIndex[] {
  return items.map(({ member }) => member);
}

function dueLine(verb: string, period: Period, members: readonly MemberIndex[]): string[] {
  return members.length === 0 ? [] : [`Due to ${verb}: ${membersText(members)} of period ${period}.`];
}
