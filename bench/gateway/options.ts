/** Options of the gateway's benches: a size, and `--json`. */
import { parseArgs } from "node:util";

/** Reads them; says what is wrong and ends with 2 otherwise. */
export function optionsOf(name: string, unset: number): { readonly size: number; readonly json: boolean } {
  try {
    const { values } = parseArgs({ options: { [name]: { type: "string" }, json: { type: "boolean" } } });
    const text = String(values[name] ?? unset);
    if (!/^[1-9]\d{0,7}$/.test(text)) throw new Error(`--${name} ${text}: pass a whole number from 1 to 99999999.`);
    return { size: Number(text), json: values["json"] === true };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}
