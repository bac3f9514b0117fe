/** Installs the package that is compared with, in this folder of its own, where it is not there yet. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

export const PACKAGE = "@samwitch/erc1155-orderbook";
export const MODULES = join(import.meta.dirname, "node_modules");

/** How long the registry may take, ms. */
const PATIENCE = 60_000;

/** What a surrounding npm or npx says of itself; how to reach the registry remains. */
const OF_ANOTHER_FOLDER = /^npm_(?!config_(registry|userconfig|globalconfig|cache|offline|cafile|.*proxy)$)/i;

/** npm writes this list last. */
export const isInstalled = (): boolean => existsSync(join(MODULES, ".package-lock.json"));

/** Runs `npm ci` if need be. Answers why there is nothing to compare with, or undefined. */
export async function install(): Promise<string | undefined> {
  if (isInstalled()) return undefined;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_ANOTHER_FOLDER.test(name)));
  try {
    await promisify(execFile)("npm", ["ci", "--ignore-scripts"], { cwd: import.meta.dirname, env, timeout: PATIENCE });
  } catch (error) {
    const { killed = false, stderr = "" } = error as { readonly killed?: boolean; readonly stderr?: string };
    const said = stderr.trim().split("\n")[0] || String(error);
    return `npm ci in bench/baselines/samwitch: ${killed ? `not done within ${PATIENCE / 1_000} s` : said}`;
  }
  return isInstalled() ? undefined : "npm ci in bench/baselines/samwitch installed nothing";
}
