/** A node that dies like any process and comes back with the blocks that it had: what waited for a block is forgotten. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { ANVIL, type NodeKind, providerAt, type RunningNode } from "../../scripts/deploy/nodes.ts";
import { lastingPort } from "../support/ports.ts";

export class MortalNode implements RunningNode {
  readonly url: string;
  readonly provider: RunningNode["provider"];
  readonly #command: readonly string[];
  readonly #disk: string;
  #child: ChildProcess | undefined;
  /** Unix seconds, of the last block on the disk. */
  #time = 0;

  private constructor(port: number, chainId: number, folder: string) {
    this.url = `http://127.0.0.1:${port}`;
    this.provider = providerAt(this.url);
    this.#command = [
      "--port",
      `${port}`,
      "--chain-id",
      `${chainId}`,
      "--hardfork",
      "osaka",
      "--silent",
      "--prune-history",
      "64",
    ];
    this.#disk = join(folder, "node.json");
  }

  /** A kind of node whose only one is given to `made`. */
  static kind(folder: string, made: (node: MortalNode) => void): NodeKind {
    const start = async (chainId: number) => {
      const node = new MortalNode(await lastingPort(), chainId, folder);
      await node.#run([]);
      made(node);
      return node;
    };
    return { name: "anvil", missing: undefined, start };
  }

  /** Its blocks stand on a disk; anvil itself writes them at its end alone. */
  async kill(): Promise<void> {
    const dumped = (await this.provider.request({ method: "anvil_dumpState", params: [true] })) as string;
    await this.stop();
    const state = gunzipSync(Buffer.from(dumped.slice(2), "hex"));
    const { block } = JSON.parse(state.toString("utf8")) as { readonly block: { readonly timestamp: string } };
    this.#time = Number(block.timestamp);
    writeFileSync(this.#disk, state);
  }

  /**
   * Blocks come when they are asked for, and its clock goes on from the last one, as before. Both from the first moment on: whoever sent
   * again what it had would else find it mined at once, at the time of the machine, decades before.
   */
  async start(): Promise<void> {
    await this.#run(["--load-state", this.#disk, "--no-mining", "--timestamp", `${this.#time}`]);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  async #run(more: readonly string[]): Promise<void> {
    this.#child = spawn(ANVIL, [...this.#command, ...more], { stdio: "ignore" });
    for (let round = 0; round < 600; round++) {
      const answered = await this.provider.request({ method: "eth_chainId" }).catch(() => undefined);
      if (answered !== undefined) return;
      await sleep(20);
    }
    throw new Error("anvil does not start");
  }
}
