/** Rows of SamWitch's order book. */
import type { Chain } from "../chain.ts";
import { reference } from "../checks.ts";
import { rowsOf, total } from "../rows.ts";
import type { BaselineOrders, BaselineRow } from "../types.ts";
import { openSamWitch, play, type Code, type Played } from "./book.ts";

const NAME = "@samwitch/erc1155-orderbook 1.1.3";
/** Orders of a home in one call, and how many homes send them: those of 96 slots do not always fit. */
const STRIP = { slots: 24, homes: 50 };

/** After another slot has traded in the same book; a token is the energy of a slot. */
export async function samWitchRows(chain: Chain, code: Code, book: BaselineOrders): Promise<BaselineRow[]> {
  return rowsAfter(NAME, await playTwice(chain, code, book, [1], [2]), book, "own transaction");
}

/** What makes it cheaper: the same token again, and a home's orders of many slots in one call. */
export async function samWitchFavours(chain: Chain, code: Code, book: BaselineOrders): Promise<BaselineRow[]> {
  const again = await playTwice(chain, code, book, [1], [1]);
  const few = { ...book, orders: book.orders.slice(0, STRIP.homes) };
  const slots = Array.from({ length: STRIP.slots }, (_, slot) => slot);
  const others = slots.map((slot) => slot + STRIP.slots);
  const strips = await playTwice(chain, code, few, slots, others);
  const call = `a home's ${STRIP.slots} slots in one call`;
  return [
    ...rowsAfter(`${NAME}, one token for all slots`, again, book, "own transaction"),
    ...rowsAfter(`${NAME}, ${STRIP.slots} slots a call`, strips, few, call),
  ];
}

async function playTwice(
  chain: Chain,
  code: Code,
  book: BaselineOrders,
  first: readonly number[],
  second: readonly number[],
): Promise<Played> {
  const market = await openSamWitch(chain, code, book, [...first, ...second]);
  await play(chain, market, first, book);
  return await play(chain, market, second, book);
}

function rowsAfter(name: string, played: Played, book: BaselineOrders, call: string): BaselineRow[] {
  const { place, match, claim, cancel, lots } = played;
  const { spread, mean, row } = rowsOf(name, book.orders.length);
  const volume = `${lots} lots, each at its own price; a call auction trades ${reference(book)?.lots ?? 0n}`;
  const life = total([...place, ...match, ...claim, ...cancel]) / book.orders.length;
  return [
    ...spread("place", place, "order", `the ${place.length} that rest; ${call}, moves the money or the energy`),
    ...spread("match", match, "order", `the ${match.length} that trade when they come: ${volume}`),
    ...mean("settle", claim, "claim", `the ${claim.length} that rested and traded; ${call}`),
    ...mean("cancel", cancel, "order", `the ${cancel.length} with a rest; ${call}`),
    row("life", life, "order", "place + match + claim + cancel, until nothing is left in the book"),
  ];
}
