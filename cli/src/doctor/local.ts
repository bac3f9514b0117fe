/** What can be looked at without a node: this program, the configuration, keys, folders. */
import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import type { Deployment } from "@wattbook/sdk";
import { ROLES, nodeUrlsOf, readConfig, type Config, type Role } from "../lib/config.ts";
import { EXIT, reportOf } from "../lib/errors.ts";
import { checkPrivate } from "../lib/files.ts";
import { readKey, type LockedKey } from "../lib/keystore.ts";
import { deploymentOf } from "../lib/link.ts";
import type { Terminal } from "../lib/terminal.ts";
import { withoutKeys } from "../lib/text.ts";
import type { Finding, Looked } from "./check.ts";

/** As `engines` of the package says. */
const LEAST_NODE = [22, 18] as const;

/** What the rest of the checks needs. */
export interface Local {
  readonly config: Config;
  readonly deployment: Deployment;
  /** Of the node that is asked first. */
  readonly url: string;
  /** Of all nodes. */
  readonly urls: readonly string[];
  readonly keys: ReadonlyMap<Role, LockedKey>;
}

/** What was found here; the configuration where it can be read, whatever else is missing. */
export interface LookedLocally extends Looked<Local> {
  readonly config: Config | undefined;
}

/** A finding for what was thrown. */
export function failing(check: string, error: unknown): Finding {
  const report = reportOf(error);
  if (report === undefined) throw error;
  return { check, state: "fail", found: report.code, advice: withoutKeys(report.message), exit: report.exit };
}

/** A finding with nothing wrong. */
export function fine(check: string, found: string): Finding {
  return { check, state: "ok", found, advice: null, exit: EXIT.ok };
}

/** A finding that stops nobody. */
export function doubtful(check: string, found: string, advice: string): Finding {
  return { check, state: "warn", found, advice, exit: EXIT.ok };
}

/** Looks at everything on this machine. */
export function lookLocally(named: string | undefined, terminal: Terminal): LookedLocally {
  const findings: Finding[] = [nodeVersion(process.versions.node)];
  const config = attempt(
    "configuration",
    findings,
    () => readConfig(named, terminal),
    ({ path }) => path,
  );
  if (config === undefined) return { findings, config, value: undefined };
  const deployment = attempt(
    "deployment file",
    findings,
    () => deploymentOf(config),
    (file) => {
      return `version ${file.version} on chain ${file.chainId}`;
    },
  );
  const urls = attempt(
    "node address",
    findings,
    () => nodeUrlsOf(config, terminal),
    (all) => all.map(withoutKeys).join(", "),
  );
  findings.push(...nodeKey(config));
  const keys = keysOf(config, findings);
  findings.push(dataFolder(config));
  if (deployment === undefined || urls === undefined) return { findings, config, value: undefined };
  return { findings, config, value: { config, deployment, url: urls[0], urls, keys } };
}

function attempt<T>(check: string, findings: Finding[], work: () => T, found: (value: T) => string): T | undefined {
  try {
    const value = work();
    findings.push(fine(check, found(value)));
    return value;
  } catch (error) {
    findings.push(failing(check, error));
    return undefined;
  }
}

/** Whether this is a Node that the services run on. */
export function nodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [least, leastMinor] = LEAST_NODE;
  if (major > least || (major === least && minor >= leastMinor)) return fine("Node.js", version);
  const advice = `Install Node.js ${LEAST_NODE.join(".")} or newer.`;
  return { check: "Node.js", state: "fail", found: version, advice, exit: EXIT.failed };
}

function keysOf(config: Config, findings: Finding[]): Map<Role, LockedKey> {
  const keys = new Map<Role, LockedKey>();
  for (const role of ROLES) {
    const file = config.keys[role];
    if (file === undefined) continue;
    const work = () => {
      if (file.passwordFile !== undefined) checkPrivate(`keys.${role}.passwordFile`, file.passwordFile);
      return readKey(`keys.${role}`, file);
    };
    const key = attempt(`key: ${role}`, findings, work, ({ address }) => address);
    if (key !== undefined) keys.set(role, key);
  }
  if (Object.keys(config.keys).length > 0) return keys;
  findings.push(
    doubtful("keys", "none", "Commands that only look need none. Make some: wattbook init --keys owner,trading"),
  );
  return keys;
}

/** A provider's key in the node's address, in a file that others can read. */
function nodeKey({ path, node: { url, urlFile } }: Config): Finding[] {
  const holding = [
    ...([url ?? []].flat().some((each) => each.replace(/\/$/, "") !== withoutKeys(each)) ? [path] : []),
    ...(urlFile === undefined || !existsSync(urlFile) ? [] : [urlFile]),
  ];
  return holding.flatMap((file) => {
    try {
      checkPrivate("node.url", file);
      return [];
    } catch (error) {
      const advice = error instanceof Error ? error.message : String(error);
      return [doubtful("node address: file", "others can read it", advice)];
    }
  });
}

function dataFolder({ data }: Config): Finding {
  const folder = existsSync(data) ? data : dirname(data);
  try {
    accessSync(folder, constants.W_OK);
    return fine("data folder", existsSync(data) ? data : `${data} (made when it is needed)`);
  } catch {
    const advice = `Give your account the right to write there, or name another folder as "data".`;
    return { check: "data folder", state: "fail", found: `${data} cannot be written`, advice, exit: EXIT.usage };
  }
}
