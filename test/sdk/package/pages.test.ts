import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { type Block, fencedBlocks } from "./examples/extract.ts";
import { programOf } from "./examples/program.ts";
import { run } from "./examples/run.ts";
import { exportsOf, typeErrors } from "./examples/typecheck.ts";
import { exampleWorld } from "./examples/world.ts";

const ROOT = new URL("../../../", import.meta.url);
const pages = readdirSync(new URL("docs/", ROOT), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".md") && !path.startsWith("api/"))
  .map((path) => `docs/${path}`);
const blocks = ["README.md", "sdk/README.md", ...pages.sort()].flatMap(fencedBlocks);

/** Languages that say something to a program; drawings and output have others. */
const CODE = new Set(["ts", "typescript", "js", "sh", "bash", "json"]);
const DRAWN = new Set(["", "text", "mermaid", "csv", "xml"]);
const TYPESCRIPT = new Set(["ts", "typescript"]);
const SHELL = new Set(["sh", "bash"]);
const programs = blocks
  .filter(({ language, notRun }) => TYPESCRIPT.has(language) && notRun === undefined)
  .map(programOf);

const { scripts } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as {
  scripts: Record<string, string>;
};

describe("code blocks of the pages", function () {
  this.timeout(120_000);
  let world: Awaited<ReturnType<typeof exampleWorld>>;
  let snapshot: Awaited<ReturnType<(typeof world)["snapshot"]>>;

  before(async function () {
    world = await exampleWorld();
    snapshot = await world.snapshot();
  });

  afterEach(async function () {
    await snapshot.restore();
  });

  it("have the right types", function () {
    expect(typeErrors(programs, exportsOf(), new Set(Object.keys(world.names)))).to.deep.equal([]);
  });

  for (const program of programs) {
    it(`${program.example.file}:${program.example.line} runs`, async function () {
      await run(program, world.names);
    });
  }

  it("name a known language, or none where they draw", function () {
    const unknown = blocks.filter(({ language }) => !CODE.has(language) && !DRAWN.has(language));
    expect(unknown.map(({ file, line, language }) => `${file}:${line} ${language}`)).to.deep.equal([]);
    const hidden = blocks.filter(
      ({ language, code }) => DRAWN.has(language) && /^(import .* from "|const .*=|await )/m.test(code),
    );
    expect(hidden.map(({ file, line }) => `${file}:${line}`)).to.deep.equal([]);
  });

  for (const block of blocks.filter(({ language }) => SHELL.has(language))) {
    it(`${block.file}:${block.line} names scripts that exist`, function () {
      for (const name of scriptsOf(block)) expect(scripts, name).to.have.property(name);
    });
  }

  for (const block of blocks.filter(({ language }) => language === "json")) {
    it(`${block.file}:${block.line} is JSON`, function () {
      expect(() => JSON.parse(block.code) as unknown).not.to.throw();
    });
  }

  it("include the README's example, in ten statements", function () {
    const example = programs.find(({ example: { file } }) => file === "README.md");
    const statements = example?.body.split("\n").filter((line) => /^(await|const) /.test(line)) ?? [];
    expect(statements.length).to.equal(10);
  });
});

/** npm scripts that a shell block runs. */
function scriptsOf({ code }: Block): string[] {
  const named = [...code.matchAll(/npm run (?:--?[\w-]+ )*([\w:-]+)/g)].map((match) => match[1] ?? "");
  return /npm test\b/.test(code) ? [...named, "test"] : named;
}
