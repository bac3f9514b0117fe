/** TypeScript programs whose files exist in memory alone, with the settings of this repository. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const FOLDER = dirname(fileURLToPath(import.meta.url));

/** A path next to this file: from there, imports resolve as those of tests do. */
export const besides = (name: string): string => join(FOLDER, name);

/** A program of `files`, text by path. */
export function memoryProgram(files: ReadonlyMap<string, string>): ts.Program {
  const base = join(FOLDER, "../../../../tsconfig.base.json");
  const read = ts.readConfigFile(base, (path) => ts.sys.readFile(path)) as { config: Record<string, unknown> };
  const { options } = ts.parseJsonConfigFileContent({ ...read.config, files: [] }, ts.sys, dirname(base));
  const settings: ts.CompilerOptions = { ...options, verbatimModuleSyntax: false };
  const host = ts.createCompilerHost(settings);
  const there = host.fileExists.bind(host);
  const load = host.getSourceFile.bind(host);
  host.fileExists = (path) => files.has(path) || there(path);
  host.getSourceFile = (path, ...rest) => {
    const text = files.get(path);
    return text === undefined ? load(path, ...rest) : ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  };
  return ts.createProgram([...files.keys()], settings, host);
}
