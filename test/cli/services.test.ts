import { expect } from "chai";
import { network } from "hardhat";
import type { BaseWallet } from "ethers";
import { hours } from "../helpers/hours.ts";
import { type Connection, key } from "../helpers/market.ts";
import { type Bridge, bridgeTo } from "../services/support/bridge.ts";
import { freePort } from "../services/gateway/support.ts";
import { State, stateOf } from "../helpers/settling.ts";
import { eventually, type Running, Services } from "./running.ts";
import { configure, Folder, keystoreOf, PASSWORD } from "./support.ts";

const TOKEN = "push-token-secret";
/** Stands in the node's address, as keys of providers do. */
const NODE_KEY = "node-key-secret";
const DAY = 86_400_000;
/**
 * Communities of tests begin at the second midnight after this: 4 to 28 hours ago, so that their first periods are over by
 * this machine's clock, and not so long that nobody signs them any more.
 */
const BEGINNING = Math.floor((Date.now() - 4 * 3_600_000) / DAY) * DAY - 1.5 * DAY;
const RELAYER = key(9_001);

let connection: Connection;
let bridge: Bridge;
const services = new Services();
const folders: Folder[] = [];

before(async () => {
  connection = await network.create({ override: { initialDate: new Date(BEGINNING) } });
  bridge = await bridgeTo(connection);
});

after(async () => {
  await services.stopAll();
  await bridge.close();
  for (const folder of folders) folder.remove();
});

const { hour } = hours(() => connection);
const local = { host: "127.0.0.1", port: 0 };

/** A member's machine with everything that the three services need. */
async function place() {
  const w = await hour();
  const folder = new Folder();
  folders.push(folder);
  const { m, seller } = w;
  const url = `${bridge.url}/v3/${NODE_KEY}`;
  const config = await configure(folder, m, url, { member: seller.member, keys: { owner: seller.owner } });
  await connection.networkHelpers.setBalance(RELAYER.address, 10n ** 20n);
  const keyFile = async (name: string, wallet: BaseWallet) => {
    folder.write(`${name}.json`, await keystoreOf(wallet));
    return { file: `${name}.json`, passwordFile: "password" };
  };
  const relayer = {
    deployment: "deployment.json",
    folder: "relayer-files",
    node: { urls: [url], pollMs: 100, confirmations: 1 },
    key: await keyFile("relayer-key", RELAYER),
    communities: [m.community],
    ...{ patience: 0, listen: local, operation: local, log: "debug", threads: 1 },
  };
  const push = await freePort();
  folder.write("home.token", `${TOKEN}\n`);
  const gateway = {
    deployment: "deployment.json",
    node: { urls: [url] },
    queue: "gateway.sqlite",
    relayer: { url: "http://127.0.0.1:1" },
    meters: [{ name: "home", maxW: 17_250, maxLate: 10_000_000 }],
    members: [
      {
        ...{ community: m.community, member: seller.member, meter: "home" },
        meterKey: { ...(await keyFile("meter-key", seller.meter)), address: seller.meter.address },
      },
    ],
    adapters: [{ type: "http", port: push, tokenFiles: { home: "home.token" } }],
    ...{ signAfter: 1, operation: local, log: "debug" },
  };
  const start = (name: "gateway" | "relayer", json: object, env?: Record<string, string>): Running =>
    services.start([name, "--config", folder.write(`${name}.json`, json)], env);
  const sample = async (at: number, exported: number) =>
    fetch(`http://127.0.0.1:${push}/v1/meters/home/samples`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ at, import: 0, export: exported }),
    });
  return { ...w, folder, config, relayer, gateway, start, sample };
}

/** What operators see. */
async function door(url: unknown, path: "/readyz" | "/healthz" | "/metrics") {
  const response = await fetch(`${String(url)}${path}`);
  const text = await response.text();
  return { status: response.status, text };
}

async function readiness(url: unknown) {
  const { status, text } = await door(url, "/readyz");
  return { status, ...(JSON.parse(text) as { ready: boolean; checks: Record<string, string> }) };
}

function expectNoSecret(...logs: string[]): void {
  for (const secret of [PASSWORD, TOKEN, NODE_KEY, RELAYER.privateKey.slice(2)]) {
    for (const text of logs) expect(text.toLowerCase()).not.to.include(secret.toLowerCase());
  }
}

describe("Services by the command line", function () {
  this.timeout(180_000);

  it("bring a reading from a meter to the chain, and stop when they are told to", async function () {
    const { m, seller, period, relayer, gateway, start, sample, config } = await place();
    await m.goTo(m.periodStart(period + 1) + 60);
    await connection.networkHelpers.mine();

    const relaying = start("relayer", relayer);
    const relayerUp = await relaying.says("relayer is up");
    const relayerUrl = `http://127.0.0.1:${String(relayerUp["port"])}`;
    const reading = start("gateway", { ...gateway, relayer: { url: relayerUrl } });
    const gatewayUp = await reading.says("gateway is up");
    const ready = await eventually(
      () => readiness(gatewayUp["operation"]),
      (found) => found.ready,
    );
    expect(ready.checks).to.deep.equal({ node: "ok", queue: "ok", relayer: "ok", "adapters[0]": "ok" });

    for (let slot = 0; slot <= 4; slot++) {
      const answer = await sample(m.periodStart(period) + slot * 900, slot * 250);
      expect(answer.status, await answer.text()).to.equal(201);
    }
    const handed = await reading.says("handed over");
    expect(handed).to.include({ kind: "reading", member: seller.member, period, outcome: "accepted" });
    await eventually(
      async () => String(await stateOf(m, seller, period)),
      (state) => state === String(State.Settled),
    );
    const numbers = (await door(gatewayUp["operation"], "/metrics")).text;
    expect(numbers).to.include('wattbook_gateway_samples_total{result="kept",service="gateway"} 5');
    expect(numbers).to.include('wattbook_gateway_messages_total{kind="reading",step="accepted",service="gateway"} 1');
    expect(numbers).to.include('wattbook_gateway_queued{kind="reading",state="accepted",service="gateway"} 1');
    expect(numbers).to.include('wattbook_gateway_oldest_unsent_seconds{service="gateway"} 0');
    const taken = (await door(relayerUp["operation"], "/metrics")).text;
    expect(taken).to.include('wattbook_relayer_messages_total{kind="reading",answer="accepted",service="relayer"} 1');

    const keeping = services.start(["keeper", "--yes", "--every", "1", "--listen", "127.0.0.1:0", "--config", config]);
    const keeperUp = await keeping.says("keeper is up");
    const kept = await eventually(
      () => readiness(keeperUp["operation"]),
      (found) => found.ready,
    );
    expect(kept.checks).to.deep.equal({ node: "ok", outbox: "ok", logs: "ok", pass: "ok" });
    const passes = (await door(keeperUp["operation"], "/metrics")).text;
    expect(passes).to.match(/wattbook_keeper_passes_total\{result="ok",service="keeper"\} [1-9]/);
    expect(passes).to.match(/wattbook_keeper_balance_wei\{service="keeper"\} [1-9]/);
    expect(passes).to.include('wattbook_keeper_jobs{state="queued",service="keeper"} 0');

    for (const each of [keeping, reading, relaying]) {
      const { code } = await each.stop();
      expect(code, each.text()).to.equal(0);
    }
    for (const [name, each] of Object.entries({ keeper: keeping, gateway: reading, relayer: relaying })) {
      await each.says(`${name} is down`);
    }
    expectNoSecret(keeping.text(), reading.text(), relaying.text());
  });
});
