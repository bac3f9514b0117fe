import { readFileSync } from "node:fs";
import { expect } from "chai";
import { OPENAPI_FILE, openapiText } from "../../../scripts/openapi.ts";

/** The parts of a description that the tests look at. */
interface Described {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly summary?: string;
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: { readonly required: string[] } }>>;
  };
  readonly responses?: Readonly<Record<string, { readonly description: string }>>;
}

describe("relayer: OpenAPI description", function () {
  this.timeout(30_000);

  it("is up to date in docs/openapi.json: run `tsx scripts/openapi.ts`", async () => {
    expect(readFileSync(OPENAPI_FILE, "utf8")).to.equal(await openapiText());
  });

  it("says of every route what it is for, what it takes and what it answers", async () => {
    const { openapi, paths } = JSON.parse(await openapiText()) as Described;
    expect(openapi).to.equal("3.1.0");
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, { summary, responses }] of Object.entries(operations)) {
        expect(summary, `${method} ${path}`).to.be.a("string");
        expect(responses, `${method} ${path}`).to.be.an("object");
        if (path.endsWith("/stream")) continue;
        expect(Object.keys(responses ?? {}), `${method} ${path}`).to.include.members(["200", "429", "503"]);
        for (const [status, { description }] of Object.entries(responses ?? {})) {
          expect(description, `${method} ${path} ${status}`).to.not.equal("");
        }
      }
    }
    const post = paths["/v1/communities/{community}/strips"]?.post;
    expect(post?.requestBody?.content["application/json"]?.schema.required).to.have.members(
      ["member", "period", "after", "epoch", "deadline", "maxReserve", "feePerEntry", "feeTo", "entries"].concat(
        "signature",
      ),
    );
    expect(Object.keys(post?.responses ?? {})).to.have.members([
      "200",
      "202",
      "400",
      "404",
      "409",
      "413",
      "415",
      "422",
      "425",
      "429",
      "503",
    ]);
  });
});
