import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";

const CLIENTS = new URL("../../../sdk/src/clients/", import.meta.url);

describe("clients of the SDK", function () {
  for (const path of readdirSync(CLIENTS)) {
    it(`${path} is fit for browsers`, function () {
      const text = readFileSync(new URL(path, CLIENTS), "utf8");
      const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
      const imports = [...code.matchAll(/from "([^"]+)"/g)].map((match) => match[1] ?? "");
      expect(imports.filter((name) => !name.startsWith(".") && name !== "ethers")).to.deep.equal([]);
      expect(code).not.to.match(/\b(process|Buffer|require|Math\.random|Date\.now)\b|\bfetch\s*\(/);
      if (path !== "timing.ts") expect(code).not.to.match(/\bsetTimeout\b/);
      expect(code).not.to.match(/\bas (Signed)?(Wh|Lots|PricePerWh|Amount|Tick|Seconds|Slot|SlotOffset|Period)\b/);
    });
  }
});
