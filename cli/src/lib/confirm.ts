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
  const prompt = createInterface({ input: terminal.stdin, output: terminal.stderr });
  const answer = await prompt.question(`${question} [y/N] `);
  prompt.close();
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new CliError("CONFIRMATION_NEEDED", "Not confirmed. Nothing was signed.");
}
