/** Coded error classes in TypeScript sources: code, when, message. */
import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";

export interface CodedError {
  readonly code: string;
  readonly name: string;
  /** First paragraph of the comment. */
  readonly when: string;
  /** The message, with the names of what is filled in. */
  readonly message: string;
}

/** TypeScript files under a folder, as syntax trees. */
export function sourcesIn(folder: URL): ts.SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.startsWith("abi/"))
    .sort()
    .map((path) => {
      const text = readFileSync(new URL(path, folder), "utf8");
      return ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
    });
}

/** Every class with a constant `code`. */
export function codedErrors(sources: readonly ts.SourceFile[]): CodedError[] {
  return sources
    .flatMap((source) => source.statements.filter(ts.isClassDeclaration))
    .flatMap((node) => {
      const code = node.members
        .filter(ts.isPropertyDeclaration)
        .find((member) => member.name.getText() === "code" && member.initializer !== undefined)?.initializer;
      if (code === undefined || !ts.isStringLiteral(code) || node.name === undefined) return [];
      return [{ code: code.text, name: node.name.text, when: summaryOf(node), message: messageOf(node) }];
    });
}

function summaryOf(node: ts.ClassDeclaration): string {
  const comment = ts.getJSDocCommentsAndTags(node).find((each) => ts.isJSDoc(each))?.comment;
  return (ts.getTextOfJSDocComment(comment) ?? "").split("\n\n")[0]?.replace(/\s+/g, " ").trim() ?? "";
}

function messageOf(node: ts.ClassDeclaration): string {
  let found = "";
  const visit = (each: ts.Node): void => {
    if (ts.isCallExpression(each) && each.expression.kind === ts.SyntaxKind.SuperKeyword) {
      found = each.arguments
        .map((argument) => textOf(argument))
        .filter((text) => text !== "")
        .join(" ");
    } else ts.forEachChild(each, visit);
  };
  visit(node);
  return found.replace(/\s+/g, " ").trim();
}

/** The text of a string expression; what is filled in stands as its name in angle quotes. */
export function textOf(node: ts.Node): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isBinaryExpression(node)) return textOf(node.left) + textOf(node.right);
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression);
  if (ts.isConditionalExpression(node)) return `${textOf(node.whenTrue)} / ${textOf(node.whenFalse)}`;
  if (!ts.isTemplateExpression(node)) return "";
  const spans = node.templateSpans.map(({ expression, literal }) => `‹${nameOf(expression)}›${literal.text}`);
  return node.head.text + spans.join("");
}

/** The name that best says what an expression stands for. */
function nameOf(node: ts.Expression): string {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (ts.isBinaryExpression(node)) return nameOf(node.left);
  if (ts.isCallExpression(node)) return nameOf(node.arguments[0] ?? node.expression);
  if (ts.isTypeOfExpression(node)) return "type";
  if (ts.isConditionalExpression(node))
    return nameOf(ts.isStringLiteral(node.whenTrue) ? node.whenFalse : node.whenTrue);
  return "…";
}
