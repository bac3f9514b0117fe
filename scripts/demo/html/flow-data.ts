/** Where the community's energy came from and went, over the whole run. */

import { netOf } from "../homes.ts";
import { deliveredWh, type HomeOutcome } from "../kpis.ts";
import { ratio } from "../ratio.ts";
import type { FlowData, FlowLink, FlowSink, FlowSource } from "./data.ts";
import { kwh, percent } from "./text.ts";

interface Link {
  readonly from: FlowSource;
  readonly to: FlowSink;
  readonly label: string;
  readonly wh: bigint;
}

/**
 * Splits PV and grid energy by where they went. What a home's plant made and its meter did not see leave was used behind the meter,
 * up to what the home used beyond its import; the rest stayed in a battery or was lost in it.
 */
export function flowData(homes: readonly HomeOutcome[]): FlowData {
  const slots = homes.flatMap((home) => home.slots);
  let [made, used, imported, exported] = [0n, 0n, 0n, 0n];
  for (const slot of slots) {
    const net = netOf(slot);
    made += slot.pvWh;
    used += slot.loadWh;
    if (net > 0n) imported += net;
    else exported -= net;
  }
  const neighbours = deliveredWh(homes);
  const kept = made - exported;
  const ownUse = used - imported;
  const links: Link[] = [
    { from: "pv", to: "use", label: "used at home, behind the own meter", wh: ownUse < kept ? ownUse : kept },
    { from: "pv", to: "use", label: "bought and used by neighbours", wh: neighbours },
    { from: "pv", to: "feed-in", label: "fed into the public grid", wh: exported - neighbours },
    { from: "pv", to: "battery", label: "kept in batteries or lost in them", wh: kept - ownUse },
    { from: "battery", to: "use", label: "from what batteries held before", wh: ownUse - kept },
    { from: "grid", to: "use", label: "drawn from the public grid", wh: imported - neighbours },
  ];
  const live = links.filter(({ wh }) => wh > 0n);
  return {
    links: live.map((link) => shown(link, live)),
    sentences: [
      `The homes used ${kwh(used)} kWh; their roofs made ${kwh(made)} kWh.`,
      "Only what a neighbour bought and also drew in the same slot counts as used by neighbours: a trade that missed the meter went through the grid.",
    ],
  };
}

function shown({ from, to, label, wh }: Link, links: readonly Link[]): FlowLink {
  const ofSource = links.reduce((total, link) => (link.from === from ? total + link.wh : total), 0n);
  return { from, to, label, wh: wh.toString(), kwh: kwh(wh), share: percent(ratio(wh, ofSource).millionths) };
}
