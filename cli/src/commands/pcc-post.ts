/** `wattbook pcc post`: registers of a file become the period's signed reading. */
import { formatWh, signPccReading, sumWh, valuesFromRegisters, type PccInfo, type PccReading } from "@wattbook/sdk";
import { confirm } from "../lib/confirm.ts";
import { CliError } from "../lib/errors.ts";
import { keyOf, unlock } from "../lib/keystore.ts";
import type { LinkOptions, Session } from "../lib/link.ts";
import type { Output } from "../lib/output.ts";
import { pccRequired, wantedPeriod } from "../lib/pcc.ts";
import { registersOf } from "../lib/registers.ts";
import { scopeOf } from "../lib/scope.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions } from "../lib/send.ts";
import { senderKey } from "../lib/sender-key.ts";
import { pairsText } from "../lib/table.ts";
import { amountText, periodText } from "../lib/units.ts";

type Options = LinkOptions & SigningOptions & { readonly file: string; readonly period?: bigint };

/** Shows, signs and sends it. A period that has a reading gets a correction. */
export async function postPcc(session: Session, options: Options, output: Output): Promise<void> {
  const { wattbook, community, terms, config, money, terminal } = session;
  const { desk } = wattbook;
  const period = wantedPeriod(session, options);
  const meter = await pccRequired(session, period);
  const key = keyOf(config, "meter");
  if (key.address !== meter.meterKey) {
    const advice = "Name the key that the coordinator bound";
    throw new CliError("NOT_AVAILABLE", `The PCC meter is ${meter.meterKey}, keys.meter is ${key.address}. ${advice}.`);
  }
  const from = senderKey(config);
  const registers = registersOf(options.file, terms, period);
  const [start = NOTHING] = registers;
  const before = await desk.pccReading(community, period);
  const reading: PccReading = {
    ...{ community, period, revision: before === null ? 0n : before.revision + 1n },
    closesGap: before === null && leavesGap(meter, period, start),
    ...{ startImport: start.imported, startExport: start.exported },
    values: valuesFromRegisters(terms, registers),
  };
  output.say(`To be signed by ${key.address} (${key.name}):\nPccReading\n${pairsText(rowsOf(session, reading), "  ")}`);
  if (options.dryRun) {
    output.result(
      { dryRun: true, period: Number(period), reading: jsonOf(reading) },
      () => "Nothing was signed or sent.",
    );
    return;
  }
  await confirm("Sign this message?", options.yes, terminal);
  const wallet = await unlock(key, options.passwordFile, terminal);
  const signature = await signPccReading(await desk.domain(), reading, wallet);
  const call = desk.calls[before === null ? "postPcc" : "correctPcc"]({ reading, signature });
  const outcome = await sendCalls(session, { from, steps: [{ call }], scope: scopeOf(session) }, options, output);
  const posted = await desk.pccReading(community, period);
  output.result(
    { ...outcomeJson(outcome), period: Number(period), reading: jsonOf(reading), amount: posted?.amount },
    () => {
      const cost = posted === null ? "" : ` Its slots cost ${amountText(money, posted.amount)} at the supplier.`;
      return `${outcomeText(outcome)}\nThe PCC reading of period ${periodText(terms, period)} is on chain.${cost}`;
    },
  );
}

const NOTHING = { imported: 0n, exported: 0n } as unknown as Pick<
  PccReading["values"][number],
  "imported" | "exported"
>;

/** Whether periods are missing before it, or registers went on without a reading. */
function leavesGap(
  { nextPeriod, importRegister, exportRegister }: PccInfo,
  period: bigint,
  start: typeof NOTHING,
): boolean {
  return period > nextPeriod || start.imported > importRegister || start.exported > exportRegister;
}

function rowsOf({ terms }: Session, reading: PccReading): [string, string][] {
  const { taken, given } = sumsOf(reading);
  return [
    ["period", periodText(terms, reading.period)],
    ["revision", reading.revision === 0n ? "0: the first reading" : `${reading.revision}: a correction`],
    [
      "closes a gap",
      reading.closesGap ? "yes: what no slot knows is invoiced at the dearest and the cheapest price" : "no",
    ],
    ["registers at the start", `${formatWh(reading.startImport)} taken, ${formatWh(reading.startExport)} given`],
    ["in the period", `${formatWh(taken)} taken, ${formatWh(given)} given`],
  ];
}

function sumsOf({ values }: PccReading) {
  return { taken: sumWh(values.map(({ imported }) => imported)), given: sumWh(values.map(({ exported }) => exported)) };
}

function jsonOf(reading: PccReading) {
  const { revision, closesGap, startImport, startExport } = reading;
  const { taken, given } = sumsOf(reading);
  return { revision: Number(revision), closesGap, startImport, startExport, imported: taken, exported: given };
}
