import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gateOf, periodStart } from "@wattbook/sdk";
import { expect } from "chai";
import { bundleExample } from "../../../examples/dapp/build.ts";
import { itInChromium, type Served, serveFolder } from "../../helpers/browser.ts";
import { bundle } from "./bundle.ts";
import { injectWallet } from "./examples/injected.ts";
import { exampleWorld } from "./examples/world.ts";

const EXAMPLE = fileURLToPath(new URL("../../../examples/dapp/", import.meta.url));

/** Where the test leaves its picture; git ignores it. */
const PICTURES = new URL("../../../coverage/", import.meta.url);

describe("in Chromium", function () {
  let folder: string;
  let served: Served | undefined;

  beforeEach(async function () {
    folder = await mkdtemp(join(tmpdir(), "wattbook-browser-"));
  });

  afterEach(async function () {
    await served?.close();
    served = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  itInChromium("the bundled SDK signs a strip and verifies it", async (browser) => {
    const { code } = await bundle(SIGN_AND_VERIFY);
    await writeFile(join(folder, "main.js"), code);
    await writeFile(join(folder, "index.html"), `<!doctype html><script type="module" src="main.js"></script>`);
    served = await serveFolder(folder);
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(`${served.url}/`);
    await page.waitForFunction(() => document.title !== "");
    expect(await page.title()).to.equal("200000 true");
    expect(errors).to.deep.equal([]);
  });

  itInChromium("the example dApp connects, deposits, trades, and shows what filled", async (browser) => {
    const { names, eip1193 } = await exampleWorld();
    const { registry, community, member, wallet, slot, terms, market, escrow, until, deployment } = names;
    await cp(EXAMPLE, folder, { recursive: true });
    await bundleExample(join(folder, "dist"));
    await writeFile(join(folder, "deployment.json"), JSON.stringify(deployment));
    served = await serveFolder(folder);
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    const asked = await injectWallet(page, eip1193, wallet);
    await page.goto(`${served.url}/?community=${community}&member=${member}`);

    const before = await escrow.account(community, member);
    await page.click("#connect");
    await page.getByText("Connect: done.").waitFor();
    await page.fill("#amount", "12.5");
    await page.click("#deposit");
    await page.getByText("Deposit: done.").waitFor();
    expect((await escrow.account(community, member)).free - before.free).to.equal(12_500_000n);

    await page.fill("#price", "0.099");
    await page.selectOption("#slot", `${slot}`);
    await page.click("#order");
    await page.getByText("Pass 60 to 312 in steps of 4").waitFor();

    await page.fill("#price", "0.100");
    await page.click("#order");
    await page.getByText("The market skipped the strip: BadSignature").waitFor();

    await registry.send.rotateTradingKey(community, member, wallet.address);
    await until(periodStart(terms, names.period));
    await page.click("#order");
    await page.getByText("waiting").waitFor();
    await until(gateOf(terms, slot));
    await market.send.clear(community, [slot]);
    await page.getByText("cleared").waitFor();
    const row = await page.locator("#fills tr").innerText();
    expect(row.split("\t").slice(1)).to.deep.equal(["cleared", "1 kWh", "0.14", "sell", "1 kWh", "0.10"]);
    expect(asked).to.include.members(["eth_requestAccounts", "eth_signTypedData_v4", "eth_sendTransaction"]);
    expect(errors).to.deep.equal([]);
    await mkdir(PICTURES, { recursive: true });
    await page.screenshot({ path: fileURLToPath(new URL("example-dapp.png", PICTURES)), fullPage: true });
  });
});

/** A module for the browser: everything in it is the bundled SDK and ethers. */
const SIGN_AND_VERIFY = `
  import { Wallet } from "ethers";
  import * as sdk from "@wattbook/sdk";
  const wallet = Wallet.createRandom();
  const account = wallet.address;
  const terms = sdk.communityTerms({ paymentToken: account, coordinator: account, dso: account, feeCollector: account });
  const tariff = sdk.flatTariff(terms, sdk.asPrice(40n), [{ importPrice: sdk.asPrice(300n), exportPrice: sdk.asPrice(80n) }]);
  const period = sdk.asPeriod(20_000n);
  const header = {
    community: sdk.asCommunity(0n), member: sdk.asMember(4n), period, after: sdk.asSlotOffset(0n), epoch: 0n,
    deadline: sdk.periodEnd(terms, period), feePerEntry: sdk.asAmount(0n), feeTo: account,
  };
  const order = { slot: sdk.slotsOf(terms, period)[48], side: "sell", price: sdk.asPrice(100n), energy: sdk.asWh(1_000n) };
  const strip = sdk.buildStrip(terms, header, [order], { tariff, tariffClass: 0n, first: false });
  const domain = sdk.wattbookDomain(1n, account);
  const signature = await sdk.signStrip(domain, strip, wallet);
  document.title = strip.maxReserve + " " + sdk.verifyStrip(domain, strip, signature, account);
`;
