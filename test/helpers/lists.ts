/** The element at an index that exists. */
export function at<T>(list: readonly T[], index: number): T {
  const element = list[index];
  if (element === undefined) throw new Error(`no element ${String(index)} in a list of ${String(list.length)}`);
  return element;
}
