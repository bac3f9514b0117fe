/** `npm run synthetic`: makes a community from a seed, and shows how far it is from measured homes. */

import { main } from "./synthetic/main.ts";

process.exitCode = await main(process.argv.slice(2), process);
