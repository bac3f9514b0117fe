import { readFileSync } from "node:fs";
import { expect } from "chai";
import { codedErrors, sourcesIn } from "../../../scripts/error-index/classes.ts";
import { contractErrors } from "../../../scripts/error-index/contracts.ts";
import { errorIndex } from "../../../scripts/error-index/page.ts";

describe("the error index", function () {
  it("is the one that the code makes: npm run docs", async function () {
    const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
    expect(page === (await errorIndex()), 'docs/errors.md is stale: run "npm run docs"').to.equal(true);
  });

  it("holds what the contracts' comments say, for the error that they stand above", function () {
    const errors = contractErrors(new URL("../../../contracts/", import.meta.url));
    const unknown = errors.filter(({ signature }) => signature.startsWith("UnknownModule("));
    expect(unknown.map(({ contracts, when }) => [contracts[0], when !== ""])).to.deep.equal([
      ["DoubleAuction", true],
      ["PaymentEscrow", false],
    ]);
    for (const { signature, hint } of errors) expect(hint, signature).to.match(/\.$/);
  });

  it("holds every code of the SDK's union, with when and what to do", function () {
    const sources = sourcesIn(new URL("../../../sdk/src/", import.meta.url));
    const text = sources.find(({ fileName }) => fileName === "errors.ts")?.text ?? "";
    const [, union = ""] = /export type WattbookErrorCode =([^;]+);/.exec(text) ?? [];
    const codes = [...union.matchAll(/"(\w+)"/g)].map((match) => match[1] ?? "");
    const coded = codedErrors(sources);
    expect(codes.length).to.be.greaterThan(30);
    expect(coded.map(({ code }) => code).sort()).to.deep.equal([...codes].sort());
    for (const { name, when, message } of coded) {
      expect(when, name).to.match(/\.$/);
      expect(message.length, name).to.be.greaterThan(20);
    }
  });
});
