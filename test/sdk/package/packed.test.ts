import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { type Project, projectWithSdk } from "./packed.ts";

const SOURCE = new URL("../../../sdk/src/", import.meta.url);
const NAME = "@wattbook/sdk";

/** Every subpath but the manifest, as a specifier. */
function entries(folder: string): string[] {
  const manifest = JSON.parse(readFileSync(join(folder, "node_modules", NAME, "package.json"), "utf8")) as {
    exports: Record<string, unknown>;
  };
  return Object.keys(manifest.exports)
    .filter((path) => !path.endsWith(".json"))
    .map((path) => NAME + path.slice(1));
}

describe("the packed SDK", function () {
  let project: Project;

  before(function () {
    this.timeout(60_000);
    project = projectWithSdk();
  });

  after(function () {
    project.remove();
  });

  it("holds code, declarations, sources, licence and readme, and nothing else", function () {
    const others = project.files.filter((path) => !/^(dist|src)\/.*\.(ts|js|map)$/.test(path));
    expect(others.sort()).to.deep.equal(["LICENSE", "README.md", "package.json"]);
    expect(project.files.filter((path) => path.includes("test"))).to.deep.equal([]);
  });

  it("holds no build output of a source that is gone", function () {
    const built = project.files.filter((path) => /^dist\/.*\.js$/.test(path));
    const orphans = built.filter((path) => !existsSync(new URL(`${path.slice(5, -3)}.ts`, SOURCE)));
    expect(orphans, "remove sdk/dist and build again").to.deep.equal([]);
  });

  it("names no path of the machine that built it, and every source of its maps", function () {
    const home = join(project.folder, "node_modules", NAME);
    for (const path of project.files.filter((file) => file.endsWith(".map"))) {
      const map = JSON.parse(readFileSync(join(home, path), "utf8")) as { sourceRoot?: string; sources: string[] };
      expect(map.sourceRoot ?? "", path).to.equal("");
      for (const source of map.sources) {
        expect(source, path).to.match(/^(\.\.\/)+src\//);
        expect(existsSync(join(home, path, "..", source)), `${path}: ${source}`).to.equal(true);
      }
    }
    for (const path of project.files.filter((file) => /\.(js|ts)$/.test(file))) {
      expect(readFileSync(join(home, path), "utf8"), path).not.to.match(/file:\/\/|\/(home|root|work|tmp|Users)\//);
    }
  });

  it("is imported by an empty ESM project, through every subpath", function () {
    const names = entries(project.folder);
    const code = names.map((name) => `console.log(Object.keys(await import("${name}")).length)`).join("\n");
    const run = ["--input-type=module", "--eval", code];
    const counts = execFileSync(process.execPath, run, { cwd: project.folder, encoding: "utf8" }).trim().split("\n");
    expect(names).to.include.members([NAME, `${NAME}/pure`, `${NAME}/clients`, `${NAME}/abi`, `${NAME}/battery`]);
    for (const [index, count] of counts.entries()) expect(Number(count), names[index]).to.be.greaterThan(5);
  });

  for (const resolution of ["NodeNext", "Bundler"] as const) {
    it(`gives types to a project with module resolution ${resolution}`, function () {
      this.timeout(60_000);
      const file = join(project.folder, `${resolution}.ts`);
      const imports = entries(project.folder).map((name, index) => `import * as part${index} from "${name}";`);
      writeFileSync(file, `${imports.join("\n")}\n${CONSUMER}`);
      const nodeNext = resolution === "NodeNext";
      const program = ts.createProgram([file], {
        strict: true,
        noEmit: true,
        target: ts.ScriptTarget.ES2022,
        lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
        types: [],
        module: nodeNext ? ts.ModuleKind.NodeNext : ts.ModuleKind.ESNext,
        moduleResolution: nodeNext ? ts.ModuleResolutionKind.NodeNext : ts.ModuleResolutionKind.Bundler,
      });
      // The peers' own declarations are their business.
      const ours = ts.getPreEmitDiagnostics(program).filter(({ file: at }) => !at?.fileName.includes("/ethers/"));
      expect(ours.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).to.deep.equal([]);
    });
  }
});

/** Uses units, an ABI's literal types and a client's; the errors are expected ones. */
const CONSUMER = `
import { asLots, asWh, whOf, DoubleAuctionAbi, type Wh } from "@wattbook/sdk";

const energy: Wh = whOf(asLots(25n), asWh(10n));
// @ts-expect-error A quantity of its own unit is needed.
export const wrong: Wh = asLots(25n);

type Named<Kind> = Extract<(typeof DoubleAuctionAbi)[number], { type: Kind }> extends { name: infer Name } ? Name : never;
const event: Named<"event"> = "SlotCleared";
// @ts-expect-error The order book has no such function.
const missing: Named<"function"> = "setPrice";
void [energy, event, missing];
`;
