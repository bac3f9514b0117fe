/** The page of a real run, read as data and looked at in a browser. */

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { DemoError } from "../../../scripts/demo/errors.ts";
import { writePage } from "../../../scripts/demo/files.ts";
import { EXIT, main } from "../../../scripts/demo/main.ts";
import { amountsOf } from "../../../scripts/demo/html/columns.ts";
import { bundlePage } from "../../../scripts/demo/html/bundle.ts";
import type { PageData } from "../../../scripts/demo/html/data.ts";
import { renderDocument } from "../../../scripts/demo/html/document.ts";
import { eur, kwh, percent, whole } from "../../../scripts/demo/html/text.ts";
import { itInChromium } from "../../helpers/browser.ts";
import { MIDNIGHT } from "./factories.ts";

const SHOTS = new URL("../../../test-output/screenshots/", import.meta.url).pathname;
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
/** A column of the input file, and so a home on the page. */
const HOSTILE = "</script><script>alert(1)";
const DAYS = 2;

/** Three days of six homes and two plants in slots of 15 minutes. */
function input(): string {
  const homes = ["anna", "berta", HOSTILE, "dora", "emil", "a home with a name that is much too long for a phone"];
  const rows = Array.from({ length: 3 * 96 }, (_, row) => {
    const sun = Math.max(0, 34 - Math.abs((row % 96) - 50)) / 40;
    const loads = homes.map((_, home) => 200 + 150 * home + 331 * ((row * (home + 3) + (row >> 3)) % 5));
    return [MIDNIGHT + row * 900, ...loads, sun, sun * 0.8].join(",");
  });
  return [["time", ...homes, "south_pu", "west_pu"].join(","), ...rows].join("\n");
}

interface Json {
  readonly homes: number;
  readonly community: Readonly<Record<"tradedWh" | "worseOff" | "selfSufficiency", number>>;
  readonly gas: Readonly<Record<"perHouseholdSlot" | "placeTotal" | "clearTotal" | "settleTotal", number>>;
  readonly households: readonly (Readonly<
    Record<"bill" | "retailerBill" | "saving" | "boughtWh" | "soldWh", number>
  > & {
    readonly name: string;
  })[];
}

const total = (values: readonly bigint[]) => values.reduce((sum, value) => sum + value, 0n);

