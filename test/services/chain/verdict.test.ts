import { expect } from "chai";
import { makeError, type TransactionRequest, type Wallet } from "ethers";
import { faultOf } from "@wattbook/sdk";
import { Node } from "../../../services/src/chain/index.ts";
import { type Verdict, verdictOn } from "../../../services/src/chain/verdict.ts";
import { NODES, type RunningNode } from "../../scripts/deploy/nodes.ts";
import { fundedWallet } from "../support/sending.ts";

const GWEI = 10n ** 9n;
const CHAIN = 31_337n;

for (const kind of NODES) {
  describe(`What ${kind.name} says of a transaction`, function () {
    this.timeout(60_000);
    let running: RunningNode;
    let node: Node;
    let wallet: Wallet;

    before(async function () {
      if (kind.missing !== undefined) this.skip();
      running = await kind.start(Number(CHAIN));
      node = new Node({ urls: [running.url], chainId: CHAIN, backoff: { tries: 1, first: 1, most: 1 } });
    });
    beforeEach(async () => {
      wallet = await fundedWallet(running.provider, kind.name);
    });
    after(async () => {
      (node as Node | undefined)?.provider.destroy();
      await (running as RunningNode | undefined)?.stop();
    });

    const ask = (method: string, ...params: unknown[]) => running.provider.request({ method, params });
    const signed = (override: TransactionRequest = {}, by = wallet) =>
      by.signTransaction({
        ...{ type: 2, chainId: CHAIN, nonce: 0, to: `0x${"11".repeat(20)}`, value: 1n, gasLimit: 21_000n },
        ...{ maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: GWEI },
        ...override,
      });
    /** What is made of the node's answer, and what it was. */
    const verdict = async (bytes: string): Promise<[Verdict | "taken", string]> => {
      try {
        await node.send(bytes);
        return ["taken", ""];
      } catch (thrown) {
        return [verdictOn(thrown), String(thrown)];
      }
    };
    const expectVerdict = async (bytes: string, expected: Verdict) => {
      const [found, said] = await verdict(bytes);
      expect(found, said).to.equal(expected);
    };

    it("that it has, or whose nonce is spent: it is known", async () => {
      const first = await signed();
      expect((await verdict(first))[0]).to.equal("taken");
      await expectVerdict(first, "known");
      await expectVerdict(await signed({ value: 2n }), "known");
    });

    it("that waits, and one that takes its nonce for less: it is known", async () => {
      await ask("evm_setAutomine", false);
      try {
        const first = await signed();
        expect((await verdict(first))[0]).to.equal("taken");
        await expectVerdict(first, "known");
        await expectVerdict(await signed({ value: 2n }), "known");
      } finally {
        await ask("evm_setAutomine", true);
        await ask("evm_mine");
      }
    });

    it("that offers less than the next block asks for: it is too cheap", async () => {
      await ask(`${kind.name === "anvil" ? "anvil" : "hardhat"}_setNextBlockBaseFeePerGas`, "0x4a817c800");
      await ask("evm_mine");
      await expectVerdict(await signed({ maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }), "cheap");
    });

    it("that its account cannot pay for: it may later", async () => {
      await expectVerdict(await signed({ value: 10n ** 24n }), "later");
    });

    it("that no block can hold, or that is wrong for good: never", async () => {
      await expectVerdict(await signed({ gasLimit: 20_000n }), "never");
      await expectVerdict(await signed({ gasLimit: 2n ** 25n }), "never");
      await expectVerdict(await signed({ to: null, data: `0x${"00".repeat(60_000)}`, gasLimit: 10_000_000n }), "never");
      await expectVerdict("0x02deadbeef", "never");
    });

    it("with a method that it does not have: it says nothing of the transaction", async () => {
      const thrown: unknown = await node.ask("eth_sendNothing", []).catch((error: unknown) => error);
      expect(verdictOn(thrown), String(thrown)).to.equal("later");
      expect(thrown).to.include({ code: "RPC_REFUSED", denied: true });
    });
  });
}

describe("What codes say of a transaction, whatever the words", function () {
  const answered = (code: number, message: string) =>
    verdictOn(faultOf(makeError("could not coalesce error", "UNKNOWN_ERROR", { error: { code, message } })));
  const status = (responseStatus: string) =>
    verdictOn(faultOf(makeError("server response", "SERVER_ERROR", { info: { responseStatus } } as never)));

  it("takes the JSON-RPC code", () => {
    for (const code of [-32_601, -32_001, -32_004, 4_100, 4_200, -32_005, 429]) {
      expect(answered(code, "no"), String(code)).to.equal("later");
    }
    for (const code of [-32_000, -32_003]) {
      expect(answered(code, "intrinsic gas too low"), String(code)).to.equal("never");
      expect(answered(code, "transaction underpriced"), String(code)).to.equal("cheap");
      expect(answered(code, "txpool is full"), String(code)).to.equal("later");
    }
  });

  it("takes the HTTP status", () => {
    for (const text of ["400 Bad Request", "401 Unauthorized", "402", "403 Forbidden", "404 Not Found", "429", "502"]) {
      expect(status(text), text).to.equal("later");
    }
  });
});
