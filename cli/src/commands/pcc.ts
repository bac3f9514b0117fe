/** `wattbook pcc`: the meter between community and grid. */
import { formatWh, type PccInfo, type Period, type SupplierAccountInfo } from "@wattbook/sdk";
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { EXIT } from "../lib/errors.ts";
import { withSession, type LinkOptions, type Session } from "../lib/link.ts";
import { linked, signing, withPeriod } from "../lib/options.ts";
import type { Output } from "../lib/output.ts";
import { pccRequired, wantedPeriod } from "../lib/pcc.ts";
import type { SigningOptions } from "../lib/send.ts";
import { pairsText } from "../lib/table.ts";
import { amountText, periodText } from "../lib/units.ts";
import { comparePcc } from "./pcc-compare.ts";
import { postPcc } from "./pcc-post.ts";

type Options = CommonOptions & LinkOptions & { readonly period?: bigint };
type SendOptions = Options & SigningOptions;
type PostOptions = SendOptions & { readonly file: string };

/** Declares the group. */
export const pcc: Register = (parent, app) => {
  const group = parent
    .command("pcc")
    .description("The meter at the point of common coupling: read it, and compare members with it.");
  const of = "period (default: the last one that has ended)";
  const show = withPeriod(linked(group.command("show"), "community"), of).description(
    "Shows the meter, its reading of a period, the tolerance, and the account with the supplier there.",
  );
  action<Options, []>(show, app, async (options, output) => {
    await withSession(options, app.terminal, (session) => showPcc(session, wantedPeriod(session, options), output));
  });
  const post = withPeriod(signing(linked(group.command("post"), "community")), of)
    .description("Signs the registers of a file with keys.meter and brings the reading on chain, or its correction.")
    .requiredOption("--file <csv>", "time,import_Wh,export_Wh at each boundary of the period's slots");
  action<PostOptions, []>(post, app, async (options, output) => {
    await withSession(options, app.terminal, (session) => postPcc(session, options, output));
  });
  const compare = withPeriod(signing(linked(group.command("compare"), "community")), of).description(
    "Compares members with the meter, on chain, from the reading deadline on. Exits with 1 where they differ too much.",
  );
  action<SendOptions, []>(compare, app, async (options, output) => {
    await withSession(options, app.terminal, async (session) => {
      if (!(await comparePcc(session, options, output))) app.exit = EXIT.failed;
    });
  });
};

async function showPcc(session: Session, period: Period, output: Output): Promise<void> {
  const { wattbook, community, terms, money } = session;
  const { desk } = wattbook;
  const meter = await pccRequired(session, period);
  const [reading, tolerance, supply] = await Promise.all([
    desk.pccReading(community, period),
    desk.tolerance(community, period),
    desk.supply(community, period),
  ]);
  const account = supply === null ? null : await desk.supplierAccount(community, supply.supplier);
  const json = {
    ...{ community: Number(community), period: Number(period), meter, reading, tolerance },
    ...{ supplier: supply === null ? null : Number(supply.supplier), account },
  };
  output.result(json, () =>
    pairsText([
      ["period", periodText(terms, period)],
      ...meterRows(meter),
      ["tolerated", `${formatWh(tolerance.absoluteWh)} and ${tolerance.permille} per mille of the flow`],
      ...(reading === null
        ? [["reading", "none yet: wattbook pcc post"] as const]
        : ([
            ["reading", `revision ${reading.revision}`],
            ["taken, given", `${formatWh(reading.imported)}, ${formatWh(reading.exported)}`],
            ["its slots cost", amountText(money, reading.amount)],
          ] as const)),
      ...(supply === null || account === null
        ? [["supplier", "none for this period"] as const]
        : ([["supplier", `member ${supply.supplier}`], ...accountRows(session, account)] as const)),
    ]),
  );
}

function meterRows({ meterKey, mostWh, nextPeriod, importRegister, exportRegister }: PccInfo) {
  return [
    ["meter", meterKey],
    ["at most", `${formatWh(mostWh)} per slot, each way`],
    ["read up to", `period ${nextPeriod}: ${formatWh(importRegister)} taken, ${formatWh(exportRegister)} given`],
  ] as const;
}

function accountRows({ money }: Session, { invoiced, acknowledged, paid, balance }: SupplierAccountInfo) {
  return [
    ["invoiced", amountText(money, invoiced)],
    ["acknowledged", amountText(money, acknowledged)],
    ["paid", amountText(money, paid)],
    ["to pay", amountText(money, balance)],
  ] as const;
}
