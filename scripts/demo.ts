/** `npm run demo`: trades whole days in a local energy market on a node of its own. */

import { main } from "./demo/main.ts";

const { stdout, stderr, env, argv } = process;
process.exitCode = await main(argv.slice(2), { stdout, stderr, env });
