/** An exact decimal: `units` / 10^`places`. */
export interface Decimal {
  units: bigint;
  places: number;
}

/** Reads a JSON number from its text, without passing through floating point. */
export function decimal(text: string): Decimal {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) throw new SyntaxError(`${text} is no decimal number`);
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const places = fraction.length - Number(exponent);
  const units = BigInt(`${sign}${whole}${fraction}`);
  return places < 0 ? { units: units * 10n ** BigInt(-places), places: 0 } : { units, places };
}

/** The number in units of 10^-`places`, which must hold it exactly. */
export function scaled({ units, places }: Decimal, to: number): bigint {
  if (to >= places) return units * 10n ** BigInt(to - places);
  const divisor = 10n ** BigInt(places - to);
  if (units % divisor !== 0n) throw new RangeError(`${to} decimal places are too few`);
  return units / divisor;
}

/** Decimal places that hold all of the numbers. */
export function placesFor(decimals: readonly Decimal[]): number {
  return Math.max(0, ...decimals.map(({ units, places }) => (units === 0n ? 0 : places)));
}
