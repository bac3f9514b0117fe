/** What a bill on paper is about, and the texts of it: no drawing here. */
import {
  asSignedAmount,
  comparisonOf,
  formatAmount,
  formatTime,
  periodEnd,
  periodStart,
  type Bill,
  type BillLine,
  type SharedSlot,
  type SignedAmount,
  type Terms,
} from "@wattbook/sdk";
import { slotPriceText, type Money } from "../lib/units.ts";

/** A bill to print. */
export interface BillSheet {
  /** Name or number of the community. */
  readonly community: string;
  /** Name or number of the member. */
  readonly member: string;
  readonly money: Pick<Money, "symbol" | "decimals">;
  readonly terms: Pick<Terms, "slotDuration" | "slotsPerPeriod">;
  readonly bill: Bill;
  /** The slots of a community that shares after the fact, and its rule. */
  readonly shared?: readonly SharedSlot[];
  readonly rule?: string;
}

/** One line of the sum: what, how much energy, how much money. */
export interface SumRow {
  readonly label: string;
  /** Empty where it is about no energy. */
  readonly energy: string;
  readonly amount: string;
}

/** Digits behind the point: a slot of a home is about cents. */
const SHOWN_DIGITS = 4n;

/** Without its sign. */
export function magnitude(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}

/** "1.2345": rounded half up, away from zero. */
export function moneyText({ money }: Pick<BillSheet, "money">, amount: bigint, digits = SHOWN_DIGITS): string {
  const unit = 10n ** money.decimals;
  const size = magnitude(amount);
  const shown = (2n * size * 10n ** digits + unit) / (2n * unit);
  const text = formatAmount(asSignedAmount(shown), digits, digits);
  return amount < 0n && shown > 0n ? `-${text}` : text;
}

/** "12.345 kWh", exact. */
export function energyText(wh: bigint): string {
  return `${wh / 1_000n}.${(wh % 1_000n).toString().padStart(3, "0")} kWh`;
}

const total = (lines: readonly BillLine[], value: (line: BillLine) => bigint): bigint =>
  lines.reduce((sum, line) => sum + value(line), 0n);

/** What the bill adds up from, and the sum last. */
export function sumRows(sheet: BillSheet): SumRow[] {
  const { bill } = sheet;
  const { lines } = bill;
  const taken = lines.filter(({ imbalance }) => imbalance > 0n);
  const fed = lines.filter(({ imbalance }) => imbalance < 0n);
  const row = (label: string, energy: bigint | null, amount: bigint): SumRow => ({
    label,
    energy: energy === null ? "" : energyText(energy),
    amount: moneyText(sheet, amount),
  });
  const optional = (label: string, amount: bigint) => (amount === 0n ? [] : [row(label, null, amount)]);
  return [
    row(
      "Bought from neighbours",
      total(lines, ({ bought }) => bought),
      total(lines, ({ paid }) => paid),
    ),
    row(
      "Sold to neighbours",
      total(lines, ({ sold }) => sold),
      -total(lines, ({ received }) => received),
    ),
    row(
      "Taken from the grid",
      total(taken, ({ imbalance }) => imbalance),
      total(taken, ({ gridLeg }) => gridLeg),
    ),
    row(
      "Fed into the grid",
      -total(fed, ({ imbalance }) => imbalance),
      total(fed, ({ gridLeg }) => gridLeg),
    ),
    row(
      "Network fee",
      null,
      total(lines, ({ networkFee }) => networkFee),
    ),
    row("Settlement fee", null, bill.settlementFee),
    ...optional("Gap of the meter", bill.gapLeg),
    ...optional("Other markets", bill.otherPaid - bill.otherReceived),
    ...optional("Lost reserve", bill.lost),
    row(bill.total < 0n ? "You receive" : "You pay", null, magnitude(bill.total)),
  ];
}

/** Three ways to pay, in the order in which they are drawn. */
export function comparisonRows({ bill }: BillSheet): { readonly label: string; readonly amount: SignedAmount }[] {
  const { retailer, feedIn, community } = comparisonOf(bill);
  return [
    { label: "Retailer only", amount: retailer },
    { label: "With feed-in", amount: feedIn },
    { label: "This community", amount: community },
  ];
}

/** "2026-11-30 00:00 to 2026-12-01 00:00 UTC". */
export function periodLine({ terms, bill }: BillSheet): string {
  const [from, to] = [periodStart(terms, bill.period), periodEnd(terms, bill.period)].map((time) =>
    formatTime(time).slice(0, 16).replace("T", " "),
  );
  return `${from} to ${to} UTC`;
}

/** Whether a meter or an estimate speaks. */
export function meteringLine(sheet: BillSheet): string {
  const { estimated, estimate } = sheet.bill;
  if (estimated) return "Estimated: no reading came in time. A late reading replaces it within the correction window.";
  if (estimate === null) return "Metered.";
  const now = sheet.bill.lines.reduce((sum, { gridLeg }) => sum + gridLeg, 0n);
  const change = `${moneyText(sheet, estimate)} estimated for the grid, ${moneyText(sheet, now)} metered`;
  return `Corrected: a late reading replaced the estimate (${change}); what was shared stayed as it was.`;
}

/** Columns of a slot. */
export const SLOT_COLUMNS = ["UTC", "import", "export", "bought", "sold", "price", "grid", "amount"] as const;

/** The cells of a slot: energy in Wh, money to four digits; a dot for nothing. */
export function slotCells(sheet: BillSheet, line: BillLine): string[] {
  const energy = (wh: bigint) => (wh === 0n ? "\u00b7" : wh.toString());
  const amount = (value: bigint) => (value === 0n ? "\u00b7" : moneyText(sheet, value));
  return [
    formatTime(line.start).slice(11, 16),
    ...[line.imported, line.exported, line.bought, line.sold].map(energy),
    line.price === null
      ? "\u00b7"
      : slotPriceText(sheet.money, line.price, sheet.shared === undefined ? undefined : sheet.money.decimals),
    ...[line.gridLeg, line.total].map(amount),
  ];
}
