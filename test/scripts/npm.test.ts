import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";

const run = promisify(execFile);
const NPMRC = new URL("../../.npmrc", import.meta.url);

describe("npm run, with the settings of this repository", function () {
  this.timeout(60_000);

  /** Runs the one script of a package, which prints an object. */
  async function npmRun(name: string) {
    const folder = await mkdtemp(join(tmpdir(), "wattbook-"));
    try {
      await copyFile(NPMRC, join(folder, ".npmrc"));
      await writeFile(join(folder, "print.mjs"), 'console.log("{}");');
      await writeFile(join(folder, "package.json"), JSON.stringify({ scripts: { demo: "node print.mjs" } }));
      // Without the settings that an npm around this test hands down.
      const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^npm_config_/i.test(key)));
      return await run("npm", ["run", name, "--", "--json"], { cwd: folder, env });
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  it("leaves stdout to the script, so that the demo's JSON can be piped", async function () {
    const { stdout, stderr } = await npmRun("demo");
    expect(stdout).to.equal("{}\n");
    expect(stderr).to.include("> node print.mjs --json");
  });

  it("still says on stderr what goes wrong", async function () {
    const failure = await npmRun("demon").then(
      () => expect.fail("a missing script was run"),
      (error: unknown) => error as { readonly stderr: string },
    );
    expect(failure.stderr).to.include('npm error Missing script: "demon"');
  });
});
