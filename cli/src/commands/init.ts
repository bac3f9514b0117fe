/** `wattbook init`: a folder with a configuration and encrypted keys. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { Option } from "commander";
import { HDNodeWallet, encryptKeystoreJson } from "ethers";
import { action, type App, type CommonOptions, type Register } from "../lib/app.ts";
import { CONFIG_FILE, configSchema, NODE_VARIABLE, ROLES, type Role } from "../lib/config.ts";
import { CliError } from "../lib/errors.ts";
import { whole } from "../lib/options.ts";
import { readSecret } from "../lib/files.ts";
import { askPassword } from "../lib/password.ts";
import { pairsText } from "../lib/table.ts";
import type { Terminal } from "../lib/terminal.ts";

interface Options extends CommonOptions {
  readonly node?: string;
  readonly nodeEnv?: string;
  readonly nodeFile?: string;
  readonly deployment: string;
  readonly community?: bigint;
  readonly member?: bigint;
  readonly keys: readonly Role[];
  readonly passwordFile?: string;
}

const INDEX = 2n ** 32n - 1n;
/** Only the owner reads and writes. */
const PRIVATE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** Whoever sends transactions. */
const PAYING: readonly Role[] = ["owner", "coordinator", "relayer", "keeper"];

/** Declares the command. */
export const init: Register = (parent, app) => {
  const command = parent
    .command("init [folder]")
    .description("Makes a folder with a configuration and encrypted keys; overwrites nothing.")
    .option("--node <url>", "address of the node; one with a key in it goes into a variable or a file")
    .option("--node-env <variable>", `variable that will hold the node's address (default: ${NODE_VARIABLE})`)
    .option("--node-file <file>", "file that holds the node's address")
    .option("--deployment <deployment.json>", "contracts of the network", "deployment.json")
    .option("--community <number>", "the community", whole("--community", INDEX))
    .option("--member <number>", "the member", whole("--member", INDEX))
    .addOption(
      new Option("--keys <roles>", `keys to make, of ${ROLES.join(", ")}`).argParser(rolesOf).default([], "none"),
    )
    .option("--password-file <file>", "file with the password of the keys, mode 600 (default: ask)");
  action<Options, [string | undefined]>(command, app, async (options, output, folder = ".") => {
    const made = await initialise(folder, options, app);
    output.result(made, () => {
      const keys = Object.entries(made.keys).map(([role, { file, address }]): [string, string] => [
        `${role} key`,
        `${address} in ${file}`,
      ]);
      const next = [
        ...(PAYING.some((role) => made.keys[role] !== undefined)
          ? ["Send the owner, coordinator, relayer and keeper some of the chain's coin for gas."]
          : []),
        `Check it: wattbook doctor --config ${made.config}`,
      ];
      return [
        pairsText([["configuration", made.config], ...keys]),
        "",
        "Back the key files up: nobody can make them again.",
        ...next,
      ].join("\n");
    });
  });
};

interface Made {
  readonly config: string;
  readonly keys: Partial<Record<Role, { readonly file: string; readonly address: string }>>;
}

async function initialise(folder: string, options: Options, { terminal }: App): Promise<Made> {
  const config = join(folder, CONFIG_FILE);
  const files = options.keys.map((role) => join(folder, "keys", `${role}.json`));
  for (const path of [config, ...files]) {
    if (!existsSync(path)) continue;
    throw new CliError(
      "FILE_EXISTS",
      `${path} is there already, and nothing is overwritten. Name another folder, or move it away.`,
    );
  }
  const text = configText(folder, options);
  const password = options.keys.length === 0 ? "" : await newPassword(options.passwordFile, terminal);
  mkdirSync(join(folder, "keys"), { recursive: true, mode: PRIVATE_FOLDER });
  const keys: Made["keys"] = {};
  for (const role of options.keys) {
    const file = join(folder, "keys", `${role}.json`);
    const { address, privateKey } = HDNodeWallet.createRandom();
    writeFileSync(file, `${await encryptKeystoreJson({ address, privateKey }, password)}\n`, {
      mode: PRIVATE,
      flag: "wx",
    });
    keys[role] = { file, address };
  }
  // Addresses of nodes often hold a key: only the owner reads it.
  writeFileSync(config, text, { mode: PRIVATE, flag: "wx" });
  keepOut(join(folder, "keys", ".gitignore"), "*\n");
  keepOut(join(folder, ".gitignore"), "keys/\ndata/\n");
  return { config, keys };
}

/** Keys must not get into a repository, also where the folder is one already. */
function keepOut(file: string, lines: string): void {
  if (!existsSync(file)) writeFileSync(file, lines);
}

function configText(
  folder: string,
  { node, nodeEnv, nodeFile, deployment, community, member, keys, passwordFile }: Options,
): string {
  const at = (path: string) => (isAbsolute(path) ? path : relative(resolve(folder), resolve(path)) || path);
  const address = {
    ...(node !== undefined && { url: node }),
    ...(nodeFile !== undefined && { urlFile: at(nodeFile) }),
  };
  const variable = nodeEnv ?? (node === undefined && nodeFile === undefined ? NODE_VARIABLE : undefined);
  const password = passwordFile === undefined ? {} : { passwordFile: at(passwordFile) };
  const json = {
    format: 1,
    node: { ...address, ...(variable !== undefined && { urlEnv: variable }) },
    deployment: at(deployment),
    ...(community !== undefined && { community: Number(community) }),
    ...(member !== undefined && { member: Number(member) }),
    keys: Object.fromEntries(keys.map((role) => [role, { file: `keys/${role}.json`, ...password }])),
  };
  const { success, error } = configSchema.safeParse(json);
  if (success) return `${JSON.stringify(json, null, 2)}\n`;
  const [issue] = error.issues;
  throw new CliError(
    "OPTION_INVALID",
    `--${(issue?.path ?? []).map(String).join(".")}: ${issue?.message ?? "malformed"}.`,
  );
}

function rolesOf(text: string): Role[] {
  const names = text.split(",").map((name) => name.trim());
  return names.map((name) => {
    const role = ROLES.find((each) => each === name);
    if (role !== undefined && names.indexOf(name) === names.lastIndexOf(name)) return role;
    throw new CliError(
      "OPTION_INVALID",
      `--keys ${text}: pass some of ${ROLES.join(", ")}, each once, with commas between them.`,
    );
  });
}

/** Shorter ones can be tried out. */
const LEAST_PASSWORD = 8;

async function newPassword(file: string | undefined, terminal: Terminal): Promise<string> {
  const password =
    file === undefined ? await askPassword("New password for the keys", terminal) : readSecret("--password-file", file);
  if (password.length < LEAST_PASSWORD) {
    throw new CliError(
      "OPTION_INVALID",
      `The password has ${password.length} characters: use at least ${LEAST_PASSWORD}.`,
    );
  }
  if (file !== undefined || (await askPassword("Again", terminal)) === password) return password;
  throw new CliError("PASSWORDS_DIFFER", "The two passwords differ. Nothing was written: run it again.");
}
