import { readFileSync, readdirSync } from "node:fs";

const TEST = new URL("../", import.meta.url);
const TREES = new URL("trees/", TEST);
const INTERFACES = new URL("../contracts/interfaces/", TEST);
const read = (path: string, folder: URL) => readFileSync(new URL(path, folder), "utf8");

/** The last step of a tree: what happens, and the test that shows it. */
export interface Leaf {
  readonly text: string;
  /** Path of the test file below `test/`, without `.test.ts`. */
  readonly file: string;
  /** Title of the test as it is printed. */
  readonly title: string;
}

/** What one function does, branch by branch. */
export interface Tree {
  readonly contract: string;
  readonly function: string;
  readonly leaves: readonly Leaf[];
}

const NODE = /^((?:│ {3}| {4})*)(├── |└── )(.+)$/;
const BRANCH = /^when [^/]+$/;
const LEAF = /^(it .+) \/\/ ([\w./-]+): (.+)$/;

/**
 * Reads the behaviour tree of a function: its name, then branches ("when ...") that end in leaves ("it ... // file: title of a test").
 * @throws Error for a line that has no place in a tree
 */
export function parseTree(text: string): Tree {
  const [name, ...lines] = text.trimEnd().split("\n");
  const [contract, called] = name?.split(".") ?? [];
  if (!contract || !called || lines.length === 0) throw new Error(`no tree of a function: ${String(name)}`);
  const leaves: Leaf[] = [];
  /** Depth of the line, and whether anything hangs from it. */
  let before = { depth: 0, isLeaf: false };
  for (const line of lines) {
    const [, indent = "", , step = ""] = NODE.exec(line) ?? [];
    const depth = indent.length / 4 + 1;
    const [, said, file, title] = LEAF.exec(step) ?? [];
    const isLeaf = said !== undefined;
    if (depth > before.depth + 1 || depth > before.depth === before.isLeaf || !(isLeaf || BRANCH.test(step))) {
      throw new Error(`out of place in the tree of ${String(name)}: ${line}`);
    }
    if (said !== undefined && file !== undefined && title !== undefined) leaves.push({ text: said, file, title });
    before = { depth, isLeaf };
  }
  if (!before.isLeaf) throw new Error(`a branch without a leaf in the tree of ${String(name)}`);
  return { contract, function: called, leaves };
}

/** Every tree of the project by its file's name. */
export const trees = (): [string, Tree][] =>
  readdirSync(TREES).map((file) => [file.replace(/\.tree$/, ""), parseTree(read(file, TREES))]);

const all = (pattern: RegExp, text: string) => [...text.matchAll(pattern)].map(([, found = ""]) => found);

const interfaceOf = (contract: string) => read(`I${contract}.sol`, INTERFACES).replace(/\/\/.*$/gm, "");

/** The contracts whose interfaces a contract's interface inherits, `MarketModule` among them. */
export function parentsOf(contract: string): string[] {
  const [list = ""] = all(/\binterface \w+ is ([^{]*)\{/g, interfaceOf(contract));
  const parents = all(/\bI(\w+)/g, list);
  return parents.flatMap((parent) => [parent, ...parentsOf(parent)]);
}

/** Custom errors and values of enums of a contract's own interface, in their order. */
export function outcomesOf(contract: string): string[] {
  const source = interfaceOf(contract);
  // An enum whose first value says that nothing is wrong holds reasons; what others hold is chosen.
  const enums = all(/\benum \w+ \{([^}]*)\}/g, source).map((list) => all(/(\w+)/g, list.replaceAll(/\/\/.*/g, "")));
  const reasons = enums.filter(([first]) => first === "None");
  return [...all(/\berror (\w+)\(/g, source), ...reasons.flat().filter((value) => value !== "None")];
}

export const functionsOf = (contract: string) => [
  "constructor",
  ...[contract, ...parentsOf(contract)].flatMap((each) => all(/\bfunction (\w+)\(/g, interfaceOf(each))),
];

export const contractsWithInterface = () =>
  all(/^I(\w+)\.sol$/gm, readdirSync(INTERFACES).join("\n")).filter((name) => name !== "MarketModule");

/** The text of a test file and of what lies in the folder beside it that has its name. */
export function sourceOf(file: string): string {
  const [folder, own] = [new URL(`${file}/`, TEST), read(`${file}.test.ts`, TEST)];
  try {
    return [own, ...readdirSync(folder).map((path) => read(path, folder))].join("\n");
  } catch {
    return own;
  }
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Whether a test file has a test of this title. What the title takes from a table must stand in the source as well. */
export function hasTest({ file, title }: Leaf): boolean {
  const source = sourceOf(file);
  const titles = all(/\bit\(\s*(?:"((?:[^"\\]|\\.)*)")/g, source);
  const templates = all(/\bit\(\s*`((?:[^`\\]|\\.)*)`/g, source);
  if (titles.includes(title)) return true;
  return templates.some((template) => {
    const pattern = template.split(/\$\{[^}]*\}/).map(escape);
    const [, ...values] = new RegExp(`^${pattern.join("(.+)")}$`).exec(title) ?? [];
    return values.length > 0 && values.every((value) => value.split(" or ").every((part) => source.includes(part)));
  });
}
