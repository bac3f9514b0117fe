import { builtinModules } from "node:module";
import { expect } from "chai";
import { bundle } from "./bundle.ts";

/** Bytes, gzipped, without ethers: what the issue asks of the main entry. */
const MOST = 120_000;
const ENTRIES = [
  "@wattbook/sdk",
  "@wattbook/sdk/pure",
  "@wattbook/sdk/clients",
  "@wattbook/sdk/abi",
  "@wattbook/sdk/battery",
] as const;

/** What one import costs, bytes gzipped without ethers: measured, and a third on top. */
const SHAKEN = [
  { code: `export { clear } from "@wattbook/sdk"`, most: 1_100, files: 3 },
  { code: `export { formatWh } from "@wattbook/sdk"`, most: 1_100, files: 3 },
  { code: `export { buildStrip, signStrip } from "@wattbook/sdk"`, most: 4_500, files: 20 },
  { code: `export * from "@wattbook/sdk/battery"`, most: 6_000, files: 16 },
  { code: `export { DoubleAuctionAbi } from "@wattbook/sdk"`, most: 1_500, files: 1 },
] as const;

describe("the SDK in a browser bundle", function () {
  this.timeout(60_000);

  it("stays under 120 kB compressed without ethers", async function () {
    const { compressed } = await bundle(`export * from "@wattbook/sdk"`, ["ethers"]);
    expect(compressed, `the main entry has ${compressed} bytes, gzipped`).to.be.lessThan(MOST);
  });

  for (const entry of ENTRIES) {
    it(`${entry} reaches ethers and nothing else outside, no built-in of Node`, async function () {
      const made = await bundle(`export * from "${entry}"`, ["ethers", "node:*", ...builtinModules]);
      expect(made.imports.filter((name) => name !== "ethers")).to.deep.equal([]);
      expect(made.inputs.filter((path) => !path.startsWith("sdk/dist/"))).to.deep.equal([]);
      expect(made.code).not.to.match(/\b(process|__dirname|__filename)\b/);
    });
  }

  it("leaves the battery and its solver out of the main entry", async function () {
    const { inputs, imports } = await bundle(`export * from "@wattbook/sdk"`, ["ethers"]);
    expect([...inputs, ...imports].filter((path) => /dist\/battery\/|highs/.test(path))).to.deep.equal([]);
  });

  it("builds with ethers inside", async function () {
    const made = await bundle(`export * from "@wattbook/sdk"`);
    expect(made.imports).to.deep.equal([]);
    expect(made.compressed, `with ethers it has ${made.compressed} bytes, gzipped`).to.be.lessThan(2 * MOST);
  });

  for (const { code, most, files } of SHAKEN) {
    it(`leaves out what is not used: ${code}`, async function () {
      const made = await bundle(code, ["ethers"]);
      expect(made.compressed, `it has ${made.compressed} bytes, gzipped`).to.be.lessThan(most);
      const used = made.inputs.filter((path) => path.startsWith("sdk/"));
      expect(used.length, used.join(", ")).to.be.at.most(files);
    });
  }
});
