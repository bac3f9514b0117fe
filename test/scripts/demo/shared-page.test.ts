/** The pages of real runs in which meters decide, read as data and looked at in a browser. */

import { mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";
import { billsFromJson } from "@wattbook/data/export";
import { expect } from "chai";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { amountsOf } from "../../../scripts/demo/html/columns.ts";
import type { SharedDay, SharedPageData } from "../../../scripts/demo/html/shared-data.ts";
import { eur, fineMeanPrice, kwh, percent, whole } from "../../../scripts/demo/html/text.ts";
import { EXIT, main } from "../../../scripts/demo/main.ts";
import { MARKET } from "../../../scripts/demo/market.ts";
import { itInChromium } from "../../helpers/browser.ts";

const SHOTS = new URL("../../../test-output/screenshots/", import.meta.url).pathname;
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const HOMES = 5;

interface Row {
  readonly rule: string;
  readonly bills: number;
  readonly savings: number;
  readonly gini: number | null;
  readonly worseOff: number;
  readonly sharedWh: number;
  readonly gasPerHouseholdSlot: number;
  readonly homeSavings: readonly number[];
  readonly books: { readonly energyWh: number; readonly money: number };
}

interface Json {
  readonly homes: number;
  readonly checkedBills: number;
  readonly community: Readonly<
    Record<"loadWh" | "pvWh" | "demandWh" | "supplyWh" | "sharedWh" | "sharedCost" | "worseOff", number>
  > &
    Readonly<Record<"selfSufficiency" | "selfConsumption", number>>;
  readonly gas: { readonly perHouseholdSlot: number; readonly stages: Readonly<Record<string, number>> };
  readonly households: readonly (Readonly<
    Record<"bill" | "retailerBill" | "saving" | "boughtWh" | "soldWh", number>
  > & {
    readonly name: string;
    readonly selfSufficiency: number | null;
    readonly selfConsumption: number | null;
  })[];
  readonly comparison: readonly Row[];
  readonly battery?: {
    readonly slots: readonly Readonly<Record<"netWh" | "importWh" | "exportWh" | "storedMilliWh", number>>[];
    readonly outcomes: readonly { readonly name: string; readonly cost: number }[];
  };
}

const total = (values: readonly bigint[]) => values.reduce((sum, value) => sum + value, 0n);
/** A ratio of six decimals as the page shows it. */
const share = (ratio: number | null) => (ratio === null ? "–" : percent(BigInt(Math.round(ratio * 1e6))));

const LIGHT = { look: "light", options: { colorScheme: "light" } } as const;
const DARK = { look: "dark", options: { colorScheme: "dark" } } as const;
const PHONE = {
  look: "phone",
  options: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true },
} as const;

const RUNS = [
  {
    name: "sharing",
    days: 2,
    args: ["--rule", "sdr-comp", "--days", "2", "--battery"],
    looks: [LIGHT, DARK, PHONE],
  },
  { name: "metered", days: 1, args: [], looks: [LIGHT] },
] as const;

