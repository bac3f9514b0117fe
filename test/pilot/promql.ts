/** What PromQL expressions name, and which labels their results have. */
import { parser } from "@prometheus-io/lezer-promql";

type Node = ReturnType<typeof parser.parse>["topNode"];

/** Numbers of one name. */
export interface Series {
  readonly labels: ReadonlySet<string>;
  /** Values of labels that are there, by label. */
  readonly values: ReadonlyMap<string, ReadonlySet<string>>;
}

/** An expression's result. */
export interface Judged {
  /** Null for a scalar. */
  readonly labels: ReadonlySet<string> | null;
  /** Names that do not exist, and operands that never match. */
  readonly problems: readonly string[];
}

/** Reads an expression against the numbers that there are. */
export function judge(expression: string, known: ReadonlyMap<string, Series>): Judged {
  const problems: string[] = [];
  const tree = parser.parse(expression);
  tree.iterate({
    enter: ({ type, from }) => {
      if (type.isError) problems.push(`no PromQL at ${from}: ${expression}`);
    },
  });
  const [top] = childrenOf(tree.topNode);
  const labels = top === undefined ? null : new Judge(expression, known, problems).labelsOf(top);
  return { labels, problems };
}

class Judge {
  readonly #text: string;
  readonly #known: ReadonlyMap<string, Series>;
  readonly #problems: string[];

  constructor(text: string, known: ReadonlyMap<string, Series>, problems: string[]) {
    this.#text = text;
    this.#known = known;
    this.#problems = problems;
  }

  /** Null for a scalar. */
  labelsOf(node: Node): ReadonlySet<string> | null {
    switch (node.name) {
      case "VectorSelector":
        return this.#selected(node);
      case "AggregateExpr":
        return this.#aggregated(node);
      case "BinaryExpr":
        return this.#combined(node);
      case "FunctionCall":
        return this.#called(node);
      default: {
        // Parentheses, signs, ranges and offsets change no labels.
        const [labels] = childrenOf(node).flatMap((child) => this.labelsOf(child) ?? []);
        return labels ?? null;
      }
    }
  }

  #selected(node: Node): ReadonlySet<string> {
    const name = this.#textOf(node.getChild("Identifier"));
    const series = this.#known.get(name);
    if (series === undefined) {
      this.#problems.push(`no number is called "${name}"`);
      return new Set();
    }
    for (const matcher of node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? []) {
      const label = this.#textOf(matcher.getChild("LabelName"));
      if (!series.labels.has(label)) this.#problems.push(`${name} has no label "${label}"`);
      const values = series.values.get(label);
      const wanted = this.#textOf(matcher.getChild("StringLiteral")).slice(1, -1).split("|");
      const strange = values === undefined ? [] : wanted.filter((value) => !values.has(value));
      for (const value of strange) this.#problems.push(`${name} is never {${label}="${value}"}`);
    }
    return series.labels;
  }

  #aggregated(node: Node): ReadonlySet<string> {
    const body = node.getChild("FunctionCallBody");
    const inner = body === null ? new Set<string>() : this.#bodyLabels(body);
    const modifier = node.getChild("AggregateModifier");
    if (modifier === null) return new Set();
    const names = this.#grouping(modifier);
    for (const name of names) {
      if (!inner.has(name)) this.#problems.push(`nothing to aggregate has a label "${name}": ${this.#textOf(node)}`);
    }
    return modifier.getChild("By") === null
      ? new Set([...inner].filter((name) => !names.includes(name)))
      : new Set(names);
  }

  #combined(node: Node): ReadonlySet<string> | null {
    const [left, right] = operandsOf(node).map((operand) => this.labelsOf(operand));
    if (left === undefined || right === undefined || left === null || right === null) return left ?? right ?? null;
    if (node.getChild("Or") !== null) return new Set([...left, ...right]);
    const matching = node.getChild("MatchingModifierClause");
    if (matching === null) {
      const same = left.size === right.size && [...left].every((name) => right.has(name));
      if (!same) this.#problems.push(`operands of different labels never match: ${this.#textOf(node)}`);
      return left;
    }
    for (const name of this.#grouping(matching)) {
      if (!left.has(name) || !right.has(name))
        this.#problems.push(`not both sides have a label "${name}": ${this.#textOf(node)}`);
    }
    return left;
  }

  #called(node: Node): ReadonlySet<string> | null {
    const name = this.#textOf(node.getChild("FunctionIdentifier"));
    if (name === "time") return null;
    const body = node.getChild("FunctionCallBody");
    return name === "vector" || body === null ? new Set() : this.#bodyLabels(body);
  }

  #bodyLabels(body: Node): ReadonlySet<string> {
    return new Set(childrenOf(body).flatMap((child) => [...(this.labelsOf(child) ?? [])]));
  }

  #grouping(modifier: Node): string[] {
    const names = modifier.getChild("GroupingLabels")?.getChildren("LabelName") ?? [];
    return names.map((name) => this.#textOf(name));
  }

  #textOf(node: Node | null): string {
    return node === null ? "" : this.#text.slice(node.from, node.to);
  }
}

function operandsOf(node: Node): Node[] {
  const [first, last] = [node.firstChild, node.lastChild];
  return first === null || last === null ? [] : [first, last];
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}
