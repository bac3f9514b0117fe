/** `npm run community -- --network NAME --file FILE`: creates a community and enrols its members. */

import { main } from "./community/main.ts";

const { stdin, stdout, stderr, argv } = process;
process.exitCode = await main(argv.slice(2), { stdin, stdout, stderr });
// A request to a node that hangs would keep the process for as long as it takes.
setTimeout(() => process.exit(), 1_000).unref();
