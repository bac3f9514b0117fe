/** A relayer in a process of its own that is killed right after a step: `tsx crash-child.ts <json>`. */
import type { AddressInfo } from "node:net";
import { asAmount, asCommunity, parseDeployment } from "@wattbook/sdk";
import { Wallet } from "ethers";
import { DEFAULT_FEES, Node } from "../../../services/src/chain/index.ts";
import { createLog, Secrets } from "../../../services/src/operation/index.ts";
import { createApp, DEFAULT_LIMITS, Relayer, RelayerService } from "../../../services/src/relayer/index.ts";

/** What the child is told. */
export interface ChildTask {
  readonly url: string;
  readonly deployment: unknown;
  readonly privateKey: string;
  readonly folder: string;
  /** The step after which it is killed, and how its name begins: "signed commit:"; none: never. */
  readonly killAfter?: string;
}

async function run(task: ChildTask): Promise<void> {
  const deployment = parseDeployment(task.deployment);
  const node = new Node({ urls: [task.url], chainId: deployment.chainId, timeout: 20_000 });
  const log = createLog("relayer", "warn", new Secrets());
  const [kill, of = ""] = (task.killAfter ?? "").split(" ");
  const signer = new Wallet(task.privateKey);
  const relayer = await Relayer.open({
    ...{ deployment, communities: [asCommunity(0n)], node, signer, folder: task.folder, log },
    ...{ fees: DEFAULT_FEES, confirmations: 1, leastFee: asAmount(0n), lead: 1_000_000, margin: 0, patience: 0 },
    ...{ perMember: 100, threads: 0 },
    observe: (step, name) => {
      if (step === kill && name.startsWith(of)) process.kill(process.pid, "SIGKILL");
    },
  });
  const app = await createApp(new RelayerService(relayer), DEFAULT_LIMITS, log);
  await app.listen({ host: "127.0.0.1", port: 0 });
  process.stdout.write(`${(app.server.address() as AddressInfo).port}\n`);
  await relayer.run(50, new AbortController().signal);
}

// Test runners load every file of the folder.
const [, , json = ""] = process.argv;
if (json.startsWith("{")) await run(JSON.parse(json) as ChildTask);
