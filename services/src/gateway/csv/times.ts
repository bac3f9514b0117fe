/** Times of a register file's rows: with an offset, or local ones of a known zone. */
import { instantsOf, parseStamp, type Row, zoneOf } from "@wattbook/data/import";
import { asSeconds, type Seconds } from "@wattbook/sdk/pure";
import { GatewayError } from "../errors.ts";

/** Where meter and time stand in a row. */
interface Places {
  readonly meter: number;
  readonly time: number;
}

/**
 * Reads rows' times, each UTC. Local times of the hour that clocks show twice in autumn are told apart by the order of a
 * meter's rows, where both are there; the other way round where its rows run backwards.
 * @return Throws GatewayError NOT_A_TIME for a time that is none, that clocks skipped, or that may be one of two
 * @throws DataError OPTION_INVALID for a zone that nobody knows
 */
export function timesOf(rows: readonly Row[], places: Places, zone: string | undefined): (row: Row) => Seconds {
  const known = zone === undefined ? undefined : zoneOf(zone);
  const textOf = ({ cells }: Row) => cells[places.time] ?? "";
  const meterOf = ({ cells }: Row) => cells[places.meter] ?? "";
  const meters = new Map<string, { readonly row: Row; readonly seconds: number }[]>();
  for (const row of known === undefined ? [] : rows) {
    const seconds = parseStamp(textOf(row))?.seconds;
    if (seconds === undefined) continue;
    const of = meters.get(meterOf(row)) ?? [];
    if (of.length === 0) meters.set(meterOf(row), of);
    of.push({ row, seconds });
  }
  return (row) => {
    const text = textOf(row);
    const stamp = parseStamp(text);
    const refused = (hint: string) => new GatewayError("NOT_A_TIME", `line ${row.line}, time`, text, hint);
    if (stamp === undefined) throw refused("write unix seconds, or ISO 8601 with an offset.");
    if (!stamp.local) return asSeconds(BigInt(stamp.seconds));
    if (known === undefined) throw refused("it has no offset. Write one, or name the zone in the configuration.");
    const instants = instantsOf(known, stamp.seconds);
    const [first, second] = instants;
    if (first === undefined)
      throw refused(`clocks in ${known.name} never showed it. Is the zone right? Write offsets.`);
    if (second === undefined) return asSeconds(BigInt(first));
    const all = meters.get(meterOf(row)) ?? [];
    const backwards = (all.at(-1)?.seconds ?? 0) < (all[0]?.seconds ?? 0);
    const same = all.filter(({ seconds }) => seconds === stamp.seconds);
    if (same.length === 2) return asSeconds(BigInt((same[0]?.row === row) !== backwards ? first : second));
    throw refused(`clocks showed it twice, and it is there ${same.length} time(s), not twice. Write the offset.`);
  };
}
