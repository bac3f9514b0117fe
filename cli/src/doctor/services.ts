/** What services say of themselves, those that the configuration names. */
import { z } from "zod";
import { SERVICES, type Config, type ServiceName } from "../lib/config.ts";
import { shortJson } from "../lib/answers.ts";
import { EXIT } from "../lib/errors.ts";
import { withoutKeys } from "../lib/text.ts";
import type { Finding } from "./check.ts";
import { fine } from "./local.ts";

/** Milliseconds. */
const PATIENCE = 10_000;

const Answer = z.object({ ready: z.boolean(), checks: z.record(z.string(), z.string()) });

/** Asks each service whether it is ready. */
export async function lookAtServices({ services }: Config): Promise<Finding[]> {
  const found = SERVICES.map(async (name) => {
    const url = services[name];
    return url === undefined ? [] : [await lookAt(name, url)];
  });
  return (await Promise.all(found)).flat();
}

async function lookAt(name: ServiceName, url: string): Promise<Finding> {
  const check = `service: ${name}`;
  const fail = (found: string, advice: string): Finding => ({ check, state: "fail", found, advice, exit: EXIT.failed });
  const shown = withoutKeys(url);
  try {
    const response = await fetch(new URL("/readyz", url), {
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE),
    });
    const answer = Answer.safeParse(await shortJson(response));
    if (!answer.success) {
      return fail(`${shown} is not its door`, `Correct services.${name}: it is where /readyz and /metrics are.`);
    }
    const { ready, checks } = answer.data;
    if (ready) return fine(check, `ready: ${Object.keys(checks).join(", ")}`);
    const faults = Object.entries(checks).filter(([, fault]) => fault !== "ok");
    return fail("runs, and is not ready", withoutKeys(faults.map(([need, fault]) => `${need}: ${fault}`).join(" ")));
  } catch {
    return fail(`${shown} does not answer`, `Start it (wattbook ${name}), or correct services.${name}.`);
  }
}
