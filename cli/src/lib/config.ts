/** The configuration file: which node, which contracts, whose keys. No secrets stand in it, only where they are. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { readConfig as readFile, Secrets } from "@wattbook/services/files";
import { z } from "zod";
import { CliError } from "./errors.ts";
import { readText } from "./files.ts";
import type { Terminal } from "./terminal.ts";

/** Whose keys a configuration may name. */
export const ROLES = ["owner", "trading", "meter", "coordinator", "relayer", "keeper"] as const;
/** What a key is for. */
export type Role = (typeof ROLES)[number];

/** Looked for where nothing else is named. */
export const CONFIG_FILE = "wattbook.json";
/** Names the configuration file. */
export const CONFIG_VARIABLE = "WATTBOOK_CONFIG";
/** Holds the node's address where the configuration names no other variable. */
export const NODE_VARIABLE = "WATTBOOK_NODE_URL";

const path = (what: string) => z.string({ error: `name ${what}` }).min(1, `name ${what}`);
const whole = (what: string, least: number, most: number) => {
  const message = `pass ${what}, a whole number from ${least} to ${most}`;
  return z.int({ error: message }).min(least, message).max(most, message);
};
const httpUrl = z.url({ protocol: /^https?$/, error: "pass the address of a node, such as http://127.0.0.1:8545" });

const key = z.union(
  [
    path("the keystore file"),
    z.strictObject({ file: path("the keystore file"), passwordFile: path("the file with the password").optional() }),
  ],
  {
    error: 'name the keystore file, or pass { "file", "passwordFile" }',
  },
);

const MOST_INDEX = 2 ** 32 - 1;

/** Services that the doctor can ask. */
export const SERVICES = ["gateway", "relayer", "keeper"] as const;
/** One of them. */
export type ServiceName = (typeof SERVICES)[number];

const door = z.url({ protocol: /^https?$/, error: "pass where its /readyz is, such as http://127.0.0.1:9090" });

/** What stands in the file. */
export const configSchema = z.strictObject({
  format: z.literal(1, { error: "pass 1" }),
  node: z.strictObject({
    url: z
      .union([httpUrl, z.array(httpUrl).min(1)], {
        error: "pass the address of a node, or a list of them, such as http://127.0.0.1:8545",
      })
      .optional(),
    urlEnv: path("the variable that holds the node's address").optional(),
    urlFile: path("the file that holds the node's address").optional(),
    timeoutMs: whole("milliseconds per request", 100, 600_000).default(10_000),
  }),
  deployment: path("the deployment.json of the network"),
  community: whole("the community's number", 0, MOST_INDEX).optional(),
  member: whole("the member's number", 0, MOST_INDEX).optional(),
  keys: z
    .strictObject(
      Object.fromEntries(ROLES.map((role) => [role, key.optional()])) as Record<Role, z.ZodOptional<typeof key>>,
    )
    .default({} as never),
  /** Doors of services that run, for the doctor. */
  services: z
    .strictObject(
      Object.fromEntries(SERVICES.map((name) => [name, door.optional()])) as Record<
        ServiceName,
        z.ZodOptional<typeof door>
      >,
    )
    .default({}),
  /** Folder for what is kept between runs: logs that were read, what the keeper sends. */
  data: path("the folder for logs and outboxes").default("data"),
});

/** A key's file, and where its password is. */
export interface KeyFile {
  readonly file: string;
  readonly passwordFile: string | undefined;
}

/** A configuration with all paths made absolute. */
export interface Config {
  readonly path: string;
  readonly node: {
    /** Of one node, or of several of one chain. */
    readonly url?: string | readonly string[] | undefined;
    readonly urlEnv?: string | undefined;
    readonly urlFile?: string | undefined;
    readonly timeoutMs: number;
  };
  readonly deployment: string;
  readonly community: number | undefined;
  readonly member: number | undefined;
  readonly keys: Readonly<Partial<Record<Role, KeyFile>>>;
  readonly services: Readonly<Partial<Record<ServiceName, string | undefined>>>;
  readonly data: string;
}

/**
 * The path of the configuration: `--config`, `WATTBOOK_CONFIG`, or `wattbook.json` in the current folder.
 * @throws CliError CONFIG_MISSING
 */
export function configPath(named: string | undefined, { env }: Pick<Terminal, "env">): string {
  if (named !== undefined) return named;
  const variable = env[CONFIG_VARIABLE] ?? "";
  if (variable !== "") return variable;
  if (existsSync(CONFIG_FILE)) return CONFIG_FILE;
  const looked = `There is no ${CONFIG_FILE} in this folder, and neither --config nor ${CONFIG_VARIABLE} names one`;
  throw new CliError("CONFIG_MISSING", `${looked}. Make one: wattbook init`);
}

/**
 * Reads and checks a configuration.
 * @throws CliError CONFIG_MISSING
 * @throws ServiceError CONFIG_INVALID naming every field that is wrong, FILE_UNREADABLE
 */
export function readConfig(named: string | undefined, terminal: Pick<Terminal, "env">): Config {
  const file = configPath(named, terminal);
  const data = readFile(configSchema, {
    ...{ path: file, env: terminal.env, secrets: new Secrets() },
    secretFields: { RPC_URL: ["node", "url"] },
  });
  const folder = dirname(resolve(file));
  const at = (name: string) => resolve(folder, name);
  const keys = Object.entries(data.keys).flatMap(([role, given]) => {
    if (given === undefined) return [];
    const { file: keyFile, passwordFile } =
      typeof given === "string" ? { file: given, passwordFile: undefined } : given;
    return [
      [role, { file: at(keyFile), passwordFile: passwordFile === undefined ? undefined : at(passwordFile) }] as const,
    ];
  });
  const { urlFile } = data.node;
  return {
    path: file,
    node: { ...data.node, urlFile: urlFile === undefined ? undefined : at(urlFile) },
    deployment: at(data.deployment),
    community: data.community,
    member: data.member,
    keys: Object.fromEntries(keys),
    services: data.services,
    data: at(data.data),
  };
}

/** The address of the node that commands ask: the first. @throws as `nodeUrlsOf` */
export function nodeUrlOf(config: Config, terminal: Pick<Terminal, "env">): string {
  return nodeUrlsOf(config, terminal)[0];
}

/**
 * Addresses of nodes: a variable's or a file's, with white space in between, or the configuration's own. They are never shown: keys often
 * stand in them.
 * @throws CliError NODE_URL_MISSING, CONFIG_INVALID, FILE_UNREADABLE
 */
export function nodeUrlsOf({ path: file, node }: Config, { env }: Pick<Terminal, "env">): [string, ...string[]] {
  const variable = env[node.urlEnv ?? NODE_VARIABLE] ?? "";
  const [source, given] =
    variable !== ""
      ? [node.urlEnv ?? NODE_VARIABLE, variable]
      : node.urlFile !== undefined
        ? [node.urlFile, readText("node.urlFile", node.urlFile)]
        : [`node.url of ${file}`, node.url];
  if (given === undefined) {
    const advice = `Set ${node.urlEnv ?? NODE_VARIABLE} to it, or name a file with it as node.urlFile`;
    throw new CliError("NODE_URL_MISSING", `${file} does not say where the node is. ${advice}.`);
  }
  const [first = "", ...more] = typeof given === "string" ? given.trim().split(/\s+/) : given;
  if ([first, ...more].every((url) => httpUrl.safeParse(url).success)) return [first, ...more];
  throw new CliError(
    "CONFIG_INVALID",
    `${source} holds no address of a node (not shown). Write one that begins with http:// or https://.`,
  );
}
