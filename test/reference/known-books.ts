import { readFileSync } from "node:fs";
import { decimal, placesFor, scaled, type Decimal } from "./decimals.ts";

/** Books with known results. */
const FILE = new URL("../vectors/call-auction.json", import.meta.url);

interface RawCase {
  id: string;
  kind: string;
  bids: [string, string][];
  asks: [string, string][];
  canonical: Record<"q" | "w" | "lo" | "hi", string>;
}

/** Quantities in units of 10^-`quantityPlaces`, prices of 10^-`pricePlaces`, welfare in the product of both. */
export interface KnownBook {
  id: string;
  bids: { quantity: bigint; price: bigint }[];
  asks: { quantity: bigint; price: bigint }[];
  volume: bigint;
  welfare: bigint;
  low: bigint;
  high: bigint;
}

/** Numbers stay the text that the file holds. */
function parse(text: string): RawCase[] {
  const keepText = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === "number" ? context?.source : value;
  return JSON.parse(text, keepText) as RawCase[];
}

function toBook({ id, bids, asks, canonical }: RawCase): KnownBook {
  const pairs = [...bids, ...asks];
  const quantities = [...pairs.map(([quantity]) => quantity), canonical.q].map(decimal);
  const prices = [...pairs.map(([, price]) => price), canonical.lo, canonical.hi].map(decimal);
  const [quantityPlaces, pricePlaces] = [placesFor(quantities), placesFor(prices)];
  const read = (text: string, places: number): bigint => scaled(decimal(text), places);
  const orders = (raw: [string, string][]): KnownBook["bids"] =>
    raw.map(([quantity, price]) => ({ quantity: read(quantity, quantityPlaces), price: read(price, pricePlaces) }));
  const welfare: Decimal = decimal(canonical.w);
  return {
    id,
    bids: orders(bids),
    asks: orders(asks),
    volume: read(canonical.q, quantityPlaces),
    welfare: scaled(welfare, quantityPlaces + pricePlaces),
    low: read(canonical.lo, pricePlaces),
    high: read(canonical.hi, pricePlaces),
  };
}

/** The cases with a uniform price. */
export function knownBooks(): KnownBook[] {
  return parse(readFileSync(FILE, "utf8"))
    .filter(({ kind }) => kind === "uniform")
    .map(toBook);
}
