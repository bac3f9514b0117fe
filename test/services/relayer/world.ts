/** A community on a node of its own, as services find it: deployed, with homes that have meters and money. */
import { readFileSync } from "node:fs";
import {
  type Amount,
  asAddress,
  asAmount,
  asCommunity,
  asLots,
  asMember,
  asPeriod,
  asPrice,
  asSeconds,
  asSlotOffset,
  asWh,
  type CommunityTerms,
  communityTerms,
  connect,
  type Deployment,
  type Domain,
  type Entry,
  flatTariff,
  isSealed,
  LocalEuroAbi,
  meteringPointHash,
  type MeterValue,
  parseDeployment,
  type Period,
  periodAt,
  periodEnd,
  periodStart,
  type SignedReading,
  type SignedStrip,
  signConsent,
  signReading,
  signStrip,
  type Strip,
  type Tariff,
  type TermsInput,
  type UnsignedCall,
  type Wattbook,
  maxReserveOf,
} from "@wattbook/sdk";
import {
  ContractFactory,
  HDNodeWallet,
  Interface,
  JsonRpcProvider,
  keccak256,
  Network,
  toUtf8Bytes,
  Wallet,
} from "ethers";
import { addressesFrom, argumentsOf, CONTRACTS } from "../../../scripts/lib/contracts.ts";
import { type NodeKind, NODES, type RunningNode } from "../../scripts/deploy/nodes.ts";

const CHAIN_ID = 31_337;
/** Of the accounts that development nodes hand out. */
const MNEMONIC = "test test test test test test test test test test test junk";
const NEVER = asSeconds(2n ** 40n - 1n);
const GAS = { gasLimit: 1n << 24n, maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 9n };
/** Service members come first. */
const SERVICES = 4;

/** A key that exists nowhere but in tests. */
export function keyOf(name: string): Wallet {
  return new Wallet(keccak256(toUtf8Bytes(`wattbook relayer test: ${name}`)));
}

/** A home and its keys. */
export interface Home {
  readonly member: ReturnType<typeof asMember>;
  readonly owner: Wallet;
  readonly trading: Wallet;
  readonly meter: Wallet;
}

/** Terms of a test's community: periods of an hour, kept long enough that no test has to clear and settle those of another. */
export const SHORT = {
  ...{ slotsPerPeriod: 4n, horizon: 14n },
  ...{ readingDeadline: 3_600n, correctionWindow: 7_200n, claimWindow: 360_000n },
};

/** The same, sealed: the gate of an hour closes an hour before it, and eight turns of 450 seconds fill that hour. */
export const SEALED = { ...SHORT, horizon: 3n, gateClosure: 3_600n, revealWindow: 3_600n, bond: 5_000_000n };

/** What a strip of a test may leave out. */
export type StripOverride = Partial<Omit<Strip, "entries">>;

/** How members trade: with orders, by a rule after the fact, or within standing orders. */
export type FirstModule = "book" | "sharing" | "auction";

/** A node with a community on it. */
export class CommunityWorld {
  readonly node: RunningNode;
  readonly provider: JsonRpcProvider;
  readonly deployment: Deployment;
  readonly wattbook: Wattbook;
  readonly terms: CommunityTerms;
  readonly tariff: Tariff;
  readonly homes: Home[] = [];
  readonly community = asCommunity(0n);
  readonly deployer: HDNodeWallet;

  private constructor(
    node: RunningNode,
    provider: JsonRpcProvider,
    deployer: HDNodeWallet,
    wattbook: Wattbook,
    terms: CommunityTerms,
    tariff: Tariff,
  ) {
    this.node = node;
    this.provider = provider;
    this.deployer = deployer;
    this.wattbook = wattbook;
    this.deployment = wattbook.deployment;
    this.terms = terms;
    this.tariff = tariff;
  }

