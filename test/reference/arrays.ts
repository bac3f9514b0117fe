/** The item at an index that must exist. */
export function at<T>(items: readonly T[], index: bigint | number): T {
  if (index < 0 || index >= items.length) throw new RangeError(`nothing at index ${index} of ${items.length}`);
  return items[Number(index)] as T;
}

/** The value under a key that must exist. */
export function get<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new RangeError(`nothing under ${String(key)}`);
  return value;
}

/** 0, 1, …, count − 1. */
export function range(count: bigint): bigint[] {
  const values: bigint[] = [];
  for (let value = 0n; value < count; value++) values.push(value);
  return values;
}

export function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

export function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

export function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function largest(values: readonly bigint[]): bigint {
  return values.reduce(larger, at(values, 0));
}

export function smallest(values: readonly bigint[]): bigint {
  return values.reduce(smaller, at(values, 0));
}
