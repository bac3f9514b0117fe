import { expect } from "chai";
import { join } from "node:path";
import { network } from "hardhat";
import { addressesFrom, CONTRACTS } from "../../../scripts/lib/contracts.ts";
import { checkDeployment } from "../../../scripts/deploy/wiring.ts";
import { Rpc } from "../../../scripts/deploy/rpc.ts";
import { deploy, developer, died, filesIn, Interrupter, type Operation, temporaryFolder, theBuild } from "./harness.ts";

type Connection = Awaited<ReturnType<typeof network.create>>;

/** A deployment makes each of these transactions, whatever happens. */
const TRANSACTIONS = CONTRACTS.length;

for (const signer of ["key", "node"] as const) {
  const signs = signer === "key" ? "a key that signs here" : "an account that the node unlocked";
  describe(`A deployment by ${signs} can be interrupted anywhere`, function () {
    this.timeout(300_000);
    let connection: Connection;
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    let operations: readonly Operation[];
    let uninterrupted: Map<string, string>;

    before(async function () {
      connection = await network.create();
      folder = await temporaryFolder();
      const start = await connection.networkHelpers.takeSnapshot();
      const counter = new Interrupter();
      const path = join(folder.path, "whole");
      await deploy({ path, provider: connection.provider, signer, interrupter: counter });
      operations = counter.seen;
      uninterrupted = await filesIn(path);
      await start.restore();
    });
    after(async function () {
      await connection.close();
      await folder.remove();
    });

    /** Runs until one operation, dies there, and is run again in full. */
    async function interruptedAt(at: number, when: "before" | "after") {
      const start = await connection.networkHelpers.takeSnapshot();
      const path = join(folder.path, `${String(at)}-${when}`);
      const options = { path, provider: connection.provider, signer };
      try {
        expect(await died(deploy({ ...options, interrupter: new Interrupter(at, when) }))).to.equal(true);
        const resumed = await deploy(options);
        const used = await connection.ethers.provider.getTransactionCount(developer(0).address);
        await checkDeployment(new Rpc(connection.provider), resumed.file.contracts, await theBuild());
        return { resumed, used, files: await filesIn(path) };
      } finally {
        await start.restore();
      }
    }

    it("before and after every transaction, receipt and file: the same addresses, roles and files, nothing sent twice", async function () {
      const sends = operations.filter(({ name }) => name.startsWith("eth_send")).length;
      expect(sends).to.equal(TRANSACTIONS);
      for (const at of operations.keys()) {
        for (const when of ["before", "after"] as const) {
          const where = `${when} operation ${String(at)}, ${operations[at]?.name ?? ""}`;
          const { resumed, used, files } = await interruptedAt(at, when);
          expect(used, where).to.equal(TRANSACTIONS);
          expect(resumed.file.contracts, where).to.deep.equal(addressesFrom(developer(0).address, 0));
          expect([...files.keys()].sort(), where).to.deep.equal([...uninterrupted.keys()].sort());
          for (const name of ["deployment.json", ".chainId"]) {
            expect(files.get(name), `${where}: ${name}`).to.equal(uninterrupted.get(name));
          }
        }
      }
    });

    it("and again at every resumption, five times over", async function () {
      const start = await connection.networkHelpers.takeSnapshot();
      const path = join(folder.path, "often");
      const options = { path, provider: connection.provider, signer };
      for (let at = 2; at < 7; at++) {
        expect(await died(deploy({ ...options, interrupter: new Interrupter(at, "after") })), String(at)).to.equal(
          true,
        );
      }
      await deploy(options);
      expect(await connection.ethers.provider.getTransactionCount(developer(0).address)).to.equal(TRANSACTIONS);
      await start.restore();
    });
  });
}
