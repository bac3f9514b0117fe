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

/** As few calls as fit, of at most `size` items each: a size that does not fit is made a tenth smaller, and stays so. */
export async function inCalls<T, R>(
  items: readonly T[],
  size: number,
  send: (some: readonly T[]) => Promise<R>,
): Promise<R[]> {
  const calls: R[] = [];
  let most = size;
  for (let sent = 0; sent < items.length;) {
    const [some = []] = batches(items.slice(sent), most);
    try {
      calls.push(await send(some));
      sent += some.length;
    } catch (error) {
      if (some.length === 1 || !(error instanceof DoesNotFit)) throw error;
      most = Math.min(some.length - 1, Math.ceil(0.9 * some.length));
    }
  }
  return calls;
}
