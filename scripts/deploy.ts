/** `npm run deploy -- --network NAME`: deploys the contracts, or goes on where an earlier run stopped. */

import { main } from "./deploy/main.ts";

const { stdin, stdout, stderr, argv } = process;
process.exitCode = await main(argv.slice(2), { stdin, stdout, stderr });
// A request to a node that hangs would keep the process for as long as it takes.
setTimeout(() => process.exit(), 1_000).unref();
