/** The OpenAPI description, without a relayer to describe. */
import { createLog, Secrets } from "../../operation/index.ts";
import type { RelayerApi } from "./api.ts";
import { createApp, DEFAULT_LIMITS } from "./app.ts";

/** OpenAPI 3.1, as `/openapi.json` says it. */
export async function describeApi(): Promise<object> {
  // Routes are made, none is asked.
  const app = await createApp({} as RelayerApi, DEFAULT_LIMITS, createLog("relayer", "silent", new Secrets()));
  await app.ready();
  const description = app.swagger();
  await app.close();
  return description;
}
