/** What a node or the way to it did wrong, as an error with a code. */

import { faultOf } from "@wattbook/sdk";
import { DeployError } from "./errors.ts";

/** Hardhat's own words where a node is not on the configured chain. */
const OTHER_CHAIN = /set to use chain id/i;
const REFUSED = /^Cannot connect to the network/i;

/** The error for whatever a provider threw at a call of `method`. */
export function rpcFault(method: string, thrown: unknown): DeployError {
  if (thrown instanceof DeployError) return thrown;
  const options = { cause: thrown };
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (OTHER_CHAIN.test(message)) {
    return new DeployError("WRONG_CHAIN", `${withoutUrls(message)} Check the network's RPC URL.`, options);
  }
  const fault = faultOf(thrown);
  if (fault !== undefined) return new DeployError(fault.code, `${method}: ${withoutUrls(fault.message)}`, options);
  const reason = `${method} failed: ${withoutUrls(message.split("\n")[0] ?? "")}`;
  const advice = "Run the same command again; it goes on where it stopped.";
  if (REFUSED.test(message)) {
    return new DeployError("RPC_UNAVAILABLE", `${reason} Check that the node runs and its URL. ${advice}`, options);
  }
  return new DeployError("RPC_FAILED", `${reason}. ${advice}`, options);
}

/** URLs of nodes and explorers often hold an API key. */
export function withoutUrls(text: string): string {
  return text.replace(/\b(https?|wss?):\/\/[^\s"')]+/g, "<URL>");
}
