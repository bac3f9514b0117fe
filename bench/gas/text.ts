/** A run as text for a terminal. */
import { tableOf, type Columns } from "../lib/table.ts";
import { OSAKA, type Kind } from "./schedule.ts";
import type { Budget } from "./budgets.ts";
import { belowTen, comparedWith } from "./compared.ts";
import { missedOf } from "./missed.ts";
import type { Report } from "./report.ts";
import type { Row } from "./row.ts";
import { rest } from "./rest.ts";

/** Thousandths as a factor with two decimals. */
export const factor = (thousandths: number): string => (thousandths / 1000).toFixed(2);
const figure = (value: number | null): string => (value === null ? "" : value.toLocaleString("en-US"));
const mark = (met: boolean | null): string => (met === null ? "" : met ? "met" : "MISSED");

export const budgetName = ({ operation, homes }: Budget): string =>
  homes === undefined ? operation : `${operation}, ${figure(homes)} homes`;

const ROWS: Columns<Row> = [
  ["operation", ({ operation }) => operation],
  ["homes", ({ homes }) => figure(homes)],
  ["ticks", ({ ticks }) => figure(ticks)],
  ["gas", ({ gas }) => figure(gas)],
  ["per", ({ per }) => per],
  ["budget", ({ budget }) => figure(budget)],
  ["", ({ met }) => mark(met)],
  ["then", ({ then }) => figure(then)],
  ["", ({ thenMet }) => mark(thenMet)],
  ["limit", ({ limit }) => figure(limit)],
  ["x limit", ({ ratio }) => factor(ratio)],
  ["next fork", ({ nextFork }) => figure(nextFork)],
  ["x gas", ({ nextForkRatio }) => factor(nextForkRatio)],
  ["", ({ nextForkMet }) => mark(nextForkMet)],
  ["largest call", ({ largestCall }) => figure(largestCall.gas)],
];

const REST: Columns<Row> = [
  ["operation", ({ operation }) => operation],
  ["homes", ({ homes }) => figure(homes)],
  ["above the limit", ({ gas, limit }) => figure(gas - limit)],
  ["spent on", ({ spent }) => (spent ? rest(spent) : "")],
];

export function textOf(report: Report, { explain = false } = {}): string {
  const { rows, baselines, nextForkTool: tool, costs, ethEur, warmUp, speed, notMeasured, problems } = report;
  const parts = [
    `Gas per unit, ${report.hardfork}, receipts of the project's own node, everything included.`,
    tableOf(ROWS, rows),
    missedOf(rows),
    `Then: where to go once the budget is met, half way to the limit unless the budget says otherwise. ` +
      `Limit: the arithmetic lower bound from the gas schedule. Next fork: experimental, ${tool.name} ${tool.version}, ` +
      `hardfork ${tool.hardfork} (EIPs ${tool.eips.join(", ")}); each operation may cost ${factor(tool.budget)} times its budget there.`,
    "What is above the limit, by what it is spent on (negative: less than the limit assumes):",
    tableOf(
      REST,
      rows.filter(({ spent }) => spent !== null),
    ),
  ];
  if (explain) parts.push(...rows.map(explained));
  if (costs.length > 0) {
    parts.push(
      `Per household and month, order to settled money, an ether at ${figure(ethEur)} EUR (--eth-eur):`,
      tableOf(
        [
          ["homes", ({ homes }) => figure(homes)],
          ["gwei", ({ gwei }) => gwei],
          ["ETH", ({ eth }) => eth],
          ["EUR", ({ eur }) => eur],
          ["next fork ETH", ({ nextForkEth }) => nextForkEth],
          ["EUR", ({ nextForkEur }) => nextForkEur],
        ],
        costs,
      ),
    );
  }
  for (const { ticks, ring, bookRing, community, member } of warmUp) {
    parts.push(
      `Warming the rings of a default community with ${figure(ticks)} ticks (${figure(ring)} periods, ${figure(bookRing)} of the ` +
        `book): ${figure(community)} gas, and ${figure(member)} per member, once.`,
    );
  }
  if (baselines.length > 0) {
    parts.push(
      "Other order books, the same orders of one slot, whole lives in those of Wattbook:",
      tableOf(
        [
          ["book", ({ name }) => name],
          ["operation", ({ operation }) => operation],
          ["orders", ({ orders }) => figure(orders)],
          ["gas", ({ gas }) => figure(gas)],
          ["per", ({ per }) => per],
          ["x Wattbook", ({ times }) => (times === null ? "" : factor(times))],
          ["note", ({ note }) => note],
        ],
        comparedWith(baselines, rows),
      ),
      belowTen(baselines, rows),
    );
  }
  if (speed.length > 0) {
    parts.push(
      `Orders per second on this machine (Node ${report.machine.node}, ${figure(report.machine.cores)} cores), and in each other:`,
      tableOf(
        [
          ["operation", ({ operation }) => operation],
          ["homes", ({ homes }) => figure(homes)],
          ["orders/s", ({ perSecond }) => figure(perSecond)],
          ["ratio", ({ ratio }) => factor(ratio)],
        ],
        speed,
      ),
    );
  }
  if (notMeasured.length > 0) {
    parts.push(`Budgets without a row in this run: ${notMeasured.map(budgetName).join("; ")}.`);
  }
  return [...parts, ...problems].join("\n\n");
}

function explained({ operation, homes, ticks, parts, units, per }: Row): string {
  const lines = parts.map(({ what, kind, count }) => ({ what, kind, count, gas: Number(OSAKA[kind]) * count }));
  const columns: Columns<{ what: string; kind: Kind; count: number; gas: number }> = [
    ["part of the limit", ({ what }) => what],
    ["charged as", ({ kind }) => kind],
    ["times", ({ count }) => figure(count)],
    ["gas", ({ gas }) => figure(gas)],
    [`per ${per}`, ({ gas }) => (gas / units).toFixed(1)],
  ];
  return `${operation}, ${figure(homes)} homes, ${figure(ticks)} ticks:\n${tableOf(columns, lines)}`;
}
