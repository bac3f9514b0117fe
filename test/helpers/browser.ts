/** Chromium for tests: the machine's own, found by path; no download. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** Where Debian and others put it. `CHROMIUM_PATH` comes first. */
const PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
];

/** Why a test that needs a browser is skipped. */
export const NO_CHROMIUM = "left out: no Chromium; apt-get install chromium, or name one in CHROMIUM_PATH";

/** The browser's executable; undefined where there is none. A `CHROMIUM_PATH` that does not exist counts as none. */
export function chromiumPath(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env["CHROMIUM_PATH"];
  return (named ? [named] : PATHS).find((path) => existsSync(path));
}

/** Starts a headless browser; undefined where there is none. Close it when done. */
export async function launchChromium(): Promise<Browser | undefined> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) return undefined;
  // A container's root cannot use the sandbox; tests open nothing but pages of this repository.
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/** A test in a browser of its own; skipped with its reason in the title where there is none. */
export const itInChromium = (title: string, body: (browser: Browser) => Promise<void>): Mocha.Test => {
  const run = async () => {
    const browser = await launchChromium();
    if (browser === undefined) throw new Error(NO_CHROMIUM);
    await body(browser).finally(() => browser.close());
  };
  return chromiumPath() === undefined ? it.skip(`${title} (${NO_CHROMIUM})`, run) : it(title, run).timeout(60_000);
};

/** A folder over HTTP on a free port of this machine. */
export interface Served {
  /** Without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

/** Serves the files of a folder, for pages that do not work from `file://`. */
export async function serveFolder(folder: string): Promise<Served> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const path = normalize(decodeURIComponent(pathname));
    void answer(join(folder, path.endsWith("/") ? `${path}index.html` : path), response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
  };
}

async function answer(path: string, response: ServerResponse): Promise<void> {
  try {
    const body = await readFile(path);
    response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}
