/** Options of the gateway's benches: a size, `--json` and, where a page shows the result, `--write`. */
import { parseArgs } from "node:util";

/** Reads them; says what is wrong and ends with 2 otherwise. */
export function optionsOf(
  name: string,
  unset: number,
  page = false,
): { readonly size: number; readonly json: boolean; readonly write: boolean } {
  try {
    const flag = { type: "boolean" } as const;
    const flags: Record<string, typeof flag> = page ? { json: flag, write: flag } : { json: flag };
    const { values } = parseArgs({ options: { [name]: { type: "string" }, ...flags } });
    const text = String(values[name] ?? unset);
    if (!/^[1-9]\d{0,7}$/.test(text)) throw new Error(`--${name} ${text}: pass a whole number from 1 to 99999999.`);
    return { size: Number(text), json: values["json"] === true, write: values["write"] === true };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}
