/** `wattbook withdraw`: pays money from a member's account out. */
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { CliError } from "../lib/errors.ts";
import { keyOf } from "../lib/keystore.ts";
import { memberOf, withSession, type LinkOptions } from "../lib/link.ts";
import { addressOf, amountOf, linked, signing } from "../lib/options.ts";
import { scopeOf } from "../lib/scope.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions } from "../lib/send.ts";
import { amountText } from "../lib/units.ts";

type Options = CommonOptions & LinkOptions & SigningOptions & { readonly to?: string };

/** Declares the command. */
export const withdraw: Register = (parent, app) => {
  const command = parent
    .command("withdraw <amount>")
    .description('Pays money from the member\'s account out; "all" for everything that is free.')
    .option("--to <address>", "who gets it (default: the owner)");
  action<Options, [string]>(signing(linked(command, "community", "member")), app, async (options, output, text) => {
    await withSession(options, app.terminal, async (session) => {
      const { wattbook, community, money, config } = session;
      const member = await memberOf(options, session);
      const from = keyOf(config, "owner");
      const before = await wattbook.escrow.account(community, member);
      const amount = text === "all" ? before.free : amountOf("<amount>", text, money);
      if (amount > before.free || amount === 0n) {
        const reserved = "What orders have reserved comes free when they are settled";
        throw new CliError(
          "BALANCE_TOO_LOW",
          `Member ${member} has ${amountText(money, before.free)} free. ${reserved}: withdraw less, or wait.`,
        );
      }
      const to = options.to === undefined ? from.address : addressOf("--to", options.to);
      const call = wattbook.escrow.calls.withdraw(community, member, to, amount);
      const outcome = await sendCalls(session, { from, steps: [{ call }], scope: scopeOf(session) }, options, output);
      const { free } = await wattbook.escrow.account(community, member);
      output.result({ ...outcomeJson(outcome), member: Number(member), to, amount, free }, () => {
        if (outcome.dryRun) return `Would pay ${amountText(money, amount)} to ${to}.`;
        return `${outcomeText(outcome)}\nMember ${member} has ${amountText(money, free)} free.`;
      });
    });
  });
};
