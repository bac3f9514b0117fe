/** Where a command reads and writes. The result goes to stdout and nothing else does. */
import { styleText } from "node:util";

/** `process`, or stand-ins in tests. */
export interface Terminal {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean | undefined };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean | undefined };
  readonly env: Readonly<Record<string, string | undefined>>;
}

type Format = Parameters<typeof styleText>[0];

/** Text in a colour where its stream is a terminal that nobody asked to stay plain. */
export function paint(
  format: Format,
  text: string,
  stream: { isTTY?: boolean | undefined },
  env: Terminal["env"],
): string {
  const plain = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb" || stream.isTTY !== true;
  return plain ? text : styleText(format, text, { validateStream: false });
}

/** Whether a person can be asked. */
export function canAsk({ stdin, stderr }: Terminal): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}
