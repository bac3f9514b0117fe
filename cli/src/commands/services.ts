/** `wattbook gateway` and `wattbook relayer`: services that run from a configuration of their own. */
import type { Did, Findings, Level, Program } from "@wattbook/services/operation";
import { action, type App, type CommonOptions, type Register } from "../lib/app.ts";
import { EXIT } from "../lib/errors.ts";
import { passwordSource } from "../lib/keystore.ts";
import type { Output } from "../lib/output.ts";
import { withoutKeys } from "../lib/text.ts";
import { gatewayRefused } from "./gateway-refused.ts";
import { gatewaySwap } from "./gateway-swap.ts";

interface Options extends CommonOptions {
  readonly config: string;
  readonly check?: boolean;
  readonly printConfig?: boolean;
  readonly passwordFile?: string;
}

/** A service as the command line knows it. The others load nothing of it. */
interface Service<C extends { readonly log: Level }> {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Program<C>>;
}

function service<C extends { readonly log: Level }>(
  { name, summary, load }: Service<C>,
  below: readonly Register[] = [],
): Register {
  return (parent, app) => {
    const command = parent
      .command(name)
      .description(summary)
      .option(`--config <${name}.json>`, "its configuration", `${name}.json`)
      .option("--check", "look at configuration, keys, node and what else it needs; start nothing")
      .option("--print-config", "print a configuration to begin with, and what each field means")
      .option(
        "--password-file <file>",
        "password of keys for which the configuration names none, mode 600 (default: $KEY_PASSWORD_FILE, else ask)",
      );
    action<Options, []>(command, app, async (options, output) => {
      const program = await load();
      if (options.printConfig === true) {
        output.result({ config: program.sample }, () => program.sample.trimEnd());
        return;
      }
      await run(program, options, output, app);
    });
    for (const register of below) register(command, app);
  };
}

async function run<C extends { readonly log: Level }>(
  program: Program<C>,
  { config: path, check, passwordFile }: Options,
  output: Output,
  app: App,
): Promise<void> {
  const { checkProgram, runProgram } = await import("@wattbook/services/operation");
  const file = { path, env: app.terminal.env };
  const passwords = passwordSource(passwordFile, app.terminal);
  if (check !== true) {
    const did = await runProgram(program, file, passwords);
    output.result(
      { stopped: true, did },
      () => `Stopped${didText(did)}. What waits is kept and goes on with the next start.`,
    );
    return;
  }
  const checks = await checkProgram(program, file, passwords);
  const ready = Object.values(checks).every((fault) => fault === null);
  app.exit = ready ? EXIT.ok : EXIT.failed;
  output.result({ ready, checks }, () => checkText(checks));
}

function didText(did: Did): string {
  const counts = Object.entries(did).map(([name, count]) => `${name.replaceAll("_", " ")}: ${count}`);
  return counts.length === 0 ? "" : ` after ${counts.join(", ")}`;
}

function checkText(checks: Findings): string {
  const lines = Object.entries(checks).map(([name, fault]) => {
    return fault === null ? `ok    ${name}` : `fail  ${name}: ${withoutKeys(fault)}`;
  });
  return ["ok    configuration, keys and files", ...lines].join("\n");
}

export const gateway = service(
  {
    name: "gateway",
    summary: "Reads meters, signs readings and orders, and hands them over once, until it is stopped.",
    load: async () => (await import("@wattbook/services/gateway")).gatewayProgram,
  },
  [gatewaySwap, gatewayRefused],
);

export const relayer = service({
  name: "relayer",
  summary: "Takes signed orders and readings over HTTP and brings them on chain, until it is stopped.",
  load: async () => (await import("@wattbook/services/relayer")).relayerProgram,
});
