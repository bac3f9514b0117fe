import { readFileSync } from "node:fs";
import { expect } from "chai";
import { run } from "../cli/support.ts";

const page = readFileSync("docs/pilot.md", "utf8");
const scripts = (JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> }).scripts;

/** Commands of code blocks and of code within text. */
const commands = [...page.matchAll(/```sh\n([^]*?)```|`([^`\n]+)`/g)]
  .flatMap(([, block, inline]) => (block ?? inline ?? "").split("\n"))
  .flatMap((line) => line.replace(/ +# .*/, "").split("&&"))
  .map((command) => command.trim());

describe("the runbook", () => {
  it("names commands and options that exist", async () => {
    const ours = commands
      .map((command) => command.replace(/^docker compose run --rm \w+ /, "wattbook "))
      .filter((command) => command.startsWith("wattbook "));
    expect(ours).to.have.length.above(8);
    for (const command of ours) {
      const words = command.split(/\s+/).slice(1);
      const verbs = words.slice(0, words.findIndex((word) => !/^[a-z]+$/.test(word)) >>> 0);
      const known = ["member", "community", "order", "market", "bond", "gateway"].includes(verbs[0] ?? "")
        ? verbs.slice(0, 2)
        : verbs.slice(0, 1);
      const { code, stdout } = await run([...known, "--help"]);
      expect(code, command).to.equal(0);
      for (const option of words.filter((word) => word.startsWith("--"))) expect(stdout, command).to.contain(option);
    }
  });

  it("names scripts that exist", () => {
    const named = commands.flatMap((command) => /^npm run ([\w:]+)/.exec(command)?.[1] ?? []);
    expect(named).to.include.members(["deploy", "soak", "build:deployed"]);
    for (const script of named) expect(scripts).to.have.property(script);
  });

  it("names error codes that exist", () => {
    const sources = [
      "services/src/errors.ts",
      "services/src/gateway/errors.ts",
      "cli/src/lib/errors.ts",
      "docs/errors.md",
    ];
    const known = [...sources, "services/src/chain/sender.ts"].map((path) => readFileSync(path, "utf8")).join("\n");
    const codes = new Set([...page.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, code = ""]) => code));
    codes.delete("RPC_URL_FILE");
    expect(codes.size).to.be.greaterThan(15);
    for (const code of codes) expect(known, code).to.contain(code);
  });

  it("says what a month costs as the command does", async () => {
    for (const [price, amount] of [
      ["0.01", "0.26"],
      ["0.1", "2.51"],
      ["1", "25.03"],
    ] as const) {
      const { stdout } = await run(["cost", "--homes", "50", "--gas-price", price, "--eth-price", "3000", "--json"]);
      const { perHousehold } = JSON.parse(stdout) as { perHousehold: { amount: string } };
      const [whole = "", fraction = ""] = perHousehold.amount.split(".");
      const centsUp = (BigInt(`${whole}${fraction.padEnd(6, "0")}`) + 9_999n) / 10_000n;
      expect(`${centsUp / 100n}.${String(centsUp % 100n).padStart(2, "0")}`, price).to.equal(amount);
    }
  });
});
