/** What the chain's work took, and what it is worth beside the savings. */

import type { Report } from "../report.ts";
import type { GasData, GasStage } from "./data.ts";

/** What gas is divided by, and what it is compared with. */
type Spent = Pick<Report, "homes" | "days" | "slots"> & { readonly households: readonly { readonly saving: bigint }[] };

/** A kind of work: what it is, and the gas of the whole run. */
export interface Work {
  readonly id: string;
  readonly label: string;
  readonly meaning: string;
  readonly gas: bigint;
}

/** Of an order book. @param ethCents Price of one ETH, cents. */
export function gasData(report: Report, ethCents: bigint): GasData {
  const { placeTotal, clearTotal, settleTotal } = report.gas;
  const works = [
    { id: "place", label: "Place", meaning: "signed orders brought on chain, in batches", gas: placeTotal },
    { id: "clear", label: "Clear", meaning: "one price per slot", gas: clearTotal },
    { id: "settle", label: "Settle", meaning: "readings checked, money moved", gas: settleTotal },
  ];
  return gasOf(works, report, ethCents);
}

/** Of any work. */
export function gasOf(works: readonly Work[], { homes, days, slots, households }: Spent, ethCents: bigint): GasData {
  const homeSlots = BigInt(homes * slots);
  const homeDays = BigInt(homes * days);
  const saving = households.reduce((total, home) => total + home.saving, 0n);
  const all = works.reduce((total, { gas }) => total + gas, 0n);
  return {
    stages: works.map(({ gas, ...work }): GasStage => ({
      ...work,
      gas: gas.toString(),
      perHomeSlot: roundedUp(gas, homeSlots).toString(),
      perHomeDay: roundedUp(gas, homeDays).toString(),
    })),
    perHomeDay: roundedUp(all, homeDays).toString(),
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
