/** Examples in comments and pages: what they say, and where. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

export interface Example {
  /** Relative to the repository. */
  readonly file: string;
  /** Line of the first line of `code`, from 1. */
  readonly line: number;
  readonly code: string;
}

/** Every `@example` of a TypeScript file, as the compiler finds its comments. */
export function tsdocExamples(file: string): Example[] {
  const source = ts.createSourceFile(file, readFileSync(ROOT + file, "utf8"), ts.ScriptTarget.ES2022, true);
  const comments = new Set<ts.JSDoc>();
  const visit = (node: ts.Node): void => {
    for (const child of ts.getJSDocCommentsAndTags(node)) if (ts.isJSDoc(child)) comments.add(child);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...comments].flatMap((comment) => {
    const first = source.getLineAndCharacterOfPosition(comment.getStart()).line + 1;
    return examplesOf(comment.getText().split("\n")).map(({ at, code }) => ({ file, line: first + at, code }));
  });
}

/** Examples in the lines of a comment; a tag or the comment's end ends one. */
function examplesOf(raw: readonly string[]): { at: number; code: string }[] {
  const lines = raw.map((line) => line.replace(/\s*\*+\/\s*$/, "").replace(/^\s*(\/\*)?\*+ ?/, ""));
  const found: { at: number; lines: string[] }[] = [];
  let open: { at: number; lines: string[] } | undefined;
  for (const [index, line] of lines.entries()) {
    const [, tag, rest = ""] = /^\s*@(\w+)\b ?(.*)$/.exec(line) ?? [];
    if (tag === "example") {
      open = { at: rest === "" ? index + 1 : index, lines: rest === "" ? [] : [rest] };
      found.push(open);
    } else if (tag !== undefined) open = undefined;
    else if (!/^```/.test(line)) open?.lines.push(line);
  }
  return found.map(({ at, lines }) => ({ at, code: lines.join("\n").trimEnd() }));
}

/** A fenced block of a page. */
export interface Block extends Example {
  readonly language: string;
  /** Why it is not run: the text of a comment `<!-- not run: … -->` right above it. */
  readonly notRun: string | undefined;
}

/** The fenced blocks of a Markdown page. */
export function fencedBlocks(file: string): Block[] {
  const lines = readFileSync(ROOT + file, "utf8").split("\n");
  const blocks: Block[] = [];
  let open: { line: number; language: string; lines: string[]; notRun: string | undefined } | undefined;
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith("```")) open?.lines.push(line);
    else if (open === undefined) {
      const above = lines
        .slice(0, index)
        .filter((text) => text.trim() !== "")
        .at(-1);
      const notRun = /^<!-- not run: (.+) -->$/.exec(above ?? "")?.[1];
      open = { line: index + 2, language: line.slice(3).trim(), lines: [], notRun };
    } else {
      const { lines: code, ...rest } = open;
      blocks.push({ file, ...rest, code: code.join("\n") });
      open = undefined;
    }
  }
  return blocks;
}
