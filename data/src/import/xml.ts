/** XML as a plain tree in document order. Nothing is expanded, fetched or guessed. */

import { XMLParser, XMLValidator } from "fast-xml-parser";
import { InputError, reasonOf } from "../errors.ts";
import { checkSize } from "./size.ts";

/** An element: its name without prefix, its text, its attributes, its children. */
export interface Element {
  readonly name: string;
  /** Text directly in it, trimmed. */
  readonly text: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
}

const ATTRIBUTES = ":@";
const TEXT = "#text";

/**
 * Entities stay as they are written, but for the five of XML itself. A document type is refused outright: meter files have
 * none, and it is where entities that grow without end or read other files are declared.
 */
const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: true,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  cdataPropName: TEXT,
});

/**
 * Reads a document.
 * @returns its root element
 * @throws InputError XML_MALFORMED, XML_DOCTYPE, FILE_TOO_LARGE
 */
export function parseXml(text: string, file: string): Element {
  checkSize(text, file);
  const start = { file, line: 1, column: 1 };
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) {
    const message = "the file declares a document type. Meter files need none: remove the <!DOCTYPE ...> part.";
    throw new InputError("XML_DOCTYPE", start, message);
  }
  const body = text.replace(/^\uFEFF/, "");
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is a package of its own; the parser alone takes broken files
    const verdict = XMLValidator.validate(body);
    if (verdict !== true) {
      const { line, col, msg } = verdict.err;
      throw new InputError("XML_MALFORMED", { file, line, column: col }, msg);
    }
    const roots = elementsOf(PARSER.parse(body) as unknown);
    const [root] = roots;
    if (root === undefined) throw new InputError("XML_MALFORMED", start, "there is no element in the file.");
    return root;
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError("XML_MALFORMED", start, reasonOf(cause), { cause });
  }
}

/** What the parser gives for a list of nodes, as elements. */
function elementsOf(nodes: unknown): Element[] {
  if (!Array.isArray(nodes)) return [];
  return (nodes as Record<string, unknown>[]).flatMap((node): Element[] => {
    const name = Object.keys(node).find((key) => key !== ATTRIBUTES);
    if (name === undefined || name === TEXT) return [];
    const inner = node[name];
    return [{ name, text: textOf(inner), attributes: attributesOf(node[ATTRIBUTES]), children: elementsOf(inner) }];
  });
}

function textOf(nodes: unknown): string {
  if (!Array.isArray(nodes)) return "";
  const parts = (nodes as Record<string, unknown>[]).flatMap((node) => (TEXT in node ? [plain(node[TEXT])] : []));
  return unescaped(parts.join("").trim());
}

/** Text, or the text inside a CDATA section. */
function plain(value: unknown): string {
  return typeof value === "string" ? value : textOf(value);
}

function attributesOf(value: unknown): ReadonlyMap<string, string> {
  if (typeof value !== "object" || value === null) return new Map();
  return new Map(Object.entries(value).map(([key, text]) => [key, unescaped(String(text))]));
}

const OWN: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/** The five entities of XML itself, once: `&amp;lt;` is `&lt;`. */
function unescaped(text: string): string {
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => OWN[name] ?? "");
}

/** Children of a name. */
export function childrenOf(element: Element | undefined, name: string): Element[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The element at a path of names, the first of several. */
export function find(element: Element | undefined, ...path: readonly string[]): Element | undefined {
  return path.reduce<Element | undefined>((at, name) => at?.children.find((child) => child.name === name), element);
}

/** Trimmed text at a path; undefined where nothing stands. */
export function textAt(element: Element | undefined, ...path: readonly string[]): string | undefined {
  const text = find(element, ...path)?.text;
  return text === "" ? undefined : text;
}
