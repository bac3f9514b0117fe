/** `wattbook doctor`: looks at a set-up from end to end and says what to do. */
import type { Finding, State } from "../doctor/check.ts";
import { lookAtChain } from "../doctor/chain.ts";
import { lookAtCommunity } from "../doctor/community.ts";
import { lookLocally, type LookedLocally } from "../doctor/local.ts";
import { lookAtOtherNodes } from "../doctor/nodes.ts";
import { lookAtServices } from "../doctor/services.ts";
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { EXIT } from "../lib/errors.ts";
import { openProvider, type LinkOptions } from "../lib/link.ts";
import { linked } from "../lib/options.ts";
import { paint, type Terminal } from "../lib/terminal.ts";

/** Declares the command. */
export const doctor: Register = (parent, app) => {
  const command = linked(parent.command("doctor")).description(
    "Checks the set-up from Node.js to balances and services, and says what to do.",
  );
  action<CommonOptions & LinkOptions, []>(command, app, async ({ config }, output) => {
    const findings = await examine(config, app.terminal);
    const failed = findings.find(({ state }) => state === "fail");
    app.exit = failed?.exit ?? EXIT.ok;
    const checks = findings.map(({ check, state, found, advice }) => ({ check, state, found, advice }));
    output.result({ healthy: failed === undefined, checks }, () => reportText(findings, app.terminal));
  });
};

async function examine(named: string | undefined, terminal: Terminal): Promise<Finding[]> {
  const local = lookLocally(named, terminal);
  const [onChain, services] = await Promise.all([
    chainFindings(local),
    local.config === undefined ? [] : lookAtServices(local.config),
  ]);
  return [...onChain, ...services];
}

async function chainFindings(local: LookedLocally): Promise<Finding[]> {
  if (local.value === undefined) return [...local.findings, skipped("node, contracts, community")];
  const { url, deployment, config } = local.value;
  const provider = openProvider(url, deployment.chainId, config.node.timeoutMs);
  try {
    const [chain, others] = await Promise.all([lookAtChain(local.value, provider), lookAtOtherNodes(local.value)]);
    const findings = [...local.findings, ...chain.findings, ...others];
    if (chain.value === undefined) return [...findings, skipped("community")];
    return [...findings, ...(await lookAtCommunity(local.value, chain.value))];
  } finally {
    provider.destroy();
  }
}

function skipped(check: string): Finding {
  return { check, state: "skip", found: "not looked at: what failed above comes first", advice: null, exit: EXIT.ok };
}

const COLOURS = { ok: "green", warn: "yellow", fail: "red", skip: "gray" } as const satisfies Record<State, string>;

function reportText(findings: readonly Finding[], { stdout, env }: Terminal): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, state, found, advice }) => {
    const line = `${paint(COLOURS[state], state.padEnd(4), stdout, env)}  ${check.padEnd(width)}  ${found}`;
    return advice === null ? [line] : [line, `${" ".repeat(width + 8)}${advice}`];
  });
  const count = (state: State) => findings.filter((each) => each.state === state).length;
  const summary = `${count("ok")} ok, ${count("warn")} to look at, ${count("fail")} failed.`;
  return [...lines, "", summary].join("\n");
}
