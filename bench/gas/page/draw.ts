/** Plots as SVG text: drawn without a browser, readable in light and dark, without relying on colours alone. */
import { plot, type PlotOptions } from "@observablehq/plot";
import { parseHTML } from "linkedom";

/** Told apart by people who see few colours, and bright enough on white and on black. */
export const COLOURS = {
  blue: "#3a87c8",
  orange: "#d98310",
  grey: "#8a929b",
  green: "#2f9e77",
  purple: "#b76aa3",
} as const;

/** One after the other, neighbours far apart in brightness. */
export const SHADES = ["#7f8b97", "#6fb1e4", "#c79bbb", "#d98310", "#e2726a", "#2f9e77", "#b9d3ea", "#e0b25c"];

const FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif";
const INK = { light: "#1f2328", dark: "#e6edf3" };

/** Names and their colours, in order. */
export type Legend = readonly (readonly [name: string, colour: string])[];

/** Room for a legend above a plot. */
export const LEGEND_HEIGHT = 36;

/** What a screen reader is told stands in `title` and `description`. */
export function svgOf(options: PlotOptions, title: string, description: string, legend: Legend = []): string {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const drawn = plot({
    ...options,
    document,
    style: { background: "transparent", fontFamily: FONT, fontSize: "12px" },
  });
  const svg = drawn.tagName.toLowerCase() === "svg" ? drawn : drawn.querySelector("svg");
  if (svg === null) throw new Error(`${title}: nothing was drawn`);
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  svg.setAttribute("role", "img");
  const style = `svg{color:${INK.light};fill:currentColor}@media(prefers-color-scheme:dark){svg{color:${INK.dark}}}`;
  const head = `<title>${escaped(title)}</title><desc>${escaped(description)}</desc><style>${style}</style>`;
  const text = svg.outerHTML;
  const body = text.indexOf(">") + 1;
  return `${text.slice(0, body)}${head}${legendOf(legend)}${text.slice(body)}\n`;
}

const SQUARE = 12;
const LETTER = 7;

function legendOf(legend: Legend): string {
  let x = SQUARE;
  const items = legend.map(([name, colour]) => {
    const item = `<rect x="${String(x)}" y="8" width="${String(SQUARE)}" height="${String(SQUARE)}" fill="${colour}"/>`;
    const label = `<text x="${String(x + SQUARE + 4)}" y="18" text-anchor="start">${escaped(name)}</text>`;
    x += 2 * SQUARE + 8 + name.length * LETTER;
    return item + label;
  });
  return items.join("");
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
