/** Bundles of the built SDK for browsers, as a dApp's bundler makes them. */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

export interface Bundle {
  readonly code: string;
  /** Bytes of the minified code, gzipped. */
  readonly compressed: number;
  /** Files that have bytes in it, relative to the repository. */
  readonly inputs: readonly string[];
  /** Specifiers that are left in it. */
  readonly imports: readonly string[];
}

/** Bundles a module's text; fails where it reaches anything that a browser lacks, such as `node:fs`. */
export async function bundle(contents: string, external: readonly string[] = []): Promise<Bundle> {
  const absWorkingDir = fileURLToPath(new URL("../../../", import.meta.url));
  const result = await build({
    absWorkingDir,
    stdin: { contents, resolveDir: absWorkingDir },
    bundle: true,
    write: false,
    minify: true,
    metafile: true,
    format: "esm",
    platform: "browser",
    external: [...external],
    logLevel: "silent",
  });
  const [output] = result.outputFiles;
  const [meta] = Object.values(result.metafile.outputs);
  if (output === undefined || meta === undefined) throw new Error("esbuild wrote nothing");
  const inputs = Object.entries(meta.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return {
    code: output.text,
    compressed: gzipSync(output.contents).length,
    inputs: inputs.map(([path]) => path),
    imports: meta.imports.map(({ path }) => path),
  };
}
