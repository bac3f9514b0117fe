/** Whether strips will be accepted whole or not at all, which is what most of their worst case depends on. */
import { asAmount, gateOfPeriod, type Period, periodAt, periodStart, type Strip } from "@wattbook/sdk";
import type { CommunityView } from "../chain/view.ts";
import { Refusal } from "../refusal.ts";
import { checkEntries } from "../strips/check.ts";

/** Nothing that strips share: who fills a tick pays for it, and a limit's margin covers what the entries behind it cost. */
const EMPTY = { volumeAt: () => 0n, isBusy: () => false };

/**
 * Whether no entry of some strips of a period can be refused any more that is not refused with its strip. Caps and prices count as of
 * the period of the gate: before it starts they may change, and where the gate is its start there is no time to know.
 * @throws Faults of the node
 */
export async function areWhole(view: CommunityView, period: Period, strips: readonly Strip[]): Promise<boolean> {
  const { terms } = view;
  const now = view.now();
  if (now < periodStart(terms, periodAt(terms, gateOfPeriod(terms, period)))) return false;
  const open = await view.period(period);
  const traders = await Promise.all(strips.map(async ({ member }) => view.trader(period, member)));
  return strips.every((strip, index) => {
    const trader = traders[index];
    if (trader === undefined) return false;
    const held = { frontier: null, records: 0n, entries: 0n, uses: asAmount(0n) };
    try {
      checkEntries(strip, { period: open, trader, held, now }, EMPTY);
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return false;
    }
  });
}