for (const { name, days, args, looks } of RUNS) {
  describe(`the page of the mode ${name}`, function () {
    this.timeout(180_000);
    let folder: string;
    let json: Json;
    let data: SharedPageData;
    let stderr: string;

    before(async function () {
      folder = await mkdtemp(join(tmpdir(), "wattbook-"));
      const [out, err] = [new PassThrough(), new PassThrough()];
      const line = ["--mode", name, "--homes", HOMES.toString(), ...args, "--out", folder, "--json"];
      expect(await main(line, { stdout: out, stderr: err, env: {} })).to.equal(EXIT.sound);
      json = JSON.parse((out.read() as Buffer).toString()) as Json;
      stderr = (err.read() as Buffer).toString();
      const html = await readFile(join(folder, "report.html"), "utf8");
      data = JSON.parse(/id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? "") as SharedPageData;
      await mkdir(SHOTS, { recursive: true });
    });

    after(async function () {
      await rm(folder, { recursive: true });
    });

    const address = () => pathToFileURL(join(folder, "report.html")).href;
    const column = (of: Exclude<keyof SharedDay, "label" | "start" | "slots">) =>
      data.days.flatMap((day) => amountsOf(day[of]));

    it("says where it is, and writes what it is drawn from", async function () {
      expect(stderr)
        .to.include(`report: ${join(folder, "report.html")}`)
        .and.to.include(address());
      expect((await readdir(folder)).sort()).to.deep.equal([
        "bill-lines.csv",
        "bills.csv",
        "bills.json",
        "community.json",
        "homes.csv",
        "report.html",
        "slots.csv",
      ]);
      expect((await stat(join(folder, "report.html"))).size).to.be.lessThan(1_500_000);
    });

    it("has the figures of --json, to the base unit and the Wh", function () {
      const { community, gas } = json;
      expect(data.homes.map(({ name }) => name)).to.deep.equal(json.households.map(({ name }) => name));
      for (const [index, home] of json.households.entries()) {
        const shown = data.homes[index];
        expect(shown).to.include({
          saving: home.saving.toString(),
          billEur: eur(BigInt(home.bill)),
          retailerEur: eur(BigInt(home.retailerBill)),
          boughtKwh: kwh(BigInt(home.boughtWh)),
          soldKwh: kwh(BigInt(home.soldWh)),
          selfSufficiency: share(home.selfSufficiency),
          selfConsumption: share(home.selfConsumption),
        });
        expect(shown?.bill.find(({ kind }) => kind === "total")?.amount).to.equal(eur(BigInt(home.bill)));
      }
      const headline = new Map(data.headline.map(({ id, value }) => [id, value]));
      expect(headline.get("shared")).to.equal(kwh(BigInt(community.sharedWh)));
      expect(headline.get("price")).to.equal(fineMeanPrice(BigInt(community.sharedCost), BigInt(community.sharedWh)));
      expect(headline.get("saving")).to.equal(eur(total(json.households.map(({ saving }) => BigInt(saving)))));
      expect(headline.get("better-off")).to.equal(whole(BigInt(json.homes - community.worseOff)));
      expect(headline.get("self-sufficiency")).to.equal(share(community.selfSufficiency));
      expect(headline.get("gas")).to.equal(whole(BigInt(gas.perHouseholdSlot)));
      expect(data.gas.stages.map(({ id, gas: spent }) => [id, Number(spent)])).to.deep.equal(
        Object.entries(gas.stages),
      );
    });

    it("adds up slot by slot to the community, the homes and their bills", async function () {
      expect(data.days).to.have.lengthOf(days);
      const { community, households } = json;
      const sums = (["load", "pv", "demand", "supply", "shared", "sharedCost"] as const).map((of) => total(column(of)));
      const { loadWh, pvWh, demandWh, supplyWh, sharedWh, sharedCost } = community;
      expect(sums).to.deep.equal([loadWh, pvWh, demandWh, supplyWh, sharedWh, sharedCost].map(BigInt));
      expect(sharedWh).to.be.greaterThan(0);
      const of = (field: "bill" | "boughtWh" | "soldWh") => total(households.map((home) => BigInt(home[field])));
      expect([of("boughtWh"), of("soldWh")]).to.deep.equal([BigInt(sharedWh), BigInt(sharedWh)]);
      // What demand cost less what supply brought is all bills but the settlement fee, which belongs to no slot.
      const fees = MARKET.settlementFee * BigInt(HOMES * days);
      expect(total(column("demandCost")) - total(column("supplyIncome")) + fees).to.equal(of("bill"));
      for (const [index, home] of households.entries()) {
        const own = data.homes[index]?.days ?? [];
        const sum = (column: "traded" | "total") => total(own.flatMap((day) => amountsOf(day[column])));
        expect(sum("traded")).to.equal(BigInt(home.boughtWh - home.soldWh));
        expect(sum("total") + MARKET.settlementFee * BigInt(days)).to.equal(BigInt(home.bill));
      }
      const bills = billsFromJson(await readFile(join(folder, "bills.json"), "utf8"));
      expect(total(bills.map(({ bill }) => bill.total))).to.equal(of("bill"));
      const csv = (await readFile(join(folder, "slots.csv"), "utf8")).trim().split("\n").slice(1);
      expect(csv.map((line) => BigInt(line.split(",")[5] ?? ""))).to.deep.equal(column("shared"));
    });

    it("keeps prices between feed-in and retail, and shares all that both sides have", function () {
      const [demand, supply, shared] = [column("demand"), column("supply"), column("shared")];
      const [cost, income, inside] = [column("demandCost"), column("supplyIncome"), column("sharedCost")];
      const { importPrice, exportPrice, networkFee } = MARKET;
      for (const [slot, wh] of shared.entries()) {
        const [d, s] = [demand[slot] ?? -1n, supply[slot] ?? -1n];
        expect(wh, `slot ${slot}`).to.equal(d < s ? d : s);
        expect((cost[slot] ?? -1n) <= d * importPrice && (cost[slot] ?? -1n) >= d * exportPrice).to.equal(true);
        expect((income[slot] ?? -1n) >= s * exportPrice && (income[slot] ?? -1n) <= s * importPrice).to.equal(true);
        // Either side's money is that of the shared part and that of the rest, exactly.
        expect(cost[slot]).to.equal((inside[slot] ?? 0n) + wh * networkFee + (d - wh) * importPrice);
        expect(income[slot]).to.equal((inside[slot] ?? 0n) + (s - wh) * exportPrice);
      }
    });

    it("compares all rules as --json does, with the books at zero", function () {
      expect(data.rules.map(({ rule }) => rule)).to.deep.equal(json.comparison.map(({ rule }) => rule));
      expect(data.rules.filter(({ listed }) => listed)).to.have.lengthOf(1);
      for (const [index, row] of json.comparison.entries()) {
        const shown = data.rules[index];
        expect(shown, row.rule).to.include({
          sharedKwh: kwh(BigInt(row.sharedWh)),
          billsEur: eur(BigInt(row.bills)),
          savingsEur: eur(BigInt(row.savings)),
          gini: row.gini === null ? "–" : row.gini.toFixed(6).slice(0, 5),
          worseOff: whole(BigInt(row.worseOff)),
          gas: whole(BigInt(row.gasPerHouseholdSlot)),
        });
        const savings = amountsOf(shown?.savings ?? "");
        expect(savings).to.deep.equal(row.homeSavings.map(BigInt));
        expect(total(savings)).to.equal(BigInt(row.savings));
        expect(row.books).to.deep.equal({ energyWh: 0, money: 0 });
      }
      const listed = json.comparison[data.rules.findIndex((rule) => rule.listed)];
      expect(listed?.homeSavings).to.deep.equal(json.households.map(({ saving }) => saving));
      expect(data.checks.map(({ sound }) => sound)).to.deep.equal(data.checks.map(() => true));
      expect(data.checks).to.have.lengthOf(json.comparison.length + 1);
      expect(json.checkedBills).to.equal(HOMES * days);
    });

    it("balances its energy flows with self-sufficiency and self-consumption", function () {
      const sum = (end: "from" | "to", node: string) =>
        total(data.flows.links.filter((link) => link[end] === node).map(({ wh }) => BigInt(wh)));
      const { loadWh, pvWh, selfSufficiency, selfConsumption } = json.community;
      expect([sum("from", "pv"), sum("to", "use")]).to.deep.equal([BigInt(pvWh), BigInt(loadWh)]);
      const ppm = (part: bigint, of: number) => Number((part * 1_000_000n) / BigInt(of)) / 1e6;
      expect(selfSufficiency).to.equal(ppm(BigInt(loadWh) - sum("from", "grid"), loadWh));
      expect(selfConsumption).to.equal(ppm(BigInt(pvWh) - sum("to", "feed-in"), pvWh));
    });

    it("shows a battery where one was asked for, and none elsewhere", function () {
      if (name === "metered") {
        expect([data.battery, json.battery]).to.deep.equal([undefined, undefined]);
        return;
      }
      const [shown, planned] = [data.battery, json.battery];
      const of = (column: "net" | "pcc" | "stored") => shown?.days.flatMap((day) => amountsOf(day[column]));
      expect(of("net")).to.deep.equal(planned?.slots.map(({ netWh }) => BigInt(netWh)));
      expect(of("pcc")).to.deep.equal(planned?.slots.map(({ importWh, exportWh }) => BigInt(importWh - exportWh)));
      expect(of("stored")).to.deep.equal(planned?.slots.map(({ storedMilliWh }) => BigInt(storedMilliWh)));
      expect(shown?.outcomes.map(({ costEur }) => costEur)).to.deep.equal(
        planned?.outcomes.map(({ cost }) => eur(BigInt(cost))),
      );
      // Without a battery the PCC sees what the homes take less what they give.
      const [demand, supply] = [column("demand"), column("supply")];
      expect(of("net")).to.deep.equal(demand.map((wh, slot) => wh - (supply[slot] ?? 0n)));
    });

    /** Opens the page without network; whatever it asks for or complains about is in the list. */
    async function open(browser: Browser, options: BrowserContextOptions = {}) {
      const session = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      const complaints: string[] = [];
      await session.route(
        (url) => url.protocol !== "file:",
        async (route) => {
          complaints.push(route.request().url());
          await route.abort();
        },
      );
      const page = await session.newPage();
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(address());
      await page.locator("#gas svg").waitFor();
      return { page, complaints };
    }

    for (const { look, options } of looks) {
      itInChromium(`is drawn without a request or a complaint, passes axe and fits: ${look}`, async (browser) => {
        const { page, complaints } = await open(browser, options);
        for (const summary of await page.locator("summary").all()) await summary.click();
        expect(await violations(page)).to.deep.equal([]);
        for (const chart of (await page.locator("figure svg[role=img]").all()).slice(0, 2)) {
          await chart.hover();
          expect(await violations(page)).to.deep.equal([]);
        }
        const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        expect(wide).to.equal(0);
        for (const summary of await page.locator("summary").all()) await summary.click();
        await page.evaluate("scrollTo(0, 0)");
        await page.screenshot({ path: join(SHOTS, `${name}-${look}.png`), fullPage: true });
        expect(complaints).to.deep.equal([]);
      });
    }

    itInChromium("shows the figures of its data, and follows the choice of a home and a day", async (browser) => {
      const { page, complaints } = await open(browser);
      for (const { id, value } of data.headline)
        expect(await page.locator(`[data-figure="${id}"]`).textContent()).to.equal(value);
      const rows = page.locator("#rules tbody tr");
      expect(await rows.count()).to.equal(data.rules.length);
      for (const [index, { savingsEur, gas }] of data.rules.entries()) {
        const cells = await rows.nth(index).locator("td").allTextContents();
        expect([cells[2], cells.at(-1)]).to.deep.equal([savingsEur, gas]);
      }
      await page.locator("#day summary").nth(1).click();
      await page.locator("#day figure").nth(1).locator("tbody tr").nth(40).waitFor();
      const first = await page
        .locator("#day figure")
        .nth(1)
        .locator("tbody tr")
        .nth(40)
        .locator("td")
        .allTextContents();
      const slot = (["demand", "supply", "shared"] as const).map((of) => whole(column(of)[40] ?? -1n));
      expect(first).to.deep.equal(slot);
      await page.locator("#choose-home").selectOption("1");
      expect(await page.locator("#home-said").textContent()).to.equal(data.homes[1]?.sentences.join(" "));
      const bill = page.locator("#home table.bill").last().locator('tr[data-kind="total"] td').last();
      expect(await bill.textContent()).to.equal(data.homes[1]?.billEur);
      if (days > 1) {
        await page.locator("#choose-day").selectOption("1");
        for (const id of ["day", "home", "battery"]) {
          const caption = page.locator(`#${id} figcaption`).first();
          expect(await caption.textContent(), id).to.include(data.days[1]?.label);
        }
      }
      expect(complaints).to.deep.equal([]);
    });
  });
}

/** What axe objects to: the rule and the first element that breaks it. */
async function violations(page: Page): Promise<unknown> {
  await page.evaluate(await readFile(AXE, "utf8"));
  return page.evaluate("axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html]))");
}
