import { expect } from "chai";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { RemoteSigner, signerServer } from "../../../examples/remote-signer.ts";
import { COMMUNITY, gatewayOf, MEMBER, METER_KEY, prepare, TRADER } from "./gateway-support.ts";

describe("remote signer example", function () {
  async function remote(token = "secret", settlement = COMMUNITY.settlement.verifyingContract) {
    const server = signerServer(METER_KEY, { token: "secret", chainId: 100n, settlement }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const signer = new RemoteSigner({ url, token, address: METER_KEY.address });
    return { server, signer };
  }

  async function readingsWith(meterKey: RemoteSigner) {
    const world = gatewayOf({ members: [{ ...MEMBER, meterKey }] });
    for (let hour = 0; hour <= 4; hour++) await world.sample(hour, 100n * BigInt(hour));
    await world.stepAt(4);
    return world;
  }

  it("signs a reading that the gateway takes, and the same one again", async function () {
    const { server, signer } = await remote();
    const [first, again] = [await readingsWith(signer), await readingsWith(signer)];
    server.close();
    expect(first.codes).to.deep.equal([]);
    expect([...again.relayer.kept.values()]).to.deep.equal([...first.relayer.kept.values()]);
    expect(first.relayer.kept.size).to.equal(1);
  });

  it("does not sign a second, different reading of a period", async function () {
    const { server, signer } = await remote();
    await readingsWith(signer);
    const other = gatewayOf({ members: [{ ...MEMBER, meterKey: signer }] });
    for (let hour = 0; hour <= 4; hour++) await other.sample(hour, 101n * BigInt(hour));
    await other.stepAt(4);
    server.close();
    expect([other.codes, other.relayer.kept.size]).to.deep.equal([["SIGNER_UNAVAILABLE"], 0]);
  });

  it("signs nothing for a wrong token, another contract or a strip", async function () {
    for (const made of [await remote("guess"), await remote("secret", `0x${"9".repeat(40)}`)]) {
      const world = await readingsWith(made.signer);
      made.server.close();
      expect([world.codes, world.relayer.kept.size]).to.deep.equal([["SIGNER_UNAVAILABLE"], 0]);
    }
    const { server, signer } = await remote();
    const trader = { ...TRADER, tradingKey: signer };
    const world = gatewayOf({ traders: [trader], prepare });
    await world.gateway.step();
    server.close();
    expect([world.codes, world.relayer.kept.size]).to.deep.equal([["SIGNER_UNAVAILABLE"], 0]);
  });
});
