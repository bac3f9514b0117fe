/** Checks the types of many examples at once, each as a module of its own. */
import { readFileSync } from "node:fs";
import ts from "typescript";
import { besides, memoryProgram } from "./memory.ts";
import type { Program } from "./program.ts";

/** Modules whose exports an example may use without importing them. */
export const MODULES = ["@wattbook/sdk", "@wattbook/sdk/battery", "@wattbook/data", "ethers"] as const;

/** Names that each module exports, types included. */
export type Exports = ReadonlyMap<string, ReadonlySet<string>>;

/** The exports of MODULES. A name of an earlier one hides that of a later one. */
export function exportsOf(): Exports {
  const path = besides("exports.ts");
  const text = MODULES.map((module) => `import "${module}";`).join("\n");
  const program = memoryProgram(new Map([[path, text]]));
  const checker = program.getTypeChecker();
  const seen = new Set<string>();
  const imports = program.getSourceFile(path)?.statements.filter(ts.isImportDeclaration) ?? [];
  return new Map(
    imports.map(({ moduleSpecifier }) => {
      const symbol = checker.getSymbolAtLocation(moduleSpecifier);
      const names = symbol === undefined ? [] : checker.getExportsOfModule(symbol).map(({ name }) => name);
      const fresh = names.filter((name) => !seen.has(name));
      for (const name of fresh) seen.add(name);
      return [(moduleSpecifier as ts.StringLiteral).text, new Set(fresh)];
    }),
  );
}

/** Imports, then the names of the world, then the example in a block, where it may declare names of its own again. */
function moduleOf(program: Program, exports: Exports, names: ReadonlySet<string>): { text: string; before: number } {
  const used = [...program.words];
  const imports = [...exports].map(([module, exported]) => {
    const found = used.filter((word) => exported.has(word));
    return `import { ${found.join(", ")} } from "${module}";`;
  });
  const own = ownExports(program).filter((word) => program.words.has(word) && !has(exports, word));
  if (own.length > 0) imports.push(`import { ${own.join(", ")} } from "../../../../${program.example.file}";`);
  const given = used.filter((word) => names.has(word));
  const head = [
    ...imports,
    `import type { ExampleNames } from "./world.ts";`,
    `export default async ({ ${given.join(", ")} }: ExampleNames) => {{`,
  ];
  return { text: `${head.join("\n")}\n${program.body}\n}};\n`, before: head.length };
}

/** What is wrong, as "file:line: message". */
export function typeErrors(programs: readonly Program[], exports: Exports, names: ReadonlySet<string>): string[] {
  const modules = programs.map((program, index) => {
    const unknown = [...program.imports].filter(([name]) => !names.has(name) && !has(exports, name));
    return { program, path: besides(`example-${index}.ts`), unknown, ...moduleOf(program, exports, names) };
  });
  const checker = memoryProgram(new Map(modules.map(({ path, text }) => [path, text])));
  return modules.flatMap(({ program: { example }, path, before, unknown }) => {
    const file = checker.getSourceFile(path);
    const found = [...checker.getSyntacticDiagnostics(file), ...checker.getSemanticDiagnostics(file)];
    const errors = found.map(({ start = 0, messageText }) => {
      const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) - before + example.line;
      return `${example.file}:${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
    return [...unknown.map(([name, from]) => `${example.file}:${example.line}: no ${name} in ${from}`), ...errors];
  });
}

/** What the file of an example exports, for examples of parts that the package keeps to itself. */
function ownExports({ example: { file } }: Program): string[] {
  if (!file.endsWith(".ts")) return [];
  const text = readFileSync(new URL(`../../../../${file}`, import.meta.url), "utf8");
  return [...text.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)].map((match) => match[1] ?? "");
}

function has(exports: Exports, name: string): boolean {
  return [...exports.values()].some((names) => names.has(name));
}
