import { expect } from "chai";
import { knownBooks } from "../reference/known-books.ts";
import { Folder, run, spawned, type Ran } from "./support.ts";

const GRID = { floorPrice: 60, tickSize: 4, tickCount: 64, lotWh: 10 };
const ROOF = { id: "roof", side: "sell", price: 100, quantityWh: 1000 };
const OVEN = { id: "oven", side: "buy", price: 180, quantityWh: 800 };
const book = (...orders: object[]) => JSON.stringify({ ...GRID, orders });
const cleared = async (stdin: string, ...more: string[]) => run(["market", "clear", "--file", "-", ...more], { stdin });

/** Exit code 1, the code and all words on stderr, nothing on stdout. */
function refused({ code, stdout, stderr }: Ran, error: string, ...words: string[]): void {
  expect(code, stderr).to.equal(1);
  expect(stdout).to.equal("");
  expect(stderr.split(":")[0]).to.equal(error);
  for (const word of words) expect(stderr).to.include(word);
}

function divisorOf(a: bigint, b: bigint): bigint {
  return b === 0n ? a : divisorOf(b, a % b);
}

describe("wattbook market clear --file", function () {
  const folder = new Folder();
  after(() => {
    folder.remove();
  });

  it("prints one JSON document with price, volume, welfare and fills", async function () {
    const { code, stdout, stderr } = await cleared(book(ROOF, OVEN), "--json");
    expect(code).to.equal(0);
    expect(stderr).to.equal("");
    const fills = { roof: 800, oven: 800 };
    expect(JSON.parse(stdout)).to.deep.equal({ tick: 10, price: 100, volumeWh: 800, welfare: 64_000, fills });
  });

  describe("on books of other projects, see test/vectors", function () {
    for (const known of knownBooks()) {
      it(`${known.id}: volume, welfare and price`, async function () {
        const { bids, asks, volume, welfare, low, high } = known;
        const prices = [...bids, ...asks].map(({ price }) => price);
        const floorPrice = prices.reduce((least, price) => (price < least ? price : least));
        const tickSize = prices.reduce((size, price) => divisorOf(size, price - floorPrice), 0n) || 1n;
        const most = prices.reduce((found, price) => (price > found ? price : found));
        const tickCount = (most - floorPrice) / tickSize + 1n;
        const orders = [
          ...bids.map((order, index) => ({ id: `bid ${index}`, side: "buy", ...order })),
          ...asks.map((order, index) => ({ id: `ask ${index}`, side: "sell", ...order })),
        ].map(({ quantity, ...order }) => ({ ...order, price: Number(order.price), quantityWh: Number(quantity) }));
        const grid = { floorPrice, tickSize, tickCount, lotWh: 1n };
        const numbers = Object.fromEntries(Object.entries(grid).map(([name, value]) => [name, Number(value)]));
        const ran = await cleared(JSON.stringify({ ...numbers, orders }), "--json");
        // One has a price of 1.00001 among whole ones, finer than any grid.
        if (floorPrice >= 2n ** 16n) {
          refused(ran, "OUT_OF_RANGE", `floorPrice is ${floorPrice}`);
          return;
        }
        const { code, stdout, stderr } = ran;
        expect(code, stderr).to.equal(0);
        const tick = ((low + high) / 2n - floorPrice) / tickSize;
        const { fills, ...found } = JSON.parse(stdout) as { fills: Record<string, number> };
        expect(found).to.deep.equal({
          ...{ tick: Number(tick), price: Number(floorPrice + tick * tickSize) },
          ...{ volumeWh: Number(volume), welfare: Number(welfare) },
        });
        for (const side of ["bid", "ask"]) {
          const filled = Object.entries(fills).filter(([id]) => id.startsWith(side));
          expect(filled.reduce((sum, [, quantity]) => sum + quantity, 0)).to.equal(Number(volume));
        }
      });
    }
  });

  it("serves equal orders in the sequence of the file", async function () {
    const twin = { ...OVEN, id: "twin" };
    const fillsOf = async (...orders: object[]) => {
      const { stdout } = await cleared(book(...orders), "--json");
      return (JSON.parse(stdout) as { fills: Record<string, number> }).fills;
    };
    const first = await fillsOf(ROOF, OVEN, twin);
    const second = await fillsOf(ROOF, twin, OVEN);
    expect(first["oven"]).to.equal(second["twin"]);
    expect(first["twin"]).to.equal(second["oven"]);
    expect((first["oven"] ?? 0) + (first["twin"] ?? 0)).to.equal(1000);
  });

  it("says null where nothing trades, and where there are no orders", async function () {
    for (const orders of [[{ ...ROOF, price: 184 }, OVEN], []]) {
      const { code, stdout } = await cleared(book(...orders), "--json");
      expect(code).to.equal(0);
      expect(JSON.parse(stdout)).to.deep.include({ tick: null, price: null, volumeWh: 0, welfare: 0 });
    }
  });

  it("shows a table to people, with nothing in it that a terminal obeys", async function () {
    const { code, stdout } = await cleared(book({ ...ROOF, id: "\u001b[31mroof" }, OVEN));
    expect(code).to.equal(0);
    expect(stdout).to.match(/^order +side +limit +ordered Wh +filled Wh\n-+\n\?\[31mroof +sell +100 +1000 +800\n/);
    expect(stdout).to.include("Price 100 base units per Wh (tick 10), 800 Wh traded, welfare 64000 base units.");
  });

  it("shows the first orders of many to people, and all of them to programs", async function () {
    const many = Array.from({ length: 20_000 }, (_, index) => ({
      ...(index % 2 === 0 ? ROOF : OVEN),
      id: `o${index}`,
    }));
    const text = (await cleared(book(...many))).stdout;
    expect(text).to.include("\no199 ").and.to.include("\n19800 more orders: see --json.\n");
    expect(text).not.to.include("o200 ");
    const { fills } = JSON.parse((await cleared(book(...many), "--json")).stdout) as { fills: object };
    expect(Object.keys(fills)).to.have.length(20_000);
  });

  it("names the order whose quantity is off the lot, whose price is off the grid, whose id is taken", async function () {
    for (const mode of [[], ["--json"]]) {
      refused(await cleared(book(ROOF, { ...OVEN, quantityWh: 805 }), ...mode), "OFF_LOT_QUANTITY", '"oven"', "805");
      refused(await cleared(book(ROOF, { ...OVEN, price: 181 }), ...mode), "OFF_GRID_PRICE", '"oven"', "181");
      refused(await cleared(book(ROOF, { ...OVEN, price: 316 }), ...mode), "OFF_GRID_PRICE", '"oven"', "316");
      refused(await cleared(book(ROOF, { ...OVEN, id: "roof" }), ...mode), "REPEATED_ID", '"roof"');
    }
  });

  it("names the field of a file that is none", async function () {
    refused(await cleared(book({ ...OVEN, side: "hold" })), "ORDER_FILE_INVALID", 'side of order "oven"', "hold");
    refused(await cleared(book({ ...OVEN, price: 1e308 })), "ORDER_FILE_INVALID", 'price of order "oven"');
    refused(await cleared(book({ ...OVEN, quantityWh: 0.5 })), "ORDER_FILE_INVALID", 'quantityWh of order "oven"');
    refused(await cleared(book({ ...OVEN, quantityWh: -10 })), "OFF_LOT_QUANTITY", '"oven"');
    refused(await cleared(JSON.stringify({ ...GRID, lotWh: 0, orders: [] })), "TERMS_OUT_OF_BOUNDS", "lotWh");
    refused(await cleared("{ nonsense"), "FILE_MALFORMED", "standard input");
    refused(await cleared("[]"), "ORDER_FILE_INVALID", "the file");
  });

  it("takes integers beyond 2^53 as text, and prints them in full", async function () {
    const quantityWh = "90071992547409930";
    const orders = [
      { ...ROOF, quantityWh },
      { ...OVEN, quantityWh },
    ];
    const { stdout } = await cleared(book(...orders), "--json");
    expect(stdout).to.include('"volumeWh":90071992547409930');
    expect(stdout).to.include('"welfare":7205759403792794400');
  });

  it("reads a file, and exits with 2 where there is none", async function () {
    const path = folder.write("orders.json", `\uFEFF${book(ROOF, OVEN)}`);
    expect((await run(["market", "clear", "--file", path, "--json"])).code).to.equal(0);
    const missing = await run(["market", "clear", "--file", folder.at("none.json"), "--json"]);
    expect(missing.code).to.equal(2);
    expect(missing.stdout).to.equal("");
    expect(missing.stderr).to.match(/^FILE_UNREADABLE: --file: .*none\.json cannot be read \(ENOENT\)/);
  });

  it("refuses options of the chain beside it", async function () {
    const { code, stderr } = await cleared(book(ROOF), "--community", "0");
    expect(code).to.equal(2);
    expect(stderr).to.match(/^OPTION_INVALID: --community/);
  });

  it("runs as a program of its own, without configuration", async function () {
    this.timeout(60_000);
    const given = { stdin: book(ROOF, OVEN) };
    const good = await spawned(["market", "clear", "--file", "-", "--json"], given);
    expect(good.code, good.stderr).to.equal(0);
    expect(good.stderr).to.equal("");
    expect(JSON.parse(good.stdout)).to.deep.include({ price: 100, volumeWh: 800 });
    const bad = await spawned(["market", "clear", "--file", "-", "--json"], { stdin: book(ROOF, ROOF) });
    expect(bad.code).to.equal(1);
    expect(bad.stdout).to.equal("");
    expect(bad.stderr).to.match(/^REPEATED_ID: order "roof"/);
    expect(bad.stderr.trimEnd().split("\n")).to.have.length(1);
  });
});
