/**
 * A sender whose process dies at a step, as if the plug were pulled: `node pulled-plug.ts '{ "url", "path", "key", "job", "at" }'`.
 * Without `at` it lives until the job is final, and prints its state.
 */
import { Wallet } from "ethers";
import { Node, Outbox, Sender } from "../../../services/src/chain/index.ts";

/** What the process is told. */
export interface Plug {
  readonly url: string;
  readonly path: string;
  readonly key: string;
  /** Address that gets one wei. */
  readonly to: string;
  /** Where it dies: "submitted" or a step of `SenderStep`. */
  readonly at?: string;
}

// As a program of its own alone: test runners load every file below `test`.
if (process.argv[1]?.endsWith("pulled-plug.ts")) await run(JSON.parse(process.argv[2] ?? "") as Plug);

async function run({ url, path, key, to, at }: Plug): Promise<void> {
  const die = (step: string) => {
    if (step === at) process.kill(process.pid, "SIGKILL");
  };
  const observe = ({ step }: { readonly step: string }) => {
    die(step);
  };
  const signer = new Wallet(key);
  const node = new Node({ urls: [url], chainId: 31_337n });
  const outbox = new Outbox(path, 31_337n, signer.address);
  const sender = new Sender({ node, signer, outbox, confirmations: 1, observe });
  sender.submit({ key: "pay", call: { to, data: "0x", value: 1n } });
  die("submitted");
  const { state } = await sender.complete("pay", 10);
  process.stdout.write(state);
  outbox.close();
  node.provider.destroy();
}
