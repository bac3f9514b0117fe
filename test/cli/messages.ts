/** Messages of coded errors as they stand in the source: what can be read there without running it. */
import { readFileSync } from "node:fs";
import ts from "typescript";

/** Where an error is made, and the text of its message; names in braces are filled in. */
export interface Written {
  readonly place: string;
  readonly code: string;
  readonly text: string;
}

/** Constructors of coded errors, and the arguments that hold code and text. */
const MAKERS: Readonly<Record<string, { readonly code: number; readonly text: number }>> = {
  ServiceError: { code: 0, text: 1 },
  CliError: { code: 0, text: 1 },
  GatewayError: { code: 0, text: 3 },
};

/** All messages of a file that are written there: not those that are passed on. */
export function messagesIn(path: string): Written[] {
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const found: Written[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node)) {
      const maker = MAKERS[node.expression.getText()];
      const [code, text] = [node.arguments?.[maker?.code ?? -1], node.arguments?.[maker?.text ?? -1]];
      if (code !== undefined && text !== undefined) {
        const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
        for (const each of textsOf(text)) found.push({ place: `${path}:${line}`, code: code.getText(), text: each });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** What an expression can be; nothing where that does not stand in the file. */
function textsOf(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression);
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  if (ts.isTemplateExpression(node)) {
    return node.templateSpans.reduce<string[]>(
      (starts, { expression, literal }) => {
        const parts = textsOf(expression);
        const filled = parts.length === 0 ? [`{${expression.getText()}}`] : parts;
        return starts.flatMap((start) => filled.map((part) => `${start}${part}${literal.text}`));
      },
      [node.head.text],
    );
  }
  if (ts.isIdentifier(node)) {
    const value = constantOf(node);
    return value === undefined ? [] : textsOf(value);
  }
  return [];
}

/** The value of a constant that is declared around a use of it. */
function constantOf(name: ts.Identifier): ts.Expression | undefined {
  for (let scope: ts.Node = name.parent; ; scope = scope.parent) {
    if (!ts.isBlock(scope) && !ts.isSourceFile(scope)) continue;
    for (const statement of scope.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      for (const { name: declared, initializer } of statement.declarationList.declarations) {
        if (declared.getText() === name.text) return initializer;
      }
    }
    if (ts.isSourceFile(scope)) return undefined;
  }
}
