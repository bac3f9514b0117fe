/**
 * Compiles the contracts, several jobs at a time: everything, or with `--deployed` only what a deployment and the demo need, a fifth
 * of the time.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import hre from "hardhat";

const DEPLOYED = [
  "CommitBook.sol",
  "CoordinatorDesk.sol",
  "EnergySharing.sol",
  "DoubleAuction.sol",
  "MeteredAuction.sol",
  "OrderBookLens.sol",
  "SealedAuction.sol",
  "EnergyToken.sol",
  "PaymentEscrow.sol",
  "ProsumerRegistry.sol",
  "Settlement.sol",
  "mocks/LocalEuro.sol",
];

const deployedOnly = process.argv.includes("--deployed");
const roots = deployedOnly
  ? DEPLOYED.map((file) => join(hre.config.paths.root, "contracts", file))
  : await hre.solidity.getRootFilePaths({ scope: "contracts" });
const results = await hre.solidity.build(roots, {
  scope: "contracts",
  concurrency: availableParallelism(),
  cleanupArtifacts: !deployedOnly,
  quiet: deployedOnly,
});
if (!hre.solidity.isSuccessfulBuildResult(results)) process.exitCode = 1;
