import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Validator } from "@seriousme/openapi-schema-validator";
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

/** Every schema of a description. */
function schemasIn(part: unknown): unknown[] {
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([key, value]: [string, unknown]) =>
    key === "schema" ? [value] : key === "schemas" ? Object.values(value as Record<string, unknown>) : schemasIn(value),
  );
}

describe("relayer: OpenAPI description", function () {
  this.timeout(30_000);

  it("is up to date in docs/openapi.json: run `tsx scripts/openapi.ts`", async () => {
    expect(readFileSync(OPENAPI_FILE, "utf8")).to.equal(await openapiText());
  });

  it("keeps to the schema of OpenAPI 3.1 in docs/openapi.json, as its authors publish it", async () => {
    const text = readFileSync(OPENAPI_FILE, "utf8");
    const validator = new Validator();
    expect(await validator.validate(text)).to.deep.equal({ valid: true });
    expect(validator.version).to.equal("3.1");
    // The schema finds what is wrong: a place that no parameter has, and an answer without a description.
    for (const [right, wrong] of [
      [/"in": "path"/, '"in": "body"'],
      [/"description": "[^"]*",\s*"content"/, '"content"'],
    ] as const) {
      const broken = text.replace(right, wrong);
      expect(broken).to.not.equal(text);
      expect((await new Validator().validate(broken)).valid, wrong).to.equal(false);
    }
  });

  it("holds schemas of JSON Schema 2020-12 alone", () => {
    // OpenAPI's own schema leaves open what stands in theirs. Its validator brings the checker.
    const { default: Ajv } = createRequire(import.meta.resolve("@seriousme/openapi-schema-validator"))(
      "ajv/dist/2020.js",
    ) as { default: new () => { validateSchema(schema: unknown): unknown; readonly errors?: unknown } };
    const ajv = new Ajv();
    const schemas = schemasIn(JSON.parse(readFileSync(OPENAPI_FILE, "utf8")));
    expect(schemas).to.not.deep.equal([]);
    for (const schema of schemas) expect(ajv.validateSchema(schema), JSON.stringify(ajv.errors)).to.equal(true);
    expect(ajv.validateSchema({ type: "strin" })).to.equal(false);
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
