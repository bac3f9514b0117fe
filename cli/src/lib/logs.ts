/** A community's logs: kept in the data folder, read with progress. */
import { mkdirSync } from "node:fs";
import type { LogReader, LogStore } from "@wattbook/sdk";
import type { Session } from "./link.ts";
import type { Output } from "./output.ts";
import { scanProgress } from "./progress.ts";

/**
 * Runs `work` with a reader of logs that are up to date. They are kept between runs, unless another process, such as the
 * keeper, holds the file: then they are read from the start.
 */
export async function withLogs<T>(session: Session, output: Output, work: (logs: LogReader) => Promise<T>): Promise<T> {
  const { store, close } = await openLogs(session, output);
  const progress = scanProgress(session.terminal);
  try {
    const { onProgress } = progress;
    const reader = await session.wattbook.logs(session.community, {
      onProgress,
      ...(store !== undefined && { store }),
    });
    const logs = await reader.snapshot();
    progress.stop();
    return await work(logs);
  } finally {
    progress.stop();
    close();
  }
}

interface Opened {
  readonly store: LogStore | undefined;
  readonly close: () => void;
}

async function openLogs({ config, wattbook }: Session, output: Output): Promise<Opened> {
  const { logFile, SqliteLogStore } = await import("@wattbook/services/keeper");
  try {
    mkdirSync(config.data, { recursive: true });
    const store = new SqliteLogStore(logFile(config.data, wattbook.deployment.chainId));
    return {
      store,
      close: () => {
        store.close();
      },
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    output.say(`Logs are read from the start and not kept: ${reason}`);
    return { store: undefined, close: () => undefined };
  }
}
