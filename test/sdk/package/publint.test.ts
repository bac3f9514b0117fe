import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const PACKAGES = ["sdk", "data"] as const;

describe("the packages' manifests", function () {
  for (const name of PACKAGES) {
    it(`${name} passes publint, strictly`, async function () {
      this.timeout(60_000);
      const pkgDir = fileURLToPath(new URL(`../../../${name}/`, import.meta.url));
      const { messages, pkg } = await publint({ pkgDir, strict: true, pack: "npm" });
      expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).to.deep.equal([]);
      expect(pkg).to.include({ sideEffects: false, type: "module" });
    });
  }
});
