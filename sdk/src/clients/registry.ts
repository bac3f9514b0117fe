/** Client of `ProsumerRegistry`: communities, members, keys, meters and tariffs. */
import { getAddress } from "ethers";
import { ProsumerRegistryAbi } from "../abi/index.js";
import type { Charter } from "../charter.ts";
import type { CapChange, ClassChange, Enrolment, MeterBinding, MeterRotation } from "../consent.ts";
import { RunnerError } from "../errors.ts";
import type { Address, Hex } from "../hex.ts";
import { decodeTariffCode, encodeTariff } from "../tariff.ts";
import type { Tariff } from "../tariff.ts";
import type { Domain } from "../typed-data.ts";
import { unpackTerms } from "../terms-word.ts";
import type { Terms } from "../terms.ts";
import { asAmount, asCommunity, asMember, asWh } from "../units.ts";
import type { Amount, CommunityIndex, MemberIndex, Period, Wh } from "../units.ts";
import { readDomain } from "./domain.ts";
import { Endpoint, sendsOf, simulationsOf } from "./endpoint.ts";
import type { ClientOptions, Sends, Simulations } from "./endpoint.ts";
import { unpackMember } from "./member-word.ts";
import type { MemberWord } from "./member-word.ts";

/** What a tariff class of a community is about. */
export interface ClassInfo {
  /** Import assumed per slot where a reading is missing. */
  readonly defaultLoadWh: Wh;
  readonly supplier: MemberIndex;
}

/** What opening an order book looks at. */
export interface MarketInfo {
  readonly terms: Terms;
  /** New orders are refused now. */
  readonly paused: boolean;
  /** Contract whose code holds the tariff of the period: see `RegistryClient.tariff`. */
  readonly tariff: Address;
}

/** Whether a member may have new records: not, one of the module and period asked about, or any until it changes. */
export type Activity = "inactive" | "active" | "stays active";

/** By their numbers on chain. */
const ACTIVITIES: readonly Activity[] = ["inactive", "active", "stays active"];

type RegistryCalls = ReturnType<typeof registryCalls>;

/**
 * Reads and writes the registry.
 * @example
 * const registry = new RegistryClient({ address: deployment.contracts.ProsumerRegistry, runner: provider });
 * const terms = await registry.terms(community);
 */
export class RegistryClient {
  /** Writes as unsigned calls. */
  readonly calls: RegistryCalls;
  /** Writes as transactions of the runner. */
  readonly send: Sends<RegistryCalls>;
  /** Writes tried on the latest block without sending: a refusal throws `ContractRevertError`. */
  readonly simulate: Simulations<RegistryCalls>;
  readonly #at: Endpoint;

