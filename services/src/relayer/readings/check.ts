/** What settlement checks of a reading before it takes it, against the chain as it is and what the relayer holds already. */
import {
  correctionsUntil,
  endRegisters,
  type MemberWord,
  type MeterInfo,
  periodEnd,
  ratedWhDown,
  type Reading,
  type Seconds,
  type Terms,
} from "@wattbook/sdk";
import { refuseReading } from "../refusal.ts";

/** Everything that a reading depends on. */
export interface ReadingContext {
  readonly terms: Terms;
  readonly now: Seconds;
  /** Largest caps that the member ever had, and the key that signs now. */
  readonly rated: Pick<MemberWord, "buyCap" | "sellCap"> & { readonly meterKey: string };
  readonly meter: MeterInfo;
}

/**
 * What needs nothing of the chain but its time: nobody makes the relayer ask its node about periods to come.
 * @throws Refusal
 */
export function checkOver({ period }: Pick<Reading, "period">, terms: Terms, now: Seconds): void {
  const end = periodEnd(terms, period);
  if (now < end) throw refuseReading("PeriodNotOver", `Period ${period} ends at ${end}, and it is ${now}`);
}

/**
 * What is checked of a reading alone, but for its signature.
 * @throws Refusal with the contract's reason
 */
export function checkAlone(reading: Reading, { terms, now, rated, meter }: ReadingContext): void {
  const { member, period, values } = reading;
  if (!meter.bound || (meter.fresh && period < meter.nextPeriod)) {
    throw refuseReading("NoMeter", `Member ${member} has no meter in period ${period}`);
  }
  checkOver(reading, terms, now);
  if (BigInt(values.length) !== terms.slotsPerPeriod) {
    throw refuseReading("BadLength", `values hold ${values.length} slots, not ${terms.slotsPerPeriod}`);
  }
  const [imported, exported] = [ratedWhDown(terms, rated.buyCap), ratedWhDown(terms, rated.sellCap)];
  for (const [slot, value] of values.entries()) {
    if (value.imported <= imported && value.exported <= exported) continue;
    const most = `The connection is rated for ${imported} in and ${exported} out`;
    throw refuseReading("OverRated", `values[${slot}] are ${value.imported} and ${value.exported} Wh. ${most}`);
  }
}

/**
 * What is checked of a reading against the meter's registers.
 * @throws Refusal with the contract's reason
 */
export function checkRegisters(reading: Reading, context: ReadingContext): void {
  const { terms, rated, meter } = context;
  const { period, startImport, startExport, closesGap } = reading;
  if (period < meter.nextPeriod) throw refuseReading("AlreadyMetered", `period is ${period}`);
  if (period < meter.gapEnd) {
    checkCorrection(reading, context);
    return;
  }
  if (period > meter.gapEnd) throw refuseReading("EarlierMissing", `period is ${period}, not ${meter.gapEnd}`);
  const moreImport = startImport - meter.importRegister;
  const moreExport = startExport - meter.exportRegister;
  if (moreImport < 0n || moreExport < 0n) {
    const known = `Registers are ${meter.importRegister} and ${meter.exportRegister} Wh already`;
    throw refuseReading("RegisterDown", `It starts at ${startImport} and ${startExport} Wh. ${known}`);
  }
  const jumps = moreImport > 0n || moreExport > 0n;
  if (closesGap && (meter.gap || (jumps && !meter.fresh))) {
    const missing = meter.gapEnd - meter.nextPeriod;
    const slots = (missing > 1n ? missing : 1n) * terms.slotsPerPeriod;
    const most = {
      imported: ratedWhDown(terms, rated.buyCap) * slots,
      exported: ratedWhDown(terms, rated.sellCap) * slots,
    };
    if (moreImport <= most.imported && moreExport <= most.exported) return;
    throw refuseReading("OverRated", `${moreImport} and ${moreExport} Wh are unexplained`);
  }
  if (meter.gap || (jumps && !meter.fresh)) {
    throw refuseReading("RegisterGap", `${moreImport} and ${moreExport} Wh are unexplained`);
  }
}

/** A late reading of a period that was settled as estimated: it replaces the estimate, from the oldest one on. */
function checkCorrection({ period, startImport, startExport }: Reading, { terms, meter, now }: ReadingContext): void {
  if (period > meter.nextPeriod) {
    throw refuseReading("EarlierMissing", `period is ${period}, and ${meter.nextPeriod} is estimated too`);
  }
  const until = correctionsUntil(terms, period);
  if (now >= until) throw refuseReading("CorrectionOver", `Period ${period} was final at ${until}, and it is ${now}`);
  const found = `It starts at ${startImport} and ${startExport} Wh`;
  const known = `registers are ${meter.importRegister} and ${meter.exportRegister} Wh`;
  if (startImport < meter.importRegister || startExport < meter.exportRegister) {
    throw refuseReading("RegisterDown", `${found}, and ${known} already`);
  }
  const same = startImport === meter.importRegister && startExport === meter.exportRegister;
  if (!meter.fresh && !same) throw refuseReading("RegisterGap", `${found}, and ${known}`);
}

/** The meter once a reading was accepted: what the next one is checked against. */
export function meterAfter(meter: MeterInfo, reading: Reading): MeterInfo {
  const { imported, exported } = endRegisters(reading);
  const next = (reading.period + 1n) as MeterInfo["nextPeriod"];
  return {
    ...meter,
    fresh: false,
    gap: next < meter.gapEnd,
    nextPeriod: next,
    gapEnd: next < meter.gapEnd ? meter.gapEnd : next,
    importRegister: imported,
    exportRegister: exported,
  };
}
