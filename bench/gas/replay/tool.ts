/** The tool that knows the next fork, by its own word: name, version, what the fork changes, and what it charges. */
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import { paramsEVM } from "@ethereumjs/evm";
import { paramsTx } from "@ethereumjs/tx";
import type { Schedule } from "../schedule.ts";

export const FORKS = { now: Hardfork.Osaka, next: Hardfork.Amsterdam } as const;
export type Fork = (typeof FORKS)[keyof typeof FORKS];

const LAST_EIP = 9_999;
const NAME = "@ethereumjs/vm";

/** Experimental: the fork is a draft, and so is what the tool makes of it. */
export const nextForkTool = {
  name: NAME,
  version: versionOf(NAME),
  hardfork: FORKS.next,
  eips: newEips(),
} as const;

/** What the next fork has and the present one has not. */
function newEips(): number[] {
  const [now, next] = [commonOf(FORKS.now, 1), commonOf(FORKS.next, 1)];
  const numbers = Array.from({ length: LAST_EIP }, (_, index) => index + 1);
  return numbers.filter((eip) => next.isActivatedEIP(eip) && !now.isActivatedEIP(eip));
}

function versionOf(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  const root = entry.slice(0, entry.lastIndexOf(name) + name.length);
  const { version } = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as { version: string };
  return version;
}

/** A chain like mainnet, but with the id of the node that the transactions were signed for. */
export function commonOf(fork: Fork, chainId: number): Common {
  return new Common({ chain: { ...Mainnet, chainId }, hardfork: fork });
}

/** Tokens that the floor counts for a byte that is not zero. */
const TOKENS_PER_BYTE = 4n;
const UNIFORM_FLOOR = 7976;

/** What the tool charges at a fork. */
export function scheduleOf(fork: Fork): Schedule {
  const common = commonOf(fork, 1);
  common.updateParams(paramsTx);
  common.updateParams(paramsEVM);
  const cost = (name: string) => common.param(name);
  const next = common.isActivatedEIP(8038);
  const cold = cost("coldsloadGas");
  const rewrite = cold + (next ? cost("storageWriteGas") : cost("sstoreCleanEIP2200Gas"));
  const token = cost("totalCostFloorPerToken");
  return {
    transaction: cost("txGas") + (common.isActivatedEIP(2780) ? cost("txRecipientAccessGas") : 0n),
    zeroByte: cost("txDataZeroGas"),
    byte: cost("txDataNonZeroGas"),
    floorZeroByte: token * (common.isActivatedEIP(UNIFORM_FLOOR) ? TOKENS_PER_BYTE : 1n),
    floorByte: token * TOKENS_PER_BYTE,
    account: cost("coldaccountaccessGas"),
    read: cold,
    rewrite,
    create: next
      ? rewrite + cost("stateBytesPerStorageSet") * cost("costPerStateByte")
      : cold + cost("sstoreInitEIP2200Gas"),
    signature: cost("ecRecoverGas"),
    hash: cost("keccak256Gas"),
    hashedWord: cost("keccak256WordGas"),
    log: cost("logGas"),
    topic: cost("logTopicGas"),
    logByte: cost("logDataGas"),
  };
}
