/** `wattbook market`. */
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { CliError } from "../lib/errors.ts";
import { withSession, type LinkOptions } from "../lib/link.ts";
import { linked, signing, withPeriod } from "../lib/options.ts";
import type { SigningOptions } from "../lib/send.ts";
import { clearFile } from "./market-clear-file.ts";
import { clearDue } from "./market-clear.ts";
import { showMarket, type ShowOptions } from "./market-show.ts";

/** Declares the group. */
export const market: Register = (parent, app) => {
  const group = parent.command("market").description("Look at the order book, and clear it.");
  const show = withPeriod(linked(group.command("show"), "community"), "period (default: the current one)")
    .description("Shows the order book of a period, or of one slot.")
    .option("--slot <time>", "one slot, by its start such as 2026-11-30T12:00Z or its number");
  action<CommonOptions & ShowOptions, []>(show, app, async (options, output) => {
    await withSession(options, app.terminal, (session) => showMarket(session, options, output));
  });
  const clear = signing(linked(group.command("clear"), "community"))
    .description("Clears slots whose gate is over; with --file a list of orders instead, offline.")
    .option("--file <orders.json>", "clear the orders of a file, - for standard input; no chain is needed");
  action<CommonOptions & LinkOptions & SigningOptions & { readonly file?: string }, []>(
    clear,
    app,
    async (options, output) => {
      const { file } = options;
      if (file === undefined) {
        await withSession(options, app.terminal, (session) => clearDue(session, options, output));
        return;
      }
      const chain = Object.entries({ "--config": options.config, "--community": options.community }).filter(
        ([, value]) => value !== undefined,
      );
      if (chain.length > 0) {
        const names = chain.map(([name]) => name).join(", ");
        throw new CliError(
          "OPTION_INVALID",
          `${names}: --file clears without a chain. Leave out the one or the other.`,
        );
      }
      await clearFile(file, output);
    },
  );
};
