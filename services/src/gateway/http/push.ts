/** Meters and head-ends that push over HTTP: one route, one token per meter. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { energyUnit, registerWhDown } from "../energy.ts";
import { asServiceError, GatewayError } from "../errors.ts";
import { JsonNumber, parseJson, textOf, valueAt } from "../json.ts";
import type { Json } from "../json.ts";
import type { Adapter, Kept, Report, Sample, Sink } from "../sample.ts";
import { messageTime } from "../time.ts";

/** Body of `POST /v1/meters/{meter}/samples`. Numbers may stand as numbers or as texts: their digits count. */
export const PushBody = z.strictObject({
  at: z.string().describe("Unix seconds, or ISO 8601 with an offset"),
  import: z.string().optional().describe("Import register"),
  export: z.string().optional().describe("Export register"),
  unit: z.string().default("Wh").describe("Wh, kWh or MWh"),
  serial: z.string().min(1).max(64).optional(),
});

export interface HttpPushOptions {
  /** Where the route is added; whoever made the server listens and closes. */
  readonly server: FastifyInstance;
  /** Tokens by name of the meter. */
  readonly tokens: ReadonlyMap<string, string>;
}

const MOST_BODY = 16_384;
const STATUS: Readonly<Record<Kept, number>> = { kept: 201, duplicate: 200, held: 202 };
const FIELDS = ["at", "import", "export", "unit", "serial"] as const;

export class HttpPushAdapter implements Adapter {
  readonly #server: FastifyInstance;
  readonly #hashes: ReadonlyMap<string, Buffer>;
  #running = false;

  constructor({ server, tokens }: HttpPushOptions) {
    this.#server = server;
    this.#hashes = new Map([...tokens].map(([meter, token]) => [meter, sha256(token)]));
  }

  async start(sink: Sink, report: Report): Promise<void> {
    this.#running = true;
    await this.#server.register((scope, _options, done) => {
      // As text: a JSON number would lose digits.
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser("application/json", { parseAs: "string", bodyLimit: MOST_BODY }, (_, body, next) => {
        next(null, body);
      });
      scope.post<{ Params: { meter: string }; Body: string }>("/v1/meters/:meter/samples", async (request, reply) =>
        this.#push(request, reply, sink, report),
      );
      done();
    });
  }

  stop(): Promise<void> {
    this.#running = false;
    return Promise.resolve();
  }

  async #push(
    request: FastifyRequest<{ Params: { meter: string }; Body: string }>,
    reply: FastifyReply,
    sink: Sink,
    report: Report,
  ): Promise<FastifyReply> {
    const { meter } = request.params;
    if (!this.#running)
      return reply.code(503).send({ code: "STOPPED", message: "the gateway is stopping: send again." });
    if (!this.#allowed(meter, request.headers.authorization)) {
      const message = `authorization is not that of meter "${meter}": send its token as "Bearer …".`;
      return reply.code(401).header("www-authenticate", "Bearer").send({ code: "TOKEN_WRONG", message });
    }
    try {
      const kept = await sink(pushedSample(meter, request.body));
      return await reply.code(STATUS[kept]).send({ kept });
    } catch (error) {
      const named = asServiceError(error, "MESSAGE_MALFORMED", "body", "see the cause.");
      report(named, meter);
      const answer = { code: named.code, message: named.message };
      return named.retry ? reply.code(503).header("retry-after", "10").send(answer) : reply.code(422).send(answer);
    }
  }

  /** Compares hashes of equal length, so that time tells nothing; a meter without a token is like a wrong token. */
  #allowed(meter: string, authorization: string | undefined): boolean {
    const given = sha256((authorization ?? "").replace(/^Bearer /, ""));
    const expected = this.#hashes.get(meter);
    return timingSafeEqual(given, expected ?? sha256("")) && expected !== undefined && authorization !== undefined;
  }
}

/**
 * Reads a pushed body.
 * @throws GatewayError of a `RefusalCode`
 */
export function pushedSample(meter: string, body: string): Sample {
  const json = parseJson(body, "body");
  const parsed = PushBody.safeParse(withTexts(json));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join(".") ?? "";
    const text = `${issue?.message ?? "unknown"}. Send { "at", "import", "export", "unit" }.`;
    throw new GatewayError("FIELD_MISSING", field === "" ? "body" : field, textOf(valueAt(json, field)), text);
  }
  const { at, serial, ...registers } = parsed.data;
  const unit = energyUnit(registers.unit, "unit");
  if (registers.import === undefined && registers.export === undefined) {
    throw new GatewayError(
      "FIELD_MISSING",
      "import",
      undefined,
      "send the import register, the export register or both.",
    );
  }
  return {
    meter,
    at: messageTime(at, "at"),
    ...(registers.import === undefined ? {} : { importWh: registerWhDown(registers.import, unit, "import") }),
    ...(registers.export === undefined ? {} : { exportWh: registerWhDown(registers.export, unit, "export") }),
    ...(serial === undefined ? {} : { serial }),
  };
}

/** The body with its numbers as texts; unknown fields stay, so that the schema names them. */
function withTexts(json: Json): unknown {
  if (!isObject(json)) return json;
  const texts = FIELDS.map((field) => [field, textOf(valueAt(json, field))] as const);
  return { ...json, ...Object.fromEntries(texts.filter(([, text]) => text !== undefined)) };
}

function isObject(json: Json): json is { readonly [name: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json) && !(json instanceof JsonNumber);
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
