/** Progress on stderr: a bar on a terminal, nothing elsewhere; scripts and logs have no use for it. */
import { SingleBar } from "cli-progress";
import type { ScanProgress } from "@wattbook/sdk";
import type { Terminal } from "./terminal.ts";

/** Logs that are read faster than this, milliseconds, need no bar. */
const SHORT = 500;

/**
 * A callback for scans of logs, and how to take the bar away.
 * @param soon Milliseconds after which the bar appears.
 */
export function scanProgress(
  { stderr, env }: Terminal,
  soon = SHORT,
): {
  onProgress: (progress: ScanProgress) => void;
  stop: () => void;
} {
  let bar: SingleBar | undefined;
  const began = Date.now();
  const shows = stderr.isTTY === true && env["TERM"] !== "dumb";
  return {
    onProgress: ({ fromBlock, toBlock, block }) => {
      if (!shows || (bar === undefined && Date.now() - began < soon)) return;
      if (bar === undefined) {
        bar = new SingleBar({ stream: stderr, format: FORMAT, ...STYLE });
        bar.start(Math.max(1, toBlock - fromBlock + 1), 0, { block, last: toBlock });
      }
      bar.update(block - fromBlock + 1, { block, last: toBlock });
    },
    stop: () => {
      bar?.stop();
    },
  };
}

const FORMAT = "reading logs [{bar}] {percentage} %, block {block} of {last}";
const STYLE = { barCompleteChar: "#", barIncompleteChar: "-", barsize: 30, hideCursor: true, clearOnComplete: true };
