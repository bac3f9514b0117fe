import { PassThrough } from "node:stream";
import { expect } from "chai";
import { parseOptions } from "../../../scripts/demo/cli.ts";
import { DemoError } from "../../../scripts/demo/errors.ts";

const PAGE = ["--no-report", "--eth-price", "2850.5"];
const parse = (...args: string[]) => parseOptions(args, new PassThrough());

describe("demo options", function () {
  it("have defaults", function () {
    expect(parse()).to.deep.equal({
      mode: "auction",
      rule: "sdr",
      format: "auto",
      loadUnit: "W",
      pvKwp: { digits: 5n, scale: 0 },
      days: 1,
      seed: 1n,
      json: false,
      battery: false,
      report: true,
      ethPrice: 300_000n,
    });
  });

  it("are read", function () {
    const args = ["--input", "a.csv", "--load-unit", "Wh", "--pv-kwp", "7.5", "--homes", "150", "--days", "2"];
    args.push("--format", "green-button", "--zone", "Europe/Berlin");
    expect(
      parse(...args, "--seed", "18446744073709551615", "--out", "out", "--json", "--battery", ...PAGE),
    ).to.deep.equal({
      input: "a.csv",
      mode: "auction",
      rule: "sdr",
      format: "green-button",
      zone: "Europe/Berlin",
      loadUnit: "Wh",
      pvKwp: { digits: 75n, scale: 1 },
      homes: 150,
      days: 2,
      seed: (1n << 64n) - 1n,
      out: "out",
      json: true,
      battery: true,
      report: false,
      ethPrice: 285_050n,
    });
  });

  it("say how a long file is meant", function () {
    const args = ["--unit", "kWh", "--values", "register", "--stamp", "end", "--decimal", ",", "--slot", "900"];
    expect(parse(...args, "--split-longer")).to.deep.include({
      unit: "kWh",
      values: "register",
      stamp: "end",
      decimal: ",",
      slot: 900,
      splitLonger: true,
    });
  });

  const wrong: [string[], string][] = [
    [["--slot", "600"], "OPTION_INVALID"],
    [["--decimal", ";"], "OPTION_INVALID"],
    [["--unit", "J"], "OPTION_INVALID"],
    [["--homes", "0"], "OPTION_INVALID"],
    [["--homes", "1.5"], "OPTION_INVALID"],
    [["--days", "-1"], "OPTION_INVALID"],
    [["--days", "x"], "OPTION_INVALID"],
    [["--seed", "18446744073709551616"], "OPTION_INVALID"],
    [["--pv-kwp", "0"], "OPTION_INVALID"],
    [["--pv-kwp", "NaN"], "OPTION_INVALID"],
    [["--load-unit", "kWh"], "OPTION_INVALID"],
    [["--eth-price", "3000.001"], "OPTION_INVALID"],
    [["--eth-price", "-1"], "OPTION_INVALID"],
    [["--input"], "OPTION_INVALID"],
    [["file.csv"], "OPTION_INVALID"],
    [["--home", "3"], "OPTION_UNKNOWN"],
  ];
  for (const [args, code] of wrong) {
    it(`refuse ${args.join(" ")} with ${code}`, function () {
      expect(() => parse(...args))
        .to.throw(DemoError)
        .with.property("code", code);
    });
  }

  it("print help where they are told to, and ask for nothing more", function () {
    const stream = new PassThrough();
    expect(parseOptions(["--help"], stream)).to.equal(undefined);
    expect(String(stream.read())).to.include("--pv-kwp");
  });
});
