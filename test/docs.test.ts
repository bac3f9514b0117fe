import { expect } from "chai";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const TAG = /\[([A-Z]\d+)\]/g;
const pages = globSync(["*.md", "docs/**/*.md", "deployments/*.md", "bench/*.md"]).filter(
  (page) => !page.startsWith("docs/api/"),
);
const read = (path: string): string => readFileSync(path, "utf8");
const tagsIn = (text: string): string[] => [...text.matchAll(TAG)].flatMap(([, tag]) => tag ?? []);

describe("The docs", function () {
  it("argue every line of the contracts that carries a tag, and no other", function () {
    const marked = new Set(globSync("contracts/**/*.sol").flatMap((file) => tagsIn(read(file))));
    const argued = tagsIn(read("docs/security-considerations.md"));
    expect(marked.size).to.be.greaterThan(5);
    expect([...argued].sort()).to.deep.equal([...marked].sort());
  });

  for (const page of pages) {
    it(`${page} links only to what there is`, function () {
      const targets = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target]) => target ?? []);
      const local = targets.filter((target) => !/^[a-z]+:/.test(target) && !target.startsWith("#"));
      const missing = local.filter((target) => !existsSync(join(dirname(page), target.replace(/#.*/, ""))));
      expect(missing).to.deep.equal([]);
    });
  }
});
