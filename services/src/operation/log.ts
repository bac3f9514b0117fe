/** Logs: one JSON object per line on stderr, without secrets. */
import { pino, type DestinationStream, type Logger } from "pino";
import { ServiceError } from "../errors.ts";
import type { Secrets } from "./secrets.ts";

export type { Logger } from "pino";

/** How much to log, as pino names it. */
export const LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type Level = (typeof LEVELS)[number];

/** Fields that are never of use in a log, wherever they stand one or two levels deep. */
const HIDDEN = ["privateKey", "password", "mnemonic", "authorization", "secret", "url", "urls"].flatMap((field) => [
  field,
  `*.${field}`,
  `*.*.${field}`,
]);

/**
 * A logger of a service. Every line is cleaned of secrets as a whole: messages of libraries hold what nobody thought of.
 * @param stream Standard error if left out: standard output is for results.
 */
export function createLog(
  service: string,
  level: Level,
  secrets: Secrets,
  stream: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Logger {
  return pino(
    {
      ...{ level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime },
      redact: { paths: HIDDEN, censor: "[secret]" },
      serializers: { err: faultIn },
      hooks: { streamWrite: (line) => secrets.scrub(line) },
    },
    stream,
  );
}

/** What a log says of an error: ethers' own hold whole requests. */
function faultIn(thrown: unknown): object {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  const { name, message, stack } = thrown;
  const code = (thrown as { readonly code?: unknown }).code;
  const expected = thrown instanceof ServiceError;
  return {
    name,
    message: message.slice(0, MOST_MESSAGE),
    ...(typeof code === "string" && { code }),
    ...(!expected && stack !== undefined && { stack: stack.slice(0, MOST_MESSAGE) }),
  };
}
const MOST_MESSAGE = 2_000;
