/** Options of the gateway's benches: a size, `--json`, and `--write` for the page. */
import { parseArgs } from "node:util";

/** Reads them; says what is wrong and ends with 2 otherwise. */
export function optionsOf(
  name: string,
  unset: number,
): { readonly size: number; readonly json: boolean; readonly write: boolean } {
  try {
    const flag = { type: "boolean" } as const;
    const { values } = parseArgs({ options: { [name]: { type: "string" }, json: flag, write: flag } });
    const text = String(values[name] ?? unset);
    if (!/^[1-9]\d{0,7}$/.test(text)) throw new Error(`--${name} ${text}: pass a whole number from 1 to 99999999.`);
    return { size: Number(text), json: values["json"] === true, write: values["write"] === true };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}
