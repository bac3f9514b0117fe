/** Writes `docs/openapi.json`: what the relayer's HTTP API takes and answers, from the schemas that check it. */
import { writeFileSync } from "node:fs";
import { format } from "prettier";
import { describeApi } from "../services/src/relayer/http/describe.ts";

export const OPENAPI_FILE = "docs/openapi.json";

/** The file's text. */
export async function openapiText(): Promise<string> {
  return format(JSON.stringify(await describeApi()), { parser: "json", printWidth: 120 });
}

if (process.argv[1]?.endsWith("openapi.ts")) writeFileSync(OPENAPI_FILE, await openapiText());
