/** The resources of an ESPI file in document order, and which belongs to which. */

import { childrenOf, type Element, find } from "./xml.ts";

const KINDS = ["UsagePoint", "MeterReading", "ReadingType", "IntervalBlock", "LocalTimeParameters"] as const;
type Kind = (typeof KINDS)[number];

/** A resource with the links of its Atom entry; a bare file has none. */
export interface Resource {
  readonly kind: Kind;
  readonly element: Element;
  /** Position in the file. */
  readonly index: number;
  readonly self: string | undefined;
  readonly up: string | undefined;
  readonly related: readonly string[];
  readonly title: string | undefined;
}

type Links = Pick<Resource, "self" | "up" | "related" | "title">;
const NO_LINKS: Links = { self: undefined, up: undefined, related: [], title: undefined };

/** All resources below an element, whether in an Atom feed or bare. */
export function resourcesOf(root: Element): Resource[] {
  const found: Resource[] = [];
  const walk = (element: Element, links: Links) => {
    const kind = KINDS.find((name) => name === element.name);
    if (kind !== undefined) found.push({ kind, element, index: found.length, ...links });
    if (kind === "IntervalBlock") return;
    const inner = element.name === "entry" ? linksOf(element) : links;
    for (const child of element.children) walk(child, inner);
  };
  walk(root, NO_LINKS);
  return found;
}

function linksOf(entry: Element): Links {
  const links = childrenOf(entry, "link").map(({ attributes }) => ({
    rel: attributes.get("rel"),
    href: attributes.get("href")?.replace(/\/+$/, ""),
  }));
  const hrefs = (rel: string) => links.flatMap((link) => (link.rel === rel && link.href ? [link.href] : []));
  const title = find(entry, "title")?.text;
  return {
    self: hrefs("self")[0],
    up: hrefs("up")[0],
    related: hrefs("related"),
    title: title === "" ? undefined : title,
  };
}

/** All of a kind. */
export function ofKind(resources: readonly Resource[], kind: Kind): Resource[] {
  return resources.filter((resource) => resource.kind === kind);
}

/**
 * The resource that owns `child`: by link (`up` of the child lies below the owner or is named by it), else the last one before
 * it in the file, else the only one.
 */
export function ownerOf(child: Resource, owners: readonly Resource[]): Resource | undefined {
  const { up } = child;
  const linked = owners.find(({ self, related }) => {
    if (up === undefined) return false;
    return related.includes(up) || (self !== undefined && (up === self || up.startsWith(`${self}/`)));
  });
  return linked ?? owners.findLast(({ index }) => index < child.index) ?? (owners.length === 1 ? owners[0] : undefined);
}

/** The reading type of a meter reading: by link, else the next one before the next meter reading, else the only one. */
export function readingTypeOf(reading: Resource | undefined, resources: readonly Resource[]): Resource | undefined {
  const types = ofKind(resources, "ReadingType");
  const linked = types.find(({ self }) => self !== undefined && reading?.related.includes(self));
  if (linked !== undefined || types.length === 1) return linked ?? types[0];
  if (reading === undefined) return undefined;
  const next = ofKind(resources, "MeterReading").find(({ index }) => index > reading.index)?.index ?? resources.length;
  return types.find(({ index }) => index > reading.index && index < next);
}
