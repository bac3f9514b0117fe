import { expect } from "chai";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { asAmount, asCommunity } from "@wattbook/sdk/pure";
import { feeTermsOf, payingRelayer } from "../../../services/src/gateway/relayer-terms.ts";
import { stripOf, StripBody } from "../../../services/src/wire.ts";
import { COMMUNITY, gatewayOf, prepare, TRADER } from "./gateway-support.ts";
import { expectRejection, freePort } from "./support.ts";

const RELAYER = `0x${"11".repeat(20)}`;
const COMMUNITY_7 = asCommunity(7n);

/** A relayer that answers one thing. */
async function saying(answer: object) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.end(JSON.stringify(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
}

describe("terms of a relayer", function () {
  it("are asked for each community", async function () {
    const { url, asked, close } = await saying({ feeTo: RELAYER, leastFeePerEntry: "5", lead: 120 });
    const terms = await feeTermsOf({ url, token: "secret" }, COMMUNITY_7);
    close();
    expect(asked).to.deep.equal(["GET /v1/communities/7 Bearer secret"]);
    expect(terms).to.deep.equal({ feeTo: RELAYER, feePerEntry: 5n });
  });

  it("are missing where nobody answers, or something else does", async function () {
    const url = `http://127.0.0.1:${await freePort()}`;
    await expectRejection(feeTermsOf({ url }, COMMUNITY_7), "RELAYER_UNAVAILABLE");
    const other = await saying({ code: "NOT_FOUND", message: "no such community" });
    await expectRejection(feeTermsOf({ url: other.url }, COMMUNITY_7), "RELAYER_UNAVAILABLE");
    other.close();
  });

  const asking = (fee: bigint, most: bigint) =>
    payingRelayer(prepare, () => Promise.resolve({ feeTo: RELAYER, feePerEntry: asAmount(fee) }), asAmount(most));

  it("are what strips pay", async function () {
    const { gateway, relayer, codes } = gatewayOf({ traders: [TRADER], prepare: asking(5n, 5n) });
    await gateway.step();
    const [message] = relayer.kept.values();
    const strip = stripOf(COMMUNITY.community, StripBody.parse(JSON.parse(message?.body ?? "")));
    expect({ feeTo: strip.feeTo, fee: strip.feePerEntry }).to.deep.equal({ feeTo: RELAYER, fee: 5n });
    expect(codes).to.deep.equal([]);
  });

  it("are not paid above the limit", async function () {
    const { gateway, relayer, codes } = gatewayOf({ traders: [TRADER], prepare: asking(6n, 5n) });
    await gateway.step();
    expect(relayer.kept.size).to.equal(0);
    expect(codes).to.deep.equal(["RELAYER_TOO_DEAR"]);
  });

  it("are not asked for a member that cannot trade yet; it trades once it can", async function () {
    let active = false;
    const { gateway, relayer } = gatewayOf({
      traders: [TRADER],
      prepare: (...args) => (active ? prepare(...args) : Promise.resolve(undefined)),
    });
    await gateway.step();
    expect(relayer.kept.size).to.equal(0);
    active = true;
    await gateway.step();
    expect(relayer.kept.size).to.equal(1);
  });
});
