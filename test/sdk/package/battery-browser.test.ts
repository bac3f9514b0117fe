import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { itInChromium, type Served, serveFolder } from "../../helpers/browser.ts";
import { bundle } from "./bundle.ts";

const WASM = createRequire(import.meta.url).resolve("highs/runtime");

describe("the battery in Chromium", function () {
  let folder: string;
  let served: Served | undefined;

  beforeEach(async function () {
    folder = await mkdtemp(join(tmpdir(), "wattbook-battery-"));
  });

  afterEach(async function () {
    await served?.close();
    served = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  itInChromium("plans with a solver that the page serves", async (browser) => {
    // What is left of Node in the solver's loader is behind a check of where it runs.
    const { code, imports } = await bundle(PLAN, ["node:*"]);
    expect(new Set(imports)).to.deep.equal(new Set(["node:module"]));
    await writeFile(join(folder, "main.js"), code);
    await writeFile(join(folder, "index.html"), `<!doctype html><script type="module" src="main.js"></script>`);
    await copyFile(WASM, join(folder, "solver.wasm"));
    served = await serveFolder(folder);
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(`${served.url}/`);
    await page.waitForFunction(() => document.title !== "");
    expect(await page.title()).to.equal("646250 5000 -4512");
    expect(errors).to.deep.equal([]);
  });
});

/** The first published case of family F8. */
const PLAN = `
  import { asPrice, asSignedWh, asWh } from "@wattbook/sdk/pure";
  import { loadSolver, planBattery } from "@wattbook/sdk/battery";
  import loadHighs from "highs";
  const solver = await loadSolver(loadHighs, { locateFile: () => "/solver.wasm" });
  const battery = {
    capacityWh: asWh(10_000n), minWh: asWh(0n), maxWh: asWh(10_000n), chargeW: 5_000n, dischargeW: 5_000n,
    chargePermille: 950n, dischargePermille: 950n, wearPerWh: asPrice(0n),
  };
  const slot = (net, price) => ({ netWh: asSignedWh(net), importPrice: asPrice(price), exportPrice: asPrice(0n) });
  const slots = [slot(0n, 100n), slot(5_000n, 300n)];
  const plan = planBattery({ battery, storedMilliWh: 0n, slots, slotSeconds: 3_600n }, solver);
  document.title = [plan.leastCost, ...plan.slots.map(({ powerW }) => powerW)].join(" ");
`;
