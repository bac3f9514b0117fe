/** Ratios with six decimals, computed from integers. */

const MILLION = 1_000_000n;

/** A number in millionths. */
export interface Ratio {
  readonly millionths: bigint;
}

/** `part / whole`, rounded half up, within 0 .. 1; `ofNothing` where there is no whole. */
export function ratio(part: bigint, whole: bigint, ofNothing: 0n | 1n = 0n): Ratio {
  if (whole <= 0n) return { millionths: ofNothing * MILLION };
  const millionths = (part * MILLION * 2n + whole) / (whole * 2n);
  return { millionths: part <= 0n ? 0n : millionths > MILLION ? MILLION : millionths };
}

/** `0.250000` */
export function formatRatio({ millionths }: Ratio): string {
  return `${millionths / MILLION}.${(millionths % MILLION).toString().padStart(6, "0")}`;
}
