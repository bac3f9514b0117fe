/**
 * `@wattbook/sdk`: the pure part computes what the chain computes, to the unit; no clock, no network, no floats. The clients
 * in `clients/` read and write the chain through an ethers provider or signer. `./pure`, `./clients` and `./abi` are the
 * same in parts.
 */
export * from "./abi/index.js";
export * from "./clients/index.ts";
export * from "./pure.ts";
