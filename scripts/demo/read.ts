/** Input files of the demo, in any format that the data package reads. */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type AnyOptions, DataError, importAny } from "@wattbook/data/import";
import { type Dataset, datasetOf } from "./dataset.ts";
import { DemoError } from "./errors.ts";

/** Reads a file. @throws DemoError FILE_UNREADABLE, or with the code of what is wrong in it */
export async function readDataset(path: string, options: AnyOptions): Promise<Dataset> {
  const text = await textOf(path);
  return coded(() => datasetOf(importAny(text, basename(path), options)));
}

/** What the data package refuses, as an error of the demo with the same code. */
export function coded<T>(act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    throw new DemoError(cause.code, cause.message, { cause });
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DemoError("FILE_UNREADABLE", `${path}: cannot be read (${reason}).`, { cause });
  }
}
