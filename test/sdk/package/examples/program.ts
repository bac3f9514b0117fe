/** An example as a program: what it imports and uses, with its `// result` comments made into checks. */
import ts from "typescript";
import type { Example } from "./extract.ts";

/** A value in a comment at the end of a line: a bigint, number, string, list, object, true, false, null or undefined. */
const RESULT = /^(-?[\d_]+n|-?[\d_]+(?!\s\w)|"[^"]*"|'[^']*'|true|false|null|undefined|[[{].*[\]}])(?=$|[\s,;:.(])/;

export interface Program {
  readonly example: Example;
  /** Module specifier of each name that the example imports itself. */
  readonly imports: ReadonlyMap<string, string>;
  /** Identifiers in it. */
  readonly words: ReadonlySet<string>;
  /** Its statements without imports, line by line where they were. */
  readonly body: string;
  /** The same with a call of `check(line, value, expected)` for every stated result. */
  readonly checked: string;
  /** Stated results. */
  readonly results: number;
}

/** Reads an example. */
export function programOf(example: Example): Program {
  const source = ts.createSourceFile("example.ts", example.code, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
  const imports = new Map<string, string>();
  const words = new Set<string>();
  const cuts: Edit[] = [];
  const checks: Edit[] = [];
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) {
      for (const name of importedNames(statement))
        imports.set(name, (statement.moduleSpecifier as ts.StringLiteral).text);
      cuts.push({ at: statement.getStart(), to: statement.end, text: "" });
    } else checks.push(...checksOf(statement, source));
  }
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) words.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return {
    example,
    imports,
    words,
    body: edit(example.code, cuts),
    checked: edit(example.code, [...cuts, ...checks]),
    results: checks.length,
  };
}

interface Edit {
  readonly at: number;
  readonly to: number;
  readonly text: string;
}

function edit(code: string, edits: readonly Edit[]): string {
  const ordered = [...edits].sort((a, b) => b.at - a.at);
  return ordered.reduce((text, { at, to, text: put }) => text.slice(0, at) + put + text.slice(to), code);
}

function importedNames({ importClause }: ts.ImportDeclaration): string[] {
  const named = importClause?.namedBindings;
  const names = named !== undefined && ts.isNamedImports(named) ? named.elements.map(({ name }) => name.text) : [];
  return importClause?.name === undefined ? names : [importClause.name.text, ...names];
}

/** The check of a statement that ends in a `// result` comment: an expression, `console.log` of one, or one constant. */
function checksOf(statement: ts.Statement, source: ts.SourceFile): Edit[] {
  const expected = resultBehind(statement, source);
  if (expected === undefined) return [];
  const line = source.getLineAndCharacterOfPosition(statement.end).line;
  const check = (value: string) => `check(${line}, ${value}, ${expected});`;
  if (ts.isExpressionStatement(statement)) {
    const { expression } = statement;
    const logged = ts.isCallExpression(expression) && expression.expression.getText() === "console.log";
    const value = logged ? (expression.arguments[0] ?? expression) : expression;
    return [{ at: statement.getStart(), to: statement.end, text: check(`await (${value.getText()})`) }];
  }
  const [declared] = ts.isVariableStatement(statement) ? statement.declarationList.declarations : [];
  if (declared === undefined || !ts.isIdentifier(declared.name)) return [];
  return [{ at: statement.end, to: statement.end, text: ` ${check(declared.name.text)}` }];
}

function resultBehind(statement: ts.Statement, source: ts.SourceFile): string | undefined {
  const [comment] = ts.getTrailingCommentRanges(source.text, statement.end) ?? [];
  if (comment === undefined) return undefined;
  return RESULT.exec(source.text.slice(comment.pos + 2, comment.end).trim())?.[0];
}
