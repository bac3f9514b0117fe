import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import toolbox from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { config as loadEnv } from "dotenv";
import { configVariable, defineConfig } from "hardhat/config";
import { inParts } from "./scripts/compile/in-parts.ts";
import { warningsAreErrors } from "./scripts/compile/warnings.ts";
import { chainDescriptors, httpNetworks } from "./scripts/deploy/networks.ts";

// A variable of .env without a value counts as not set, so that Hardhat's keystore is asked for it.
const { parsed = {} } = loadEnv({ quiet: true });
for (const name of Object.keys(parsed)) if (process.env[name] === "") Reflect.deleteProperty(process.env, name);

const soljson = createRequire(import.meta.url).resolve("solc/soljson.js");

const compiler = (runs: number) => ({
  version: "0.8.37",
  path: soljson,
  settings: { optimizer: { enabled: true, runs }, viaIR: true, evmVersion: "osaka" },
});

export default defineConfig({
  plugins: [toolbox, warningsAreErrors, inParts],
  solidity: {
    compilers: [compiler(200)],
    // Their loops run for every entry and slot; as much as the size limit of 24,576 bytes allows.
    overrides: {
      "contracts/EnergySharing.sol": compiler(20_000),
      "contracts/MeteredAuction.sol": compiler(1_500),
      "contracts/DoubleAuction.sol": compiler(1_600),
      "contracts/SealedAuction.sol": compiler(600),
      "contracts/Settlement.sol": compiler(500),
      "contracts/PaymentEscrow.sol": compiler(340),
      // Mostly calls that happen once in a member's life: small, so that it fits.
      "contracts/ProsumerRegistry.sol": compiler(1),
    },
  },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
    // What `hardhat node` runs.
    node: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
    localhost: { type: "http", chainType: "l1", url: "http://127.0.0.1:8545" },
    ...httpNetworks(process.env),
  },
  chainDescriptors: chainDescriptors(process.env),
  verify: { etherscan: { apiKey: configVariable("ETHERSCAN_API_KEY") } },
  paths: { tests: { mocha: "./test", solidity: "./test/solidity" } },
  typechain: { outDir: "./types/ethers-contracts" },
  test: {
    // A file per worker. A coverage run keeps to one process.
    mocha: {
      parallel: !process.argv.includes("--coverage"),
      jobs: Math.min(availableParallelism(), 8),
      require: ["./test/helpers/sendable-failures.ts"],
    },
    solidity: {
      fuzz: { runs: 1000 },
      invariant: { runs: 32, depth: 64, failOnRevert: true },
    },
  },
});
