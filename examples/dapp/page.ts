/** What the page is made of: fields to read, places to write, buttons that say what went wrong. */
import {
  asPeriod,
  faultOf,
  formatPrice,
  formatTime,
  formatWh,
  isOpen,
  periodAt,
  slotsOf,
  slotStart,
} from "@wattbook/sdk";
import type { OrderFill, Seconds, Terms } from "@wattbook/sdk";

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no element ${id}.`);
  return found;
}

/** The text of a field. */
export const field = (id: string): string => (element(id) as HTMLInputElement | HTMLSelectElement).value;

/** Writes a line. */
export function status(id: string, text: string): void {
  element(id).textContent = text;
}

/** Offers the slots that take orders, of this period and the next. */
export function offerSlots(terms: Terms, time: Seconds): void {
  const period = periodAt(terms, time);
  const slots = [period, asPeriod(period + 1n)].flatMap((each) => slotsOf(terms, each));
  const open = slots.filter((slot) => isOpen(terms, slot, time));
  element("slot").replaceChildren(...open.map((slot) => new Option(formatTime(slotStart(terms, slot)), `${slot}`)));
}

/** One row per order. */
export function showFills(fills: readonly OrderFill[], terms: Terms, decimals: bigint): void {
  const rows = fills.map(({ slot, side, ordered, limit, state, filled, price }) => {
    const row = document.createElement("tr");
    const paid = price === null ? "–" : formatPrice(price, decimals);
    const order = [side, formatWh(ordered), formatPrice(limit, decimals)];
    for (const text of [formatTime(slotStart(terms, slot)), state, formatWh(filled), paid, ...order]) {
      row.insertCell().textContent = text;
    }
    return row;
  });
  element("fills").replaceChildren(...rows);
}

/** Does something now and again and again; an error stands in the message line. */
export function every(milliseconds: number, work: () => Promise<void>): void {
  const tick = (): void => void work().catch(showError);
  tick();
  setInterval(tick, milliseconds);
}

function showError(error: unknown): void {
  status("message", faultOf(error)?.message ?? String(error));
}

/** What a button does: one at a time, with its error and a hint in the message line. */
export function step(id: string, work: () => Promise<void>): void {
  const button = element(id) as HTMLButtonElement;
  button.disabled = false;
  button.onclick = () => {
    button.disabled = true;
    status("message", "");
    void work()
      .then(() => {
        status("message", `${button.textContent}: done.`);
      })
      .catch(showError)
      .finally(() => {
        button.disabled = false;
      });
  };
}
