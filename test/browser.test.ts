import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { chromiumPath, itInChromium, serveFolder } from "./helpers/browser.ts";

describe("the browser of the tests", function () {
  it("is the one that CHROMIUM_PATH names, or none", function () {
    expect(chromiumPath({ CHROMIUM_PATH: process.execPath })).to.equal(process.execPath);
    expect(chromiumPath({ CHROMIUM_PATH: "/nowhere/chromium" })).to.equal(undefined);
  });

  itInChromium("opens a page that a folder serves, and finds nothing outside of it", async function (browser) {
    const folder = await mkdtemp(join(tmpdir(), "wattbook-"));
    await writeFile(join(folder, "index.html"), "<title>Served</title>");
    const served = await serveFolder(folder);
    try {
      const page = await browser.newPage();
      await page.goto(`${served.url}/`);
      expect(await page.title()).to.equal("Served");
      const outside = await fetch(`${served.url}/..%2f..%2fetc/passwd`);
      expect(outside.status).to.equal(404);
    } finally {
      await served.close();
      await rm(folder, { recursive: true });
    }
  });
});
