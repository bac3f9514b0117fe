/** A member's machine with everything that the three services need, and how to look at them. */
import type { BaseWallet } from "ethers";
import type { Hour } from "../helpers/hours.ts";
import { type Connection, key } from "../helpers/market.ts";
import { freePort } from "../services/gateway/support.ts";
import type { Running, Services } from "./running.ts";
import { configure, type Folder, keystoreOf } from "./support.ts";

export const TOKEN = "push-token-secret";
export const RELAYER = key(9_001);

const DAY = 86_400_000;
/**
 * Communities of tests begin at the second midnight after this: 4 to 28 hours ago, so that their first periods are over by
 * this machine's clock, and not so long that nobody signs them any more.
 */
export const BEGINNING = Math.floor((Date.now() - 4 * 3_600_000) / DAY) * DAY - 1.5 * DAY;
const local = { host: "127.0.0.1", port: 0 };

/** A member's machine with everything that the three services need. */
export async function placeFor(connection: Connection, w: Hour, url: string, services: Services, folder: Folder) {
  const { m, seller } = w;
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
export async function door(url: unknown, path: "/readyz" | "/healthz" | "/metrics") {
  const response = await fetch(`${String(url)}${path}`);
  const text = await response.text();
  return { status: response.status, text };
}

export async function readiness(url: unknown) {
  const { status, text } = await door(url, "/readyz");
  return { status, ...(JSON.parse(text) as { ready: boolean; checks: Record<string, string> }) };
}
