/** What a run prints and writes down. */
import { tableOf, type Columns } from "../lib/table.ts";
import { SLOTS } from "../gas/homes.ts";
import type { Crowd, Played } from "./run.ts";
import type { Step } from "./step.ts";

/** Gas of a block and seconds between blocks, as on Ethereum at the end of 2025: how long a whole chain would be busy. */
const BLOCK = { gas: 60_000_000n, seconds: 12n };
const MINUTE = 60n;

const grouped = (n: bigint | number): string => n.toLocaleString("en-US");
const up = (n: bigint, of: bigint): bigint => (n + of - 1n) / of;
const gasOf = (steps: readonly Step[]): bigint => steps.reduce((sum, { gas }) => sum + gas, 0n);

const columns = (homes: number): Columns<Step> => [
  ["step", ({ name }) => name],
  ["transactions", ({ transactions }) => grouped(transactions)],
  ["gas", ({ gas }) => grouped(gas)],
  ["largest", ({ largest }) => grouped(largest)],
  ["per home and slot", ({ gas }) => grouped(up(gas, BigInt(homes * SLOTS)))],
  ["seconds", ({ seconds }) => seconds.toFixed(1)],
];

const titleOf = ({ mode, homes, ticks }: Crowd, { warm }: Played): string =>
  `${grouped(homes)} homes, ${mode}, ${String(ticks)} wide ticks, ${warm ? "warm rings" : "first use of journals and results"}`;

function summaryOf({ steps, fullestTick, lots }: Played, homes: number): string {
  const gas = gasOf(steps);
  const blocks = up(gas, BLOCK.gas);
  const transactions = steps.reduce((sum, step) => sum + step.transactions, 0);
  return [
    `${grouped(transactions)} transactions, ${grouped(gas)} gas, ${grouped(up(gas, BigInt(homes * SLOTS)))} per home and slot.`,
    `${grouped(lots)} lots traded, ${grouped(fullestTick)} in the fullest tick (a narrow one holds 65,535).`,
    `${grouped(blocks)} full blocks of ${grouped(BLOCK.gas)} gas: ${grouped(up(blocks * BLOCK.seconds, MINUTE))} minutes of a chain of its own.`,
  ].join("\n");
}

const sectionsOf = (crowd: Crowd): [title: string, body: string][] =>
  crowd.periods.map((period) => [
    titleOf(crowd, period),
    `${tableOf(columns(crowd.homes), period.steps)}\n\n${summaryOf(period, crowd.homes)}`,
  ]);

export const textOf = (crowd: Crowd): string =>
  sectionsOf(crowd)
    .map(([title, body]) => `${title}\n\n${body}\n`)
    .join("\n");

export const jsonOf = (crowds: readonly Crowd[]): string =>
  JSON.stringify({ crowds }, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value));

export function pageOf(crowds: readonly Crowd[]): string {
  const sections = crowds
    .flatMap(sectionsOf)
    .map(([title, body]) => `## ${title}\n\n\`\`\`text\n${body}\n\`\`\`\n`)
    .join("\n");
  return `# Very many homes in one community

Written by \`npm run bench:crowd -- --warm --write\`: one community with ticks of 32 bits, an order of every home in every slot
of a day, posted in an open and committed and revealed in a sealed community, then cleared and settled. Gas is of receipts on the
project's own node; seconds are wall clock in that node, signing aside. Each slot's result is compared with an independent model, and
after settling every journal is settled, what was bought was sold, and the pot is empty; the run fails otherwise. Open and sealed
communities get the same orders.

${sections}`;
}
