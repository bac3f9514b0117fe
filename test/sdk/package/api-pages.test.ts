import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

describe("the API pages", function () {
  it("document every export and have no broken link", async function () {
    this.timeout(120_000);
    const typedoc = fileURLToPath(new URL("../../../node_modules/typedoc/bin/typedoc", import.meta.url));
    const run = promisify(execFile)(process.execPath, [typedoc, "--emit", "none", "--disableSources"], { cwd: ROOT });
    const { stdout, stderr } = await run.catch((error: unknown) => error as { stdout: string; stderr: string });
    expect(`${stdout}${stderr}`).not.to.match(/warning|error/i);
  });
});