  constructor(options: ClientOptions) {
    this.#at = new Endpoint(options, ProsumerRegistryAbi, "ProsumerRegistry");
    this.calls = registryCalls(this.#at);
    this.send = sendsOf(this.#at, this.calls);
    this.simulate = simulationsOf(this.#at, this.calls);
  }

  get address(): Address {
    return this.#at.address;
  }

  /** Communities of the deployment; the next one gets this index. */
  async communityCount(): Promise<CommunityIndex> {
    return asCommunity(await this.#one<bigint>("communityCount"));
  }

  /** Members of a community, service members included; the next one gets this index. */
  async memberCount(community: CommunityIndex): Promise<MemberIndex> {
    return asMember(await this.#one<bigint>("memberCount", community));
  }

  /** The terms that trading and settlement need. */
  async terms(community: CommunityIndex): Promise<Terms> {
    return unpackTerms(await this.#one<bigint>("terms", community));
  }

  /** The hash of everything fixed at creation, as members sign it. */
  async termsHash(community: CommunityIndex): Promise<Hex> {
    return this.#one<Hex>("termsHash", community);
  }

  /** Whether new orders are refused now. */
  async paused(community: CommunityIndex): Promise<boolean> {
    return (await this.trading(community)).paused;
  }

  /** The terms, and whether new orders are refused now, in one call. */
  async trading(community: CommunityIndex): Promise<{ terms: Terms; paused: boolean }> {
    const [terms, paused] = await this.#at.read("trading", [community]);
    return { terms: unpackTerms(terms as bigint), paused: paused as boolean };
  }

  /** Address of the payment token. */
  async paymentToken(community: CommunityIndex): Promise<Address> {
    return this.#one<Address>("paymentToken", community);
  }

  /** What a relayer posts per commit; 0 in an open community. */
  async bondOf(community: CommunityIndex): Promise<Amount> {
    return asAmount(await this.#one<bigint>("bondOf", community));
  }

  /** Whether the coordinator named a relayer. */
  async isNamedRelayer(community: CommunityIndex, relayer: Address): Promise<boolean> {
    return this.#one<boolean>("isNamedRelayer", community, relayer);
  }

  /** The account that owns a member. */
  async ownerOf(community: CommunityIndex, member: MemberIndex): Promise<Address> {
    return this.#one<Address>("ownerOf", community, member);
  }

  /** A member as of now, with the tariff class of `period`. */
  async member(community: CommunityIndex, member: MemberIndex, period: Period): Promise<MemberWord> {
    return unpackMember(await this.#one<bigint>("memberFor", community, member, period));
  }

  /** A member as it counts for orders of a sealed `period`: as of its gate. Exact from the gate until the period starts. */
  async memberAtGate(community: CommunityIndex, member: MemberIndex, period: Period): Promise<MemberWord> {
    return unpackMember(await this.#one<bigint>("memberAtGate", community, member, period));
  }

  /** The key that signs a member's readings now; zero if there is none. */
  async meterKey(community: CommunityIndex, member: MemberIndex, period: Period): Promise<Address> {
    return (await this.metering(community, member, period)).meterKey;
  }

  /** A member as its readings are judged, with the largest caps that it ever had, and the key that signs them now. */
  async metering(
    community: CommunityIndex,
    member: MemberIndex,
    period: Period,
  ): Promise<{ rated: MemberWord; meterKey: Address }> {
    const [word, meterKey] = await this.#at.read("meterFor", [community, member, period]);
    return { rated: unpackMember(word as bigint), meterKey: meterKey as Address };
  }

  /** What settlement looks at when a reading comes, in one call: class, largest caps and key, as `meter` says them. */
  async readingOf(
    community: CommunityIndex,
    member: MemberIndex,
    period: Period,
  ): Promise<Pick<MemberWord, "tariffClass" | "buyCap" | "sellCap"> & { meterKey: Address }> {
    const [word, meterKey] = await this.#at.read("readingOf", [community, member, period]);
    const { tariffClass, buyCap, sellCap } = unpackMember(word as bigint);
    return { tariffClass, buyCap, sellCap, meterKey: meterKey as Address };
  }

  /** As `readingOf`, for many at once, in the order given. */
  async readingsOf(
    community: CommunityIndex,
    period: Period,
    members: readonly MemberIndex[],
  ): Promise<(Pick<MemberWord, "tariffClass" | "buyCap" | "sellCap"> & { meterKey: Address })[]> {
    const [words] = await this.#at.read("readingsOf", [community, period, members]);
    const pairs = words as readonly bigint[];
    return members.map((_, index) => {
      const { tariffClass, buyCap, sellCap } = unpackMember(pairs[2 * index] ?? 0n);
      const meterKey = `0x${(pairs[2 * index + 1] ?? 0n).toString(16).padStart(40, "0")}`;
      return { tariffClass, buyCap, sellCap, meterKey: getAddress(meterKey) };
    });
  }

  /** The salted hash of a member's metering point: see `meteringPointHash`. */
  async meteringPointOf(community: CommunityIndex, member: MemberIndex): Promise<Hex> {
    return this.#one<Hex>("meteringPointOf", community, member);
  }

  /** Index of a member's supplier, itself a member. */
  async supplierOf(community: CommunityIndex, member: MemberIndex): Promise<MemberIndex> {
    return asMember(await this.#one<bigint>("supplierOf", community, member));
  }

  /** The tariff classes of a community, by index. */
  async classes(community: CommunityIndex): Promise<ClassInfo[]> {
    return (await this.#one<readonly bigint[]>("classes", community)).map(classOf);
  }

  /** The tariff of a period, read from the contract that holds its bytes. */
  async tariff(community: CommunityIndex, period: Period, terms: Pick<Terms, "slotsPerPeriod">): Promise<Tariff> {
    const { provider } = this.#at.runner;
    if (!provider) throw new RunnerError("read code", "a provider, or a signer with a provider");
    const blob = await this.#one<Address>("tariffAt", community, period);
    return decodeTariffCode(terms, await provider.getCode(blob));
  }

  /** Address of a market module; zero where there is none. */
  async moduleAt(community: CommunityIndex, index: bigint): Promise<Address> {
    return this.#one<Address>("moduleAt", community, index);
  }

  /** A community's market modules by index; the first is its order book. */
  async modules(community: CommunityIndex): Promise<Address[]> {
    return Array.from(await this.#one<readonly Address[]>("moduleList", community));
  }

  /** The index of a module; null where the community does not have it. */
  async moduleIndex(community: CommunityIndex, module: Address): Promise<bigint | null> {
    const [index, known] = await this.#at.read("moduleIndex", [community, module]);
    return known === true ? (index as bigint) : null;
  }

  /** How many modules the members signed with the terms; those added later need the supplier's consent. */
  async modulesAtCreation(community: CommunityIndex): Promise<bigint> {
    return this.#one<bigint>("modulesAtCreation", community);
  }

  /** What opening an order book looks at, in one call. */
  async tradingFor(community: CommunityIndex, period: Period): Promise<MarketInfo> {
    const [terms, paused, tariff] = await this.#at.read("tradingFor", [community, period]);
    return { terms: unpackTerms(terms as bigint), paused: paused as boolean, tariff: tariff as Address };
  }

  /** As `member`, for many at once, in the order given. */
  async tradersOf(community: CommunityIndex, period: Period, members: readonly MemberIndex[]): Promise<MemberWord[]> {
    const [words] = await this.#at.read("tradersOf", [community, period, members]);
    return Array.from(words as readonly bigint[], unpackMember);
  }

  /** Whether members may have new records, in the order given. */
  async activity(
    community: CommunityIndex,
    period: Period,
    module: bigint,
    members: readonly MemberIndex[],
  ): Promise<Activity[]> {
    const [states] = await this.#at.read("activity", [community, period, module, members]);
    return Array.from(states as readonly bigint[], (state) => ACTIVITIES[Number(state)] ?? "inactive");
  }

  /** What the items of a settlement call share, in one call. `blob`: the contract that holds the bytes of the period's tariff. */
  async settling(
    community: CommunityIndex,
    period: Period,
  ): Promise<{ blob: Address; classes: ClassInfo[]; modules: Address[] }> {
    const [blob, classes, modules] = await this.#at.read("settling", [community, period]);
    return {
      blob: blob as Address,
      classes: Array.from(classes as readonly bigint[], classOf),
      modules: Array.from(modules as readonly Address[]),
    };
  }

  /** The escrow of this deployment. */
  async escrow(): Promise<Address> {
    return this.#one<Address>("escrow");
  }

  /** The settlement contract of this deployment. */
  async settlement(): Promise<Address> {
    return this.#one<Address>("settlement");
  }

  /** The same; under this name other contracts ask for it. */
  async settlementContract(): Promise<Address> {
    return this.#one<Address>("settlementContract");
  }

  /** Where consents count (EIP-5267). */
  async domain(): Promise<Domain> {
    return readDomain(this.#at);
  }

  /** The nonce of an owner's next consent. */
  async nonceOf(owner: Address): Promise<bigint> {
    return this.#one<bigint>("nonces", owner);
  }

  async #one<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    const [value] = await this.#at.read(name, args);
    return value as T;
  }
}

function registryCalls(at: Endpoint) {
  return {
    /** Anyone. The first tariff counts from period 0 on. */
    createCommunity: ({ terms, suppliers, classes, modules }: Charter, tariff: Tariff) =>
      at.call("createCommunity", [terms, suppliers, classes, modules, encodeTariff(tariff)]),
    /** Coordinator, neither too late nor too early: see `earliestTariff` and `latestTariff`. */
    publishTariff: (community: CommunityIndex, period: Period, tariff: Tariff) =>
      at.call("publishTariff", [community, period, encodeTariff(tariff)]),
    /** Coordinator: no new orders until the current period ends. */
    pause: (community: CommunityIndex) => at.call("pause", [community]),
    /** Coordinator: a further market module, off for everybody until its owner enables it. */
    addModule: (community: CommunityIndex, module: Address) => at.call("addModule", [community, module]),
    /** Coordinator: names a relayer for the commits that are kept for named ones, or takes the name back. */
    nameRelayer: (community: CommunityIndex, relayer: Address, named: boolean) =>
      at.call("nameRelayer", [community, relayer, named]),
    /** Coordinator, with the owner's consent: `signConsent(domain, "Enrolment", enrolment, owner)`. */
    enroll: (enrolment: Enrolment, consent: Hex) => at.call("enroll", [enrolment.community, enrolment, consent]),
    /** Coordinator, with the owner's consent and the meter key's signature of the same message. */
    bindMeter: (binding: MeterBinding, consent: Hex, proof: Hex) =>
      at.call("bindMeter", [binding.community, binding.member, binding, consent, proof]),
    /** Coordinator, with consent and proof. */
    rotateMeterKey: (rotation: MeterRotation, consent: Hex, proof: Hex) => {
      const binding = { startImport: 0n, startExport: 0n, ...rotation };
      return at.call("rotateMeterKey", [rotation.community, rotation.member, binding, consent, proof]);
    },
    /** Coordinator, with consent. */
    changeCaps: ({ community, member, buyCap, sellCap, deadline }: CapChange, consent: Hex) =>
      at.call("changeCaps", [community, member, buyCap, sellCap, deadline, consent]),
    /** Coordinator, with consent. */
    changeClass: ({ community, member, tariffClass, deadline }: ClassChange, consent: Hex) =>
      at.call("changeClass", [community, member, tariffClass, deadline, consent]),
    /** Owner, at once; coordinator, from the next period on. */
    revokeMeterKey: (community: CommunityIndex, member: MemberIndex) => at.call("revokeMeterKey", [community, member]),
    /** Ends metering: no new orders from the next period on. */
    unbindMeter: (community: CommunityIndex, member: MemberIndex) => at.call("unbindMeter", [community, member]),
    /** Anyone, once the last period is read. */
    releaseMeter: (community: CommunityIndex, member: MemberIndex) => at.call("releaseMeter", [community, member]),
    /** Owner, from the next period on. */
    rotateTradingKey: (community: CommunityIndex, member: MemberIndex, key: Address) =>
      at.call("rotateTradingKey", [community, member, key]),
    /** Owner: stops at once, resumes from the next period on. */
    setTrading: (community: CommunityIndex, member: MemberIndex, on: boolean) =>
      at.call("setTrading", [community, member, on]),
    /** Coordinator, from the next period on. */
    setSuspended: (community: CommunityIndex, member: MemberIndex, suspended: boolean) =>
      at.call("setSuspended", [community, member, suspended]),
    /** Owner: first step of a handover. */
    transferOwnership: (community: CommunityIndex, member: MemberIndex, newOwner: Address) =>
      at.call("transferOwnership", [community, member, newOwner]),
    /** New owner: second step. */
    acceptOwnership: (community: CommunityIndex, member: MemberIndex) =>
      at.call("acceptOwnership", [community, member]),
  };
}

/** Reads a class word: `defaultLoadWh 24 | supplier 32`, low bit first. */
function classOf(word: bigint): ClassInfo {
  return { defaultLoadWh: asWh(BigInt.asUintN(24, word)), supplier: asMember(BigInt.asUintN(32, word >> 24n)) };
}
