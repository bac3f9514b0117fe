/** The routes, and what they say of themselves. */
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { Accepted, Failure, ReadingBody, StripBody } from "../../wire.ts";
import { CommunityInfo, ReadingStatus, Refused, StripStatus, WithdrawalBody } from "./answers.ts";
import type { Kept, RelayerApi } from "./api.ts";

const OfCommunity = z.object({
  community: z
    .string()
    .regex(/^(?:0|[1-9]\d{0,9})$/, "write the community's index in decimal digits")
    .describe("Index of the community"),
});
const OfDigest = z.object({
  digest: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, "write 32 bytes with 0x")
    .transform((digest) => digest.toLowerCase())
    .describe("EIP-712 digest of the message"),
});
const Keyed = z.looseObject({
  "idempotency-key": z
    .string()
    .max(128, "use at most 128 characters")
    .optional()
    .describe("Names the request; the message's digest does it best"),
});

/** Of every route: too many requests, and what fails at the moment. */
const ANY = { 429: Failure, 503: Failure };
/** Of routes that take a body: it is too large, or no JSON. */
const OF_BODIES = { 413: Failure, 415: Failure };
const REFUSALS = { ...OF_BODIES, 400: Failure, 404: Failure, 409: Refused, 422: Refused, 425: Refused, ...ANY };

/** Answers what was kept: with 202 the first time. */
function answer(reply: FastifyReply, { receipt, known }: Kept): FastifyReply {
  return reply.status(known ? 200 : 202).send({ receipt });
}

/** Adds the routes. */
export function routes(app: FastifyInstance, api: RelayerApi): void {
  app.get(
    "/v1/communities",
    {
      schema: {
        tags: ["communities"],
        summary: "What this relayer serves",
        response: { 200: z.array(CommunityInfo), ...ANY },
      },
    },
    () => api.communities(),
  );
  app.get<{ Params: z.infer<typeof OfCommunity> }>(
    "/v1/communities/:community",
    {
      schema: {
        tags: ["communities"],
        summary: "What this relayer asks of a community's strips",
        params: OfCommunity,
        response: { 200: CommunityInfo, 400: Failure, 404: Failure, ...ANY },
      },
    },
    ({ params }) => api.community(params.community),
  );
  stripRoutes(app, api);
  readingRoutes(app, api);
}

function stripRoutes(app: FastifyInstance, api: RelayerApi): void {
  app.post<{ Params: z.infer<typeof OfCommunity>; Body: StripBody; Headers: z.infer<typeof Keyed> }>(
    "/v1/communities/:community/strips",
    {
      schema: {
        tags: ["strips"],
        summary: "Hand in a signed strip",
        description:
          "It is taken whole or not at all, and posted before its first gate closes. The answer is a signed receipt.",
        params: OfCommunity,
        headers: Keyed,
        body: StripBody,
        response: { 200: Accepted, 202: Accepted, ...REFUSALS },
      },
    },
    async ({ params, body, headers }, reply) =>
      answer(reply, await api.takeStrip(params.community, body, headers["idempotency-key"])),
  );
  app.get<{ Params: z.infer<typeof OfDigest> }>(
    "/v1/strips/:digest",
    {
      schema: {
        tags: ["strips"],
        summary: "Where a strip stands",
        params: OfDigest,
        response: { 200: StripStatus, 400: Failure, 404: Failure, ...ANY },
      },
    },
    ({ params }) => api.strip(params.digest),
  );
  app.post<{ Params: z.infer<typeof OfDigest>; Body: z.infer<typeof WithdrawalBody> }>(
    "/v1/strips/:digest/withdrawal",
    {
      schema: {
        tags: ["strips"],
        summary: "Take a strip back that is not being posted yet",
        description:
          "The member's last one of a period first. Whoever else has it can still post it: bump the epoch against that.",
        params: OfDigest,
        body: WithdrawalBody,
        response: { 200: StripStatus, 400: Failure, 404: Failure, 409: Failure, 422: Failure, ...OF_BODIES, ...ANY },
      },
    },
    ({ params, body }) => api.withdraw(params.digest, body.signature),
  );
}

function readingRoutes(app: FastifyInstance, api: RelayerApi): void {
  app.post<{ Params: z.infer<typeof OfCommunity>; Body: ReadingBody; Headers: z.infer<typeof Keyed> }>(
    "/v1/communities/:community/readings",
    {
      schema: {
        tags: ["readings"],
        summary: "Hand in a signed reading",
        description:
          "Once its period is over. It is settled with the member's records as soon as their slots are clear.",
        params: OfCommunity,
        headers: Keyed,
        body: ReadingBody,
        response: { 200: Accepted, 202: Accepted, ...REFUSALS },
      },
    },
    async ({ params, body, headers }, reply) =>
      answer(reply, await api.takeReading(params.community, body, headers["idempotency-key"])),
  );
  app.get<{ Params: z.infer<typeof OfDigest> }>(
    "/v1/readings/:digest",
    {
      schema: {
        tags: ["readings"],
        summary: "Where a reading stands",
        params: OfDigest,
        response: { 200: ReadingStatus, 400: Failure, 404: Failure, ...ANY },
      },
    },
    ({ params }) => api.reading(params.digest),
  );
}
