/** A bill on one page. Loaded only where somebody asks for one. */
import { periodEnd } from "@wattbook/sdk";
import PDFDocument from "pdfkit";
import { drawChart } from "./chart.ts";
import { COLOR, FONT, INNER, PAGE, printable } from "./page.ts";
import { type BillSheet, comparisonRows, magnitude, meteringLine, moneyText, periodLine, sumRows } from "./sheet.ts";
import { drawSlots } from "./slots.ts";

type Doc = InstanceType<typeof PDFDocument>;

const TOP = { title: PAGE.margin, facts: 66, sums: 124, chart: 268, slots: 356 } as const;
const FOOT = PAGE.height - PAGE.margin - 18;
const ROW = 13.5;
/** Digits of what is paid in the end. */
const CENTS = 2n;

/**
 * The bill as PDF. The same bill makes the same bytes, whenever and wherever.
 * @example
 * const bytes = await billPdf({ community: "Sunny Street", member: "Adler", money, terms, bill });
 */
export async function billPdf(sheet: BillSheet): Promise<Uint8Array> {
  // The file's date, and its id with it, are of the period: no clock is asked.
  const CreationDate = new Date(Number(periodEnd(sheet.terms, sheet.bill.period)) * 1_000);
  const Title = printable(`Energy bill of ${sheet.member}, ${periodLine(sheet)}`);
  const doc = new PDFDocument({ size: "A4", margin: 0, info: { Title, CreationDate } });
  const parts: Uint8Array[] = [];
  const done = new Promise<void>((resolve, reject) => {
    doc.on("data", (part: Uint8Array) => parts.push(part));
    doc.on("end", resolve);
    doc.on("error", reject);
  });
  drawHead(doc, sheet);
  drawSums(doc, sheet);
  drawComparison(doc, sheet);
  drawChart(doc, sheet, { x: PAGE.margin, y: TOP.chart, width: INNER, height: 64 });
  drawSlots(doc, sheet, { x: PAGE.margin, y: TOP.slots, width: INNER, height: FOOT - TOP.slots - 8 });
  drawFoot(doc, sheet);
  doc.end();
  await done;
  return Buffer.concat(parts);
}

function drawHead(doc: Doc, sheet: BillSheet): void {
  const { bill, money } = sheet;
  const { margin } = PAGE;
  doc.font(FONT.bold).fontSize(20).fillColor(COLOR.ink).text("Energy bill", margin, TOP.title);
  const amount = `${moneyText(sheet, magnitude(bill.total), CENTS)} ${money.symbol}`;
  const verb = bill.total < 0n ? "You receive" : "You pay";
  const right = { width: INNER, align: "right" } as const;
  doc.font(FONT.plain).fontSize(9).fillColor(COLOR.faint).text(verb, margin, TOP.title, right);
  doc
    .font(FONT.bold)
    .fontSize(16)
    .fillColor(COLOR.ink)
    .text(printable(amount), margin, TOP.title + 11, right);
  const facts = [
    ["Member", `${sheet.member} of ${sheet.community}`],
    ["Period", `${bill.period}, ${periodLine(sheet)}`],
    ["Meter", meteringLine(sheet)],
  ] as const;
  for (const [index, [name, fact]] of facts.entries()) {
    const y = TOP.facts + index * 12;
    doc.font(FONT.plain).fontSize(9).fillColor(COLOR.faint).text(name, margin, y);
    doc
      .fillColor(COLOR.ink)
      .text(printable(fact), margin + 42, y, { width: INNER - 42, lineBreak: false, ellipsis: true });
  }
  rule(doc, TOP.sums - 9);
}

function drawSums(doc: Doc, sheet: BillSheet): void {
  const [x, width] = [PAGE.margin, 270];
  const rows = sumRows(sheet);
  heading(doc, `What it is made of, ${sheet.money.symbol}`, x, TOP.sums);
  for (const [index, { label, energy, amount }] of rows.entries()) {
    const y = TOP.sums + 16 + index * ROW;
    const last = index === rows.length - 1;
    if (last)
      doc
        .moveTo(x, y - 3)
        .lineTo(x + width, y - 3)
        .lineWidth(0.7)
        .strokeColor(COLOR.ink)
        .stroke();
    doc
      .font(last ? FONT.bold : FONT.plain)
      .fontSize(9)
      .fillColor(COLOR.ink)
      .text(label, x, y);
    doc.text(energy, x, y, { width: 195, align: "right" });
    doc.text(amount, x, y, { width, align: "right" });
  }
}

/** Bars from a common zero, so that what is earned points the other way. */
function drawComparison(doc: Doc, sheet: BillSheet): void {
  const x = PAGE.margin + 300;
  const width = INNER - 300;
  const rows = comparisonRows(sheet);
  heading(doc, `The same energy elsewhere, ${sheet.money.symbol}`, x, TOP.sums);
  const least = Math.min(0, ...rows.map(({ amount }) => Number(amount)));
  const most = Math.max(0, ...rows.map(({ amount }) => Number(amount)));
  const scale = width / (most - least || 1);
  const zero = x - least * scale;
  for (const [index, { label, amount }] of rows.entries()) {
    const y = TOP.sums + 16 + index * 28;
    const own = index === rows.length - 1;
    doc
      .font(own ? FONT.bold : FONT.plain)
      .fontSize(9)
      .fillColor(COLOR.ink)
      .text(label, x, y);
    doc.text(moneyText(sheet, amount), x, y, { width, align: "right" });
    const length = Number(amount) * scale;
    doc.rect(Math.min(zero, zero + length), y + 11, Math.abs(length), 7).fill(own ? COLOR.bought : COLOR.fed);
    doc
      .moveTo(zero, y + 10)
      .lineTo(zero, y + 19)
      .lineWidth(0.7)
      .strokeColor(COLOR.faint)
      .stroke();
  }
  const { saving } = sheet.bill;
  const verb = saving < 0n ? "more than with feed-in" : "saved against feed-in";
  const text = `${moneyText(sheet, magnitude(saving))} ${sheet.money.symbol} ${verb}`;
  doc
    .font(FONT.bold)
    .fontSize(9)
    .fillColor(saving < 0n ? COLOR.ink : COLOR.bought);
  doc.text(printable(text), x, TOP.sums + 102, { width });
  doc.font(FONT.plain).fontSize(6.5).fillColor(COLOR.faint);
  const note = "Retailer only: it pays nothing for what is fed in. Below zero: you are paid.";
  doc.text(note, x, TOP.sums + 115, { width });
}

function drawFoot(doc: Doc, { rule: by, money }: BillSheet): void {
  rule(doc, FOOT);
  const shared = by === undefined ? "" : ` Shared by the rule "${by}".`;
  const text =
    `Energy in Wh, prices in ${money.symbol} per kWh, money in ${money.symbol}; amounts are rounded to four digits here and exact in CSV and JSON. ` +
    `The lines add up to what the contracts settled.${shared}`;
  doc
    .font(FONT.plain)
    .fontSize(7)
    .fillColor(COLOR.faint)
    .text(printable(text), PAGE.margin, FOOT + 5, { width: INNER });
}

function heading(doc: Doc, text: string, x: number, y: number): void {
  doc.font(FONT.bold).fontSize(9).fillColor(COLOR.faint).text(printable(text), x, y, { lineBreak: false });
}

function rule(doc: Doc, y: number): void {
  doc
    .moveTo(PAGE.margin, y)
    .lineTo(PAGE.margin + INNER, y)
    .lineWidth(0.5)
    .strokeColor(COLOR.line)
    .stroke();
}
