/**
 * An outbox whose files may only grow so far: `sh -c 'ulimit -f 256; exec node bounded-file.ts FILE'`. Takes jobs until one is not
 * taken, and prints why and how many it has.
 */
import { Outbox } from "../../../services/src/chain/index.ts";
import { isServiceError } from "../../../services/src/errors.ts";

/** What the process prints. */
export interface Found {
  readonly code: string;
  readonly message: string;
  /** Jobs that were taken. */
  readonly taken: number;
}

const ACCOUNT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
/** More than any bound that a test sets would hold. */
const MOST = 10_000;

// As a program of its own alone: test runners load every file below `test`.
if (process.argv[1]?.endsWith("bounded-file.ts")) process.stdout.write(JSON.stringify(fillUp(process.argv[2] ?? "")));

function fillUp(path: string): Found {
  const outbox = new Outbox(path, 31_337n, ACCOUNT);
  const call = { to: ACCOUNT, data: `0x${"00".repeat(2_048)}`, value: 0n };
  for (let taken = 0; taken < MOST; taken++) {
    try {
      outbox.add({ key: `job ${taken}`, call });
    } catch (error) {
      if (!isServiceError(error)) throw error;
      return { code: error.code, message: error.message, taken };
    }
  }
  throw new Error(`${path} has no bound`);
}
