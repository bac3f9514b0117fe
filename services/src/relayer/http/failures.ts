/** From whatever was thrown to a status and a body that says what to do. */
import { isWattbookError } from "@wattbook/sdk";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { isServiceError, type ServiceErrorCode } from "../../errors.ts";
import { Refusal } from "../refusal.ts";

const STATUS: Partial<Readonly<Record<ServiceErrorCode, number>>> = {
  MESSAGE_INVALID: 400,
  COMMUNITY_UNKNOWN: 404,
  STRIP_UNKNOWN: 404,
  READING_UNKNOWN: 404,
  KEY_REUSED: 409,
  WITHDRAWAL_LATE: 409,
  SIGNATURE_INVALID: 422,
  RATE_LIMITED: 429,
};

/** Something else has its place: the same message never comes in. */
const CONFLICTS = new Set(["WrongFrontier", "AlreadyMetered", "AlreadySettled"]);
/** The same message may come in later. */
const EARLY = new Set(["PeriodNotOver", "EarlierMissing", "RingBusy", "TradingPaused", "NoBond", "BundleMissing"]);

/** Codes of the SDK that come from what a message says, not from a node. */
const OF_MESSAGES = new Set([
  "OUT_OF_RANGE",
  "BAD_LENGTH",
  "INVALID_HEX",
  "INVALID_ADDRESS",
  "BAD_SIGNATURE",
  "EMPTY_STRIP",
]);

/** Seconds until the same message may come in; what counts requests of an address says it itself. */
const AGAIN: Readonly<Record<number, string>> = { 425: "5", 429: "60", 503: "5" };

/** Answers an error. Only what nobody expected is an error of the log. */
export function answerFailure(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void {
  const { status, body } = failureOf(error);
  if (status === 500) request.log.error({ err: error }, "failed");
  else request.log.debug({ status, code: body.code, reason: body.reason }, "refused");
  const seconds = AGAIN[status];
  const headers = seconds === undefined || reply.hasHeader("retry-after") ? {} : { "retry-after": seconds };
  void reply.status(status).headers(headers).send(body);
}

interface FailureBody {
  readonly code: string;
  readonly message: string;
  readonly reason?: string;
  readonly index?: number;
}

function failureOf(error: FastifyError | Error): { readonly status: number; readonly body: FailureBody } {
  const { message } = error;
  if (error instanceof Refusal) {
    const { reason } = error.detail;
    const status = CONFLICTS.has(reason) ? 409 : EARLY.has(reason) ? 425 : 422;
    return { status, body: { code: error.code, message, ...error.detail } };
  }
  // What is left is of the file, or of a node that is behind.
  if (isServiceError(error)) return { status: STATUS[error.code] ?? 503, body: { code: error.code, message } };
  if (isWattbookError(error)) {
    const status = OF_MESSAGES.has(error.code) ? 400 : 503;
    return { status, body: { code: error.code, message: status === 400 ? message : UNREACHABLE } };
  }
  const { statusCode = 500, code = "INTERNAL" } = error as Partial<FastifyError>;
  if (statusCode >= 500) return { status: 500, body: { code: "INTERNAL", message: "Something failed. Try again." } };
  return { status: statusCode, body: { code, message } };
}

/** Messages about nodes may hold their address. */
const UNREACHABLE = "The chain cannot be asked at the moment. Try again in a few seconds.";
