/** The test's chain as a node, and a gateway's folder as an operator sets it up. */
import { encryptKeystoreJsonSync } from "ethers";
import type { BaseWallet } from "ethers";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { deploymentOf } from "../../sdk/clients/deployment-of.ts";
import type { World } from "../../sdk/clients/support.ts";
import { temporaryFolder } from "./support.ts";

const PASSWORD = "correct horse";

/** The test's chain as a node that answers over HTTP. */
export async function nodeOf({ connection }: Pick<World, "connection">) {
  const answer = async (call: { id: number; method: string; params: unknown[] }) => {
    const { id, method, params } = call;
    const result: unknown = await connection.provider.request({ method, params });
    return { jsonrpc: "2.0", id, result };
  };
  const server = createServer((request, response) => {
    void (async () => {
      let text = "";
      for await (const chunk of request) text += String(chunk);
      const calls = JSON.parse(text) as Parameters<typeof answer>[0] | Parameters<typeof answer>[0][];
      const answers = Array.isArray(calls) ? await Promise.all(calls.map(answer)) : await answer(calls);
      response.setHeader("content-type", "application/json").end(JSON.stringify(answers));
    })();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** A folder as an operator sets it up: configuration, deployment, keystores, passwords, and a file of registers. */
export async function setUp(w: World, chainUrl: string, relayerUrl: string, more: object = {}) {
  const folder = temporaryFolder();
  const home = await w.raw.addHome();
  const secret = (name: string, text: string) => {
    writeFileSync(join(folder.path, name), text, { mode: 0o600 });
  };
  const keystore = ({ address, privateKey }: BaseWallet) =>
    encryptKeystoreJsonSync({ address, privateKey }, PASSWORD, { scrypt: { N: 1_024, r: 8, p: 1 } });
  secret("meter.json", keystore(home.meter));
  secret("trading.json", keystore(home.trading));
  secret("password", PASSWORD);
  secret("deployment.json", JSON.stringify(await deploymentOf(w)));
  const key = (file: string, { address }: BaseWallet) => ({ file, address });
  const trade = { tradingKey: key("trading.json", home.trading), buy: 181, sell: 99, leadTime: 3_600 };
  const member = {
    community: Number(w.community),
    member: home.member,
    meter: "north",
    meterKey: key("meter.json", home.meter),
    trade,
  };
  const config = {
    queue: "gateway.sqlite",
    deployment: "deployment.json",
    node: { urls: [chainUrl] },
    relayer: { url: relayerUrl },
    meters: [{ name: "north", maxW: 10_000 }],
    members: [member],
    adapters: [{ type: "csv", path: "registers.csv", values: "register" }],
    ...more,
  };
  secret("gateway.json", JSON.stringify(config));
  return { folder, home, path: join(folder.path, "gateway.json") };
}
