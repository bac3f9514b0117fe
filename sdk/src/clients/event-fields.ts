/** Reads an event's arguments by name, each with its unit. */
import type { Result } from "ethers";
import { asAddress } from "../hex.ts";
import type { Address, Hex } from "../hex.ts";
import { decodeValues } from "../reading.ts";
import type { MeterValue } from "../reading.ts";
import { asAmount, asCommunity, asMember, asPeriod, asSeconds } from "../units.ts";
import { asSignedAmount, asSignedWh, asSlot, asWh } from "../units.ts";
import type { Amount, CommunityIndex, MemberIndex, Period, Seconds } from "../units.ts";
import type { SignedAmount, SignedWh, Slot, Wh } from "../units.ts";

/** Arguments of one event, or of a struct in it. */
export class Fields {
  readonly #args: Result;

  constructor(args: Result) {
    this.#args = args;
  }

  integer(name: string): bigint {
    return this.#args.getValue(name) as bigint;
  }

  text(name: string): Hex {
    return this.#args.getValue(name) as string;
  }

  flag(name: string): boolean {
    return this.#args.getValue(name) as boolean;
  }

  address(name: string): Address {
    return asAddress(this.text(name), name);
  }

  amount(name: string): Amount {
    return asAmount(this.integer(name), name);
  }

  signedAmount(name: string): SignedAmount {
    return asSignedAmount(this.integer(name), name);
  }

  wh(name: string): Wh {
    return asWh(this.integer(name), name);
  }

  signedWh(name: string): SignedWh {
    return asSignedWh(this.integer(name), name);
  }

  period(name = "period"): Period {
    return asPeriod(this.integer(name), name);
  }

  slot(name = "slot"): Slot {
    return asSlot(this.integer(name), name);
  }

  seconds(name: string): Seconds {
    return asSeconds(this.integer(name), name);
  }

  community(): { readonly community: CommunityIndex } {
    return { community: asCommunity(this.integer("community")) };
  }

  member(): { readonly community: CommunityIndex; readonly member: MemberIndex } {
    return { ...this.community(), member: asMember(this.integer("member")) };
  }

  journal(): { readonly community: CommunityIndex; readonly member: MemberIndex; readonly period: Period } {
    return { ...this.member(), period: this.period() };
  }

  bond(): { readonly community: CommunityIndex; readonly relayer: Address; readonly amount: Amount } {
    return { ...this.community(), relayer: this.address("relayer"), amount: this.amount("amount") };
  }

  /** Meter values, six bytes per slot. */
  values(name = "values"): MeterValue[] {
    const bytes = this.text(name);
    return decodeValues({ slotsPerPeriod: BigInt((bytes.length - 2) / 12) }, bytes);
  }

  struct(name: string): Fields {
    return new Fields(this.#args.getValue(name) as Result);
  }

  list<T>(name: string): T[] {
    return Array.from(this.#args.getValue(name) as Iterable<T>);
  }

  structs(name: string): Fields[] {
    return this.list<Result>(name).map((each) => new Fields(each));
  }
}
