/** The word in which the registry keeps what trading and settlement need of a member (`contracts/types/Member.sol`). */
import { toBeHex } from "ethers";
import { asAddress } from "../hex.ts";
import type { Address } from "../hex.ts";
import { unpackWord } from "../internal/words.ts";
import { asLots } from "../units.ts";
import type { Lots } from "../units.ts";

/** A member, as trading and settlement see it. */
export interface MemberWord {
  /** Key that signs strips. */
  readonly tradingKey: Address;
  /** Largest bought volume per slot. */
  readonly buyCap: Lots;
  /** Largest sold volume per slot. */
  readonly sellCap: Lots;
  readonly tariffClass: bigint;
  /** Label of its energy tokens. */
  readonly zone: bigint;
  /** Label of its energy tokens, 0 = mixed. */
  readonly kind: bigint;
  readonly enrolled: boolean;
  readonly metered: boolean;
  readonly suspended: boolean;
  readonly stopped: boolean;
  readonly leaving: boolean;
  /** Coordinator, DSO, fee collector or supplier: an account without a meter. */
  readonly service: boolean;
  /** Whether its orders are accepted: enrolled and metered, and nobody holds it back. */
  readonly active: boolean;
}

/** Low bit first. */
const MEMBER_WORD = [
  { name: "tradingKey", bits: 160 },
  { name: "buyCap", bits: 16 },
  { name: "sellCap", bits: 16 },
  { name: "tariffClass", bits: 8 },
  { name: "zone", bits: 16 },
  { name: "kind", bits: 8 },
  { name: "enrolled", bits: 1 },
  { name: "metered", bits: 1 },
  { name: "suspended", bits: 1 },
  { name: "stopped", bits: 1 },
  { name: "leaving", bits: 1 },
  { name: "classChanged", bits: 1 },
  { name: "service", bits: 1 },
] as const;

/** Reads the word that `IProsumerRegistry.memberFor` returns. */
export function unpackMember(word: bigint): MemberWord {
  const { tradingKey, buyCap, sellCap, tariffClass, zone, kind, ...bits } = unpackWord(MEMBER_WORD, word);
  const flags = {
    enrolled: bits.enrolled === 1n,
    metered: bits.metered === 1n,
    suspended: bits.suspended === 1n,
    stopped: bits.stopped === 1n,
    leaving: bits.leaving === 1n,
    service: bits.service === 1n,
  };
  return {
    tradingKey: asAddress(toBeHex(tradingKey, 20), "tradingKey"),
    buyCap: asLots(buyCap),
    sellCap: asLots(sellCap),
    tariffClass,
    zone,
    kind,
    ...flags,
    active: flags.enrolled && flags.metered && !flags.suspended && !flags.stopped && !flags.leaving,
  };
}
