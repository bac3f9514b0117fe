/** Gateways, a relayer and a keeper that tests drive step by step, and that die where their fuse blows. */
import { join } from "node:path";
import { asAmount, asPrice, asSeconds, connect, type Deployment, type Wattbook } from "@wattbook/sdk";
import fastify, { type FastifyInstance } from "fastify";
import type { Wallet } from "ethers";
import { DEFAULT_FEES, Node, Outbox, Sender } from "../../../services/src/chain/index.ts";
import { isServiceError, ServiceError } from "../../../services/src/errors.ts";
import {
  Gateway,
  HttpHandOver,
  HttpPushAdapter,
  MqttAdapter,
  P1TcpAdapter,
} from "../../../services/src/gateway/index.ts";
import { ForecastStrategy } from "../../../services/src/gateway/strategy.ts";
import type { Adapter, Sink } from "../../../services/src/gateway/sample.ts";
import { prepareFrom } from "../../../services/src/gateway/prepare.ts";
import { feeTermsOf, payingRelayer } from "../../../services/src/gateway/relayer-terms.ts";
import { Keeper, SqliteLogStore } from "../../../services/src/keeper/index.ts";
import { createLog, Secrets } from "../../../services/src/operation/index.ts";
import { createApp, DEFAULT_LIMITS, Relayer, RelayerService } from "../../../services/src/relayer/index.ts";
import type { Store } from "../../../services/src/store/open.ts";
import { RULES } from "../gateway/queue-support.ts";
import type { CommunityWorld } from "../relayer/world.ts";
import { type Fuse } from "./chance.ts";
import { type MeterName, type SoakMeter } from "./meters.ts";

/** A part of the whole that runs: a round of its work, and its end, whether it was asked for or the power went. */
export interface Part {
  /** Its files. */
  readonly stores: readonly Store[];
  round(): Promise<void>;
  stop(): Promise<void>;
}

export const FAST = { tries: 3, first: 1, most: 4 };
const RECONNECT = { first: 5, most: 20 };
/** Base units per order. */
const FEE = 10n;

export function nodeAt(url: string, { chainId }: Deployment): Node {
  return new Node({ urls: [url], chainId, timeout: 400, backoff: FAST });
}

/** A power cut within a gateway: nothing is acknowledged any more. */
export const powerCut = (): Error => new ServiceError("STORE_FULL", "The process is gone.");

/** What a gateway is made of. */
export interface GatewayPlan {
  readonly name: "one" | "two";
  readonly folder: string;
  readonly world: CommunityWorld;
  readonly rpc: string;
  readonly relay: string;
  readonly meters: readonly SoakMeter[];
  readonly homeOf: (meter: MeterName) => CommunityWorld["homes"][number];
  /** The gateway's clock, which jumps. */
  readonly now: () => bigint;
  /** One that does not. */
  readonly steady: () => bigint;
  readonly fuse: Fuse;
  /** Hears of every sample that is kept or refused for good. */
  readonly seen: (meter: string, at: bigint, code?: string) => void;
  /** Of everything that it reports. */
  readonly report: (code: string, message: string) => void;
  readonly sources: GatewaySources;
}

export interface GatewaySources {
  readonly broker: string;
  readonly p1: number;
  readonly push: { readonly port: number; readonly token: string };
}

/** Opens a gateway and connects its meters. */
export async function openGateway(plan: GatewayPlan): Promise<Part> {
  const { world, fuse, now } = plan;
  const { terms, wattbook: real, community } = world;
  const node = nodeAt(plan.rpc, world.deployment);
  // The clients of the node that misbehaves; what does not change was read before.
  const wattbook: Wattbook = await connect(node.provider, world.deployment);
  const served = { community, terms, settlement: real.domains.settlement, market: real.domains.market };
  const names = new Set<string>(plan.meters.map(({ name }) => name));
  const members = plan.meters.map(({ name }) => {
    const { member, meter, trading } = plan.homeOf(name);
    return { community: served, member, meter: name, meterKey: meter, tradingKey: trading, acceptGaps: true };
  });
  const relayer = { url: plan.relay, timeout: 1_000 };
  const gateway = new Gateway({
    queue: join(plan.folder, `${plan.name}.sqlite`),
    meters: new Map(
      plan.meters.map(({ name }) => {
        const onFall = name === "reset" ? ("reset" as const) : ("refuse" as const);
        return [name, { ...RULES, maxW: 2_000n, onFall, maxGap: asSeconds(7_200n) }];
      }),
    ),
    adapters: [],
    members,
    traders: members.map((each) => ({
      ...each,
      strategy: new ForecastStrategy({ buy: asPrice(181n), sell: asPrice(99n) }),
      forecast: { netWh: (meter, start) => netOf(plan.meters, meter, start) },
      leadTime: asSeconds(7_200n),
    })),
    handOver: new HttpHandOver(relayer),
    readings: { signAfter: asSeconds(900n), giveUpAfter: asSeconds(86_400n) },
    states: wattbook.settlement,
    prepare: payingRelayer(prepareFrom(wattbook), (each) => feeTermsOf(relayer, each), asAmount(FEE)),
    clock: () => asSeconds(now()),
    steadyClock: { boot: "soak", now: plan.steady },
    report: ({ code, message }) => {
      plan.report(code, message);
    },
    probe: () => {
      fuse.step();
    },
  });
  const adapters = plan.name === "one" ? [mqttOf(plan, names)] : liveAdapters(plan);
  const sink: Sink = async (sample) => {
    if (fuse.blown) throw powerCut();
    try {
      const kept = await gateway.sink(sample);
      plan.seen(sample.meter, sample.at);
      return kept;
    } catch (error) {
      if (isServiceError(error) && !error.retry) plan.seen(sample.meter, sample.at, error.code);
      throw error;
    }
  };
  const connecting = adapters.map((adapter) =>
    adapter.start(sink, ({ code, message }) => {
      plan.report(code, message);
    }),
  );
  const stop = async () => {
    await Promise.all(adapters.map((adapter) => adapter.stop()));
    await gateway.stop();
    node.provider.destroy();
  };
  try {
    await Promise.all(connecting);
  } catch (error) {
    await stop();
    throw error;
  }
  return { stores: [gateway.queue.db], round: () => gateway.step(), stop };
}

