/** A sender with its outbox in a folder of its own, and an account with money on a node. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HDNodeWallet, type Provider as EthersProvider, Wallet } from "ethers";
import { Node, Outbox, Sender, type SenderOptions, type SenderStep } from "../../../services/src/chain/index.ts";
import type { Provider } from "../../../scripts/deploy/rpc.ts";

/** Of the accounts that development nodes hand out. */
const MNEMONIC = "test test test test test test test test test test test junk";

/** An account that nothing else uses, with 10 ether. */
export async function fundedWallet(node: Provider, kind: string): Promise<Wallet> {
  const wallet = new Wallet(HDNodeWallet.createRandom().privateKey);
  const method = kind === "anvil" ? "anvil_setBalance" : "hardhat_setBalance";
  await node.request({ method, params: [wallet.address, "0x8ac7230489e80000"] });
  return wallet;
}

/** The first of a development node's own accounts. */
export function firstAccount(provider?: EthersProvider): HDNodeWallet {
  const wallet = HDNodeWallet.fromPhrase(MNEMONIC);
  return provider === undefined ? wallet : wallet.connect(provider);
}

/** A sender under test and what it did. */
export interface Bench {
  readonly sender: Sender;
  readonly steps: string[];
  readonly path: string;
  readonly outbox: Outbox;
  close(): void;
}

/** Makes senders that share a folder, and removes it in the end. */
export class Benches {
  readonly #folder = mkdtempSync(join(tmpdir(), "wattbook-sender-"));
  readonly #open = new Set<Outbox>();
  #count = 0;

  /** @param path That of an earlier sender, to go on with its outbox. */
  make(
    url: string | readonly string[],
    wallet: Wallet,
    options: Partial<SenderOptions> = {},
    path = this.path(),
  ): Bench {
    const urls = typeof url === "string" ? [url] : url;
    const backoff = { tries: 3, first: 1, most: 2 };
    const node = options.node ?? new Node({ urls, chainId: 31_337n, backoff });
    const outbox = new Outbox(path, 31_337n, wallet.address);
    this.#open.add(outbox);
    const steps: string[] = [];
    const observe = (step: SenderStep) => steps.push(`${step.step} ${step.job.key}`);
    const sender = new Sender({ node, signer: wallet, outbox, confirmations: 1, observe, ...options });
    const close = () => {
      this.#open.delete(outbox);
      node.provider.destroy();
      outbox.close();
    };
    return { sender, steps, path, outbox, close };
  }

  path(): string {
    return join(this.#folder, `outbox-${this.#count++}.db`);
  }

  remove(): void {
    for (const outbox of this.#open) outbox.close();
    rmSync(this.#folder, { recursive: true });
  }
}
