/** Nothing is signed without a yes: of the option, or of a person. */
import { createInterface } from "node:readline/promises";
import { CliError } from "./errors.ts";
import { canAsk, type Terminal } from "./terminal.ts";

/**
 * Returns where the answer is yes.
 * @throws CliError CONFIRMATION_NEEDED
 */
export async function confirm(question: string, yes: boolean | undefined, terminal: Terminal): Promise<void> {
  if (yes === true) return;
  if (!canAsk(terminal)) {
    throw new CliError(
      "CONFIRMATION_NEEDED",
      "There is nobody to ask whether to sign. Run it again with --yes, or with --dry-run to look only.",
    );
  }
  const answer = await ask(`${question} [y/N] `, terminal);
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new CliError("CONFIRMATION_NEEDED", "Not confirmed. Nothing was signed.");
}

/** Ctrl-C and the end of input are an answer too. */
async function ask(question: string, { stdin, stderr }: Terminal): Promise<string> {
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
    throw new CliError("STOPPED", "Stopped. Nothing was signed.", { cause });
  } finally {
    prompt.close();
  }
}
