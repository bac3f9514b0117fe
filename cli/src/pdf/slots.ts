/** All slots of the period in two blocks, however many there are. */
import type { Box } from "./chart.ts";
import { COLOR, FONT } from "./page.ts";
import { type BillSheet, SLOT_COLUMNS, slotCells } from "./sheet.ts";

type Doc = PDFKit.PDFDocument;

const BLOCKS = 2;
const GAP = 16;
const MOST_ROW = 10;
/** Of a block's width, where each column ends. */
const ENDS = [0.11, 0.23, 0.35, 0.47, 0.58, 0.73, 0.87, 1] as const;

/** Draws the table. */
export function drawSlots(doc: Doc, sheet: BillSheet, { x, y, width, height }: Box): void {
  const { lines } = sheet.bill;
  const perBlock = Math.ceil(lines.length / BLOCKS);
  const row = Math.min(MOST_ROW, height / (perBlock + 1));
  const wide = (width - (BLOCKS - 1) * GAP) / BLOCKS;
  const size = Math.min(7, row * 0.76);
  for (let block = 0; block < BLOCKS; block++) {
    const left = x + block * (wide + GAP);
    const own = lines.slice(block * perBlock, (block + 1) * perBlock);
    if (own.length === 0) continue;
    doc.font(FONT.bold).fontSize(size).fillColor(COLOR.faint);
    drawCells(doc, SLOT_COLUMNS, left, y, wide);
    doc.font(FONT.plain);
    for (const [index, line] of own.entries()) {
      const top = y + (index + 1) * row;
      if (index % 2 === 0) doc.rect(left - 2, top - row * 0.12, wide + 4, row).fill(COLOR.band);
      doc.fillColor(COLOR.ink);
      drawCells(doc, slotCells(sheet, line), left, top, wide);
    }
  }
}

function drawCells(doc: Doc, cells: readonly string[], x: number, y: number, width: number): void {
  for (const [index, cell] of cells.entries()) {
    const end = x + width * (ENDS[index] ?? 1);
    const start = index === 0 ? x : end - doc.widthOfString(cell);
    doc.text(cell, start, y, { lineBreak: false });
  }
}
