/** `wattbook bill`: a member's bill of a settled period, slot by slot, from event logs alone. */
import { writeFile } from "node:fs/promises";
import {
  billCsv,
  billTable,
  formatAmount,
  formatTime,
  formatWh,
  periodAt,
  asPeriod,
  isWattbookError,
  type Bill,
  type BillLine,
  type LogReader,
  type MemberIndex,
  type Period,
  type SharedSlot,
  type SharingRule,
} from "@wattbook/sdk";
import { Option } from "commander";
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { CliError } from "../lib/errors.ts";
import { memberOf, withSession, type LinkOptions, type Session } from "../lib/link.ts";
import { withLogs } from "../lib/logs.ts";
import { linked, withPeriod } from "../lib/options.ts";
import { pairsText, tableText } from "../lib/table.ts";
import { amountText, counted, periodText, slotPriceText } from "../lib/units.ts";

type Options = CommonOptions &
  LinkOptions & { readonly period?: bigint; readonly format: "table" | "csv" | "json"; readonly pdf?: string };

/** A slot of a home is about cents. */
const SHOWN_DIGITS = 4n;

/** Declares the command. */
export const bill: Register = (parent, app) => {
  const command = withPeriod(
    linked(parent.command("bill"), "community", "member"),
    "settled period (default: the last one that has ended)",
  )
    .description("Shows a member's bill of a settled period, slot by slot.")
    .addOption(
      new Option("--format <format>", "table, csv (one line per slot) or json")
        .choices(["table", "csv", "json"])
        .default("table"),
    )
    .option("--pdf <file>", "write the bill as one page besides");
  action<Options, []>(command, app, async (options, output) => {
    await withSession(options, app.terminal, async (session) => {
      const member = await memberOf(options, session);
      const period = asPeriod(options.period ?? lastPeriod(session));
      const { found, slots, rule } = await withLogs(session, output, async (logs) => ({
        found: await logs.bill(member, period),
        ...(await sharedIn(logs, period)),
      })).catch((error: unknown) => {
        if (!isWattbookError(error, "NOT_SETTLED")) throw error;
        const message = `Period ${periodText(session.terms, period)} of member ${member} is not settled. Name another with --period; wattbook settle settles what is due.`;
        throw new CliError("NOT_SETTLED", message, { cause: error });
      });
      const table = billTable(found, slots);
      const { community, money, terms } = session;
      if (options.pdf !== undefined) {
        // Loaded only here: whoever wants no page on paper need not wait for it.
        const { billPdf } = await import("../pdf/bill-pdf.ts");
        const names = { community: `community ${community}`, member: `Member ${member}` };
        const sheet = { ...names, money, terms, bill: found, ...(rule !== undefined && { rule, shared: slots }) };
        await writeFile(options.pdf, await billPdf(sheet));
        output.say(`Wrote ${options.pdf}.`);
      }
      const json = {
        community: Number(community),
        member: Number(member),
        token: money.token,
        symbol: money.symbol,
        decimals: Number(money.decimals),
        ...(options.pdf !== undefined && { pdf: options.pdf }),
        ...table,
      };
      if (options.format === "csv" && !output.json) app.terminal.stdout.write(billCsv(table));
      else if (options.format === "json" && !output.json)
        app.terminal.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
      else output.result(json, () => billText(session, member, found));
    });
  });
};

/** What the whole community shared, where it does. */
async function sharedIn(
  logs: LogReader,
  period: Period,
): Promise<{ readonly slots: readonly SharedSlot[]; readonly rule: SharingRule | undefined }> {
  if (logs.mode !== "sharing") return { slots: [], rule: undefined };
  const { scheme } = await logs.sharing(period);
  return { slots: (await logs.shared(period)).slots, rule: scheme?.rule };
}

function lastPeriod({ terms, now }: Session): bigint {
  const current = periodAt(terms, now);
  return current === 0n ? 0n : current - 1n;
}

function billText({ money, terms }: Session, member: MemberIndex, found: Bill): string {
  const busy = found.lines.filter(isBusy);
  const head = ["start UTC", "bought", "sold", "price", "import", "export", "paid", "received", "fee", "grid", "total"];
  const amount = (value: Bill["total"]) => formatAmount(value, money.decimals, SHOWN_DIGITS);
  const rows = busy.map((line) => [
    formatTime(line.start).slice(11, 16),
    ...[line.bought, line.sold].map(formatWh),
    line.price === null ? "-" : slotPriceText(money, line.price),
    ...[line.imported, line.exported].map(formatWh),
    ...[line.paid, line.received, line.networkFee, line.gridLeg, line.total].map(amount),
  ]);
  const quiet = found.lines.length - busy.length;
  const totals: [string, string][] = [
    ["slots", amountText(money, found.lines.reduce((sum, { total }) => sum + total, 0n) as Bill["total"])],
    ["settlement fee", amountText(money, found.settlementFee)],
    ...optional(money, [
      ["gap of the meter", found.gapLeg],
      ["other markets", (found.otherPaid - found.otherReceived) as Bill["total"]],
      ["lost reserve", found.lost],
    ]),
    ["to pay", amountText(money, found.total)],
    ["retailer only", amountText(money, found.withoutFeedIn)],
    ["with feed-in", amountText(money, found.retailOnly)],
    ["saved", amountText(money, found.saving)],
  ];
  return [
    `Member ${member}, period ${periodText(terms, found.period)}${found.estimated ? ", estimated: no reading came in time" : ""}`,
    ...(found.estimate === null
      ? []
      : [`A late reading replaced the estimate, whose grid leg was ${amountText(money, found.estimate)}.`]),
    `Money in ${money.symbol}, prices in ${money.symbol}/kWh; below zero the member is paid.`,
    "",
    tableText(head, ["left", ...head.slice(1).map(() => "right" as const)], rows),
    ...(quiet > 0 ? [`${counted(quiet, "slot")} without energy left out.`] : []),
    "",
    pairsText(totals),
  ].join("\n");
}

function optional(money: Session["money"], pairs: readonly (readonly [string, Bill["total"]])[]): [string, string][] {
  return pairs.filter(([, value]) => value !== 0n).map(([name, value]) => [name, amountText(money, value)]);
}

function isBusy({ bought, sold, imported, exported }: BillLine): boolean {
  return bought + sold + imported + exported > 0n;
}
