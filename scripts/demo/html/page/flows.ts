/** The community's energy as a flow picture: bands as high as their energy. */

import type { FlowData, FlowLink, FlowSink, FlowSource } from "../data.ts";
import { COLOR } from "./colors.ts";
import { svg } from "./dom.ts";
import { figure } from "./figure.ts";
import { table } from "./table.ts";
import { kwh } from "../text.ts";

const SOURCES: Record<FlowSource, string> = { pv: "PV on the roofs", grid: "Public grid", battery: "Out of batteries" };
const SINKS: Record<FlowSink, string> = {
  use: "Used in the homes",
  "feed-in": "Public grid",
  battery: "Into batteries",
};
const SOURCE_ORDER: readonly FlowSource[] = ["pv", "battery", "grid"];
const SINK_ORDER: readonly FlowSink[] = ["feed-in", "battery", "use"];

export function flowsFigure({ links }: FlowData): HTMLElement {
  return figure({
    title: "From where to where",
    unit: "kWh over the whole run; the height of a band is its energy.",
    legend: links.map((link) => ({
      label: `${link.label}: ${link.kwh} kWh`,
      color: colorOf(link),
      opacity: opacityOf(link),
    })),
    draw: (width) => drawFlows(links, width),
    table: () =>
      table(
        "Energy flows of the community over the whole run",
        [
          { label: "From" },
          { label: "To" },
          { label: "How" },
          { label: "Energy", unit: "kWh" },
          { label: "Of its source" },
        ],
        links.map(({ from, to, label, kwh, share }) => [SOURCES[from], SINKS[to], label, kwh, share]),
      ),
  });
}

function colorOf({ from, to, label }: FlowLink): string {
  if (from === "grid") return COLOR.public;
  if (from === "battery") return COLOR.price;
  if (label.includes("neighbours")) return COLOR.trade;
  if (to === "use") return COLOR.sun;
  return to === "battery" ? COLOR.price : COLOR.sun;
}

/** A box at one end of bands. */
interface Node {
  readonly label: string;
  readonly wh: bigint;
  readonly top: number;
  readonly height: number;
}

const TOP = 40;
const GAP = 54;
const BODY = 230;
const BOX = 12;

function drawFlows(links: readonly FlowLink[], width: number): Element {
  const total = links.reduce((sum, { wh }) => sum + BigInt(wh), 0n);
  const scale = BODY / Math.max(1, Number(total));
  const sources = stack(SOURCE_ORDER, SOURCES, links, ({ from }) => from, scale);
  const sinks = stack(SINK_ORDER, SINKS, links, ({ to }) => to, scale);
  const nodes = [...sources.values(), ...sinks.values()];
  const height = Math.max(...nodes.map(({ top, height }) => top + height)) + 10;
  const text = links.map(({ label, kwh }) => `${label} ${kwh} kWh`).join("; ");
  return svg(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Energy flows: ${text}` },
    ...bandsOf(links, sources, sinks, scale, width),
    ...[...sources.values()].flatMap((node) => box(node, 0, "start")),
    ...[...sinks.values()].flatMap((node) => box(node, width - BOX, "end")),
  );
}

/** Boxes below each other, those without energy left out. */
function stack<K extends string>(
  order: readonly K[],
  labels: Readonly<Record<K, string>>,
  links: readonly FlowLink[],
  end: (link: FlowLink) => string,
  scale: number,
): Map<string, Node> {
  const nodes = new Map<string, Node>();
  let top = TOP;
  for (const key of order) {
    const wh = links.reduce((sum, link) => (end(link) === key ? sum + BigInt(link.wh) : sum), 0n);
    if (wh === 0n) continue;
    const height = Math.max(2, Number(wh) * scale);
    nodes.set(key, { label: labels[key], wh, top, height });
    top += height + GAP;
  }
  return nodes;
}

function bandsOf(
  links: readonly FlowLink[],
  sources: ReadonlyMap<string, Node>,
  sinks: ReadonlyMap<string, Node>,
  scale: number,
  width: number,
): Element[] {
  const left = new Map([...sources].map(([key, { top }]) => [key, top]));
  const right = new Map([...sinks].map(([key, { top }]) => [key, top]));
  const ordered = [...links].sort((a, b) => rank(a) - rank(b));
  return ordered.flatMap((link) => {
    const [y1, y2] = [left.get(link.from) ?? 0, right.get(link.to) ?? 0];
    const thick = Math.max(1, Number(link.wh) * scale);
    left.set(link.from, y1 + thick);
    right.set(link.to, y2 + thick);
    const [x1, x2, middle] = [BOX + 2, width - BOX - 2, width / 2];
    const edge = (from: number, to: number) => `${middle},${from} ${middle},${to}`;
    const upper = `M${x1},${y1} C${edge(y1, y2)} ${x2},${y2}`;
    const lower = `L${x2},${y2 + thick} C${edge(y2 + thick, y1 + thick)} ${x1},${y1 + thick} Z`;
    const path = svg("path", { d: `${upper} ${lower}`, fill: colorOf(link), "fill-opacity": opacityOf(link) });
    path.append(svg("title", {}, `${link.label}: ${link.kwh} kWh, ${link.share} of its source`));
    const straight = Math.abs(y2 - y1) < thick / 2;
    return straight && thick >= LABELLED && width >= ROOMY
      ? [path, bandLabel(link, middle, (y1 + y2 + thick) / 2)]
      : [path];
  });
}

/** Straight bands this high carry their own label, in a picture this wide; the legend names all. */
const LABELLED = 18;
const ROOMY = 560;

function bandLabel({ label, kwh }: FlowLink, x: number, y: number): Element {
  return svg("text", { x, y, dy: "0.35em", "text-anchor": "middle", fill: COLOR.ink }, `${label}, ${kwh} kWh`);
}

/** What leaves the community is paler than what stays. */
function opacityOf({ to, label }: FlowLink): number {
  if (to === "feed-in") return 0.25;
  return label.includes("neighbours") ? 0.9 : 0.5;
}

/** Bands leave a source in the order in which their sinks stand, so that few cross. */
function rank({ from, to }: FlowLink): number {
  return SOURCE_ORDER.indexOf(from) * 10 + SINK_ORDER.indexOf(to);
}

/** A box, and above it in two lines its energy and its name. */
function box({ label, wh, top, height }: Node, x: number, anchor: "start" | "end"): Element[] {
  const at = anchor === "start" ? x : x + BOX;
  const halo = { stroke: COLOR.surface, "stroke-width": 4, "paint-order": "stroke" };
  return [
    svg("rect", { x, y: top, width: BOX, height, rx: 2, fill: COLOR.ink }),
    svg(
      "text",
      { x: at, y: top - 22, "text-anchor": anchor, ...halo },
      svg("tspan", { "font-weight": 650, fill: COLOR.ink }, `${kwh(wh)} kWh`),
      svg("tspan", { x: at, dy: 15, fill: COLOR.muted }, label),
    ),
  ];
}
