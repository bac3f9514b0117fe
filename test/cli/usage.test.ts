import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import type { Command } from "commander";
import { expect } from "chai";
import { paint } from "../../cli/src/lib/terminal.ts";
import { newApp } from "../../cli/src/lib/app.ts";
import { CLI_CODES } from "../../cli/src/lib/errors.ts";
import { programOf } from "../../cli/src/program.ts";
import { BIN, Folder, run, spawned } from "./support.ts";

const terminal = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: {} };
const program = programOf(newApp(terminal));
const page = readFileSync("docs/cli.md", "utf8");

/** Every command that does something, by its words; those below a command before it. */
function leaves(command: Command, path: readonly string[] = []): { path: string[]; command: Command }[] {
  const below = command.commands.flatMap((each) => leaves(each, [...path, each.name()]));
  const acts = below.length === 0 || command.options.some(({ long }) => long === "--json");
  return acts ? [...below, { path: [...path], command }] : below;
}
const all = leaves(program);

/** Lines of the page that run the program, without comments. */
const examples = [...page.matchAll(/```sh\n([\s\S]*?)```/g)]
  .flatMap(([, block]) => (block ?? "").split("\n"))
  .flatMap((line) => /wattbook [^#)]*/.exec(line)?.[0].trim() ?? []);

describe("wattbook", function () {
  it("prints its version and its help on stdout", async function () {
    expect((await run(["--version"])).stdout).to.match(/^\d+\.\d+\.\d+\n$/);
    for (const { path } of all) {
      const { code, stdout, stderr } = await run([...path, "--help"]);
      expect(code).to.equal(0);
      expect(stderr).to.equal("");
      expect(stdout).to.match(new RegExp(`^Usage: wattbook ${path.join(" ")}`));
      expect(stdout).to.include("--json");
    }
  });

  const wrong: readonly (readonly [string, string, string])[] = [
    ["", "COMMAND_UNKNOWN", "wattbook needs a command"],
    ["markt", "COMMAND_UNKNOWN", "Did you mean market?"],
    ["market", "COMMAND_UNKNOWN", "show, clear"],
    ["market clear --fiel x", "OPTION_UNKNOWN", "Did you mean --file?"],
    ["market clear --file", "OPTION_INVALID", "argument missing"],
    ["market clear extra", "OPTION_INVALID", "too many arguments"],
    ["deposit", "OPTION_INVALID", "amount"],
    ["bill --format xml", "OPTION_INVALID", "table, csv, json"],
    ["bill --period -1", "OPTION_INVALID", "--period -1"],
    ["bill --period 1e3", "OPTION_INVALID", "--period 1e3"],
    ["keeper --listen 9092", "OPTION_INVALID", "--listen 9092"],
    ["keeper --listen localhost:90920", "OPTION_INVALID", "127.0.0.1:9092"],
    ["keeper --log loud", "OPTION_INVALID", "fatal, error, warn"],
    ["keeper --every 0", "OPTION_INVALID", "--every 0"],
    ["completion tcsh", "OPTION_INVALID", "bash, zsh, fish"],
    ["init --keys owner,boss", "OPTION_INVALID", "owner, trading, meter, coordinator, relayer, keeper"],
  ];
  for (const [line, error, words] of wrong) {
    it(`refuses "wattbook ${line}" with ${error} and code 2`, async function () {
      const { code, stdout, stderr } = await run(line.split(" ").filter(Boolean));
      expect(code, stderr).to.equal(2);
      expect(stdout).to.equal("");
      expect(stderr.split(":")[0]).to.equal(error);
      expect(stderr).to.include(words);
      expect(stderr).not.to.include("    at ");
    });
  }

  it("colours on terminals alone, and never where NO_COLOR is set", () => {
    const painted = "\u001b[31mbad\u001b[39m";
    const terminal = { isTTY: true };
    expect(paint("red", "bad", terminal, {})).to.equal(painted);
    expect(paint("red", "bad", terminal, { NO_COLOR: "" })).to.equal(painted);
    expect(paint("red", "bad", terminal, { NO_COLOR: "1" })).to.equal("bad");
    expect(paint("red", "bad", terminal, { TERM: "dumb" })).to.equal("bad");
    expect(paint("red", "bad", { isTTY: false }, {})).to.equal("bad");
    expect(paint("red", "bad", {}, {})).to.equal("bad");
  });

  it("says how to build it where it is not built", function () {
    const folder = new Folder();
    try {
      cpSync(BIN, folder.at("bin/wattbook.mjs"));
      const call = () => execFileSync(process.execPath, [folder.at("bin/wattbook.mjs")], { stdio: "pipe" });
      expect(call)
        .to.throw(/NOT_BUILT: .*npm ci && npm run build:deployed/)
        .with.property("status", 2);
    } finally {
      folder.remove();
    }
  });

  it("shows a stack with --debug alone", async function () {
    const missing = ["market", "clear", "--file", "/nowhere.json"];
    expect((await run(missing)).stderr).not.to.include("    at ");
    expect((await run(["--debug", ...missing])).stderr).to.include("    at ");
  });

  it("completes commands and options in bash", async function () {
    this.timeout(30_000);
    const { stdout } = await spawned(["completion", "bash"]);
    const complete = (...words: string[]) => {
      const list = words.map((word) => JSON.stringify(word)).join(" ");
      const script = `${stdout}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _wattbook; echo "\${COMPREPLY[@]}"`;
      return execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim().split(" ");
    };
    expect(complete("wattbook", "mar")).to.deep.equal(["market"]);
    expect(complete("wattbook", "market", "")).to.include.members(["show", "clear", "--help"]);
    expect(complete("wattbook", "order", "place", "--s")).to.deep.equal(["--slot", "--side"]);
    for (const shell of ["zsh", "fish"]) {
      const { code, stdout: script } = await run(["completion", shell]);
      expect(code).to.equal(0);
      for (const { path } of all) expect(script).to.include(path.at(-1));
    }
  });
});

describe("Completion scripts", function () {
  const folder = new Folder();
  after(() => {
    folder.remove();
  });

  for (const shell of ["bash", "zsh", "fish"]) {
    it(`can be read by ${shell}`, async function () {
      // Nothing is run: `-n` reads alone.
      const read = (script: string) =>
        spawnSync(shell, ["-n", folder.write("completion", script)], { encoding: "utf8" });
      if (read("").error !== undefined) {
        console.log(`      ${shell} is not installed here: its script was not read`);
        this.skip();
      }
      const { stdout } = await run(["completion", shell]);
      const { status, stderr } = read(stdout);
      expect([status, stderr]).to.deep.equal([0, ""]);
      expect(read("if true; (").status, "what is none is told").to.not.equal(0);
    });
  }
});

describe("docs/cli.md", function () {
  it("has an example of every command", function () {
    for (const { path } of all) {
      const words = `wattbook ${path.join(" ")}`;
      expect(
        examples.some((example) => `${example} `.startsWith(`${words} `)),
        words,
      ).to.equal(true);
    }
  });

  for (const example of examples) {
    it(`names commands and options that exist: ${example}`, function () {
      const words = example.split(" ").slice(1);
      const found = all.find(({ path }) => path.every((word, index) => words[index] === word));
      expect(found, example).not.to.equal(undefined);
      const known = new Set(found?.command.options.flatMap(({ long }) => long ?? []));
      for (const word of words.filter((each) => each.startsWith("--"))) expect(known, example).to.include(word);
    });
  }

  it("gives the answer that its example of clearing gives", async function () {
    const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, block]) => block ?? "");
    const [orders, answer] = [
      blocks.find((block) => block.includes('"orders"')),
      blocks.find((block) => block.includes('"fills"')),
    ];
    const { stdout } = await run(["market", "clear", "--file", "-", "--json"], { stdin: orders ?? "" });
    expect(JSON.parse(stdout)).to.deep.equal(JSON.parse(answer ?? ""));
  });

  it("says what to do about every code", function () {
    const missing = Object.keys(CLI_CODES).filter((code) => !page.includes(`\`${code}\``));
    expect(missing).to.deep.equal([]);
  });
});
