import { expect } from "chai";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { asCommunity } from "@wattbook/sdk/pure";
import { MOST_ANSWER } from "../../../services/src/gateway/bounded.ts";
import { HttpHandOver } from "../../../services/src/gateway/http-hand-over.ts";
import { feeTermsOf } from "../../../services/src/gateway/relayer-terms.ts";
import { eventually, expectRejection } from "./support.ts";

const MESSAGE = { kind: "reading", community: asCommunity(0n), digest: `0x${"12".repeat(32)}`, body: "{}" } as const;

/** A relayer that answers as it likes. */
async function answering(answer: (response: ServerResponse) => void) {
  const server = createServer((_request, response) => {
    answer(response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** Sends until nobody reads any more. */
function endless(sent: { bytes: number; ended: boolean }) {
  return (response: ServerResponse) => {
    const more = () => {
      if (response.destroyed) return;
      sent.bytes += 16_384;
      if (response.write(" ".repeat(16_384))) setImmediate(more);
      else response.once("drain", more);
    };
    response.once("close", () => {
      sent.ended = true;
    });
    more();
  };
}

describe("answers of a relayer", function () {
  const asks = {
    "to a message": (url: string) => new HttpHandOver({ url }).deliver(MESSAGE),
    "about its terms": (url: string) => feeTermsOf({ url }, asCommunity(0n)),
  };
  for (const [what, ask] of Object.entries(asks)) {
    it(`${what} are read no longer than they may be`, async function () {
      const sent = { bytes: 0, ended: false };
      const relayer = await answering(endless(sent));
      await expectRejection(ask(relayer.url), "ANSWER_TOO_LONG");
      await eventually(() => sent.ended, "the end of the connection");
      relayer.close();
      expect(sent.bytes).to.be.below(200 * MOST_ANSWER);
    });

    it(`${what} are bounded as they are unpacked`, async function () {
      const bomb = gzipSync(Buffer.alloc(100_000_000));
      const relayer = await answering((response) => {
        response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
      });
      await expectRejection(ask(relayer.url), "ANSWER_TOO_LONG");
      relayer.close();
    });
  }
});
