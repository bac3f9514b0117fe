#!/usr/bin/env node
// Starts the built program; in a checkout that is not built it says so instead of failing on an import.
import { existsSync } from "node:fs";
import process from "node:process";
import { setTimeout } from "node:timers";
import { fileURLToPath, URL } from "node:url";

const built = new URL("../dist/index.js", import.meta.url);
if (existsSync(fileURLToPath(built))) {
  const { main } = await import(built.href);
  const { stdin, stdout, stderr, env, argv } = process;
  // Whoever reads the output may have seen enough, as `head` does.
  stdout.on("error", (error) => process.exit(error.code === "EPIPE" ? 0 : 1));
  process.exitCode = await main(argv.slice(2), { stdin, stdout, stderr, env });
  // A request to a node that hangs would keep the process for as long as it takes.
  setTimeout(() => process.exit(), 1_000).unref();
} else {
  process.stderr.write("NOT_BUILT: wattbook is not built. Run: npm ci && npm run build:deployed\n");
  process.exitCode = 2;
}
