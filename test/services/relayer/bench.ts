/** Relayers under test, each with a folder of its own, and how to talk to them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { asAmount, signatureBytes, type SignedReading, type SignedStrip } from "@wattbook/sdk";
import type { FastifyInstance } from "fastify";
import type { Wallet } from "ethers";
import type { z } from "zod";
import { DEFAULT_FEES, Node } from "../../../services/src/chain/index.ts";
import { createLog, Secrets } from "../../../services/src/operation/index.ts";
import {
  createApp,
  DEFAULT_LIMITS,
  Relayer,
  type RelayerOptions,
  RelayerService,
} from "../../../services/src/relayer/index.ts";
import { unsignedReadingBody, unsignedStripBody } from "../../../services/src/wire.ts";
import { type CommunityWorld, keyOf } from "./world.ts";

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & { readonly receipt?: Record<string, string> };
}

/** A relayer and its API. */
export interface RelayerBench {
  readonly relayer: Relayer;
  readonly app: FastifyInstance;
  readonly account: string;
  readonly lines: string[];
  readonly strip: (signed: SignedStrip, headers?: Record<string, string>) => Promise<Answer>;
  readonly reading: (signed: SignedReading) => Promise<Answer>;
  readonly get: (url: string) => Promise<Answer>;
  readonly post: (url: string, body: unknown, headers?: Record<string, string>) => Promise<Answer>;
  /** So many looks at the chain, with a block for what each of them sent. */
  readonly ticks: (count: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

export function stripBody({ strip, signature }: SignedStrip) {
  return { ...unsignedStripBody(strip), signature: signatureBytes(signature) };
}

export function readingBody({ reading, signature }: SignedReading) {
  return { ...unsignedReadingBody(reading), signature: signatureBytes(signature) };
}

/** Makes relayers on a world's node, and removes them in the end. */
export class RelayerBenches {
  readonly #world: CommunityWorld;
  readonly #folder = mkdtempSync(join(tmpdir(), "wattbook-relayer-"));
  readonly #open = new Set<() => Promise<void>>();
  #count = 0;

  constructor(world: CommunityWorld) {
    this.#world = world;
  }

  folder(): string {
    return join(this.#folder, `relayer-${this.#count++}`);
  }

  /** An account with money for gas. */
  async account(name: string): Promise<Wallet> {
    const wallet = keyOf(name);
    await this.#world.ask("hardhat_setBalance", wallet.address, "0x8ac7230489e80000");
    return wallet;
  }

  async open(wallet: Wallet, override: Partial<RelayerOptions> = {}): Promise<RelayerBench> {
    const { node: running, deployment, community } = this.#world;
    const backoff = { tries: 3, first: 1, most: 2 };
    const node = new Node({ urls: [running.url], chainId: deployment.chainId, timeout: 20_000, backoff });
    const lines: string[] = [];
    const log = createLog("relayer", "debug", new Secrets(), { write: (line) => lines.push(line) });
    const relayer = await Relayer.open({
      ...{ deployment, communities: [community], node, signer: wallet, folder: this.folder(), fees: DEFAULT_FEES },
      ...{
        confirmations: 1,
        leastFee: asAmount(5n),
        lead: 120,
        margin: 30,
        patience: 600,
        perMember: 1_000,
        threads: 1,
        log,
      },
      ...override,
    });
    const app = await createApp(new RelayerService(relayer), { ...DEFAULT_LIMITS, perAddress: 100_000 }, log);
    const undeclared = watchAnswers(app);
    const close = async () => {
      this.#open.delete(close);
      await app.close();
      await relayer.close();
      node.provider.destroy();
    };
    this.#open.add(close);
    const post: RelayerBench["post"] = async (url, body, headers = {}) =>
      answerOf(await app.inject({ method: "POST", url, payload: body as object, headers }), undeclared);
    const ticks = async (count: number) => {
      for (let round = 0; round < count; round++) {
        await relayer.tick();
        await this.#mined(wallet.address);
      }
    };
    return {
      ...{ relayer, app, account: wallet.address, lines, post, close, ticks },
      strip: (signed, headers) => post(`/v1/communities/${community}/strips`, stripBody(signed), headers),
      reading: (signed) => post(`/v1/communities/${community}/readings`, readingBody(signed)),
      get: async (url) => answerOf(await app.inject({ method: "GET", url }), undeclared),
    };
  }

  /** Nodes put a transaction into a block a moment after they have taken it. */
  async #mined(account: string): Promise<void> {
    const { provider } = this.#world;
    for (let round = 0; round < 500; round++) {
      const counts = await Promise.all(
        (["latest", "pending"] as const).map(async (block) => provider.getTransactionCount(account, block)),
      );
      if (counts[0] === counts[1]) return;
      await sleep(10);
    }
  }

  async remove(): Promise<void> {
    for (const close of [...this.#open]) await close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function answerOf(
  { statusCode, body }: { readonly statusCode: number; readonly body: string },
  undeclared: readonly string[],
): Answer {
  if (undeclared.length > 0) throw new Error(undeclared.join("\n"));
  return { status: statusCode, body: JSON.parse(body) as Answer["body"] };
}

/** Answers that are not as their route declares them, and so not as the OpenAPI description says, are written down. */
function watchAnswers(app: FastifyInstance): readonly string[] {
  const undeclared: string[] = [];
  app.addHook("onSend", (request, reply, payload, done) => {
    const { response } = (request.routeOptions.schema ?? {}) as { response?: Readonly<Record<number, z.ZodType>> };
    if (response !== undefined && typeof payload === "string") {
      const said = JSON.parse(payload) as unknown;
      const found = response[reply.statusCode]?.safeParse(said);
      // Fields that are not declared would be left out.
      const same = found?.success === true && isDeepStrictEqual(found.data, said);
      if (!same) undeclared.push(`${request.method} ${request.routeOptions.url}: ${reply.statusCode} ${payload}`);
    }
    done(null, payload);
  });
  return undeclared;
}
