/** What a node or the way to it did wrong, as an error with a code. */

import { faultOf } from "@wattbook/sdk";
import { DeployError } from "./errors.ts";

/** Hardhat's own words where a node is not on the configured chain. */
const OTHER_CHAIN = /set to use chain id/i;
/** The SDK's advice for programs that do not write down what they send. */
const LOOK_FIRST = "A transaction may have been sent: look before resending.";
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
  const advice = "Run the same command again; it goes on where it stopped.";
  if (fault !== undefined) {
    const said = withoutUrls(fault.message).replace(LOOK_FIRST, advice);
    return new DeployError(fault.code, `${method}: ${said}`, options);
  }
  const reason = `${method} failed: ${withoutUrls(message.split("\n")[0] ?? "")}`;
  if (REFUSED.test(message)) {
    return new DeployError("RPC_UNAVAILABLE", `${reason} Check that the node runs and its URL. ${advice}`, options);
  }
  return new DeployError("RPC_FAILED", `${reason}. ${advice}`, options);
}

/** URLs of nodes and explorers often hold an API key. */
export function withoutUrls(text: string): string {
  return text.replace(/\b(https?|wss?):\/\/[^\s"')]+/g, "<URL>");
}
