import { readdirSync } from "node:fs";
import { expect } from "chai";
import { tsdocExamples } from "./examples/extract.ts";
import { programOf } from "./examples/program.ts";
import { run } from "./examples/run.ts";
import { exportsOf, typeErrors } from "./examples/typecheck.ts";
import { exampleWorld } from "./examples/world.ts";

const ROOT = new URL("../../../", import.meta.url);

const files = ["sdk/src/", "data/src/"].flatMap((folder) =>
  readdirSync(new URL(folder, ROOT), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.startsWith("abi/"))
    .map((path) => folder + path)
    .sort(),
);
const programs = files.flatMap(tsdocExamples).map(programOf);

describe("examples in the comments of the packages", function () {
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

  it("are many, and state their results", function () {
    expect(programs.length).to.be.greaterThan(70);
    expect(programs.filter(({ results }) => results > 0).length).to.be.greaterThan(40);
  });

  it("have the right types", function () {
    expect(typeErrors(programs, exportsOf(), new Set(Object.keys(world.names)))).to.deep.equal([]);
  });

  it("are found wrong where they are, by type, by result and by error", async function () {
    const wrong = (code: string) => programOf({ file: "page.md", line: 7, code });
    const result = wrong("const one = 1n;\nasWh(one) // 2n");
    await expect(run(result, world.names)).to.be.rejectedWith("page.md:8");
    await expect(run(wrong("asWh(-1n);"), world.names)).to.be.rejectedWith("page.md:7");
    const [error, ...more] = typeErrors([wrong("\nasWh(1)")], exportsOf(), new Set());
    expect(error).to.match(/^page\.md:8: /);
    expect(more).to.deep.equal([]);
  });

  for (const program of programs) {
    it(`${program.example.file}:${program.example.line} runs`, async function () {
      await run(program, world.names);
    });
  }
});
