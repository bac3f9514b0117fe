/** `wattbook order`. */
import { Option } from "commander";
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { withSession } from "../lib/link.ts";
import { linked, signing, withPeriod } from "../lib/options.ts";
import { listOrders, type ListOptions } from "./order-list.ts";
import { placeOrders, type PlaceOptions } from "./order-place.ts";

/** Declares the group. */
export const order: Register = (parent, app) => {
  const group = parent.command("order").description("Place orders, and see what became of them.");
  const place = group
    .command("place")
    .description("Signs orders with the trading key and posts them to the order book.")
    .option("--slot <time>", "the slot to trade in, such as 2026-11-30T12:00Z")
    .addOption(new Option("--side <side>", "buy or sell").choices(["buy", "sell"]))
    .option("--price <price>", "limit in tokens per kWh, such as 0.10: the most a buyer pays, the least a seller gets")
    .option("--energy <Wh>", "energy in Wh, whole lots")
    .option("--file <orders.json>", "several orders of one period instead; see docs/cli.md");
  action<CommonOptions & PlaceOptions, []>(
    signing(linked(place, "community", "member")),
    app,
    async (options, output) => {
      await withSession(options, app.terminal, (session) => placeOrders(session, options, output));
    },
  );
  const list = withPeriod(
    linked(group.command("list"), "community", "member"),
    "period (default: the current one)",
  ).description("Lists a member's orders of a period and what they filled.");
  action<CommonOptions & ListOptions, []>(list, app, async (options, output) => {
    await withSession(options, app.terminal, (session) => listOrders(session, options, output));
  });
};
