/** Energy of the period, slot by slot: taken upwards, given downwards, each with neighbours and with the grid. */
import { formatTime, type BillLine } from "@wattbook/sdk";
import { COLOR, FONT } from "./page.ts";
import type { BillSheet } from "./sheet.ts";

type Doc = PDFKit.PDFDocument;

/** Where to draw. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const LEGEND = [
  { label: "bought from neighbours", color: COLOR.bought },
  { label: "taken from the grid", color: COLOR.grid },
  { label: "sold to neighbours", color: COLOR.sold },
  { label: "fed into the grid", color: COLOR.fed },
] as const;

interface Bars {
  readonly up: readonly [number, number];
  readonly down: readonly [number, number];
}

function barsOf({ bought, sold, imbalance }: BillLine): Bars {
  const [net, taken] = [Number(imbalance), Number(bought)];
  return { up: [taken, Math.max(net, 0)], down: [Number(sold), Math.max(-net, 0)] };
}

/** Draws the chart with its legend and axes. */
export function drawChart(doc: Doc, { bill, terms }: BillSheet, { x, y, width, height }: Box): void {
  let left = x;
  doc.font(FONT.plain).fontSize(7.5);
  for (const { label, color } of LEGEND) {
    doc.rect(left, y - 11, 7, 7).fill(color);
    doc.fillColor(COLOR.ink).text(label, left + 10, y - 11, { lineBreak: false });
    left += 22 + doc.widthOfString(label);
  }
  const bars = bill.lines.map(barsOf);
  const up = Math.max(0, ...bars.map((bar) => bar.up[0] + bar.up[1]));
  const down = Math.max(0, ...bars.map((bar) => bar.down[0] + bar.down[1]));
  const scale = height / (up + down || 1);
  const zero = y + up * scale;
  const step = width / (bars.length || 1);
  for (const [index, bar] of bars.entries()) {
    const at = x + index * step + step * 0.1;
    const wide = step * 0.8;
    doc.rect(at, zero - bar.up[0] * scale, wide, bar.up[0] * scale).fill(COLOR.bought);
    doc.rect(at, zero - (bar.up[0] + bar.up[1]) * scale, wide, bar.up[1] * scale).fill(COLOR.grid);
    doc.rect(at, zero, wide, bar.down[0] * scale).fill(COLOR.sold);
    doc.rect(at, zero + bar.down[0] * scale, wide, bar.down[1] * scale).fill(COLOR.fed);
  }
  doc
    .moveTo(x, zero)
    .lineTo(x + width, zero)
    .lineWidth(0.5)
    .strokeColor(COLOR.faint)
    .stroke();
  doc.fontSize(7).fillColor(COLOR.faint);
  const right = { width, align: "right" } as const;
  if (up > 0) doc.text(`most taken in a slot: ${up} Wh`, x, y - 11, right);
  if (down > 0) doc.text(`most given in a slot: ${down} Wh`, x, y + height + 3, right);
  const every = Math.max(1, Math.round(21_600 / Number(terms.slotDuration)));
  for (let index = 0; index < bars.length; index += every) {
    const start = bill.lines[index]?.start;
    if (start === undefined) continue;
    const at = x + index * step;
    doc
      .moveTo(at, zero - 2)
      .lineTo(at, zero + 2)
      .stroke();
    doc.text(formatTime(start).slice(11, 16), at, y + height + 3, { lineBreak: false });
  }
}
