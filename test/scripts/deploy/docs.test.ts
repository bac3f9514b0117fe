import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { COMMUNITY_CODES } from "../../../cli/src/community/errors.ts";
import { parseEnv } from "../../../scripts/deploy/env.ts";
import { DEPLOY_CODES } from "../../../scripts/deploy/errors.ts";

describe("The pages on deploying", function () {
  it("say what to do about every code", async function () {
    const page = await readFile("docs/deploy.md", "utf8");
    const missing = [...DEPLOY_CODES, ...COMMUNITY_CODES].filter((code) => !page.includes(`\`${code}\``));
    expect(missing).to.deep.equal([]);
  });

  it("come with an example of .env that is understood, also with its comments taken away", async function () {
    const example = await readFile(".env.example", "utf8");
    expect(parseEnv(".env.example", example)).to.deep.equal([]);
    const filled = parseEnv(".env.example", example.replace(/^#(?=MYNET)/gm, ""));
    expect(filled.map(({ name }) => name)).to.deep.equal(["MYNET_RPC_URL", "MYNET_CHAIN_ID", "MYNET_EXPLORER_URL"]);
  });
});
