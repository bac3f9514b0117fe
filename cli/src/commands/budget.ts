/** `wattbook budget`: what a member lets a community take from its account on its meter's word. */
import type { Command } from "commander";
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { EXIT } from "../lib/errors.ts";
import { withSession, type LinkOptions } from "../lib/link.ts";
import { linked, signing } from "../lib/options.ts";
import { sendBudgets, type SendOptions } from "./budget-send.ts";
import { showBudget } from "./budget-show.ts";
import { endBudget, signBudget, type EndOptions, type SignOptions } from "./budget-sign.ts";

type ShowOptions = CommonOptions & LinkOptions;

/** Declares the group. */
export const budget: Register = (parent, app) => {
  const group = parent
    .command("budget")
    .description("Budgets and price limits where meters decide what is traded: show, sign, end.");
  const show = linked(group.command("show"), "community", "member").description(
    "Shows the member's latest budget or standing order, and whether it counts.",
  );
  action<ShowOptions, []>(show, app, async (options, output) => {
    await withSession(options, app.terminal, (session) => showBudget(session, options, output));
  });
  const sign = signing(linked(group.command("sign"), "community", "member"))
    .description(
      "Signs a budget, with price limits where there is an auction, in place of any before. By keys.trading.",
    )
    .requiredOption("--amount <tokens>", "what may go to other members in a period, such as 2.50; 0 to sell only")
    .option("--buy <price>", "highest price per kWh at which it buys from others (auction of metered energy)")
    .option("--sell <price>", "lowest price per kWh at which it sells to others (auction of metered energy)")
    .option("--from <time>", "first period: its number, or a time in it (default: the next one)")
    .option("--until <time>", "last period, as --from (default: until another replaces it)");
  signOnly(sign);
  action<CommonOptions & SignOptions, []>(sign, app, async (options, output) => {
    await withSession(options, app.terminal, (session) => signBudget(session, options, output));
  });
  const end = signing(linked(group.command("end"), "community", "member")).description(
    "Ends the budget: the member joins no further period, and is a plain customer of its supplier.",
  );
  signOnly(end);
  action<CommonOptions & EndOptions, []>(end, app, async (options, output) => {
    await withSession(options, app.terminal, (session) => endBudget(session, options, output));
  });
  const send = signing(linked(group.command("send"), "community"))
    .description("Sends budgets that members signed with --sign-only. Anyone may; a bad one is left out and named.")
    .requiredOption("--file <files...>", "what --sign-only printed, one file or several");
  action<CommonOptions & SendOptions, []>(send, app, async (options, output) => {
    await withSession(options, app.terminal, async (session) => {
      if (!(await sendBudgets(session, options, output))) app.exit = EXIT.failed;
    });
  });
};

function signOnly(command: Command): void {
  command.option("--sign-only", "print the signed message for wattbook budget send; send nothing");
}
