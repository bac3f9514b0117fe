/** Orders from options or from a file. */
import { asWh, parsePrice, type Order } from "@wattbook/sdk";
import { z } from "zod";
import { CliError } from "../lib/errors.ts";
import { parseJson, readText } from "../lib/files.ts";
import type { Session } from "../lib/link.ts";
import { slotOf, whole } from "../lib/options.ts";

/** How orders are named. */
export interface OrderOptions {
  readonly slot?: string;
  readonly side?: "buy" | "sell";
  readonly price?: string;
  readonly energy?: string;
  readonly file?: string;
}

/** @throws CliError OPTION_INVALID, FILE_MALFORMED, FILE_UNREADABLE */
export function ordersOf(session: Session, options: OrderOptions): Order[] {
  const { file, slot, side, price, energy } = options;
  if (file !== undefined) return ordersIn(session, file);
  const missing = Object.entries({ slot, side, price, energy }).filter(([, value]) => value === undefined);
  if (slot === undefined || side === undefined || price === undefined || energy === undefined) {
    const names = missing.map(([name]) => `--${name}`).join(", ");
    throw new CliError(
      "OPTION_INVALID",
      `${names}: missing. An order needs --slot, --side, --price and --energy; or pass --file.`,
    );
  }
  return [
    {
      slot: slotOf("--slot", slot, session.terms),
      side,
      price: parsePrice(price, session.money.decimals),
      energy: asWh(whole("--energy", MOST_WH, 1n)(energy)),
    },
  ];
}
const MOST_WH = 10n ** 9n;

const fileSchema = z.strictObject({
  orders: z
    .array(
      z.strictObject({
        slot: z.string(),
        side: z.enum(["buy", "sell"]),
        /** Tokens per kWh, as text: JSON numbers would round it. */
        price: z.string(),
        energyWh: z.int().positive(),
      }),
    )
    .min(1),
});

function ordersIn({ terms, money }: Session, path: string): Order[] {
  const { success, data, error } = fileSchema.safeParse(parseJson(path, readText("--file", path)));
  if (!success) {
    const [issue] = error.issues;
    const field = issue?.path.map(String).join(".") ?? "";
    throw new CliError(
      "FILE_MALFORMED",
      `${path}: ${field === "" ? "the file" : field}: ${issue?.message ?? "malformed"}. See docs/cli.md.`,
    );
  }
  return data.orders.map(({ slot, side, price, energyWh }, index) => ({
    slot: slotOf(`orders.${index}.slot`, slot, terms),
    side,
    price: parsePrice(price, money.decimals),
    energy: asWh(BigInt(energyWh)),
  }));
}
