/** Progress on stderr: a bar on a terminal, a line per stage elsewhere. */

import { SingleBar } from "cli-progress";

export interface Progress {
  /** Names what happens now and counts `steps` more as done. */
  advance(stage: string, steps?: number): void;
  stop(): void;
}

/** Stream to write to: `process.stderr` or a stand-in. */
export interface ProgressStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean | undefined;
}

/** Starts at 0 of `total` steps. */
export function startProgress(total: number, stream: ProgressStream, env: NodeJS.ProcessEnv): Progress {
  return stream.isTTY === true && env["TERM"] !== "dumb" ? bar(total, stream) : lines(total, stream);
}

function bar(total: number, stream: ProgressStream): Progress {
  const single = new SingleBar({
    stream,
    format: "[{bar}] {percentage} % {stage}",
    barCompleteChar: "#",
    barIncompleteChar: "-",
    barsize: 30,
    hideCursor: true,
  });
  single.start(total, 0, { stage: "starting" });
  return {
    advance: (stage, steps = 0) => {
      single.increment(steps, { stage });
    },
    stop: () => {
      single.stop();
    },
  };
}

function lines(total: number, stream: ProgressStream): Progress {
  let done = 0;
  let last = "";
  return {
    advance: (stage, steps = 0) => {
      done += steps;
      if (stage !== last || (steps > 0 && done === total)) stream.write(`${stage} (${done} of ${total} steps done)\n`);
      last = stage;
    },
    stop: () => {
      if (done < total) stream.write(`stopped after ${done} of ${total} steps\n`);
    },
  };
}
