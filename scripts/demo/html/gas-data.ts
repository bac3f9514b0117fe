/** What the chain's work took, and what it is worth beside the savings. */

import type { Report } from "../report.ts";
import type { GasData, GasStage } from "./data.ts";

/** @param ethCents Price of one ETH, cents. */
export function gasData({ gas, homes, days, slots, households }: Report, ethCents: bigint): GasData {
  const homeSlots = BigInt(homes * slots);
  const homeDays = BigInt(homes * days);
  const stage = (id: GasStage["id"], label: string, meaning: string, total: bigint): GasStage => ({
    id,
    label,
    meaning,
    gas: total.toString(),
    perHomeSlot: roundedUp(total, homeSlots).toString(),
    perHomeDay: roundedUp(total, homeDays).toString(),
  });
  const saving = households.reduce((total, home) => total + home.saving, 0n);
  return {
    stages: [
      stage("place", "Place", "signed orders brought on chain, in batches", gas.placeTotal),
      stage("clear", "Clear", "one price per slot", gas.clearTotal),
      stage("settle", "Settle", "readings checked, money moved", gas.settleTotal),
    ],
    perHomeDay: roundedUp(gas.placeTotal + gas.clearTotal + gas.settleTotal, homeDays).toString(),
    savingPerHomeDay: (saving / homeDays).toString(),
    ethCents: ethCents.toString(),
    notes: [
      "Gas is what receipts say, of the run’s trading alone: deployment, enrolment, deposits, token claims and withdrawals are not in it.",
      "A community’s first days write new storage words and cost far more than later ones, and larger communities share what a call costs.",
      "Posting a batch’s data on a rollup costs extra; that is not in it either.",
    ],
  };
}

function roundedUp(total: bigint, parts: bigint): bigint {
  return parts === 0n ? 0n : (total + parts - 1n) / parts;
}