/** What is foreseen: what will be counted, but for a tenth. */
function netOf(meters: readonly SoakMeter[], meter: string, start: bigint): bigint | undefined {
  const slot = meters.find(({ name }) => name === meter)?.slot(start);
  return slot === undefined ? undefined : ((slot.importWh - slot.exportWh) * 9n) / 10n;
}

function mqttOf({ sources, now }: GatewayPlan, meters: ReadonlySet<string>): Adapter {
  const place = (path: string) => ({ path, unit: "Wh" as const });
  return new MqttAdapter({
    ...{ url: sources.broker, clientId: "one", meters, backoff: RECONNECT, clock: () => asSeconds(now()) },
    mappings: [
      {
        topic: "meters/{meter}/energy",
        import: place("total.in"),
        export: place("total.out"),
        ...{ timePath: "time", meterPath: "id" },
      },
    ],
  });
}

function liveAdapters({ sources: { p1, push } }: GatewayPlan): Adapter[] {
  const server: FastifyInstance = fastify({ forceCloseConnections: true });
  const tokens = new Map(["pushed", "sunny"].map((meter) => [meter, push.token]));
  const route = new HttpPushAdapter({ server, tokens });
  const listening: Adapter = {
    start: async (...args) => {
      await route.start(...args);
      await server.listen({ host: "127.0.0.1", port: push.port });
    },
    stop: async () => {
      await route.stop();
      await server.close();
    },
  };
  const port = { meter: "rolling", host: "127.0.0.1", port: p1, every: asSeconds(60n), backoff: RECONNECT };
  return [listening, new P1TcpAdapter(port)];
}

/** What a relayer is made of. */
export interface RelayerPlan {
  readonly folder: string;
  readonly world: CommunityWorld;
  readonly rpc: string;
  readonly port: number;
  readonly wallet: Wallet;
  readonly fuse: Fuse;
  readonly step: (step: string) => void;
}

/** Opens a relayer and its API. */
export async function openRelayer({ folder, world, rpc, port, wallet, fuse, step }: RelayerPlan): Promise<Part> {
  const node = nodeAt(rpc, world.deployment);
  const log = createLog("relayer", "silent", new Secrets());
  const relayer = await Relayer.open({
    ...{ deployment: world.deployment, communities: [world.community], node, signer: wallet, log },
    ...{ folder: join(folder, "relayer"), fees: DEFAULT_FEES, confirmations: 2, leastFee: asAmount(FEE) },
    ...{ lead: 3_600, margin: 30, patience: 600, perMember: 100_000, threads: 0 },
    observe: (name) => {
      step(name);
      fuse.step();
    },
  });
  const app = await createApp(new RelayerService(relayer), { ...DEFAULT_LIMITS, perAddress: 1_000_000 }, log);
  const stop = async () => {
    await app.close();
    await relayer.close();
    node.provider.destroy();
  };
  try {
    await app.listen({ host: "127.0.0.1", port });
  } catch (error) {
    await stop();
    throw error;
  }
  return { stores: [relayer.store], round: () => relayer.tick(), stop };
}

/** What a keeper is made of. */
export interface KeeperPlan {
  readonly folder: string;
  readonly world: CommunityWorld;
  readonly rpc: string;
  readonly wallet: Wallet;
  readonly fuse: Fuse;
}

/** Opens a keeper that goes on from its files. */
export async function openKeeper({ folder, world, rpc, wallet, fuse }: KeeperPlan): Promise<Part> {
  const { deployment, community } = world;
  const node = nodeAt(rpc, deployment);
  const wattbook = await connect(node.provider, deployment);
  const outbox = new Outbox(join(folder, "keeper-outbox.db"), deployment.chainId, wallet.address);
  const store = new SqliteLogStore(join(folder, "keeper-logs.db"));
  const close = () => {
    store.close();
    outbox.close();
    node.provider.destroy();
    return Promise.resolve();
  };
  try {
    const observe = () => {
      fuse.step();
    };
    const sender = new Sender({ node, signer: wallet, outbox, confirmations: 2, observe });
    // The next round is as good as another try.
    const logs = await wattbook.logs(community, { store, retries: 1, backoff: 5 });
    const keeper = new Keeper({ wattbook, community, sender, account: wallet.address, logs });
    return {
      stores: [store.store, outbox.store],
      round: async () => {
        await keeper.pass().finally(() => sender.tick());
      },
      stop: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
