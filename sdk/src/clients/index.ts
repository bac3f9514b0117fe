/** Clients: thin wrappers around the contracts, with named fields and units. They take an ethers provider or signer. */
export type { Calls, ClientOptions, Sends, UnsignedCall } from "./endpoint.ts";
export { EnergyTokenClient } from "./energy-tokens.ts";
export * from "./escrow.ts";
export * from "./log-reader.ts";
export * from "./market.ts";
export * from "./member-word.ts";
export * from "./payment-token.ts";
export * from "./reasons.ts";
export * from "./rebuild.ts";
export * from "./registry.ts";
export * from "./revert.ts";
export * from "./scan.ts";
export * from "./settlement.ts";
