/** The plots of the page. */
import { axisX, axisY, barX, barY, gridX, gridY, ruleX, stackX, text, tickX } from "@observablehq/plot";
import { BUDGET_TICKS } from "../budgets.ts";
import { OPERATIONS as OP } from "../operations.ts";
import type { Report } from "../report.ts";
import { CATEGORIES } from "../schedule.ts";
import type { Row } from "../row.ts";
import { COLOURS, LEGEND_HEIGHT, SHADES, svgOf, type Legend } from "./draw.ts";

/** A file of docs/ with its text for those who do not see it. */
export interface Plot {
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

const WIDTH = 760;
const NAMES = 330;
const ROW = 26;
const FOOT = 44;

const VERDICTS: Legend = [
  ["met", COLOURS.blue],
  ["missed", COLOURS.orange],
];
const PARTS: Legend = [
  ["place", COLOURS.blue],
  ["clear", COLOURS.grey],
  ["settle", COLOURS.orange],
];
const SPENT: Legend = CATEGORIES.map((category, index) => [category, SHADES[index % SHADES.length] ?? COLOURS.grey]);
const colours = (legend: Legend) => ({
  domain: legend.map(([name]) => name),
  range: legend.map(([, colour]) => colour),
});

/** A share as a text, where there is room for it. */
const shareText = ({ share }: { share: number }) => (share < 0.13 ? "" : `${String(Math.round(100 * share))} %`);

const thousands = (value: number): string => value.toLocaleString("en-US");
const nameOf = ({ operation, homes }: Row) => (operation === OP.life ? `life, ${thousands(homes)} homes` : operation);

export function plotsOf(report: Report): Plot[] {
  return [budgets(report), life(report), spent(report), others(report)].flatMap((plot) => plot ?? []);
}

/** Rows with budgets, of each name the one of the largest community. */
function budgeted(rows: readonly Row[]): Row[] {
  const byName = new Map<string, Row>();
  for (const row of rows) if (row.budget !== null) byName.set(nameOf(row), row);
  return [...byName.values()];
}

/** Every budget as 1: a bar for the gas, a tick for the limit. */
function budgets({ rows }: Report): Plot | undefined {
  const data = budgeted(rows).map((row) => {
    const budget = row.budget ?? 1;
    const shares = { gas: row.gas / budget, limit: row.limit / budget };
    return { name: nameOf(row), ...shares, label: thousands(row.gas), met: row.met };
  });
  if (data.length === 0) return undefined;
  const title = "Gas of each operation in its budget, and the arithmetic limit";
  const order = data.map(({ name }) => name);
  const svg = svgOf(
    {
      width: WIDTH,
      marginLeft: NAMES,
      marginRight: 70,
      marginTop: LEGEND_HEIGHT,
      marginBottom: FOOT,
      height: LEGEND_HEIGHT + FOOT + ROW * data.length,
      x: {
        label: "gas in budgets; 1 is the budget, the dark tick the arithmetic limit",
        domain: [0, Math.max(1.1, ...data.map(({ gas }) => gas))],
      },
      y: { domain: order, label: null },
      color: colours(VERDICTS),
      marks: [
        gridX(),
        barX(data, {
          x: "gas",
          y: "name",
          fill: ({ met }: { met: boolean }) => (met ? "met" : "missed"),
          insetTop: 4,
          insetBottom: 4,
        }),
        tickX(data, { x: "limit", y: "name", stroke: "currentColor", strokeWidth: 2 }),
        text(data, {
          x: "gas",
          y: "name",
          text: ({ label, met }: { label: string; met: boolean }) => `${label}${met ? " ✓" : ""}`,
          textAnchor: "start",
          dx: 4,
        }),
        ruleX([1], { strokeDasharray: "4 3" }),
        axisX(),
        axisY({ tickSize: 0 }),
      ],
    },
    title,
    data.map(({ name, label, met }) => `${name}: ${label} gas, ${met ? "met" : "missed"}`).join("; "),
    VERDICTS,
  );
  return { file: "benchmarks-budgets.svg", title, svg };
}

/** Order to settled money by size of the community: three parts of a bar, and the limit. */
function life({ rows }: Report): Plot | undefined {
  const lives = rows.filter(({ operation, ticks }) => operation === OP.life && ticks === BUDGET_TICKS);
  if (lives.length === 0) return undefined;
  const partOf = (operation: string, homes: number) =>
    rows.find((row) => row.operation === operation && row.homes === homes && row.ticks === BUDGET_TICKS);
  const data = lives.flatMap(({ homes }) => [
    { homes: thousands(homes), part: "place", gas: partOf(OP.placeAll, homes)?.gas ?? 0 },
    { homes: thousands(homes), part: "clear", gas: (partOf(OP.clear48, homes)?.gas ?? 0) / homes },
    { homes: thousands(homes), part: "settle", gas: partOf(OP.settleAll, homes)?.gas ?? 0 },
  ]);
  const title = "Gas per household and slot, from order to settled money";
  const svg = svgOf(
    {
      width: WIDTH,
      height: 320,
      marginLeft: 60,
      marginTop: LEGEND_HEIGHT + 16,
      marginBottom: FOOT,
      x: { label: "homes", domain: lives.map(({ homes }) => thousands(homes)) },
      y: { label: null },
      color: colours(PARTS),
      marks: [
        gridY(),
        barY(data, { x: "homes", y: "gas", fill: "part", insetLeft: 24, insetRight: 24 }),
        text(lives, {
          x: ({ homes }: Row) => thousands(homes),
          y: "gas",
          text: ({ gas }: Row) => thousands(gas),
          dy: -8,
        }),
        axisX(),
        axisY(),
      ],
    },
    title,
    lives
      .map(({ homes, gas, limit }) => `${thousands(homes)} homes: ${thousands(gas)} gas, limit ${thousands(limit)}`)
      .join("; "),
    PARTS,
  );
  return { file: "benchmarks-life.svg", title, svg };
}

/** What the gas of the larger operations goes to, in shares. */
function spent({ rows }: Report): Plot | undefined {
  const shown = budgeted(rows).filter((row) => row.spent !== null);
  const data = shown.flatMap((row) =>
    CATEGORIES.flatMap((category) => {
      const on = row.spent?.[category];
      if (on === undefined || row.gas === 0) return [];
      return [{ name: nameOf(row), category, share: Math.max(0, on.gas / row.gas) }];
    }),
  );
  if (data.length === 0) return undefined;
  const title = "What the gas is spent on";
  const svg = svgOf(
    {
      width: WIDTH,
      marginLeft: NAMES,
      marginTop: LEGEND_HEIGHT,
      marginBottom: FOOT,
      height: LEGEND_HEIGHT + FOOT + ROW * shown.length,
      x: { label: "share", percent: true },
      y: { domain: shown.map(nameOf), label: null },
      color: colours(SPENT),
      marks: [
        barX(data, { x: "share", y: "name", fill: "category", insetTop: 4, insetBottom: 4 }),
        text(data, stackX({ x: "share", y: "name", z: "category", text: shareText, fill: "#000" })),
        axisX(),
        axisY({ tickSize: 0 }),
      ],
    },
    title,
    shown
      .map((row) => `${nameOf(row)}: ${CATEGORIES.map((c) => `${c} ${thousands(row.spent?.[c].gas ?? 0)}`).join(", ")}`)
      .join("; "),
    SPENT,
  );
  return { file: "benchmarks-spent.svg", title, svg };
}

/** Whole lives of an order here and in other books, at the largest size that both have. */
function others({ rows, baselines }: Report): Plot | undefined {
  const ours = rows.filter(({ operation, ticks }) => operation === OP.life && ticks === BUDGET_TICKS);
  const theirs = baselines.filter(({ operation, per }) => operation === "life" && per === "order");
  const orders = Math.max(
    ...theirs.map((row) => row.orders).filter((count) => ours.some(({ homes }) => homes === count)),
  );
  const own = ours.find(({ homes }) => homes === orders);
  if (own === undefined) return undefined;
  const data = [
    { name: "Wattbook, strips of 96", gas: own.gas, own: true },
    ...theirs.filter((row) => row.orders === orders).map(({ name, gas }) => ({ name, gas, own: false })),
  ];
  const title = `Gas of an order's whole life, ${thousands(orders)} orders in a slot`;
  const svg = svgOf(
    {
      width: WIDTH,
      marginLeft: NAMES,
      marginRight: 70,
      marginBottom: FOOT,
      height: 20 + FOOT + ROW * data.length,
      x: { label: "gas per order, from placing to settled money" },
      y: { domain: data.map(({ name }) => name), label: null },
      marks: [
        gridX(),
        barX(data, {
          x: "gas",
          y: "name",
          fill: ({ own: ownBook }: { own: boolean }) => (ownBook ? COLOURS.blue : COLOURS.grey),
          insetTop: 4,
          insetBottom: 4,
        }),
        text(data, {
          x: "gas",
          y: "name",
          text: ({ gas }: { gas: number }) => thousands(gas),
          textAnchor: "start",
          dx: 4,
        }),
        axisX(),
        axisY({ tickSize: 0 }),
      ],
    },
    title,
    data.map(({ name, gas }) => `${name}: ${thousands(gas)}`).join("; "),
  );
  return { file: "benchmarks-others.svg", title, svg };
}
