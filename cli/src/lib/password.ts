/** Passwords, asked for without showing them. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { CliError } from "./errors.ts";
import { canAsk, type Terminal } from "./terminal.ts";

/**
 * Asks for a password.
 * @throws CliError PASSWORD_NEEDED where nobody can be asked
 */
export async function askPassword(question: string, terminal: Terminal): Promise<string> {
  if (!canAsk(terminal)) {
    const advice = "Pass --password-file, or name a passwordFile in the configuration";
    throw new CliError("PASSWORD_NEEDED", `There is no terminal to ask for a password (${question}). ${advice}.`);
  }
  terminal.stderr.write(`${question}: `);
  // Readline would show what is typed.
  const silent = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const prompt = createInterface({ input: terminal.stdin, output: silent, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      prompt.once("line", resolve);
      prompt.once("SIGINT", () => {
        prompt.close();
      });
      prompt.once("close", () => {
        reject(new CliError("STOPPED", "Stopped. Nothing was signed."));
      });
    });
  } finally {
    prompt.close();
    terminal.stderr.write("\n");
  }
}
