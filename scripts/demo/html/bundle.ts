/** The page's own code and style, each as one text, without anything that a browser would have to fetch. */

import { readFile } from "node:fs/promises";
import { build, transform } from "esbuild";

const PAGE = new URL("./page/", import.meta.url);

export interface Bundle {
  readonly script: string;
  readonly style: string;
}

/** Bundles a page's modules and its chart library; takes a fraction of a second. */
export async function bundlePage(entry: "main.ts" | "shared.ts" = "main.ts"): Promise<Bundle> {
  const [script, style] = await Promise.all([bundleScript(entry), bundleStyle()]);
  return { script, style };
}

async function bundleScript(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [new URL(entry, PAGE).pathname],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    write: false,
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error("esbuild wrote nothing");
  return file.text;
}

async function bundleStyle(): Promise<string> {
  const source = await readFile(new URL("style.css", PAGE), "utf8");
  const { code } = await transform(source, { loader: "css", minify: true });
  return code;
}