  /** Starts a node, deploys and creates the community. @param first Its first module. */
  static async start(
    kind: NodeKind = anvil(),
    override: Partial<TermsInput> = SHORT,
    first: FirstModule = "book",
  ): Promise<CommunityWorld> {
    const node = await kind.start(CHAIN_ID);
    const network = Network.from(CHAIN_ID);
    const provider = new JsonRpcProvider(node.url, network, {
      staticNetwork: network,
      cacheTimeout: -1,
      batchMaxCount: 1,
    });
    try {
      const deployer = HDNodeWallet.fromPhrase(MNEMONIC).connect(provider);
      const send = sender(provider, deployer);
      const coin = await deployCoin(provider, deployer, send);
      const deployment = await deployAll(provider, deployer, send);
      const wattbook = await connect(provider, deployment);
      const [dso, feeCollector, supplier] = ["dso", "fee collector", "supplier"].map((name) => keyOf(name).address);
      const terms = communityTerms({
        ...{ paymentToken: coin, coordinator: deployer.address, dso: dso ?? "", feeCollector: feeCollector ?? "" },
        ...override,
      });
      const prices = { importPrice: asPrice(300n), exportPrice: asPrice(80n) };
      const tariff = flatTariff(terms, asPrice(40n), [prices]);
      const book = isSealed(terms) ? wattbook.sealedMarket : wattbook.market;
      const charter = {
        ...{ terms, suppliers: [supplier ?? ""], classes: [{ supplier: 0n, defaultLoadWh: asWh(250n) }] },
        modules: [{ book, sharing: wattbook.sharing, auction: wattbook.meteredAuction }[first].address],
      };
      await send(wattbook.registry.calls.createCommunity(charter, tariff));
      return new CommunityWorld(node, provider, deployer, wattbook, terms, tariff);
    } catch (error) {
      provider.destroy();
      await node.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.provider.destroy();
    await this.node.stop();
  }

  async send(call: UnsignedCall): Promise<void> {
    await sender(this.provider, this.deployer)(call);
  }

  async sendAs(wallet: Wallet, call: UnsignedCall): Promise<void> {
    await sender(this.provider, wallet)(call);
  }

  async ask(method: string, ...params: unknown[]): Promise<unknown> {
    return this.provider.send(method, params) as Promise<unknown>;
  }

  /** Enrols homes with meters and money; they can trade from the next period on. */
  async enrol(count: number, money = 1_000_000_000n): Promise<void> {
    const { registry, escrow, domains } = this.wattbook;
    const termsHash = await registry.termsHash(this.community);
    const coin = new Interface(LocalEuroAbi);
    const fund = (name: string, ...args: unknown[]) =>
      this.send({ to: this.terms.paymentToken, data: coin.encodeFunctionData(name, args), value: 0n });
    await fund("faucet", this.deployer.address, money * BigInt(count));
    await fund("approve", escrow.address, money * BigInt(count));
    for (let index = 0; index < count; index++) {
      const at = this.homes.length;
      const [owner, trading, meter] = ["owner", "trading", "meter"].map((name) => keyOf(`${name} ${at}`)) as [
        Wallet,
        Wallet,
        Wallet,
      ];
      const member = asMember(BigInt(SERVICES + at));
      const shared = { community: this.community, deadline: NEVER };
      const enrolment = {
        ...{ ...shared, termsHash, owner: owner.address, tradingKey: trading.address, nonce: 0n },
        ...{ buyCap: asLots(50n), sellCap: asLots(50n), tariffClass: 0n, zone: 0n, kind: 0n, modules: 1n },
        meteringPoint: meteringPointHash(keccak256(toUtf8Bytes(`salt ${at}`)), `point ${at}`),
      };
      const consent = await signConsent(domains.registry, "Enrolment", enrolment, owner);
      await this.send(registry.calls.enroll(enrolment, consent));
      const start = { startImport: asWh(0n), startExport: asWh(0n) };
      const binding = { ...shared, member, meterKey: meter.address, ...start, nonce: 1n };
      const bound = await signConsent(domains.registry, "MeterBinding", binding, owner);
      const proof = await signConsent(domains.registry, "MeterBinding", binding, meter);
      await this.send(registry.calls.bindMeter(binding, bound, proof));
      await this.send(escrow.calls.deposit(this.community, member, asAmount(money)));
      this.homes.push({ member, owner, trading, meter });
    }
  }

  /** Behind a home's orders in a sealed community. */
  async pledge({ owner, member }: Home, amount: bigint): Promise<void> {
    await this.ask("hardhat_setBalance", owner.address, "0x8ac7230489e80000");
    await this.sendAs(owner, this.wattbook.escrow.calls.pledge(this.community, member, asAmount(amount)));
  }

  /** Gives a relayer coins, of which it posts its bond. */
  async postBond(relayer: Wallet, amount: bigint): Promise<void> {
    const coin = new Interface(LocalEuroAbi);
    const { escrow } = this.wattbook;
    const to = asAddress(this.terms.paymentToken, "paymentToken");
    await this.send({ to, data: coin.encodeFunctionData("faucet", [relayer.address, amount]), value: 0n });
    await this.sendAs(relayer, {
      ...{ to, value: 0n },
      data: coin.encodeFunctionData("approve", [escrow.address, amount]),
    });
    await this.sendAs(relayer, escrow.calls.postBond(this.community, asAmount(amount)));
  }

  /** New coins. */
  async deposit(member: Home["member"], amount: Amount): Promise<void> {
    const { escrow } = this.wattbook;
    const coin = new Interface(LocalEuroAbi);
    const to = this.terms.paymentToken;
    const mint = coin.encodeFunctionData("faucet", [this.deployer.address, amount]);
    await this.send({ to, data: mint, value: 0n });
    await this.send({ to, data: coin.encodeFunctionData("approve", [escrow.address, amount]), value: 0n });
    await this.send(escrow.calls.deposit(this.community, member, amount));
  }

  home(index: number): Home {
    const home = this.homes[index];
    if (home === undefined) throw new RangeError(`home ${index}`);
    return home;
  }

  /** Unix seconds of the latest block. */
  async now(): Promise<bigint> {
    return BigInt((await this.provider.getBlock("latest"))?.timestamp ?? 0);
  }

  async period(): Promise<Period> {
    return periodAt(this.terms, asSeconds(await this.now()));
  }

  /** Mines a block at a time. */
  async advanceTo(time: bigint): Promise<void> {
    if (time <= (await this.now())) return;
    await this.ask("evm_setNextBlockTimestamp", Number(time));
    await this.ask("evm_mine");
  }

  /** Mines a block at the start of a period that begins later: homes that were just enrolled can trade in it. */
  async nextPeriod(): Promise<Period> {
    const next = asPeriod((await this.period()) + 1n);
    await this.advanceTo(periodStart(this.terms, next));
    return next;
  }

  /** A strip with orders that the chain takes; override what a test is about. */
  strip(home: Home, period: Period, feeTo: string, entries: readonly Entry[], override: StripOverride = {}): Strip {
    const header = {
      ...{ community: this.community, member: home.member, period, after: asSlotOffset(0n), epoch: 0n },
      ...{ deadline: periodEnd(this.terms, period), feePerEntry: asAmount(10n), feeTo },
    };
    const context = { tariff: this.tariff, tariffClass: 0n, first: true };
    const maxReserve = maxReserveOf(this.terms, { entries, feePerEntry: header.feePerEntry }, context);
    return { ...header, maxReserve, entries, ...override };
  }

  /** Where strips of the community count. */
  get orderBook(): Domain {
    return this.wattbook.domains[isSealed(this.terms) ? "sealedMarket" : "market"];
  }

  async sign(home: Home, strip: Strip, domain: Domain = this.orderBook): Promise<SignedStrip> {
    return { strip, signature: await signStrip(domain, strip, home.trading) };
  }

  /** A reading with the same values in every slot, from where the last one ended. */
  async reading(home: Home, period: Period, value: MeterValue, start?: MeterValue): Promise<SignedReading> {
    const from = start ?? { imported: asWh(0n), exported: asWh(0n) };
    const reading = {
      ...{ community: this.community, member: home.member, period, closesGap: false },
      ...{ startImport: from.imported, startExport: from.exported },
      values: Array.from({ length: Number(this.terms.slotsPerPeriod) }, () => value),
    };
    return { reading, signature: await signReading(this.wattbook.domains.settlement, reading, home.meter) };
  }

  /** Digests of the strips in all journals of a period, in the order of the chain. */
  async recorded(period: Period): Promise<string[]> {
    const logs = await this.wattbook.logs(this.community);
    const journals = await logs.journals(period);
    return [...journals.values()].flat().map(({ digest }) => digest);
  }
}

/** Sends calls of an account, one block each. */
function sender(provider: JsonRpcProvider, wallet: HDNodeWallet | Wallet) {
  return async (call: { readonly to?: string | null; readonly data?: string | null; readonly value?: bigint }) => {
    const nonce = await provider.getTransactionCount(wallet.address, "pending");
    const signed = await wallet.signTransaction({ ...call, ...GAS, type: 2, chainId: CHAIN_ID, nonce });
    const hash = (await provider.send("eth_sendRawTransaction", [signed])) as string;
    for (;;) {
      const receipt = (await provider.send("eth_getTransactionReceipt", [hash])) as Record<string, string> | null;
      if (receipt === null) continue;
      if (receipt.status !== "0x1") throw new Error(`reverted: ${call.to} ${call.data?.slice(0, 80)}`);
      return receipt.contractAddress ?? "";
    }
  };
}

type Send = ReturnType<typeof sender>;

interface Artifact {
  readonly abi: [];
  readonly bytecode: string;
}

function artifact(path: string): Artifact {
  return JSON.parse(readFileSync(`artifacts/contracts/${path}`, "utf8")) as Artifact;
}

async function deployCoin(_: JsonRpcProvider, deployer: HDNodeWallet, send: Send): Promise<string> {
  const { abi, bytecode } = artifact("mocks/LocalEuro.sol/LocalEuro.json");
  const { data } = await new ContractFactory(abi, bytecode, deployer).getDeployTransaction();
  return send({ data });
}

async function deployAll(provider: JsonRpcProvider, deployer: HDNodeWallet, send: Send): Promise<Deployment> {
  const addresses = addressesFrom(deployer.address, await provider.getTransactionCount(deployer.address));
  for (const name of CONTRACTS) {
    const { abi, bytecode } = artifact(`${name}.sol/${name}.json`);
    const factory = new ContractFactory(abi, bytecode, deployer);
    const { data } = await factory.getDeployTransaction(...argumentsOf(name, addresses));
    await send({ data });
  }
  return parseDeployment({ format: 4, version: "0.1.0", chainId: CHAIN_ID, fromBlock: 0, contracts: addresses });
}

/** The faster kind of node, where it is installed. */
export function anvil(): NodeKind {
  const [hardhat, fast] = NODES;
  const kind = fast?.missing === undefined ? fast : hardhat;
  if (kind === undefined) throw new Error("no node");
  return kind;
}
