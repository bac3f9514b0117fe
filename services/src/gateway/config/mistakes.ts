/** Mistakes that no field shows alone: names that are not there, and what stands there twice. */
import type { AdapterConfig } from "./adapter-schema.ts";

/** What is looked at. */
interface Looked {
  readonly meters: readonly { readonly name: string }[];
  readonly members: readonly { readonly meter: string; readonly community: number; readonly member: number }[];
  readonly adapters: readonly AdapterConfig[];
}

type Path = (string | number)[];

interface Mistake {
  readonly path: Path;
  readonly message: string;
}

const UNKNOWN = "no meter has this name: add it to meters";

/** Everything that does not fit together. */
export function* mistakesIn({ meters, members, adapters }: Looked): Generator<Mistake> {
  const known = new Set(meters.map(({ name }) => name));
  yield* repeated(
    meters.map(({ name }, at) => ({ path: ["meters", at, "name"], value: name })),
    "another meter has this name",
  );
  yield* repeated(
    members.map(({ meter }, at) => ({ path: ["members", at, "meter"], value: meter })),
    "another member has this meter",
  );
  yield* repeated(
    members.map(({ community, member }, at) => ({ path: ["members", at, "member"], value: `${community}/${member}` })),
    "this member stands here twice",
  );
  const named = [
    ...members.map(({ meter }, at): [Path, string] => [["members", at, "meter"], meter]),
    ...adapters.flatMap((adapter, at) =>
      metersOf(adapter).map(([path, meter]): [Path, string] => [["adapters", at, ...path], meter]),
    ),
  ];
  for (const [path, meter] of named) if (!known.has(meter)) yield { path, message: UNKNOWN };
}

function* repeated(
  fields: readonly { readonly path: Path; readonly value: string }[],
  message: string,
): Generator<Mistake> {
  const seen = new Set<string>();
  for (const { path, value } of fields) {
    if (seen.has(value)) yield { path, message };
    seen.add(value);
  }
}

/** Meters that an adapter names, and where. */
function metersOf(adapter: AdapterConfig): [Path, string][] {
  switch (adapter.type) {
    case "csv":
      return [];
    case "http":
      return Object.keys(adapter.tokenFiles).map((meter) => [["tokenFiles", meter], meter]);
    case "mqtt":
      return adapter.topics.flatMap(({ meter }, at): [Path, string][] => {
        return meter === undefined ? [] : [[["topics", at, "meter"], meter]];
      });
    default:
      return [[["meter"], adapter.meter]];
  }
}
