/** Amounts for people, by shifting the decimal point of integers. */

/**
 * `value / 10^decimals` with `shown` decimals, rounded half away from zero, thousands apart.
 *
 * @example
 * formatFixed(-1_234_567n, 3, 1); // "-1 234.6"
 */
export function formatFixed(value: bigint, decimals: number, shown: number): string {
  const magnitude = value < 0n ? -value : value;
  const cut = 10n ** BigInt(decimals - shown);
  const rounded = (magnitude + cut / 2n) / cut;
  const digits = rounded.toString().padStart(shown + 1, "0");
  const whole = groups(digits.slice(0, digits.length - shown));
  const text = shown === 0 ? whole : `${whole}.${digits.slice(-shown)}`;
  return value < 0n && rounded > 0n ? `-${text}` : text;
}

/**
 * A text from an input file for a terminal: at most `most` characters, and none that a terminal obeys.
 *
 * @example
 * printable("\u001b[31mred", 40); // "?[31mred"
 */
export function printable(text: string, most: number): string {
  const characters = Array.from(text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "?"));
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : characters.join("");
}

/** Wh as kWh with two decimals. */
export function kwh(wh: bigint): string {
  return formatFixed(wh, 3, 2);
}

/** Base units as EUR with four decimals: a hundredth of a cent, as a day of a home is about cents. */
export function eur(baseUnits: bigint): string {
  return formatFixed(baseUnits, 6, 4);
}

/** Base units per Wh as ct/kWh: one is a tenth of a cent. */
export function ctPerKwh(price: bigint): string {
  return formatFixed(price, 1, 1);
}

/** Millionths as per cent with one decimal. */
export function percent(millionths: bigint): string {
  return `${formatFixed(millionths, 4, 1)} %`;
}

function groups(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, " ");
}
