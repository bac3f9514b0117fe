/** Energy tokens: one unit is one metered Wh of one community, vintage, zone and source. */
import { BadLengthError } from "./errors.ts";
import { packWord, unpackWord } from "./internal/words.ts";
import { NO_POSITION } from "./position.ts";
import type { Position } from "./position.ts";
import type { MeterValue } from "./reading.ts";
import { asCommunity, asPeriod, asWh, sumWh, whDown } from "./units.ts";
import type { CommunityIndex, Period, Wh } from "./units.ts";

/** What an energy token stands for. */
export interface EnergyTokenId {
  readonly community: CommunityIndex;
  /** The period in which the energy was delivered. */
  readonly vintage: Period;
  /** Grid zone, 16 bits. */
  readonly zone: bigint;
  /** Kind of the member that delivered, 8 bits; 0 = mixed. */
  readonly source: bigint;
}

/** Low bit first; `EnergyToken.idOf` names the same fields from the high bit on. */
const ID_WORD = [
  { name: "source", bits: 8 },
  { name: "zone", bits: 16 },
  { name: "vintage", bits: 32 },
  { name: "community", bits: 32 },
] as const;

/**
 * The ERC-1155 id: community 32 | vintage 32 | zone 16 | source 8, high bits first.
 * @throws OutOfRangeError naming the field
 * @example
 * const id = packTokenId({ community: asCommunity(1n), vintage: asPeriod(2n), zone: 3n, source: 4n });
 * id.toString(16) // "100000002000304"
 */
export function packTokenId(token: EnergyTokenId): bigint {
  return packWord(ID_WORD, { ...token });
}

/** Reads an ERC-1155 id, the inverse of `packTokenId`. */
export function unpackTokenId(id: bigint): EnergyTokenId {
  const { community, vintage, zone, source } = unpackWord(ID_WORD, id);
  return { community: asCommunity(community), vintage: asPeriod(vintage), zone, source };
}

/** A community's totals in one slot that claims depend on (`Settlement.ledger`). */
export interface SlotLedger extends Position {
  /** Σ over metered sellers of min(sold, exported). */
  readonly delivered: Wh;
}

/** Energy tokens that a member may claim for a period, Wh. */
export interface Claimable {
  /** Bought and delivered by peers. */
  readonly bought: Wh;
  /** Exported beyond what was sold. */
  readonly unsold: Wh;
}

/** Wh that a seller delivered of what it sold: min(sold, exported). */
export function deliveredOf(position: Position, value: MeterValue): Wh {
  return position.sold < value.exported ? position.sold : value.exported;
}

/**
 * What a member may claim once its period is final: per slot floor(bought × delivered / max(bought, sold)) with the
 * community's totals, and its own export beyond what it sold.
 * @param values Null where the period stayed estimated: then nothing is unsold.
 * @throws BadLengthError where the lists differ in length
 * @example
 * const ledger = await Promise.all(slotsOf(terms, yesterday).map((each) => settlement.ledger(community, each)));
 * claimable(position, values, ledger).unsold // 0n
 */
export function claimable(
  position: readonly Position[],
  values: readonly MeterValue[] | null,
  ledger: readonly SlotLedger[],
): Claimable {
  checkLength("ledger", ledger.length, position.length);
  if (values !== null) checkLength("values", values.length, position.length);
  const bought = ledger.map((total, slot) => {
    const whole = total.bought > total.sold ? total.bought : total.sold;
    return whDown((position[slot] ?? NO_POSITION).bought, total.delivered, whole);
  });
  const unsold = (values ?? []).map((value, slot) =>
    asWh(value.exported - deliveredOf(position[slot] ?? NO_POSITION, value)),
  );
  return { bought: sumWh(bought), unsold: sumWh(unsold) };
}

function checkLength(field: string, length: number, slots: number): void {
  if (length !== slots) throw new BadLengthError(field, length, `${slots} slots, as in position`);
}
