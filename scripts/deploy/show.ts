/** A deployment in words and as JSON. */

import { tableText } from "../lib/table.ts";
import { coin } from "./cost.ts";
import type { Deployed, Prepared } from "./deploy.ts";

/** The plan and its cost, for a person. */
export function planText({ plan, known, left, cost, balance }: Prepared): string {
  const rows = plan.steps.map(({ contract, address, nonce }) => {
    const gas = cost?.steps.find((step) => step.contract === contract)?.gas;
    return [contract, address, String(nonce), gas === undefined ? "deployed" : grouped(gas)];
  });
  const table = tableText(["Contract", "Address", "Nonce", "Gas"], rows);
  const head = `${plan.network}, chain ${plan.chainId}, deployer ${plan.deployer}${known ? ", begun before" : ""}`;
  if (cost === undefined) return `${head}\n${table}\nNothing is left to deploy.`;
  const money = `about ${coin(cost.expected)} coins now, at most ${coin(cost.atMost)}; the deployer holds ${coin(balance ?? 0n)}`;
  return `${head}\n${table}\n${left.length} to deploy, ${grouped(cost.gas)} gas: ${money}.`;
}

/** What happened, for a person. */
export function resultText({ file, sent, gasUsed }: Deployed, folder: string): string {
  const did = sent === 0 ? "Nothing was sent: all contracts are there" : `Deployed ${sent} contracts`;
  return `${did}, and each names the others. ${grouped(gasUsed)} gas in all, from block ${file.fromBlock}. Written to ${folder}.`;
}

/** The plan and its cost, for a program; wei and gas as decimal strings. */
export function planJson({ plan, left, cost, balance }: Prepared): object {
  return {
    network: plan.network,
    chainId: plan.chainId,
    deployer: plan.deployer,
    contracts: Object.fromEntries(plan.steps.map(({ contract, address }) => [contract, address])),
    left: left.map(({ contract }) => contract),
    gas: String(cost?.gas ?? 0n),
    expectedWei: String(cost?.expected ?? 0n),
    atMostWei: String(cost?.atMost ?? 0n),
    balanceWei: balance === undefined ? null : String(balance),
  };
}

function grouped(value: bigint): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}
