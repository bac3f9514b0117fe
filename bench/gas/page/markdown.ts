/** The page in docs/: every figure from the run. */
import { budgetName, factor } from "../text.ts";
import { BUDGET_TICKS } from "../budgets.ts";
import { belowTen, comparedWith } from "../compared.ts";
import { missedOf } from "../missed.ts";
import { rest } from "../rest.ts";
import type { Report } from "../report.ts";
import type { Row } from "../row.ts";
import type { Plot } from "./plots/common.ts";

type Columns<T> = readonly (readonly [title: string, cell: (row: T) => string])[];

const figure = (value: number): string => value.toLocaleString("en-US");
const maybe = (value: number | null): string => (value === null ? "" : figure(value));
const verdict = (met: boolean | null): string => (met === null ? "" : met ? "met" : "**missed**");

function table<T>(columns: Columns<T>, rows: readonly T[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const aligned = columns.map((_, index) => (index === 0 ? "---" : "--:"));
  return [
    line(columns.map(([title]) => title)),
    line(aligned),
    ...rows.map((row) => line(columns.map(([, of]) => of(row)))),
  ].join("\n");
}

export function pageOf(report: Report, plots: readonly Plot[]): string {
  const { rows, baselines, nextForkTool: tool, costs, ethEur, warmUp, speed, notMeasured } = report;
  const budgeted = rows.filter(({ budget }) => budget !== null);
  const others = rows.filter(({ budget }) => budget === null);
  const images = plots.map(({ file, title }) => `![${title}](${file})`).join("\n\n");
  return `# Benchmarks

Written by \`npm run bench\`; \`-- --quick\` repeats the small communities within three minutes, \`-- --explain\` names every part of a
limit. Figures are gas per unit of receipts on the project's own node (hardfork ${report.hardfork}), everything included: transaction,
calldata, signatures, events. Rings are warm: no measured order makes a storage word (rows of first uses aside), which each run checks.

- **Budget, then**: what an operation may cost, and where to go once it costs no more: half way from there to the limit, or what the
  budget names.
- **Limit**: what the gas schedule charges for the parts that no implementation of the same formats and storage can avoid: calldata
  and logs as sent, signatures, hashes, words read and rewritten, contracts touched. Computing is free in it.
- **Next fork**: experimental. The same transactions, run again on the same state in \`${tool.name}\` ${tool.version}, hardfork
  ${tool.hardfork}, which has these EIPs more than ${report.hardfork}: ${tool.eips.join(", ")}. The fork is a draft. At ${report.hardfork} the
  same tool must find exactly the receipt's gas, or the run fails. An operation may cost ${factor(tool.budget)} times its budget there.

${images}

## Budgets

${table(ROWS, budgeted)}

${missedOf(rows, (file) => `[ADR ${String(Number(file.slice(0, 4)))}](adr/${file})`)}

${notMeasured.length === 0 ? "" : `Budgets without a row in this run: ${notMeasured.map(budgetName).join("; ")}.`}

Between gas and limit lies, in gas per unit (negative: less than the limit assumes):

${table(
  REST,
  budgeted.filter(({ spent }) => spent !== null),
)}

## All other rows

${table(ROWS, others)}

## What a household pays

Gas of ${figure(BUDGET_TICKS)} ticks, order to settled money in every slot of 30 days, at an assumed ${figure(ethEur)} EUR per ether
(\`--eth-eur\`).

${table(
  [
    ["homes", ({ homes }) => figure(homes)],
    ["gwei per gas", ({ gwei }) => gwei],
    ["ETH a month", ({ eth }) => eth],
    ["EUR a month", ({ eur }) => eur],
    ["next fork, EUR", ({ nextForkEur }) => nextForkEur],
  ],
  costs,
)}

## Warming the rings, once

${warmUp
  .map(
    ({ ticks, ring, bookRing, community, member, nextForkCommunity }) =>
      `- ${figure(ticks)} ticks: a default community uses rings of ${figure(ring)} periods, ${figure(bookRing)} of them for the book. That their ` +
      `words are made costs ${figure(community)} gas (next fork ${figure(nextForkCommunity)}), and ${figure(member)} per member, spread over ` +
      `the first periods.`,
  )
  .join("\n")}

## Other order books

The same orders of one slot. [bench/baselines](../bench/baselines/) holds the books. What is placing, clearing and settling differs between
them, so only whole lives of an order are compared with Wattbook's at as many orders in a slot.
${belowTen(baselines, rows)}

${table(
  [
    ["book", ({ name }) => name],
    ["operation", ({ operation }) => operation],
    ["orders", ({ orders }) => figure(orders)],
    ["gas", ({ gas }) => figure(gas)],
    ["per", ({ per }) => per],
    ["× Wattbook", ({ times }) => (times === null ? "" : factor(times))],
    ["note", ({ note }) => note],
  ],
  comparedWith(baselines, rows),
)}

## Wall clock

Orders per second say something only next to each other, in one run on one machine (Node ${report.machine.node},
${figure(report.machine.cores)} cores). Clearing counts the orders that lie in the slots cleared. It does not read them, so its rate says
nothing but that. The whole run took ${figure(report.seconds)} s.

${table(
  [
    ["operation", ({ operation }) => operation],
    ["homes", ({ homes }) => figure(homes)],
    ["orders per second", ({ perSecond }) => figure(perSecond)],
    ["ratio", ({ ratio }) => factor(ratio)],
  ],
  speed,
)}
`;
}

const ROWS: Columns<Row> = [
  ["operation", ({ operation }) => operation],
  ["homes", ({ homes }) => figure(homes)],
  ["ticks", ({ ticks }) => figure(ticks)],
  ["gas", ({ gas }) => figure(gas)],
  ["per", ({ per }) => per],
  ["budget", ({ budget }) => maybe(budget)],
  ["", ({ met }) => verdict(met)],
  ["then", ({ then }) => maybe(then)],
  ["", ({ thenMet }) => verdict(thenMet)],
  ["limit", ({ limit }) => figure(limit)],
  ["× limit", ({ ratio }) => factor(ratio)],
  ["next fork", ({ nextFork }) => figure(nextFork)],
  ["× gas", ({ nextForkRatio }) => factor(nextForkRatio)],
  ["its budget", ({ nextForkMet }) => verdict(nextForkMet)],
];

const REST: Columns<Row> = [
  ["operation", ({ operation }) => operation],
  ["homes", ({ homes }) => figure(homes)],
  ["above the limit", ({ gas, limit }) => figure(gas - limit)],
  ["spent on", ({ spent }) => (spent ? rest(spent) : "")],
];
