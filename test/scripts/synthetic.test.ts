import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { importAny } from "@wattbook/data/import";
import { expect } from "chai";
import { main } from "../../scripts/synthetic/main.ts";

const REAL_FILE = new URL("../../../shared/data/households-16.csv", import.meta.url).pathname;
const SMALL = ["--homes", "4", "--days", "2"];

/** Runs a command line in this process. */
async function synthetic(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await main(args, { stdout, stderr });
  const textOf = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? "").toString();
  return { code, stdout: textOf(stdout), stderr: textOf(stderr) };
}

interface Json {
  readonly options: { readonly startTime: number };
  readonly figures: readonly {
    readonly name: string;
    readonly synthetic: { readonly mean: number };
    readonly measured?: { readonly mean: number };
  }[];
}
const parse = (text: string) => JSON.parse(text) as Json;

async function inFolder(act: (folder: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "wattbook-"));
  try {
    await act(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("npm run synthetic", function () {
  this.timeout(60_000);

  it("prints figures that align, the same for the same seed", async function () {
    const first = await synthetic(...SMALL);
    expect([first.code, first.stderr]).to.deep.equal([0, ""]);
    const [rule = "", ...rows] = first.stdout.trimEnd().split("\n").slice(5);
    expect(rule).to.match(/^-+$/);
    expect(rows.length).to.equal(20);
    expect(rows.filter((row) => row.length > rule.length)).to.deep.equal([]);
    expect((await synthetic(...SMALL)).stdout).to.equal(first.stdout);
    expect((await synthetic(...SMALL, "--seed", "2")).stdout).not.to.equal(first.stdout);
  });

  it("writes files that the importers read, in each format", async function () {
    await inFolder(async (folder) => {
      const wide = { loadUnit: "W", pvKwp: { digits: 5n, scale: 0 } } as const;
      const meters = { wide: 6, long: 4, "green-button": 4 };
      for (const [format, count] of Object.entries(meters)) {
        const out = join(folder, format);
        const { code, stderr } = await synthetic(...SMALL, "--format", format, "--out", out);
        expect([code, stderr.split("\n")[0]]).to.deep.equal([0, `written: ${out}`]);
        const data = importAny(await readFile(out, "utf8"), format, { wide });
        expect(data).to.include({ slotDuration: 900, slots: 192 });
        expect(data.provenance.format).to.equal(format);
        expect(data.meters.length).to.equal(count);
      }
    });
  });

  it("starts in the season of the homes' hemisphere, or on the day asked for", async function () {
    const startOf = async (...args: string[]) =>
      parse((await synthetic(...SMALL, "--json", ...args)).stdout).options.startTime;
    const [north, south] = [
      await startOf("--season", "winter"),
      await startOf("--season", "winter", "--latitude", "-35"),
    ];
    expect([north, south].map((time) => new Date(time * 1000).toISOString().slice(5, 7))).to.deep.equal(["01", "07"]);
    expect(await startOf("--start", "2021-02-15")).to.equal(1_613_347_200);
  });

  const WRONG: readonly [string[], string][] = [
    [["--homes", "0"], "OPTION_INVALID"],
    [["--homes", "many"], "OPTION_INVALID"],
    [["--latitude", "100"], "OPTION_INVALID"],
    [["--season", "monsoon"], "OPTION_INVALID"],
    [["--start", "2021-02-30"], "OPTION_INVALID"],
    [["--start", "2021-02-15", "--season", "winter"], "OPTION_INVALID"],
    [["--no-such"], "OPTION_UNKNOWN"],
    [["--compare", "/nowhere/at/all.csv"], "FILE_UNREADABLE"],
    [["--homes", "1", "--days", "1", "--out", "/nowhere/at/all.csv"], "FILE_UNWRITABLE"],
  ];
  for (const [args, code] of WRONG) {
    it(`refuses ${args.join(" ")} with ${code}`, async function () {
      const run = await synthetic(...args);
      expect(run.code).to.equal(2);
      expect(run.stderr).to.match(new RegExp(`^${code}: `));
    });
  }
});

describe("synthetic homes beside measured ones", function () {
  this.timeout(60_000);

  before(function () {
    if (existsSync(REAL_FILE)) return;
    console.log("    skipped: ../shared/data/households-16.csv is not here");
    this.skip();
  });

  it("are shown in docs/data.md as they are", async function () {
    const page = await readFile(new URL("../../docs/data.md", import.meta.url), "utf8");
    const { stdout } = await synthetic("--compare", REAL_FILE);
    expect(page.includes(stdout.trim()), "paste the output of npm run synthetic -- --compare into the page").to.equal(
      true,
    );
  });

  /** Figures that must come near on average over three seeds, and how near, as a ratio. */
  const NEAR: Readonly<Record<string, number>> = {
    "daily energy, mean": 0.15,
    "daily energy, deviation / mean": 0.25,
    peak: 0.25,
    "load factor": 0.2,
    "likeness to the slot before": 0.1,
    "likeness to the day before": 0.2,
    "share used from 0 to 6 o'clock": 0.2,
    "all homes, likeness to the slot before": 0.1,
    "all homes, likeness to the day before": 0.1,
    "PV, daily energy per kW, mean": 0.25,
    "PV, likeness to the slot before": 0.05,
    "PV, likeness to the day before": 0.25,
  };

  it("come near in daily energy, peaks, memory and nights", async function () {
    const runs = await Promise.all(
      ["1", "2", "3"].map(async (seed) =>
        parse((await synthetic("--json", "--compare", REAL_FILE, "--seed", seed)).stdout),
      ),
    );
    for (const [name, most] of Object.entries(NEAR)) {
      const pairs = runs.flatMap(({ figures }) => figures.filter((figure) => figure.name === name));
      const made = pairs.reduce((sum, { synthetic: { mean } }) => sum + mean, 0) / pairs.length;
      const measured = pairs[0]?.measured?.mean ?? Number.NaN;
      expect(Math.abs(made / measured - 1), `${name}: ${made} against ${measured}`).to.be.lessThan(most);
    }
  });
});
