/** Writes docs/errors.md from the code. */
import { writeFile } from "node:fs/promises";
import { errorIndex } from "./error-index/page.ts";

await writeFile(new URL("../docs/errors.md", import.meta.url), await errorIndex());
console.log("error index: wrote docs/errors.md");
