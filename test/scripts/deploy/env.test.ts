import { expect } from "chai";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { accountOf } from "../../../scripts/deploy/account.ts";
import { parseEnv, readEnv } from "../../../scripts/deploy/env.ts";
import { DeployError } from "../../../scripts/deploy/errors.ts";
import { chainDescriptors, httpNetworks } from "../../../scripts/deploy/networks.ts";
import { Rpc } from "../../../scripts/deploy/rpc.ts";
import { codeOf, developer, temporaryFolder } from "./harness.ts";

const KEY = developer(0).privateKey;
const SECRET_PART = KEY.slice(10, 30);

function refusal(text: string): DeployError {
  try {
    parseEnv(".env", text);
  } catch (error) {
    if (error instanceof DeployError) return error;
    throw error;
  }
  throw new Error("not refused");
}

describe("A .env file", function () {
  it("gives settings with their lines; those without a value count as not set", function () {
    const text = `# a comment\n\nSEPOLIA_RPC_URL="https://node.example/v3/key" # mine\nexport DEPLOYER_KEY=${KEY}\nCHIADO_RPC_URL=\n`;
    expect(parseEnv(".env", text)).to.deep.equal([
      { name: "SEPOLIA_RPC_URL", value: "https://node.example/v3/key", line: 3 },
      { name: "DEPLOYER_KEY", value: KEY, line: 4 },
    ]);
  });

  it("may come from any editor: with a byte-order mark, quotes, spaces and line ends of all kinds", function () {
    const text = "\uFEFFA_CHAIN_ID = '5'\r\nB_CHAIN_ID=6 # six\rC_CHAIN_ID=\"7\"\n";
    expect(parseEnv(".env", text).map(({ name, value, line }) => [name, value, line])).to.deep.equal([
      ["A_CHAIN_ID", "5", 1],
      ["B_CHAIN_ID", "6", 2],
      ["C_CHAIN_ID", "7", 3],
    ]);
  });

  it("need not be there, and is checked where it is", async function () {
    const folder = await temporaryFolder();
    expect(readEnv(join(folder.path, ".env"))).to.deep.equal([]);
    await writeFile(join(folder.path, ".env"), "SEPOLIA_RPC=https://node.example\n");
    expect(() => readEnv(join(folder.path, ".env"))).to.throw(DeployError);
    await folder.remove();
  });

  const cases: readonly (readonly [what: string, text: string, code: string, place: string])[] = [
    ["a line that is no setting", "\nSEPOLIA_RPC_URL https://node.example", "ENV_MALFORMED", ".env:2"],
    ["a quote that does not end", `SEPOLIA_RPC_URL="https://node.example`, "ENV_MALFORMED", ".env:1"],
    ["a name that nobody knows", "SEPOLIA_RCP_URL=https://node.example", "ENV_UNKNOWN_KEY", ".env:1: SEPOLIA_RCP_URL"],
    ["a name twice", "A_CHAIN_ID=1\nA_CHAIN_ID=2", "ENV_DUPLICATE_KEY", ".env:2: A_CHAIN_ID"],
    ["an address that is no URL", "#\nA_RPC_URL=node.example", "ENV_URL_INVALID", ".env:2: A_RPC_URL"],
    ["a URL of another kind", "A_RPC_URL=ftp://node.example", "ENV_URL_INVALID", ".env:1: A_RPC_URL"],
    ["a chain id that is no number", "A_CHAIN_ID=0x1", "ENV_CHAIN_ID_INVALID", ".env:1: A_CHAIN_ID"],
    ["a key that is too short", `DEPLOYER_KEY=${KEY.slice(0, 40)}`, "ENV_KEY_INVALID", ".env:1: DEPLOYER_KEY"],
    ["a key of zeros", `COORDINATOR_KEY=${"0".repeat(64)}`, "ENV_KEY_INVALID", ".env:1: COORDINATOR_KEY"],
  ];
  for (const [what, text, code, place] of cases) {
    it(`is refused with ${what}: ${code} names the line, and no value`, function () {
      const error = refusal(text);
      expect(error.code).to.equal(code);
      expect(error.message).to.include(place);
      expect(error.message).to.not.include("node.example");
      expect(error.message).to.not.include(SECRET_PART);
    });
  }

  it("names networks: those known here, and any with an RPC URL and a chain id", function () {
    const env = { LAB_NET_RPC_URL: "http://127.0.0.1:1", LAB_NET_CHAIN_ID: "777", HALF_CHAIN_ID: "778" };
    const networks = httpNetworks(env);
    expect(Object.keys(networks)).to.deep.equal(["sepolia", "chiado", "lab-net"]);
    expect(networks["sepolia"]?.chainId).to.equal(11_155_111);
    expect(networks["lab-net"]?.chainId).to.equal(777);
  });

  it("names explorers besides those known here", function () {
    const env = { LAB_RPC_URL: "x", LAB_CHAIN_ID: "777", LAB_EXPLORER_URL: "https://explorer.example/" };
    expect(chainDescriptors(env)[777]?.blockExplorers?.blockscout).to.deep.include({
      url: "https://explorer.example",
      apiUrl: "https://explorer.example/api",
    });
    expect(Object.keys(chainDescriptors({}))).to.deep.equal(["10200", "11155111"]);
  });
});

describe("The deployer's key", function () {
  const rpc = new Rpc({ request: () => Promise.resolve([]) });
  const configured = (get: () => Promise<string>) =>
    accountOf({ type: "http", accounts: [{ name: "DEPLOYER_KEY", get }] } as never, "lab", rpc);

  it("comes from the configuration, with or without 0x", async function () {
    for (const key of [KEY, KEY.slice(2)]) {
      expect((await configured(() => Promise.resolve(key))).address).to.equal(developer(0).address);
    }
  });

  it("is asked for by name where it is missing", async function () {
    const missing = configured(() => Promise.reject(new Error("HHE7")));
    expect(await codeOf(missing)).to.equal("VARIABLE_MISSING");
    const message = await missing.then(
      () => "",
      (thrown: unknown) => (thrown as Error).message,
    );
    expect(message).to.include("npx hardhat keystore set DEPLOYER_KEY");
  });

  it("is not shown where it is no key", async function () {
    const bad = configured(() => Promise.resolve(`${KEY}00`));
    expect(await codeOf(bad)).to.equal("ENV_KEY_INVALID");
    const error = await bad.catch((thrown: unknown) => thrown as Error);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).to.not.include(SECRET_PART);
  });

  it("is the node's where the configuration has none, if the node has one", async function () {
    const remote = (accounts: string[]) =>
      accountOf(
        { type: "http", accounts: "remote" } as never,
        "lab",
        new Rpc({ request: () => Promise.resolve(accounts) }),
      );
    expect((await remote([developer(3).address.toLowerCase()])).address).to.equal(developer(3).address);
    expect(await codeOf(remote([]))).to.equal("NO_ACCOUNT");
  });
});
