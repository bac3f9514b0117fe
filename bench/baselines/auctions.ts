/** Rows of the two call auctions of this folder. */
import { doesNotFit, GAS_CAP, homesOf, type Chain } from "./chain.ts";
import { compile, ROOT } from "./compile.ts";
import { nextSlot, openMarket, play, type Kind, type Market, type Played } from "./market.ts";
import { rowsOf, total } from "./rows.ts";
import type { BaselineOrders, BaselineRow } from "./types.ts";

const FOLDER = "bench/baselines/contracts";
/** As often as the project's own loops are told to expect. */
const RUNS = 1_000_000;

/** A home's orders of a day in one call, and how many homes send them. */
const STRIP = { slots: 96, homes: 50 };

const LIST = "sorted linked list";
const NAIVE = "sort on chain";
const OMITS = "no signature, meter or grid leg; sellers reserve nothing";
const ANEW = "first use of its storage";
const NEW_WORDS = "new storage words, as ever in a design without a ring";

/** The contracts of this folder. */
export function compileAuctions() {
  const file = (name: string) => `${FOLDER}/${name}.sol`;
  const files = {
    SortedListBook: file("SortedListBook"),
    NaiveDoubleAuction: file("NaiveDoubleAuction"),
    EnergyUnits: file("EnergyUnits"),
  };
  const { SortedListBook, NaiveDoubleAuction, EnergyUnits } = compile(ROOT, files, RUNS);
  const list: Kind = { compiled: SortedListBook, sorted: true };
  const naive: Kind = { compiled: NaiveDoubleAuction, sorted: false };
  return { list, naive, EnergyUnits };
}

/** Plays a book twice in the same storage: as it is written first, and as it is ever after. */
async function playTwice(chain: Chain, market: Market, book: BaselineOrders, count = 1) {
  const first = await nextSlot(chain, market);
  const slots = Array.from({ length: count }, (_, index) => first + index);
  const again = slots.map((slot) => slot + market.ring);
  const cold = await play(chain, market, slots, book);
  const warm = await play(chain, market, again, book);
  return { cold, warm, next: first + 2 * market.ring };
}

const lifeOf = ({ place, clear, settle }: Played): number => (total(place) + clear + settle) / place.length;

/** How many orders one clearing takes at the average of a book. */
const fits = (clear: number, orders: number): string =>
  `${Math.floor((GAS_CAP * orders) / clear)} orders at this rate fit a call`;

/** The sorted linked list: with hints that fit, without any, and at its first use. */
export async function listRows(chain: Chain, kind: Kind, book: BaselineOrders): Promise<BaselineRow[]> {
  const orders = book.orders.length;
  const market = await openMarket(chain, kind, homesOf(book.orders));
  const { cold, warm, next } = await playTwice(chain, market, book);
  const walked = await play(chain, market, [next], book, []);
  const hinted = rowsOf(`${LIST}, perfect hints`, orders);
  const walking = rowsOf(`${LIST}, no hints`, orders);
  const anew = rowsOf(`${LIST}, ${ANEW}`, orders);
  const life = "place + clear + settle";
  return [
    ...hinted.spread("place", warm.place, "order", `own transaction; ${OMITS}`),
    ...walking.spread("place", walked.place, "order", `own transaction, walks from the best order; ${OMITS}`),
    ...anew.mean("place", cold.place, "order", NEW_WORDS),
    hinted.row("clear", warm.clear, "clearing", `reads the orders that trade; about ${fits(warm.clear, orders)}`),
    hinted.row("clear", warm.clear / orders, "order", "reads the orders that trade"),
    hinted.row("settle", warm.settle / orders, "order", "a call for all: pays and releases"),
    hinted.row("life", lifeOf(warm), "order", life),
    walking.row("life", lifeOf(walked), "order", life),
    anew.row("life", lifeOf(cold), "order", life),
  ];
}

/** The auction that sorts when it clears. */
export async function naiveRows(chain: Chain, kind: Kind, book: BaselineOrders): Promise<BaselineRow[]> {
  const orders = book.orders.length;
  const market = await openMarket(chain, kind, homesOf(book.orders));
  const { cold, warm, next } = await playTwice(chain, market, book);
  const sorted = await clearSorted(chain, market, next, book);
  const used = rowsOf(NAIVE, orders);
  const ascending = rowsOf(`${NAIVE}, orders come sorted`, orders);
  const anew = rowsOf(`${NAIVE}, ${ANEW}`, orders);
  const work = "sorts, matches, pays and releases: settling is part of it";
  return [
    ...used.spread("place", warm.place, "order", `own transaction; ${OMITS}`),
    ...anew.mean("place", cold.place, "order", NEW_WORDS),
    used.row("clear", warm.clear, "clearing", `${work}; fewer than ${fits(warm.clear, orders)}`),
    used.row("clear", warm.clear / orders, "order", work),
    ascending.row("clear", sorted ?? GAS_CAP, "clearing", sorted ? work : "does not fit a call: needs more than this"),
    used.row("life", lifeOf(warm), "order", "place + clear"),
    anew.row("life", lifeOf(cold), "order", "place + clear"),
  ];
}

/** What the sort likes least: orders that come sorted by price. Undefined where clearing them does not fit one transaction. */
async function clearSorted(
  chain: Chain,
  market: Market,
  slot: number,
  book: BaselineOrders,
): Promise<number | undefined> {
  const orders = [...book.orders].sort((a, b) => a.tick - b.tick);
  try {
    return (await play(chain, market, [slot], { ...book, orders })).clear;
  } catch (error) {
    if (doesNotFit(error)) return undefined;
    throw error;
  }
}

/** Either of them, where a home places its orders of a day in one call. */
export async function stripRows(
  chain: Chain,
  { list, naive }: { readonly list: Kind; readonly naive: Kind },
  book: BaselineOrders,
): Promise<BaselineRow[]> {
  const few = { ...book, orders: book.orders.slice(0, STRIP.homes) };
  const rows: BaselineRow[] = [];
  for (const [name, kind] of [
    [`${LIST}, perfect hints`, list],
    [NAIVE, naive],
  ] as const) {
    const market = await openMarket(chain, kind, homesOf(few.orders));
    const { warm } = await playTwice(chain, market, few, STRIP.slots);
    const { spread, row } = rowsOf(`${name}, ${STRIP.slots} slots a call`, few.orders.length);
    rows.push(...spread("place", warm.place, "order", `a home's ${STRIP.slots} slots in one call; ${OMITS}`));
    rows.push(row("life", lifeOf(warm), "order", "place + clear + settle, clearing and settling slot by slot"));
  }
  return rows;
}
