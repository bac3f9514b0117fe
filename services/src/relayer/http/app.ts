/** The relayer's HTTP API. */
import rateLimit from "@fastify/rate-limit";
import swagger from "@fastify/swagger";
import websocket from "@fastify/websocket";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { z } from "zod";
import type { RelayerApi } from "./api.ts";
import { answerFailure } from "./failures.ts";
import { peerOf } from "./peer.ts";
import { routes } from "./routes.ts";
import { jsonSchemaOf, useZod } from "./schemas.ts";
import { endStreams, stream, STREAM_DESCRIPTION } from "./stream.ts";

/** How much the API takes. */
export interface ApiLimits {
  /** Bytes of a request's body. */
  readonly body: number;
  /** Requests per minute and address. */
  readonly perAddress: number;
  /** Streams that are open at the same time. */
  readonly streams: number;
  /** Those of one address. */
  readonly streamsPerAddress: number;
  /** Milliseconds between two pings of a stream; half a minute if left out. */
  readonly beat?: number;
  /** Whether the last entry of `X-Forwarded-For`, of the one proxy in front, names the address. */
  readonly proxy: boolean;
}

export const DEFAULT_LIMITS: ApiLimits = {
  ...{ body: 65_536, perAddress: 6_000, streams: 1_000, streamsPerAddress: 50, proxy: false },
};

/** Milliseconds that a whole request may take to arrive: whoever sends slower holds a connection for nothing. */
const REQUEST_TIMEOUT = 30_000;

/** Makes the API; listening is up to the caller. */
export async function createApp(api: RelayerApi, limits: ApiLimits, log: FastifyBaseLogger): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.body,
    // A logger of each request's own takes longer than what it would say.
    childLoggerFactory: (logger) => logger,
    // The proxy in front alone: what stands before its entry in the header is the client's own word.
    trustProxy: (_, hop) => limits.proxy && hop === 0,
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT,
  });
  useZod(app);
  app.setErrorHandler(answerFailure);
  app.setNotFoundHandler((request, reply) => {
    const message = `${request.method} ${request.url}: nothing is there. See /openapi.json.`;
    return reply.status(404).send({ code: "NOT_FOUND", message });
  });
  await app.register(rateLimit, {
    max: limits.perAddress,
    keyGenerator: ({ ip }) => peerOf(ip),
    timeWindow: 60_000,
    errorResponseBuilder: (_, { after }) =>
      Object.assign(new Error(`Too many requests. Try again in ${after}.`), { statusCode: 429, code: "RATE_LIMITED" }),
  });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Wattbook relayer", version: "1", description: DESCRIPTION },
      tags: [
        { name: "strips", description: "Signed orders of a member in one period" },
        { name: "readings", description: "Signed meter readings of a period" },
        { name: "communities", description: "What this relayer serves, and what happens there" },
      ],
    },
    transformObject: (document) => {
      if (!("openapiObject" in document)) return document.swaggerObject;
      const { openapiObject } = document;
      return { ...openapiObject, paths: { ...openapiObject.paths, ...STREAM_DESCRIPTION } } as typeof openapiObject;
    },
    transform: ({ schema, url }) => ({ schema: described(schema as RouteSchema | undefined), url }),
  });
  await app.register(websocket, {
    options: { maxPayload: 1_024 },
    preClose: (done: () => void) => {
      endStreams(app, done);
    },
  });
  routes(app, api);
  stream(app, api, { all: limits.streams, perAddress: limits.streamsPerAddress }, limits.beat);
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  return app;
}

const DESCRIPTION = [
  "Takes signed strips and readings, checks them as the contracts would, and brings them on chain.",
  "Integers are decimal texts, bytes hexadecimal. Whatever is refused says why, with the contract's own reason where it has one.",
].join(" ");

interface RouteSchema {
  readonly body?: z.ZodType;
  readonly params?: z.ZodType;
  readonly headers?: z.ZodType;
  readonly response?: Readonly<Record<string, z.ZodType>>;
}

/** A route's schemas as JSON Schema. */
function described(schema: RouteSchema = {}) {
  const { body, params, headers, response, ...rest } = schema;
  const answers = Object.entries(response ?? {}).map(([status, each]) => [status, answerOf(status, each)]);
  return {
    ...rest,
    ...(body && { body: jsonSchemaOf(body) }),
    ...(params && { params: jsonSchemaOf(params) }),
    ...(headers && { headers: jsonSchemaOf(headers) }),
    ...(response && { response: Object.fromEntries(answers) as object }),
  };
}

function answerOf(status: string, schema: z.ZodType): object {
  return { ...jsonSchemaOf(schema), description: MEANINGS[status] ?? "" };
}

const MEANINGS: Readonly<Record<string, string>> = {
  "200": "As it stands, or was kept before",
  "202": "Kept, and will be brought on chain",
  "400": "Malformed",
  "404": "Not known here",
  "409": "Something else holds its place",
  "413": "Too large",
  "415": "Not JSON",
  "422": "The contract would leave it out",
  "425": "Too early: the same again later",
  "429": "Too many requests: the same again after `Retry-After` seconds",
  "503": "Not at the moment: the same again later",
};
