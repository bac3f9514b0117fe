import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { build } from "esbuild";

const DATA = fileURLToPath(new URL("../../data/", import.meta.url));

describe("the data package", function () {
  this.timeout(60_000);

  for (const entry of ["import", "export", "synthetic", "statistics"]) {
    it(`can be bundled for a browser: ${entry}`, async function () {
      const { errors, warnings, metafile } = await build({
        entryPoints: [join(DATA, "dist", `${entry}.js`)],
        bundle: true,
        format: "esm",
        platform: "browser",
        metafile: true,
        write: false,
        logLevel: "silent",
      });
      expect([...errors, ...warnings]).to.deep.equal([]);
      const outside = Object.values(metafile.outputs).flatMap(({ imports }) =>
        imports.filter(({ external }) => external),
      );
      expect(outside).to.deep.equal([]);
    });
  }

  it("has no import of Node, no clock and no random numbers of the machine", async function () {
    const files = await readdir(join(DATA, "src"), { recursive: true });
    const sources = files.filter((file) => file.endsWith(".ts"));
    expect(sources.length).to.be.greaterThan(30);
    for (const file of sources) {
      const text = await readFile(join(DATA, "src", file), "utf8");
      expect(text, file).not.to.match(/from "node:|Date\.now|new Date\(\)|Math\.random|DateTime\.(?:now|local)/);
    }
  });

  it("makes communities from exact arithmetic alone", async function () {
    const folder = join(DATA, "src", "synthetic");
    for (const file of await readdir(folder)) {
      const text = (await readFile(join(folder, file), "utf8")).replace(/\/\*[\s\S]*?\*\//g, "");
      expect(text, file).not.to.match(/Math\.(?!abs|ceil|floor|imul|max|min|round|sqrt)\w+|\*\*/);
    }
  });
});
