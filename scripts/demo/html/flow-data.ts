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
 * Splits PV and grid energy by where they went. What a plant made and the meter did not see leave was used at once or charged into
 * a battery; what a home used beyond its import came straight from the roof or out of the battery.
 */
export function flowData(homes: readonly HomeOutcome[]): FlowData {
  const slots = homes.flatMap((home) => home.slots);
  let [made, used, imported, exported, charged, discharged] = [0n, 0n, 0n, 0n, 0n, 0n];
  for (const slot of slots) {
    const net = netOf(slot);
    made += slot.pvWh;
    used += slot.loadWh;
    charged += slot.chargeWh;
    discharged += slot.dischargeWh;
    if (net > 0n) imported += net;
    else exported -= net;
  }
  const neighbours = deliveredWh(homes);
  const links: Link[] = [
    { from: "pv", to: "use", label: "used at once, behind the own meter", wh: made - exported - charged },
    { from: "pv", to: "use", label: "bought and used by neighbours", wh: neighbours },
    { from: "pv", to: "feed-in", label: "fed into the public grid", wh: exported - neighbours },
    { from: "pv", to: "battery", label: "charged into batteries", wh: charged },
    { from: "battery", to: "use", label: "taken from batteries", wh: discharged },
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
