/** Aligned text: names to the left, figures to the right. */

/** Columns in order: what they are called, and what a row shows in them. */
export type Columns<Row> = readonly (readonly [title: string, cell: (row: Row) => string])[];

/** One line per row below a line of titles; the first column is left-aligned, all others right-aligned. */
export function tableOf<Row>(columns: Columns<Row>, rows: readonly Row[]): string {
  const lines = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  const aligned = lines.map((line) =>
    line.map((text, index) => (index === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[index] ?? 0))),
  );
  return aligned.map((line) => line.join("  ").trimEnd()).join("\n");
}
