/** The same orders through other order books: what each operation costs there. */
import { compileAuctions, listRows, naiveRows, stripRows } from "./auctions.ts";
import { openChain, type Chain } from "./chain.ts";
import type { Compiled } from "./compile.ts";
import { compileSamWitch } from "./samwitch/book.ts";
import { install, PACKAGE } from "./samwitch/install.ts";
import { samWitchFavours, samWitchRows } from "./samwitch/rows.ts";
import type { BaselineOrders, BaselineRow, MeasureBaselines } from "./types.ts";

export const measureBaselines: MeasureBaselines = async (books, progress) => {
  const chain = await openChain();
  const { list, naive, EnergyUnits } = compileAuctions();
  const rows: BaselineRow[] = [];
  for (const book of books) {
    progress(`call auctions, ${book.orders.length} orders`);
    rows.push(...(await listRows(chain, list, book)), ...(await naiveRows(chain, naive, book)));
  }
  const largest = largestOf(books);
  if (largest) rows.push(...(await stripRows(chain, { list, naive }, largest)));
  rows.push(...(await continuousRows(chain, EnergyUnits, books, progress)));
  return rows;
};

/** Rows of the book that is installed on demand; none, and the reason, where it cannot be. */
async function continuousRows(
  chain: Chain,
  EnergyUnits: Compiled,
  books: readonly BaselineOrders[],
  progress: (what: string) => void,
): Promise<BaselineRow[]> {
  const obstacle = await install();
  if (obstacle !== undefined) {
    progress(`${PACKAGE} left out: ${obstacle}`);
    return [];
  }
  const code = { ...compileSamWitch(), EnergyUnits };
  const rows: BaselineRow[] = [];
  for (const book of books) {
    progress(`${PACKAGE}, ${book.orders.length} orders`);
    rows.push(...(await samWitchRows(chain, code, book)));
  }
  const largest = largestOf(books);
  if (largest) rows.push(...(await samWitchFavours(chain, code, largest)));
  return rows;
}

const largestOf = (books: readonly BaselineOrders[]): BaselineOrders | undefined =>
  [...books].sort((a, b) => b.orders.length - a.orders.length)[0];
