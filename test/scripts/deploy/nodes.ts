/** Nodes as processes of their own, and a door to them that can be watched. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Provider } from "../../../scripts/deploy/rpc.ts";

/** A node that listens on a port of this machine. */
export interface RunningNode {
  readonly url: string;
  readonly provider: Provider;
  stop(): Promise<void>;
}

/** Something that can be started: `name` for test titles. */
export interface NodeKind {
  readonly name: string;
  /** Why it cannot be started here; undefined if it can. */
  readonly missing: string | undefined;
  start(chainId: number): Promise<RunningNode>;
}

export const ANVIL = "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil";
const HARDHAT = "node_modules/hardhat/dist/src/cli.js";

export const NODES: readonly NodeKind[] = [
  {
    name: "hardhat node",
    missing: undefined,
    start: (chainId) =>
      started((port) => [process.execPath, HARDHAT, "node", "--port", `${port}`, "--chain-id", `${chainId}`]),
  },
  {
    name: "anvil",
    missing: existsSync(ANVIL) ? undefined : `${ANVIL} is not installed on this platform`,
    start: (chainId) =>
      started((port) => [ANVIL, "--port", `${port}`, "--chain-id", `${chainId}`, "--hardfork", "osaka", "--silent"]),
  },
];

async function started(command: (port: number) => string[]): Promise<RunningNode> {
  const port = await freePort();
  const [file = "", ...args] = command(port);
  const child = spawn(file, args, { stdio: "ignore", env: plainEnv({}) });
  const url = `http://127.0.0.1:${port}`;
  const provider = providerAt(url);
  const stop = () => stopped(child);
  for (let round = 0; ; round++) {
    try {
      await provider.request({ method: "eth_chainId" });
      return { url, provider, stop };
    } catch (error) {
      if (round < ROUNDS && child.exitCode === null) {
        await sleep(100);
        continue;
      }
      await stop();
      throw new Error(`${file} does not start`, { cause: error });
    }
  }
}
const ROUNDS = 300;

/** JSON-RPC over HTTP. */
export function providerAt(url: string): Provider {
  return {
    request: async ({ method, params = [] }) => {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
      const response = await fetch(url, { method: "POST", body, headers: { "content-type": "application/json" } });
      const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
      if (answer.error !== undefined) throw new Error(answer.error.message);
      return answer.result;
    },
  };
}

/** What a watcher does with a call: pass it on, pass it on and drop the answer, or drop the call. */
export type Verdict = "pass" | "drop answer" | "drop call";

/** A door to a node. Answers that are dropped leave the caller waiting. */
export interface Door {
  readonly url: string;
  close(): Promise<void>;
}

/** Opens a door; `watch` sees every call of a method, and may change its answer. */
export async function doorTo(
  url: string,
  watch: (method: string) => Verdict,
  answers: Readonly<Record<string, unknown>> = {},
): Promise<Door> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const call = JSON.parse(body) as { id: number; method: string };
      void (async () => {
        const verdict = watch(call.method);
        if (verdict === "drop call") return;
        const own = answers[call.method];
        const text =
          own === undefined
            ? await (await fetch(url, { method: "POST", body, headers: { "content-type": "application/json" } })).text()
            : JSON.stringify({ jsonrpc: "2.0", id: call.id, result: own });
        if (verdict === "pass") response.setHeader("content-type", "application/json").end(text);
      })();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => closed(server) };
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await closed(server);
  return port;
}

/** What a script printed and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running script. */
export interface Script {
  readonly ended: Promise<Ended>;
  kill(): void;
}

/** Runs one of the scripts as its user would, with only these variables set. */
export function runScript(script: string, args: readonly string[], env: Readonly<Record<string, string>>): Script {
  const child = spawn(process.execPath, ["--import", "tsx", script, ...args], {
    env: plainEnv(env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      resolve({ code, signal, stdout, stderr });
    });
  });
  return { ended, kill: () => child.kill("SIGKILL") };
}

/** No variable of this test run gets into what is tested. */
function plainEnv(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, NO_COLOR: "1", ...env };
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}
