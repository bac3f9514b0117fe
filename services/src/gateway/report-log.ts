/** What was refused or failed, in the log: what comes again and again is said once a minute. */
import type { ServiceError } from "../errors.ts";
import type { Logger } from "../operation/index.ts";
import type { Report } from "./sample.ts";

/** Milliseconds for which the same is not said again. */
const QUIET = 60_000;
/** Kinds that are remembered. */
const MOST = 1_000;

/** A report that writes to a log. */
export function logReport(log: Logger, now: () => number = Date.now): Report {
  const said = new Map<string, { at: number; unsaid: number }>();
  return (error, meter) => {
    const key = `${error.code} ${meter ?? ""} ${withoutDigits(error)}`;
    const last = said.get(key);
    if (last !== undefined && now() - last.at < QUIET) {
      last.unsaid += 1;
      return;
    }
    if (said.size >= MOST) said.clear();
    said.set(key, { at: now(), unsaid: 0 });
    const { code, message } = error;
    const repeated = last === undefined || last.unsaid === 0 ? {} : { repeated: last.unsaid };
    log[error.retry ? "error" : "warn"]({ code, ...(meter !== undefined && { meter }), ...repeated }, message);
  };
}

/** Messages of one kind differ in times, waits and registers. */
function withoutDigits({ message }: ServiceError): string {
  return message.replace(/\d+/g, "#");
}
