/** What clients of the modules have in common that trade after the fact: rounds, positions, joining, settling at once. */
import type { InterfaceAbi } from "ethers";
import type { Address, Hex } from "../hex.ts";
import type { ModuleAnswer } from "../market-module.ts";
import { decodePosition } from "../position.ts";
import type { Domain } from "../typed-data.ts";
import { asAmount } from "../units.ts";
import type { CommunityIndex, MemberIndex, Period } from "../units.ts";
import { readDomain } from "./domain.ts";
import { Endpoint } from "./endpoint.ts";
import type { ClientOptions } from "./endpoint.ts";
import type { JournalKey } from "./escrow.ts";
import { rawMetered } from "./settlement.ts";
import type { MeteredItem } from "./settlement.ts";

/** How far a period of a community that trades after the fact is. */
export interface SharingRound {
  readonly joined: bigint;
  readonly counted: bigint;
  /** Calls that counted them. */
  readonly chunks: bigint;
}

/** Reads a module that trades after the fact. */
export abstract class MeteredModuleClient {
  /** The module's functions. */
  protected readonly at: Endpoint;

  protected constructor(options: ClientOptions, abi: InterfaceAbi, name: string) {
    this.at = new Endpoint(options, abi, name);
  }

  get address(): Address {
    return this.at.address;
  }

  /** How far a period is, while the ring keeps it. */
  async round(community: CommunityIndex, period: Period): Promise<SharingRound> {
    const answer = await this.at.read("roundOf", [community, period]);
    const [joined, counted, chunks] = answer.toArray() as [bigint, bigint, bigint];
    return { joined, counted, chunks };
  }

  /** What settlement reads once per batch: nothing. */
  async context(community: CommunityIndex, period: Period): Promise<bigint[]> {
    const [words] = await this.at.read("contextOf", [community, period]);
    return Array.from(words as readonly bigint[]);
  }

  /**
   * What settlement is told of a member outside `settle`: nothing, once it is certain that it has no part; null until then, and for
   * whoever has one. The pure `sharePeriod` and `tradePeriod` compute parts.
   */
  async positionOf({ community, member, period }: JournalKey): Promise<ModuleAnswer | null> {
    const answer = await this.at.read("positionOf", [community, member, period, [], []]);
    const [ready, paid, received, position] = answer.toArray() as [boolean, bigint, bigint, Hex];
    if (!ready) return null;
    return { paid: asAmount(paid), received: asAmount(received), position: decodePosition(position) };
  }

  /** Where what members sign counts (EIP-5267). */
  async domain(): Promise<Domain> {
    return readDomain(this.at);
  }

  /** The registry of this deployment. */
  async registry(): Promise<Address> {
    return this.#address("registry");
  }

  /** The escrow of this deployment. */
  async escrow(): Promise<Address> {
    return this.#address("escrow");
  }

  /** The settlement contract of this deployment. */
  async settlement(): Promise<Address> {
    return this.#address("settlement");
  }

  async #address(name: string): Promise<Address> {
    const [value] = await this.at.read(name, []);
    return value as Address;
  }
}

/** Calls of both modules. */
export function meteredModuleCalls(at: Endpoint) {
  return {
    /** Before the period begins; members ascending. Reserves the budget of each, or what its account has of it. */
    join: (community: CommunityIndex, period: Period, members: readonly MemberIndex[]) =>
      at.call("join", [community, period, members]),
    /** All of it at once, where one call holds everybody who joined and no reading is refused. */
    meterAndSettle: (community: CommunityIndex, period: Period, items: readonly MeteredItem[]) =>
      at.call("meterAndSettle", [community, period, items.map(rawMetered)]),
  };
}
