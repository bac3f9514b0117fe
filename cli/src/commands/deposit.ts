/** `wattbook deposit`: pays money onto a member's account in the escrow. */
import type { UnsignedCall } from "@wattbook/sdk";
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { CliError } from "../lib/errors.ts";
import { keyOf } from "../lib/keystore.ts";
import { memberOf, withSession, type LinkOptions, type Session } from "../lib/link.ts";
import { amountOf, linked, signing } from "../lib/options.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions, type Step } from "../lib/send.ts";
import { scopeOf } from "../lib/scope.ts";
import { amountText } from "../lib/units.ts";

type Options = CommonOptions & LinkOptions & SigningOptions;

/** Declares the command. */
export const deposit: Register = (parent, app) => {
  const command = parent
    .command("deposit <amount>")
    .description("Pays money from the owner's wallet onto the member's account; approves the escrow where needed.");
  action<Options, [string]>(signing(linked(command, "community", "member")), app, async (options, output, text) => {
    await withSession(options, app.terminal, async (session) => {
      const { wattbook, community, money, config } = session;
      const member = await memberOf(options, session);
      const amount = amountOf("<amount>", text, money);
      const from = keyOf(config, "owner");
      const token = await wattbook.paymentToken(community);
      const held = await token.balanceOf(from.address);
      if (held < amount) {
        const advice = `Get ${amountText(money, amount)} into the wallet, or deposit less`;
        throw new CliError("BALANCE_TOO_LOW", `${from.address} holds ${amountText(money, held)}. ${advice}.`);
      }
      const call = wattbook.escrow.calls.deposit(community, member, amount);
      const allowed = (await token.allowance(from.address, wattbook.escrow.address)) >= amount;
      const approve = token.calls.approve(wattbook.escrow.address, amount);
      const steps = stepsOf(call, allowed ? undefined : approve);
      const outcome = await sendCalls(session, { from, steps, scope: scopeOf(session) }, options, output);
      const { free } = await wattbook.escrow.account(community, member);
      output.result({ ...outcomeJson(outcome), member: Number(member), amount, free }, () => {
        return outcome.dryRun
          ? drySummary(session, amount)
          : `${outcomeText(outcome)}\nMember ${member} has ${amountText(money, free)} free.`;
      });
    });
  });
};

function stepsOf(deposit: UnsignedCall, approve: UnsignedCall | undefined): Step[] {
  return approve === undefined ? [{ call: deposit }] : [{ call: approve }, { call: deposit, dependent: true }];
}

function drySummary({ money }: Session, amount: Parameters<typeof amountText>[1]): string {
  return `Would deposit ${amountText(money, amount)}.`;
}
