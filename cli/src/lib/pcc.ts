/** What commands about the PCC have in common. */
import { asPeriod, periodAt, type PccInfo, type Period } from "@wattbook/sdk";
import { CliError } from "./errors.ts";
import type { Session } from "./link.ts";

/** The period that was asked for, or the last one that has ended. */
export function wantedPeriod({ terms, now }: Session, { period }: { readonly period?: bigint }): Period {
  const current = periodAt(terms, now);
  return asPeriod(period ?? (current === 0n ? 0n : current - 1n));
}

/** The PCC meter of a period. @throws CliError NOT_AVAILABLE */
export async function pccRequired({ wattbook, community }: Session, period: Period): Promise<PccInfo> {
  const meter = await wattbook.desk.pcc(community, period);
  if (meter !== null) return meter;
  const advice = "Its coordinator binds one with the signatures of DSO and meter: see docs/coordinator.md";
  throw new CliError("NOT_AVAILABLE", `Community ${community} has no PCC meter for period ${period}. ${advice}.`);
}
