/** Who listens to a community hears what happens in it. */
import { z } from "zod";

const integer = z.string().describe("An integer in decimal digits");
const hex = z.string().describe("Hexadecimal bytes with 0x");

/** A strip, as it is named to listeners. */
const strip = { digest: hex, community: integer, period: integer, member: integer };

/** What happens. */
export const Notice = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("closing").describe("A gate closes soon"),
    community: integer,
    slot: integer,
    gate: integer.describe("Unix seconds"),
  }),
  z.object({
    type: z.literal("cleared").describe("A slot cleared"),
    community: integer,
    slot: integer,
    price: integer.nullable().describe("Base units per Wh; null where nothing was traded"),
    lots: integer,
  }),
  z.object({
    type: z.literal("posted").describe("A strip is on chain"),
    ...strip,
    transaction: hex,
    refused: z.array(z.number().int()).describe("Entries that the contract left out"),
  }),
  z.object({
    type: z.literal("committed").describe("The relayer's commit to a sealed period is on chain: its receipts bind it"),
    community: integer,
    period: integer,
    place: integer.describe("Among the commits of the period"),
    root: hex,
    transaction: hex,
  }),
  z.object({
    type: z.enum(["skipped", "missed"]).describe("A strip will not come on chain"),
    ...strip,
    reason: z.string().describe("As the contract names it"),
  }),
]);
export type Notice = z.infer<typeof Notice>;

/** Hands notices to listeners, once whoever is at work is done: nobody hears of what a crash could take back. */
export class Bus {
  readonly #listeners = new Set<(notice: Notice) => void>();

  /** @return Ends it. */
  listen(listener: (notice: Notice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(notice: Notice): void {
    setImmediate(() => {
      for (const listener of this.#listeners) listener(notice);
    });
  }
}
