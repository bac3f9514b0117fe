/** A packed package, unpacked where an empty project would have it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** An empty ESM project with the SDK's tarball and `ethers`. */
export interface Project {
  readonly folder: string;
  /** Paths in the tarball. */
  readonly files: readonly string[];
  readonly remove: () => void;
}

/** Packs `sdk/` as npm would publish it, and unpacks it into a new project. Its scripts do not run. */
export function projectWithSdk(): Project {
  const folder = mkdtempSync(join(tmpdir(), "wattbook-package-"));
  const home = join(folder, "node_modules", "@wattbook", "sdk");
  mkdirSync(home, { recursive: true });
  const packed = npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], join(ROOT, "sdk"));
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", home, "--strip-components", "1"]);
  symlinkSync(join(ROOT, "node_modules", "ethers"), join(folder, "node_modules", "ethers"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  return {
    folder,
    files: files.map(({ path }) => path),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs npm without the settings that an npm above it left in the environment. */
function npm(args: readonly string[], cwd: string): string {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(config|package)/i.test(name)));
  return execFileSync("npm", args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}
