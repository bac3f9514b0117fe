import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";

const SOURCE = new URL("../../sdk/src/", import.meta.url);
/** Generated, or with input and output. */
const NOT_PURE = /^(abi|clients)\//;
/** Where the numbers of a solver end. */
const FLOATS = "battery/solver.ts";

const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !NOT_PURE.test(path))
  .map((path) => {
    const text = readFileSync(new URL(path, SOURCE), "utf8");
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    const imports = [...code.matchAll(/from "([^"]+)"/g)].map((match) => match[1] ?? "");
    return { path, code, imports };
  });

describe("layers of the SDK", function () {
  for (const { path, code, imports } of files) {
    it(`${path} is pure and fit for browsers`, function () {
      const foreign = imports.filter((name) => !name.startsWith(".") && name !== "ethers");
      expect(foreign).to.deep.equal([]);
      expect(code).not.to.match(/\bimport\(/);
      expect(code).not.to.match(/\b(process|Buffer|require|fetch|setTimeout|Math\.random|Date\.now)\b/);
      if (path !== "index.ts") expect(imports.filter((name) => /\/(index|abi|clients)\b/.test(name))).to.deep.equal([]);
    });

    it(`${path} has no floats`, function () {
      if (path === FLOATS) expect(code).to.match(/BigInt\(Math\.round\(/);
      else expect(code).not.to.match(/\b(parseFloat|toFixed|Math\.round|Number\.parseFloat)\b|\b\d+\.\d+\b(?!\w*")/);
    });

    if (path === "units.ts") continue;
    it(`${path} leaves casting to units to units.ts`, function () {
      expect(code).not.to.match(/\bas (Signed)?(Wh|Lots|PricePerWh|Amount|Tick|Seconds|Slot|SlotOffset|Period)\b/);
    });
  }
});
