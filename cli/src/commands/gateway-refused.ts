/** `wattbook gateway refused`: what a relayer refused for good, and what to make anew. */
import { asCommunity, asMember } from "@wattbook/sdk";
import type { RefusedMessage } from "@wattbook/services/gateway";
import { action, type App, type CommonOptions, type Register } from "../lib/app.ts";
import { confirm } from "../lib/confirm.ts";
import { CliError } from "../lib/errors.ts";
import { INDEX, whole } from "../lib/options.ts";
import type { Output } from "../lib/output.ts";
import { tableText } from "../lib/table.ts";
import { printable } from "../lib/text.ts";
import { counted } from "../lib/units.ts";

interface Options extends CommonOptions {
  readonly config: string;
  readonly community?: bigint;
  readonly member?: bigint;
  readonly forget?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  /** Of the command above. */
  readonly check?: boolean;
  readonly printConfig?: boolean;
}

/** Characters of a code and of a reason in the table, which a relayer names; all of it is in the JSON. */
const MOST_CODE = 40;
const MOST_REASON = 100;

/** Declares the command. */
export const gatewayRefused: Register = (parent, app) => {
  const command = parent
    .command("refused")
    .description("Lists readings and strips that were refused for good, of a gateway that is stopped.")
    .option("--config <gateway.json>", "the gateway's configuration", "gateway.json")
    .option("--community <index>", "of this community alone", whole("--community", INDEX))
    .option("--member <index>", "of this member alone", whole("--member", INDEX))
    .option("--forget", "forget them, so that the gateway makes them anew: mend what they were refused for first")
    .option("--yes", "do not ask before forgetting")
    .option("--dry-run", "show what would be forgotten; write nothing");
  action<Options, []>(command, app, (options, output) => refused(options, output, app));
};

async function refused(options: Options, output: Output, { terminal }: App): Promise<void> {
  if (options.check === true || options.printConfig === true) {
    throw new CliError("OPTION_INVALID", "--check and --print-config do not go with refused: leave them out.");
  }
  const { readGatewayConfig, refusedMessages } = await import("@wattbook/services/gateway");
  const { Secrets } = await import("@wattbook/services/operation");
  const config = readGatewayConfig({ path: options.config, env: terminal.env }, new Secrets());
  const { community, member, forget = false, dryRun = false } = options;
  const which = {
    ...(community !== undefined && { community: asCommunity(community) }),
    ...(member !== undefined && { member: asMember(member) }),
  };
  const found = refusedMessages(config, { ...which, forget: false });
  const again = found.filter((each) => each.again);
  const forgets = forget && !dryRun && again.length > 0;
  if (forgets) {
    output.say(`${listText(found)}\n`);
    const asked = { what: "forget them", undone: "Nothing was forgotten." };
    await confirm(`Forget ${counted(again.length, "message")}?`, options.yes, terminal, asked);
    refusedMessages(config, { ...which, forget: true });
  }
  const messages = found.map(({ kind, code, message, ...rest }) => ({
    ...{ kind, community: Number(rest.community), member: Number(rest.member), period: Number(rest.period) },
    ...{ code, message, again: rest.again },
  }));
  output.result({ messages, forgotten: forgets ? again.length : 0, dryRun }, () => {
    if (forgets) return `Forgot ${counted(again.length, "message")}. Start the gateway: it makes them anew.`;
    if (!forget || found.length === 0) return listText(found);
    return `${listText(found)}\nWould forget ${counted(again.length, "message")}. Nothing was written.`;
  });
}

function listText(found: readonly RefusedMessage[]): string {
  if (found.length === 0) return "Nothing was refused.";
  const rows = found.map(({ kind, community, member, period, code, message, again }) => [
    ...[kind, String(community), String(member), String(period), printable(code, MOST_CODE)],
    again ? "yes" : "no, a later one was taken",
    printable(message, MOST_REASON),
  ]);
  const head = ["", "community", "member", "period", "code", "made anew if forgotten", "reason"];
  return tableText(head, ["left", "right", "right", "right", "left", "left", "left"], rows);
}
