import { expect } from "chai";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CONTRACTS, LINKS } from "../../../scripts/lib/contracts.ts";
import { developer, temporaryFolder } from "./harness.ts";
import { NODES, type RunningNode, runScript } from "./nodes.ts";

const CHAIN_ID = 777_003;

interface Result {
  readonly sent: number;
  readonly verified: readonly { readonly contract: string; readonly fault?: { readonly code: string } }[];
}

describe("npm run deploy publishes the sources on the network's explorer", function () {
  this.timeout(180_000);
  let node: RunningNode;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let explorer: Server;
  let broken = true;
  const submitted: URLSearchParams[] = [];

  /** As much of a Blockscout as the deployment needs. */
  function answer(action: string | null, body: string): object {
    if (action === "verifysourcecode") {
      submitted.push(new URLSearchParams(body));
      return { status: "1", message: "OK", result: "a guid" };
    }
    if (action === "checkverifystatus") return { status: "1", message: "OK", result: "Pass - Verified" };
    return { status: "0", message: "NOTOK", result: "Contract source code not verified" };
  }

  before(async function () {
    const [kind] = NODES;
    if (kind === undefined) throw new Error("no node");
    node = await kind.start(CHAIN_ID);
    folder = await temporaryFolder();
    explorer = createServer((request, response) => {
      let body = "";
      request.on("data", (data: Buffer) => (body += data.toString()));
      request.on("end", () => {
        const action = new URL(request.url ?? "", "http://explorer").searchParams.get("action");
        response.statusCode = broken ? 500 : 200;
        response.end(JSON.stringify(broken ? { result: "out of order" } : answer(action, body)));
      });
    });
    await new Promise<void>((resolve) => explorer.listen(0, "127.0.0.1", resolve));
  });
  after(async function () {
    explorer.closeAllConnections();
    explorer.close();
    await node.stop();
    await folder.remove();
  });

  const deploy = () =>
    runScript("scripts/deploy.ts", ["--network", "lab", "--out", folder.path, "--yes", "--json"], {
      LAB_RPC_URL: node.url,
      LAB_CHAIN_ID: `${CHAIN_ID}`,
      LAB_EXPLORER_URL: `http://127.0.0.1:${(explorer.address() as AddressInfo).port}`,
      DEPLOYER_KEY: developer(0).privateKey,
    }).ended;

  it("and keeps a deployment whose explorer is out of order", async function () {
    const { code, stdout, stderr } = await deploy();
    expect(code, stderr).to.equal(1);
    const { sent, verified } = JSON.parse(stdout) as Result;
    expect(sent).to.equal(CONTRACTS.length);
    expect(verified.map(({ fault }) => fault?.code)).to.deep.equal(CONTRACTS.map(() => "VERIFICATION_FAILED"));
  });

  it("and publishes them when it is run again, with what the contracts were constructed with", async function () {
    broken = false;
    const { code, stdout, stderr } = await deploy();
    expect(code, stderr).to.equal(0);
    const { sent, verified } = JSON.parse(stdout) as Result;
    expect(sent).to.equal(0);
    expect(verified.map(({ contract }) => contract)).to.deep.equal(CONTRACTS);
    expect(verified.filter(({ fault }) => fault !== undefined)).to.deep.equal([]);
    const names = submitted.map((body) => body.get("contractname")?.split(":")[1]);
    expect(names).to.deep.equal(CONTRACTS);
    const given = submitted.map((body) => body.get("constructorArguments") ?? "none");
    for (const words of given) expect(words).to.match(/^([0-9a-f]{64})*$/);
    expect(given.map(({ length }) => length / 64)).to.deep.equal(CONTRACTS.map((name) => LINKS[name].length));
  });
});
