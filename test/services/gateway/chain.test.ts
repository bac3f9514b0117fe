import { expect } from "chai";
import { connect } from "@wattbook/sdk";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { asCommunity, asPeriod, asSeconds, periodStart } from "@wattbook/sdk/pure";
import { Node } from "../../../services/src/chain/index.ts";
import { joinChain, openGateway } from "../../../services/src/gateway/config/load.ts";
import { readGatewayConfig } from "../../../services/src/gateway/config/read.ts";
import { Gateway } from "../../../services/src/gateway/gateway.ts";
import { Queue } from "../../../services/src/gateway/queue/queue.ts";
import { passwordsOf, Secrets } from "../../../services/src/operation/index.ts";
import { ReadingBody, readingOf, signatureOf, StripBody, stripOf } from "../../../services/src/wire.ts";
import { deploymentOf } from "../../sdk/clients/deployment-of.ts";
import { world } from "../../sdk/clients/support.ts";
import { nodeOf, setUp } from "./chain-support.ts";
import { relayerServer } from "./relayer-support.ts";

describe("a gateway on a chain", function () {
  this.timeout(120_000);

  it("signs what the contracts accept, from a configuration file", async function () {
    const w = await world();
    const book = await connect(w.raw.stranger, await deploymentOf(w));
    const community = asCommunity(w.community);
    const terms = await book.registry.terms(community);
    const [node, relayer] = [await nodeOf(w), await relayerServer()];
    const { folder, home, path } = await setUp(w, node.url, relayer.url);
    const first = asPeriod(BigInt((await w.raw.periodNow()) + 1));
    const start = periodStart(terms, first);
    // From noon of the day before on: 150 Wh a quarter hour, and 40 Wh fed in.
    const rows = Array.from({ length: 48 + 96 + 1 }, (_, slot) => {
      const at = start + 900n * BigInt(slot - 48);
      return `north,${at},${slot * 150},${slot * 40}`;
    });
    writeFileSync(join(folder.path, "registers.csv"), ["meter,time,import_Wh,export_Wh", ...rows].join("\n"));

    const end = start + 86_400n;
    const file = { path, env: { KEY_PASSWORD_FILE: join(folder.path, "password") } };
    const secrets = new Secrets();
    // The member can trade from its first period's start on.
    await w.raw.goTo(Number(end) + 901);
    const config = readGatewayConfig(file, secrets);
    const opened = await openGateway(config, passwordsOf(secrets, file));
    const line = new Node({ urls: config.node.urls, chainId: opened.deployment.chainId });
    const queue = new Queue(config.queue);
    const options = { ...opened, queue, ...(await joinChain(config, opened, line, queue)) };
    const problems: string[] = [];
    const gateway = new Gateway({
      ...options,
      clock: () => asSeconds(end + 901n),
      report: ({ message }) => problems.push(message),
    });
    for (const adapter of options.adapters) await adapter.start(gateway.sink, () => undefined);
    await gateway.step();
    await gateway.stop();
    const posted = [...relayer.kept.values()];
    const bodyAt = (name: string) =>
      JSON.parse(posted.find(({ path: each }) => each.endsWith(name))?.body ?? "{}") as object;
    const [reading, strip] = [ReadingBody.parse(bodyAt("readings")), StripBody.parse(bodyAt("strips"))];
    line.provider.destroy();
    node.close();
    await relayer.close();
    folder.remove();
    expect(problems).to.deep.equal([]);

    const item = { strip: stripOf(community, strip), signature: signatureOf(strip) };
    expect(item.strip.period).to.equal(first + 1n);
    expect(new Set(item.strip.entries.map(({ lots }) => lots))).to.deep.equal(new Set([11n]));
    await book.market.send.post(community, item.strip.period, [item]);
    const journal = await book.escrow.journal(community, item.strip.member, item.strip.period);
    expect(journal.entries).to.equal(BigInt(item.strip.entries.length));

    const metered = readingOf(terms, community, reading);
    await book.settlement.send.meter(community, first, [{ reading: metered, signature: signatureOf(reading) }]);
    const meter = await book.settlement.meter(community, item.strip.member);
    expect(meter.nextPeriod).to.equal(first + 1n);
    expect([meter.importRegister, meter.exportRegister]).to.deep.equal([144n * 150n, 144n * 40n]);
    expect(BigInt(home.member)).to.equal(metered.member);
  });
});
