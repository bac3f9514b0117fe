/** What a command answers: one JSON document or text on stdout; everything else on stderr. */
import { printable, withoutKeys } from "./text.ts";
import type { Terminal } from "./terminal.ts";

/** Longest remark that may quote a file. */
const MOST_LINE = 2_000;

/** Writes a command's result and remarks. */
export class Output {
  constructor(
    readonly terminal: Terminal,
    readonly json: boolean,
  ) {}

  /** The result, once per command. Text is made only where it is shown. */
  result(json: unknown, text: () => string): void {
    this.terminal.stdout.write(`${this.json ? jsonText(json) : text()}\n`);
  }

  /** A line beside the result. */
  say(line: string): void {
    this.terminal.stderr.write(
      `${line
        .split("\n")
        .map((each) => printable(withoutKeys(each), MOST_LINE).trimEnd())
        .join("\n")}\n`,
    );
  }
}

/** JSON with amounts, which are bigints, as decimal strings: JSON numbers would round them. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? part.toString() : part), 2);
}
