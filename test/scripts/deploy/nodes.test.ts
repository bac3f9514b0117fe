import { expect } from "chai";
import { join } from "node:path";
import type { DeploymentFile } from "../../../scripts/deploy/records.ts";
import { addressesFrom, CONTRACTS } from "../../../scripts/lib/contracts.ts";
import { deploy, developer, filesIn, temporaryFolder } from "./harness.ts";
import { type Door, doorTo, NODES, type RunningNode, runScript, type Verdict } from "./nodes.ts";

const CHAIN_ID = 777_001;

for (const kind of NODES) {
  const { missing } = kind;
  describe(`npm run deploy against ${kind.name}`, function () {
    this.timeout(180_000);
    let node: RunningNode;
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    const opened: Door[] = [];

    before(async function () {
      if (missing !== undefined) {
        console.log(`      not tried: ${missing}`);
        this.skip();
      }
      node = await kind.start(CHAIN_ID);
      folder = await temporaryFolder();
    });
    after(async function () {
      if (missing !== undefined) return;
      for (const door of opened) await door.close();
      await node.stop();
      await folder.remove();
    });

    const deployer = developer(0);
    const variables = (url: string) => ({
      LAB_RPC_URL: url,
      LAB_CHAIN_ID: `${CHAIN_ID}`,
      DEPLOYER_KEY: deployer.privateKey,
    });
    const options = () => ["--network", "lab", "--out", join(folder.path, "lab"), "--yes", "--json", "--no-verify"];
    const sent = async () =>
      Number(await node.provider.request({ method: "eth_getTransactionCount", params: [deployer.address, "latest"] }));

    /** Runs the script, and kills it at its `nth` call of `method`, which is treated as `verdict` says. */
    async function killedAt(method: string, nth: number, verdict: Verdict): Promise<NodeJS.Signals | null> {
      let count = 0;
      const door = await doorTo(node.url, (called) => {
        if (called !== method || ++count !== nth) return "pass";
        script.kill();
        return verdict;
      });
      opened.push(door);
      const script = runScript("scripts/deploy.ts", options(), variables(door.url));
      return (await script.ended).signal;
    }

    it("goes on after SIGKILL: before a broadcast, after it, and before a receipt", async function () {
      expect(await killedAt("eth_sendRawTransaction", 1, "drop call")).to.equal("SIGKILL");
      expect(await sent()).to.equal(0);
      expect(await killedAt("eth_sendRawTransaction", 2, "drop answer")).to.equal("SIGKILL");
      expect(await killedAt("eth_getTransactionReceipt", 4, "drop call")).to.equal("SIGKILL");
      expect(await sent()).to.be.within(2, 4);
      const { code, stdout, stderr } = await runScript("scripts/deploy.ts", options(), variables(node.url)).ended;
      expect(code, stderr).to.equal(0);
      const { deployment } = JSON.parse(stdout) as { deployment: DeploymentFile };
      expect(deployment.contracts).to.deep.equal(addressesFrom(deployer.address, 0));
      expect(deployment.chainId).to.equal(CHAIN_ID);
      expect(await sent()).to.equal(CONTRACTS.length);
    });

    it("sends nothing when it is run again, and changes no file", async function () {
      const before = await filesIn(join(folder.path, "lab"));
      const { code, stdout } = await runScript("scripts/deploy.ts", options(), variables(node.url)).ended;
      expect(code).to.equal(0);
      expect((JSON.parse(stdout) as { sent: number }).sent).to.equal(0);
      expect(await sent()).to.equal(CONTRACTS.length);
      expect(await filesIn(join(folder.path, "lab"))).to.deep.equal(before);
    });

    it("takes an account that the node has unlocked", async function () {
      const path = join(folder.path, "unlocked");
      const { file } = await deploy({ path, provider: node.provider, signer: "node" });
      expect(file.contracts).to.deep.equal(addressesFrom(deployer.address, CONTRACTS.length));
    });
  });
}
