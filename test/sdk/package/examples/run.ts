/** Runs a program on the chain of examples. */
import { compileFunction } from "node:vm";
import * as data from "@wattbook/data";
import * as sdk from "@wattbook/sdk";
import * as battery from "@wattbook/sdk/battery";
import { expect } from "chai";
import * as ethers from "ethers";
import ts from "typescript";
import type { Program } from "./program.ts";

/** Runs a program with `names` and every export of the modules; what it throws names its file and line. */
export async function run(program: Program, names: Readonly<Record<string, unknown>>): Promise<void> {
  const { file, line } = program.example;
  const check = (offset: number, value: unknown, expected: unknown): void => {
    expect(value, `${file}:${line + offset}`).to.deep.equal(expected);
  };
  const own = file.endsWith(".ts") ? ((await import(`../../../../${file}`)) as Record<string, unknown>) : {};
  const given: Record<string, unknown> = {
    ...own,
    ...ethers,
    ...data,
    ...battery,
    ...sdk,
    ...names,
    console: { log: () => undefined, warn: () => undefined },
    check,
  };
  const parameters = Object.keys(given).filter((name) => program.words.has(name) || name === "check");
  const { outputText } = ts.transpileModule(`async () => {{\n${program.checked}\n}}`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, removeComments: true },
  });
  const text = `return (${outputText.trim().replace(/;$/, "")})();`;
  const body = compileFunction(text, parameters) as (...values: unknown[]) => Promise<void>;
  try {
    await body(...parameters.map((name) => given[name]));
  } catch (cause) {
    if (cause instanceof Error && cause.name === "AssertionError") throw cause;
    throw new Error(`${file}:${line}: ${String(cause)}`, { cause });
  }
}
