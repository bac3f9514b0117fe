import { expect } from "chai";
import { CONTRACT_NAMES, parseDeployment } from "../../../sdk/src/clients/deployment.ts";
import { account, expectCode } from "../support.ts";

const GOOD = {
  format: 4,
  version: "0.1.7",
  chainId: 31_337,
  fromBlock: 3,
  contracts: Object.fromEntries(CONTRACT_NAMES.map((name, index) => [name, account(index + 1)])),
};

describe("parseDeployment", function () {
  it("reads a file, its text, and what it returned", function () {
    const read = parseDeployment(GOOD);
    expect(read).to.deep.equal({ ...GOOD, chainId: 31_337n });
    expect(parseDeployment(JSON.stringify(GOOD))).to.deep.equal(read);
    expect(parseDeployment(read)).to.deep.equal(read);
  });

  const broken: readonly [string, string, unknown][] = [
    ["no JSON", "deployment", "{"],
    ["a list", "deployment", []],
    ["nothing", "deployment", null],
    ["no format", "format", { ...GOOD, format: undefined }],
    ["no contracts", "contracts", { ...GOOD, contracts: undefined }],
    ["a missing contract", "contracts.Settlement", without("Settlement")],
    ["a short address", "contracts.EnergyToken", withAddress("EnergyToken", "0x12")],
    ["the zero address", "contracts.EnergyToken", withAddress("EnergyToken", account(0))],
    ["a wrong checksum", "contracts.EnergyToken", withAddress("EnergyToken", `0x${"aB".repeat(20)}`)],
    ["one address twice", "contracts.DoubleAuction", withAddress("DoubleAuction", account(1))],
    ["a chain id of 0", "chainId", { ...GOOD, chainId: 0 }],
    ["a chain id as text", "chainId", { ...GOOD, chainId: "31337" }],
    ["half a block", "fromBlock", { ...GOOD, fromBlock: 1.5 }],
    ["a block before the first", "fromBlock", { ...GOOD, fromBlock: -1 }],
    ["no version", "version", { ...GOOD, version: 1 }],
  ];
  for (const [name, field, json] of broken) {
    it(`names the field of ${name}`, function () {
      expectCode(() => parseDeployment(json), "DEPLOYMENT_INVALID", { field });
    });
  }

  it("refuses another version, of the file or of the contracts", function () {
    expectCode(() => parseDeployment({ ...GOOD, format: 1 }), "DEPLOYMENT_VERSION", { field: "format", value: 1 });
    expectCode(() => parseDeployment({ ...GOOD, version: "0.2.0" }), "DEPLOYMENT_VERSION", { field: "version" });
  });
});

function without(name: string): unknown {
  return withAddress(name, undefined);
}

function withAddress(name: string, address: string | undefined): unknown {
  return { ...GOOD, contracts: { ...GOOD.contracts, [name]: address } };
}
