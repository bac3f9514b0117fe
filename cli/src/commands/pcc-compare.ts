/** `wattbook pcc compare`: whether members' meters add up to the meter between community and grid. */
import { eventsOf, formatWh, scanLogs, topicsOf, type EventNamed, type MeterValue, type Period } from "@wattbook/sdk";
import { toBeHex } from "ethers";
import { CliError } from "../lib/errors.ts";
import type { LinkOptions, Session } from "../lib/link.ts";
import type { Output } from "../lib/output.ts";
import { pccRequired, wantedPeriod } from "../lib/pcc.ts";
import { scopeOf } from "../lib/scope.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions } from "../lib/send.ts";
import { senderKey } from "../lib/sender-key.ts";
import { pairsText } from "../lib/table.ts";
import { periodText } from "../lib/units.ts";

type Options = LinkOptions & SigningOptions & { readonly period?: bigint };

/** Sends the comparison and says what it found. @return Whether members and meter agree */
export async function comparePcc(session: Session, options: Options, output: Output): Promise<boolean> {
  const { wattbook, community, config, terms } = session;
  const period = wantedPeriod(session, options);
  await pccRequired(session, period);
  const values = await valuesOf(session, period);
  const call = wattbook.desk.calls.comparePcc(community, period, values);
  const sending = { from: senderKey(config), steps: [{ call }], scope: scopeOf(session) };
  const outcome = await sendCalls(session, sending, options, output);
  if (outcome.dryRun) {
    output.result({ ...outcomeJson(outcome), period: Number(period) }, () => "Nothing was compared.");
    return true;
  }
  const events = outcome.receipts.flatMap((receipt) => eventsOf(receipt, wattbook.deployment));
  const found = events.find(
    (event) => event.name === "PccBalanced" || event.name === "PccImbalance" || event.name === "PccMissing",
  );
  if (found === undefined)
    throw new CliError("NOT_AVAILABLE", "The chain compared nothing. Is the deployment this one?");
  const figures = figuresOf(found);
  output.result({ ...outcomeJson(outcome), finding: found.name, period: Number(period), ...figures }, () => {
    const rows: [string, string][] = [
      ["period", periodText(terms, period)],
      ["members settled", figures.settled.toString()],
      ["members, net", formatWh(figures.membersNet)],
    ];
    if (figures.pccNet !== undefined) {
      rows.push(["PCC, net", formatWh(figures.pccNet)]);
      rows.push(["they differ by", `${formatWh(figures.deviation)}, slot by slot`]);
      rows.push(["tolerated", formatWh(figures.tolerated)]);
    }
    return `${outcomeText(outcome)}\n${pairsText(rows)}\n${VERDICTS[found.name]}`;
  });
  return found.name === "PccBalanced";
}

type Finding = EventNamed<"PccBalanced" | "PccImbalance" | "PccMissing">;

/** What it says in numbers. */
function figuresOf(found: Finding) {
  const { settled, membersNet } = found;
  if (found.name === "PccMissing") return { settled, membersNet };
  const { pccNet, deviation, tolerated } = found;
  return { settled, membersNet, pccNet, deviation, tolerated };
}

const VERDICTS = {
  PccBalanced: "Members and PCC agree.",
  PccImbalance:
    "Members and PCC differ by more than is tolerated: look for a meter that is wrong, or a home without one.",
  PccMissing: "There is no reading of the PCC. Members are settled all the same; bring it in with wattbook pcc post.",
} as const;

/** Values of the reading in force, from the desk's events; none where it is missing. */
async function valuesOf({ wattbook, community, provider }: Session, period: Period): Promise<readonly MeterValue[]> {
  const { desk, deployment } = wattbook;
  const reading = await desk.pccReading(community, period);
  if (reading === null) return [];
  const topics = [topicsOf("PccRead"), ...[community, period].map((index) => toBeHex(index, 32))];
  const logs = await scanLogs(provider, { address: desk.address, topics }, { fromBlock: deployment.fromBlock });
  for (const event of eventsOf(logs, deployment)) {
    if (event.name === "PccRead" && event.revision === reading.revision) return event.values;
  }
  const advice = "Ask another one: it is behind, or keeps only later logs";
  throw new CliError(
    "NOT_AVAILABLE",
    `The node knows of a PCC reading of period ${period}, but not its event. ${advice}.`,
  );
}
