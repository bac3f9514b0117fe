/** The commands, in the order of the help. */
import { Command } from "commander";
import { battery } from "./commands/battery.ts";
import { bill } from "./commands/bill.ts";
import { bond } from "./commands/bond.ts";
import { budget } from "./commands/budget.ts";
import { claim } from "./commands/claim.ts";
import { community } from "./commands/community.ts";
import { completion } from "./commands/completion.ts";
import { cost } from "./commands/cost.ts";
import { deposit } from "./commands/deposit.ts";
import { doctor } from "./commands/doctor.ts";
import { init } from "./commands/init.ts";
import { keeper } from "./commands/keeper.ts";
import { market } from "./commands/market.ts";
import { member } from "./commands/member.ts";
import { order } from "./commands/order.ts";
import { gateway, relayer } from "./commands/services.ts";
import { pcc } from "./commands/pcc.ts";
import { price } from "./commands/price.ts";
import { settle } from "./commands/settle.ts";
import { withdraw } from "./commands/withdraw.ts";
import type { App } from "./lib/app.ts";
import { VERSION } from "./lib/version.ts";

const COMMANDS = [
  ...[init, doctor, community, member, deposit, withdraw, order, market, settle, claim, bill, budget, battery, pcc],
  ...[gateway, relayer, bond, keeper, price, cost, completion],
];

/** Declares everything; nothing runs yet. */
export function programOf(app: App): Command {
  const { stdout } = app.terminal;
  const program = new Command("wattbook")
    .description("A local energy market from the command line. Pages: docs/cli.md.")
    .version(VERSION, "-V, --version", "print the version")
    .option("--debug", "where something fails, show the stack too")
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: () => undefined });
  for (const register of COMMANDS) register(program, app);
  return program;
}
