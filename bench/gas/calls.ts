/** Many items in few calls. */

/** A call that no transaction has room for: too much gas, or more calldata than nodes pass on. */
export class DoesNotFit extends Error {}

/** Parts of at most `size`, as equal as possible. */
export function batches<T>(all: readonly T[], size: number): T[][] {
  const count = Math.ceil(all.length / size);
  return Array.from({ length: count }, (_, index) =>
    all.slice(Math.floor((index * all.length) / count), Math.floor(((index + 1) * all.length) / count)),
  );
}

export const halves = <T>(all: readonly T[]): T[][] => batches(all, all.length / 2);

/** As few calls as fit, of at most `size` items each. */
export async function inCalls<T, R>(
  items: readonly T[],
  size: number,
  send: (some: readonly T[]) => Promise<R>,
): Promise<R[]> {
  const calls: R[] = [];
  for (const some of batches(items, size)) {
    try {
      calls.push(await send(some));
    } catch (error) {
      if (some.length === 1 || !(error instanceof DoesNotFit)) throw error;
      calls.push(...(await inCalls(some, Math.ceil(some.length / 2), send)));
    }
  }
  return calls;
}
