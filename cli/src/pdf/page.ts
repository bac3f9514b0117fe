/** The page that bills are drawn on: A4, in points. */

export const PAGE = { width: 595.28, height: 841.89, margin: 40 } as const;
export const INNER = PAGE.width - 2 * PAGE.margin;

export const COLOR = {
  ink: "#1f2933",
  faint: "#6b7785",
  line: "#d5dbe1",
  bought: "#1a7f5a",
  sold: "#8fd0b5",
  grid: "#7b8794",
  fed: "#cbd2d9",
  band: "#f5f7f9",
} as const;

export const FONT = { plain: "Helvetica", bold: "Helvetica-Bold" } as const;

/** What the standard fonts have no letter for would come out as another one. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\u00a0-\u00ff\u2013\u2014\u2018-\u201e\u2022\u2026\u20ac]/g, "?");
}
