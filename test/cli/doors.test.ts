import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { lookAtServices } from "../../cli/src/doctor/services.ts";
import type { Config } from "../../cli/src/lib/config.ts";

describe("What wattbook doctor hears of services", function () {
  this.timeout(30_000);
  let server: Server;
  let answer: (response: ServerResponse) => void;

  before(async () => {
    server = createServer((_, response) => {
      answer(response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const look = async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [finding] = await lookAtServices({ services: { relayer: url } } as unknown as Config);
    return finding;
  };

  it("is read where it is an answer", async () => {
    answer = (response) => response.end(JSON.stringify({ ready: true, checks: { node: "ok" } }));
    expect(await look()).to.include({ state: "ok", found: "ready: node" });
  });

  it("is not read to the end where there is none", async () => {
    let sent = 0;
    let closed: Promise<unknown> | undefined;
    answer = (response) => {
      closed = once(response, "close");
      const part = Buffer.alloc(65_536, " ");
      const more = () => {
        while (!response.destroyed && sent < 2 ** 30) {
          sent += part.length;
          if (!response.write(part)) break;
        }
        if (sent >= 2 ** 30) response.end();
      };
      response.on("drain", more);
      more();
    };
    expect((await look())?.found).to.match(/is not its door$/);
    await closed;
    expect(sent).to.be.lessThan(2 ** 26);
  });

  it("is not looked for elsewhere", async () => {
    answer = (response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end();
    expect((await look())?.found).to.match(/does not answer$/);
  });
});
