/** The command line under test: in this process with streams that remember, or as a process of its own. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { type BaseWallet, encryptKeystoreJson } from "ethers";
import { main } from "../../cli/src/main.ts";
import { addressesOf } from "../helpers/addresses.ts";
import type { Market } from "../helpers/market.ts";
import { deploymentOf } from "../sdk/clients/deployment-of.ts";

/** What a run left behind. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The one JSON document of a run that ended with that code. */
export function json({ code, stdout, stderr }: Ran, exit = 0): Record<string, unknown> {
  expect(code, stderr).to.equal(exit);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** What a run is given. */
export interface Given {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Lines that a person types at a terminal, each once it was asked for one. */
  readonly answers?: readonly string[];
  /** To a process of its own, once it says something. */
  readonly signal?: { readonly once: RegExp; readonly name: NodeJS.Signals };
}

/** A writable that remembers, as a terminal or not. */
function sink(isTTY: boolean, heard?: (text: string) => void) {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      heard?.(chunk.toString());
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), text: () => chunks.join("") };
}

/** Runs a command line in this process. */
export async function run(args: readonly string[], given: Given = {}): Promise<Ran> {
  const { answers, env = {} } = given;
  const left = [...(answers ?? [])];
  const typed = new PassThrough();
  const heard = (text: string) => {
    if (!/(\[y\/N\]|: )\s*$/.test(text) || left.length === 0) return;
    const answer = left.shift() ?? "";
    setTimeout(() => typed.write(`${answer}\n`), 5);
  };
  const input = answers === undefined ? Readable.from([given.stdin ?? ""]) : typed;
  const [stdout, stderr] = [sink(false), sink(answers !== undefined, heard)];
  const stdin = Object.assign(input, { isTTY: answers !== undefined });
  const code = await main(args, { stdin, stdout: stdout.stream, stderr: stderr.stream, env: { TERM: "dumb", ...env } });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** The committed file that starts the built program. */
export const BIN = fileURLToPath(new URL("../../cli/bin/wattbook.js", import.meta.url));

/** Runs the built program as a process of its own. */
export async function spawned(args: readonly string[], given: Given = {}): Promise<Ran> {
  const child = spawn(process.execPath, [BIN, ...args], { env: { PATH: process.env["PATH"], ...given.env } });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  let told = false;
  child.stderr.on("data", (chunk: Buffer) => {
    err.push(chunk);
    const { signal } = given;
    if (told || signal?.once.test(Buffer.concat(err).toString()) !== true) return;
    told = child.kill(signal.name);
  });
  child.stdin.end(given.stdin ?? "");
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

/** A folder of a test, with files. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "wattbook-cli-"));

  at(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file; only its owner can read it unless `mode` says otherwise. */
  write(name: string, content: unknown, mode = 0o600): string {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    writeFileSync(this.at(name), text, { mode });
    return this.at(name);
  }

  read(name: string): string {
    return readFileSync(this.at(name), "utf8");
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** The password of every key in tests. */
export const PASSWORD = "correct horse battery";

/** A keystore as `wattbook init` writes it, but quick to open. */
export async function keystoreOf({ address, privateKey }: BaseWallet): Promise<string> {
  return encryptKeystoreJson({ address, privateKey }, PASSWORD, { scrypt: { N: 2 } });
}

/** A configuration in a folder, for a community of a test. */
export async function configure(
  folder: Folder,
  m: Market,
  url: string,
  { member, keys = {} }: { readonly member?: number; readonly keys?: Readonly<Record<string, BaseWallet>> } = {},
): Promise<string> {
  const at = await addressesOf(m);
  const provider = m.registry.runner?.provider;
  folder.write(
    "deployment.json",
    await deploymentOf({ at, provider } as unknown as Parameters<typeof deploymentOf>[0]),
  );
  folder.write("password", `${PASSWORD}\n`);
  const files: Record<string, object> = {};
  for (const [role, wallet] of Object.entries(keys)) {
    folder.write(`${role}.json`, await keystoreOf(wallet));
    files[role] = { file: `${role}.json`, passwordFile: "password" };
  }
  return folder.write("wattbook.json", {
    format: 1,
    node: { url },
    deployment: "deployment.json",
    community: m.community,
    ...(member !== undefined && { member }),
    keys: files,
  });
}
