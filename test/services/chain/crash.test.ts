import { expect } from "chai";
import type { Wallet } from "ethers";
import { NODES, type RunningNode, runScript } from "../../scripts/deploy/nodes.ts";
import { Benches, fundedWallet } from "../support/sending.ts";
import type { Plug } from "../support/pulled-plug.ts";

for (const kind of NODES) {
  describe(`Sender on ${kind.name} whose process is killed`, () => {
    let node: RunningNode;
    let benches: Benches;
    let wallet: Wallet;

    before(async function () {
      this.timeout(60_000);
      if (kind.missing !== undefined) this.skip();
      node = await kind.start(31_337);
      benches = new Benches();
    });

    after(async () => {
      (benches as Benches | undefined)?.remove();
      await (node as RunningNode | undefined)?.stop();
    });

    beforeEach(async () => {
      wallet = await fundedWallet(node.provider, kind.name);
    });

    for (const at of ["submitted", "signed", "broadcast", "mined", "done"]) {
      it(`sends once, killed when the job was ${at}`, async () => {
        const to = `0x${Buffer.from(at.padEnd(20, ".")).toString("hex")}`;
        const plug: Plug = { url: node.url, path: benches.path(), key: wallet.privateKey, to };
        const killed = await run({ ...plug, at });
        expect(killed.signal).to.equal("SIGKILL");
        const ended = await run(plug);
        expect(ended, ended.stderr).to.include({ code: 0, stdout: "done" });
        expect(await node.provider.request({ method: "eth_getBalance", params: [to, "latest"] })).to.equal("0x1");
        const spent = await node.provider.request({
          method: "eth_getTransactionCount",
          params: [wallet.address, "latest"],
        });
        expect(spent).to.equal("0x1");
      });
    }
  });
}

function run(plug: Plug) {
  return runScript("test/services/support/pulled-plug.ts", [JSON.stringify(plug)], {}).ended;
}
