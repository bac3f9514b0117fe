/** Nothing is signed without a yes: of the option, or of a person. */
import { createInterface } from "node:readline/promises";
import { CliError } from "./errors.ts";
import { canAsk, type Terminal } from "./terminal.ts";

/** What is asked for, and what did not happen without a yes. */
export interface Asked {
  readonly what: string;
  readonly undone: string;
}

const SIGNING: Asked = { what: "sign", undone: "Nothing was signed." };

/**
 * Returns where the answer is yes.
 * @throws CliError CONFIRMATION_NEEDED
 */
export async function confirm(
  question: string,
  yes: boolean | undefined,
  terminal: Terminal,
  { what, undone }: Asked = SIGNING,
): Promise<void> {
  if (yes === true) return;
  if (!canAsk(terminal)) {
    throw new CliError(
      "CONFIRMATION_NEEDED",
      `There is nobody to ask whether to ${what}. Run it again with --yes, or with --dry-run to look only.`,
    );
  }
  const answer = await ask(`${question} [y/N] `, terminal, undone);
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new CliError("CONFIRMATION_NEEDED", `Not confirmed. ${undone} Run it again to ${what} after all.`);
}

/** Ctrl-C and the end of input are an answer too. */
async function ask(question: string, { stdin, stderr }: Terminal, undone: string): Promise<string> {
  const prompt = createInterface({ input: stdin, output: stderr });
  const stop = new AbortController();
  const end = () => {
    stop.abort();
  };
  prompt.once("SIGINT", end).once("close", end);
  try {
    return await prompt.question(question, { signal: stop.signal });
  } catch (cause) {
    if (!stop.signal.aborted) throw cause;
    stderr.write("\n");
    throw new CliError("STOPPED", `Stopped. ${undone}`, { cause });
  } finally {
    prompt.close();
  }
}
