import { expect } from "chai";
import type { Connection, HomeKeys } from "./market.ts";
import {
  HOUR,
  Registers,
  buy,
  evidence,
  hourly,
  metered,
  missing,
  post,
  sell,
  type SignedReading,
  type Values,
} from "./settling.ts";
import { openHour } from "./worlds.ts";

export type Hour = Awaited<ReturnType<typeof openHour>>;

/** The worlds of a test file, each built once: `hour`, and `patientHour` with nine hours for corrections. */
export function hours(connection: () => Connection) {
  const open = async () => await openHour(connection());
  const openPatient = async () =>
    await openHour(connection(), { terms: { ...hourly, correctionWindow: 9 * HOUR, claimWindow: 10 * HOUR } });
  const load = async (fixture: () => Promise<Hour>): Promise<Hour> => {
    const w = await connection().networkHelpers.loadFixture(fixture);
    return { ...w, registers: new Registers(w.m) };
  };
  return { hour: async () => await load(open), patientHour: async () => await load(openPatient) };
}

export const ledgerOf = async ({ m }: Hour, period: number, slot: number) => [
  ...(await m.settlement.ledger(m.community, period * 4 + slot)),
];

export const estimate = async ({ m }: Hour, period: number, ...homes: HomeKeys[]) =>
  await m.settlement.settleEstimated(
    m.community,
    period,
    await Promise.all(homes.map(async (home) => await missing(m, home, period))),
  );

/** An item of `correct`. */
export const correction = async ({ m }: Hour, home: HomeKeys, period: number, reading: SignedReading) => ({
  member: home.member,
  reading,
  ...(await evidence(m, home, period)),
});

export const correct = async (w: Hour, home: HomeKeys, period: number, reading: SignedReading) =>
  await w.m.settlement.correct(w.m.community, period, [await correction(w, home, period, reading)]);

export const settleMetered = async ({ m }: Hour, home: HomeKeys, period: number, reading: SignedReading) =>
  await m.settlement.meterAndSettle(m.community, period, [await metered(m, home, period, reading)]);

/** Seller and buyer in one call, each with what its meter counted. */
export async function settleBoth(w: Hour, sold: Values, bought: Values) {
  const { m, seller, buyer, period, registers } = w;
  await m.settlement.meterAndSettle(m.community, period, [
    await metered(m, seller, period, await registers.read(seller, period, sold)),
    await metered(m, buyer, period, await registers.read(buyer, period, bought)),
  ]);
}

/** The call left the home out for this reason. */
export async function skipped({ m }: Hour, sent: unknown, home: HomeKeys, period: number, reason: number) {
  await expect(sent).to.emit(m.settlement, "ItemSkipped").withArgs(m.community, home.member, period, reason);
}

/** 1,000 Wh in slot 1 at 140, cleared. */
export async function trade({ m, seller, buyer, period }: Hour) {
  await post(m, period, [
    [seller, [sell(1, 10, 100)]],
    [buyer, [buy(1, 30, 100)]],
  ]);
  await m.goTo(m.periodStart(period + 1));
  await m.clearPeriod(period);
}