describe("the report's page", function () {
  this.timeout(180_000);
  let folder: string;
  let json: Json;
  let data: PageData;
  let html: string;
  let stderr: string;

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), "wattbook-"));
    const file = join(folder, "homes.csv");
    await writeFile(file, input());
    const [out, err] = [new PassThrough(), new PassThrough()];
    const args = ["--input", file, "--days", DAYS.toString(), "--out", join(folder, "out"), "--json"];
    expect(await main(args, { stdout: out, stderr: err, env: {} })).to.equal(EXIT.sound);
    json = JSON.parse((out.read() as Buffer).toString()) as Json;
    stderr = (err.read() as Buffer).toString();
    html = await readFile(join(folder, "out", "report.html"), "utf8");
    data = JSON.parse(/id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? "") as PageData;
    await mkdir(SHOTS, { recursive: true });
  });

  after(async function () {
    await rm(folder, { recursive: true });
  });

  const address = (name = "report.html") => pathToFileURL(join(folder, "out", name)).href;

  /** Opens the page without network; whatever it asks for or complains about is in the lists. */
  async function open(browser: Browser, options: BrowserContextOptions = {}, name?: string) {
    const session = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const requests: string[] = [];
    const complaints: string[] = [];
    await session.route(
      (url) => url.protocol !== "file:",
      async (route) => {
        requests.push(route.request().url());
        await route.abort();
      },
    );
    const page = await session.newPage();
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("dialog", (dialog) => {
      complaints.push(dialog.message());
      void dialog.dismiss();
    });
    await page.goto(address(name));
    await page.locator("#gas svg").waitFor();
    return { page, requests, complaints };
  }

  it("says where it is and how to open it", function () {
    expect(stderr)
      .to.include(`report: ${join(folder, "out", "report.html")}`)
      .and.to.include(address());
  });

  it("has the figures of --json, to the base unit and the Wh", function () {
    expect(data.homes.map(({ name }) => name)).to.deep.equal(json.households.map(({ name }) => name));
    for (const [index, home] of json.households.entries()) {
      const shown = data.homes[index];
      expect(shown?.saving).to.equal(home.saving.toString());
      expect(shown?.billEur).to.equal(eur(BigInt(home.bill)));
      expect(shown?.retailerEur).to.equal(eur(BigInt(home.retailerBill)));
      expect([shown?.boughtKwh, shown?.soldKwh]).to.deep.equal([kwh(BigInt(home.boughtWh)), kwh(BigInt(home.soldWh))]);
    }
    const { placeTotal, clearTotal, settleTotal } = json.gas;
    expect(data.gas.stages.map(({ gas }) => Number(gas))).to.deep.equal([placeTotal, clearTotal, settleTotal]);
    const headline = new Map(data.headline.map(({ id, value }) => [id, value]));
    expect(headline.get("traded")).to.equal(kwh(BigInt(json.community.tradedWh)));
    expect(headline.get("saving")).to.equal(eur(total(json.households.map(({ saving }) => BigInt(saving)))));
    expect(headline.get("gas")).to.equal(whole(BigInt(json.gas.perHouseholdSlot)));
    expect(headline.get("better-off")).to.equal(whole(BigInt(json.homes - json.community.worseOff)));
    const millionths = BigInt(Math.round(json.community.selfSufficiency * 1e6));
    expect(headline.get("self-sufficiency")).to.equal(percent(millionths));
  });

  it("adds up slot by slot to the same bills, trades and volumes", function () {
    expect(data.days).to.have.lengthOf(DAYS);
    for (const [index, home] of json.households.entries()) {
      const days = data.homes[index]?.days ?? [];
      const sum = (column: "traded" | "total") => total(days.flatMap((day) => amountsOf(day[column])));
      expect(sum("traded")).to.equal(BigInt(home.boughtWh - home.soldWh));
      // The settlement fee, once per period, belongs to no slot.
      expect(sum("total") + BigInt(DAYS) * 2_000n).to.equal(BigInt(home.bill));
    }
    const books = data.days.flatMap((day) => day.books);
    const filled = (side: "bidsFilled" | "asksFilled") => total(books.flatMap((book) => amountsOf(book[side])));
    const volume = total(data.days.flatMap((day) => amountsOf(day.traded)));
    expect([volume, filled("bidsFilled"), filled("asksFilled")]).to.deep.equal(
      Array.from({ length: 3 }, () => BigInt(json.community.tradedWh)),
    );
    const clearings = books.map(({ cleared }) => BigInt(cleared?.traded ?? 0));
    expect(clearings).to.deep.equal(data.days.flatMap((day) => amountsOf(day.traded)));
  });

  it("balances its energy flows", function () {
    const sum = (end: "from" | "to", node: string) =>
      total(data.flows.links.filter((link) => link[end] === node).map(({ wh }) => BigInt(wh)));
    const series = (name: "load" | "pv") => total(data.days.flatMap((day) => amountsOf(day[name])));
    expect(sum("from", "pv")).to.equal(series("pv"));
    expect(sum("to", "use")).to.equal(series("load"));
  });

  it("stays small", async function () {
    expect((await stat(join(folder, "out", "report.html"))).size).to.be.lessThan(1_500_000);
  });

  it("refuses a folder that cannot be written before it runs anything", async function () {
    const [stdout, problems] = [new PassThrough(), new PassThrough()];
    const beneath = join(folder, "homes.csv", "out");
    expect(await main(["--out", beneath], { stdout, stderr: problems, env: {} })).to.equal(EXIT.refused);
    expect((problems.read() as Buffer).toString()).to.match(/^FOLDER_UNWRITABLE: /);
    expect(existsSync(beneath)).to.equal(false);
  });

  it("says with a code what it cannot replace, and leaves nothing half written", async function () {
    const taken = join(folder, "taken");
    await mkdir(join(taken, "report.html"), { recursive: true });
    const error: unknown = await writePage(taken, "<!doctype html>").catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(DemoError).with.property("code", "FILE_UNWRITABLE");
    expect(await readdir(taken)).to.deep.equal(["report.html"]);
  });

  const LOOKS: readonly { readonly name: string; readonly options: BrowserContextOptions }[] = [
    { name: "desktop-light", options: { colorScheme: "light" } },
    { name: "desktop-dark", options: { colorScheme: "dark" } },
    {
      name: "phone",
      options: { colorScheme: "light", viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true },
    },
  ];
  for (const { name, options } of LOOKS) {
    itInChromium(
      `is drawn without a request or a complaint, passes axe and fits its screen: ${name}`,
      async (browser) => {
        const { page, requests, complaints } = await open(browser, options);
        for (const summary of await page.locator("summary").all()) await summary.click();
        expect(await violations(page)).to.deep.equal([]);
        // A tip is drawn where the pointer rests.
        for (const chart of (await page.locator("figure svg[role=img]").all()).slice(0, 3)) {
          await chart.hover();
          expect(await violations(page)).to.deep.equal([]);
        }
        const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        expect(wide).to.equal(0);
        for (const summary of await page.locator("summary").all()) await summary.click();
        await page.evaluate("scrollTo(0, 0)");
        await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
        expect({ requests, complaints }).to.deep.equal({ requests: [], complaints: [] });
      },
    );
  }

  itInChromium("fits its screen whatever a home is called", async function (browser) {
    const [home] = data.homes;
    if (home === undefined) throw new Error("no home");
    const homes = [{ ...home, name: "x".repeat(10_000), pv: "y".repeat(10_000) }, ...data.homes.slice(1)];
    await writeFile(join(folder, "out", "long.html"), renderDocument({ ...data, homes }, await bundlePage()));
    const { page } = await open(browser, { viewport: { width: 360, height: 740 } }, "long.html");
    for (const summary of await page.locator("summary").all()) await summary.click();
    const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    expect(wide).to.equal(0);
  });

  itInChromium(
    "passes axe, light and dark, where homes are synthetic and the books do not balance",
    async function (browser) {
      const origin = { measured: false, badge: "Synthetic homes", text: "Not measured.", notes: ["A note."] };
      const checks = [{ sound: false, text: "Energy: bought less sold is 1 Wh." }];
      const other = renderDocument({ ...data, origin, checks }, await bundlePage());
      await writeFile(join(folder, "out", "other.html"), other);
      for (const colorScheme of ["light", "dark"] as const) {
        const { page } = await open(browser, { colorScheme }, "other.html");
        expect(await violations(page)).to.deep.equal([]);
      }
    },
  );

  itInChromium("shows the figures of its data", async function (browser) {
    const { page } = await open(browser);
    for (const { id, value } of data.headline)
      expect(await page.locator(`[data-figure="${id}"]`).textContent()).to.equal(value);
    await page.locator("#savings summary").click();
    const rows = page.locator("#savings tbody tr");
    const savings = new Map(data.homes.map(({ name, savingEur }) => [name, savingEur]));
    await rows.first().waitFor();
    expect(await rows.count()).to.equal(data.homes.length);
    for (const row of await rows.all()) {
      const name = (await row.locator("th").textContent()) ?? "";
      expect(await row.locator("td").last().textContent()).to.equal(savings.get(name));
    }
  });

  itInChromium("is a page that a keyboard alone walks through: slots, homes, days", async function (browser) {
    const { page, complaints } = await open(browser);
    await tabTo(page, "choose-slot");
    const slider = page.locator("#choose-slot");
    const before = Number(await slider.inputValue());
    await page.keyboard.press("ArrowRight");
    expect(Number(await slider.inputValue())).to.equal(before + 1);
    await expectSlot(page, data, 0, before + 1);
    await page.keyboard.press("Home");
    await expectSlot(page, data, 0, 0);
    await tabTo(page, "choose-home");
    await page.keyboard.press("ArrowDown");
    expect(await page.locator("#home-said").textContent()).to.equal(data.homes[1]?.sentences.join(" "));
    await page.keyboard.press("ArrowDown");
    expect(await page.locator("#home figcaption").first().textContent()).to.include(HOSTILE);
    await page.locator("#choose-day").focus();
    await page.keyboard.press("ArrowDown");
    expect(await page.locator("#day figcaption").first().textContent()).to.include(data.days[1]?.label);
    expect(await page.locator("#home-said").textContent()).to.equal(data.homes[2]?.sentences.join(" "));
    expect(complaints).to.deep.equal([]);
  });

  itInChromium(
    "computes gas costs at another price of ETH, exactly, and says what it cannot read",
    async function (browser) {
      const { page } = await open(browser);
      const perDay = () => page.locator("#gas-cost tbody tr").nth(2).locator("td").first().textContent();
      const at = (cents: bigint) => eur((BigInt(data.gas.perHomeDay) * cents + 50_000n) / 100_000n);
      expect(await perDay()).to.equal(at(300_000n));
      await page.locator("#eth").fill("2850.50");
      expect(await perDay()).to.equal(at(285_050n));
      await page.locator("#eth").fill("much");
      expect(await page.locator("#eth").getAttribute("aria-invalid")).to.equal("true");
      expect(await perDay()).to.equal(at(285_050n));
    },
  );
});

/** What axe objects to: the rule and the first element that breaks it. */
async function violations(page: Page): Promise<unknown> {
  await page.evaluate(await readFile(AXE, "utf8"));
  return page.evaluate("axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html]))");
}

/** Presses Tab until the element with this id has the focus. */
async function tabTo(page: Page, id: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate("document.activeElement.id")) === id) return;
  }
  expect.fail(`Tab never reaches ${id}`);
}

async function expectSlot(page: Page, data: PageData, day: number, slot: number): Promise<void> {
  const said = await page.locator("#slot .said li").allTextContents();
  expect(said).to.deep.equal(data.days[day]?.books[slot]?.sentences);
}
