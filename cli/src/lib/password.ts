/** Passwords: from a file that only its owner can read, or asked for without showing them. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { CliError } from "./errors.ts";
import { checkPrivate, readText } from "./files.ts";
import { canAsk, type Terminal } from "./terminal.ts";

/**
 * The password of a file: its first line.
 * @throws CliError FILE_OPEN, FILE_UNREADABLE
 */
export function passwordIn(field: string, path: string): string {
  checkPrivate(field, path);
  const password = readText(field, path).replace(/\r?\n$/, "");
  if (password !== "") return password;
  throw new CliError("FILE_UNREADABLE", `${field}: ${path} is empty. Write the password into it.`);
}

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
