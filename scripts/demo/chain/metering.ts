/** What meters sign: import and export per slot of a period, and the registers at its start. */

import { asWh, endRegisters, type MeterValue, type Period, type SignedReading, signReading } from "@wattbook/sdk";
import type { Member } from "./members.ts";
import type { World } from "./world.ts";

/** Signs a member's reading; its registers advance. */
export async function readMeter(
  world: World,
  member: Member,
  period: Period,
  values: readonly MeterValue[],
): Promise<SignedReading> {
  const { imported: startImport, exported: startExport } = member.registers.now;
  const { community, domains } = world;
  const reading = { community, member: member.index, period, closesGap: false, startImport, startExport, values };
  const signature = await signReading(domains.settlement, reading, member.meter);
  member.registers.now = endRegisters(reading);
  return { reading, signature };
}

/** What a meter counts of a net of `wh`: positive is import. */
export function meterValue(wh: bigint): MeterValue {
  return { imported: asWh(wh > 0n ? wh : 0n), exported: asWh(wh < 0n ? -wh : 0n) };
}
