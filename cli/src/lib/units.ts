/** Money, prices and times as people read them, with their units. */
import {
  asSeconds,
  asSignedAmount,
  formatAmount,
  formatPrice,
  formatTime,
  periodEnd,
  periodStart,
  scaledHalfUp,
  slotEnd,
  slotStart,
  type Period,
  type PricePerWh,
  type Seconds,
  type SignedAmount,
  type SlotPrice,
  type Slot,
  type Terms,
} from "@wattbook/sdk";

/** The payment token of a community, as far as amounts need it. */
export interface Money {
  readonly token: string;
  readonly symbol: string;
  readonly decimals: bigint;
}

/** "12.50 LEUR". */
export function amountText({ symbol, decimals }: Money, amount: SignedAmount): string {
  return `${formatAmount(amount, decimals)} ${symbol}`;
}

/** "0.312 LEUR/kWh". */
export function priceText({ symbol, decimals }: Money, price: PricePerWh): string {
  return `${formatPrice(price, decimals)} ${symbol}/kWh`;
}

/** "0.114286": of a rule's fraction, to the base unit per kWh, rounded half up. */
export function slotPriceText({ decimals }: Pick<Money, "decimals">, price: SlotPrice, leastDigits = 2n): string {
  if (typeof price === "bigint") return formatPrice(price, decimals, leastDigits);
  return formatAmount(
    asSignedAmount(scaledHalfUp({ num: price.num * WH_PER_KWH, den: price.den }, 0n)),
    decimals,
    leastDigits,
  );
}

const WH_PER_KWH = 1_000n;

type Calendar = Pick<Terms, "slotDuration" | "slotsPerPeriod">;

/** "2026-11-30 12:00 to 12:15 UTC". */
export function slotText(terms: Pick<Terms, "slotDuration">, slot: Slot): string {
  return spanText(slotStart(terms, slot), slotEnd(terms, slot));
}

/** "20787 (2026-11-30 00:00 to 2026-12-01 00:00 UTC)". */
export function periodText(terms: Calendar, period: Period): string {
  return `${period} (${spanText(periodStart(terms, period), periodEnd(terms, period))})`;
}

function spanText(from: Seconds, to: Seconds): string {
  const [start, end] = [minuteText(from), minuteText(to)];
  const sameDay = start.slice(0, 10) === end.slice(0, 10);
  return `${start} to ${sameDay ? end.slice(11) : end} UTC`;
}

/** "2026-11-30 12:00". */
export function minuteText(time: Seconds): string {
  return formatTime(time).slice(0, 16).replace("T", " ");
}

/** Times that never come, as deadlines of consents have them. */
const NEVER = 2n ** 40n - 1n;

/** "2026-11-30T12:00:00Z", or "never". */
export function timeText(time: bigint): string {
  return time >= NEVER ? "never" : formatTime(asSeconds(time));
}

/** "1 234 567". */
export function grouped(value: bigint): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, " ");
}

/** Wei as the chain's own coin with six decimals, rounded up. */
export function coinText(wei: bigint): string {
  if (wei === 0n) return "0";
  const micro = (wei + 10n ** 12n - 1n) / 10n ** 12n;
  return `${micro / 1_000_000n}.${(micro % 1_000_000n).toString().padStart(6, "0")}`;
}

/** "1 order", "2 orders". */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
