import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { isWattbookError, scanLogs } from "@wattbook/sdk";
import { openProvider } from "../../../cli/src/lib/link.ts";
import { Node } from "../../../services/src/chain/index.ts";
import { endpointOf, MOST_ANSWER } from "../../../services/src/chain/endpoint.ts";

const MIB = 1_024 * 1_024;

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A server that answers as it is told. */
interface Server {
  readonly url: string;
  /** Bytes that its sockets took. */
  readonly sent: () => number;
  /** Connections that are open. */
  readonly open: () => Promise<number>;
  readonly close: () => Promise<void>;
}

async function serve(
  answer: (call: Call, response: ServerResponse, request: IncomingMessage) => unknown,
): Promise<Server> {
  let sent = 0;
  const server = createServer((request, response) => {
    const { socket } = request;
    response.once("close", () => (sent += socket.bytesWritten));
    response.on("error", () => undefined);
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      answer(JSON.parse(Buffer.concat(chunks).toString()) as Call, response, request);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => sent,
    open: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => {
          if (error === null) resolve(count);
          else reject(error);
        });
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Begins an answer that never ends, as fast as it is taken. */
function forever(response: ServerResponse): void {
  const part = Buffer.alloc(65_536, "0");
  response.writeHead(200, { "content-type": "application/json" });
  response.write('{"jsonrpc":"2.0","id":1,"result":"0x');
  const more = () => {
    while (!response.destroyed && response.write(part));
  };
  response.on("drain", more);
  more();
}

const plain = ({ id }: Call, result: unknown) => JSON.stringify({ jsonrpc: "2.0", id, result });

async function faultIn(work: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isWattbookError(thrown)) throw new Error(`no coded error: ${String(thrown)}`);
  return thrown;
}

describe("Answers of a node", function () {
  this.timeout(30_000);
  let server: Server | undefined;
  const nodes: Node[] = [];

  const nodeAt = (url: string, options: { timeout?: number; mostAnswer?: number } = {}) => {
    const node = new Node({ urls: [url], chainId: 1n, backoff: { tries: 1, first: 1, most: 1 }, ...options });
    nodes.push(node);
    return node;
  };
  afterEach(async () => {
    for (const node of nodes.splice(0)) node.provider.destroy();
    await server?.close();
  });

  it("that never end are read up to the bound, and the connection is closed", async () => {
    server = await serve((_, response) => {
      forever(response);
    });
    const { code, message } = await faultIn(nodeAt(server.url, { mostAnswer: MIB }).head());
    expect(code).to.equal("RPC_INVALID");
    expect(message).to.contain(`${server.url} has sent more than ${MIB} bytes in answer to eth_chainId`);
    while ((await server.open()) > 0) await sleep(5);
    // What was on its way in between fits the buffers of both ends.
    expect(server.sent()).to.be.within(MIB, 16 * MIB);
  });

  it("are bounded without being asked, for the command line too", async () => {
    server = await serve((_, response) => {
      forever(response);
    });
    const provider = openProvider(server.url, 1n, 20_000);
    const { code, message } = await faultIn(provider.send("eth_chainId", []));
    provider.destroy();
    expect({ code, named: message.includes(`more than ${MOST_ANSWER} bytes`) }).to.deep.equal({
      code: "RPC_INVALID",
      named: true,
    });
  });

  it("name the host of the node, and no key", async () => {
    server = await serve((_, response) => {
      forever(response);
    });
    const { port } = new URL(server.url);
    const request = endpointOf(`http://user:secret@127.0.0.1:${port}/v1/secret?key=secret`, 10_000, MIB);
    request.body = { method: "eth_call" };
    const { message } = await faultIn(request.send());
    expect(message).to.contain(`http://127.0.0.1:${port} has sent`).and.not.to.contain("secret");
  });

  it("that trickle in are given up after the whole time, not from byte to byte", async () => {
    server = await serve((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(" "), 10);
      response.once("close", () => {
        clearInterval(timer);
      });
    });
    const began = performance.now();
    const { code } = await faultIn(nodeAt(server.url, { timeout: 200 }).head());
    expect(code).to.equal("RPC_TIMEOUT");
    expect(performance.now() - began).to.be.within(190, 5_000);
  });

  it("that are packed are unpacked up to the bound", async () => {
    server = await serve((call, response) => {
      const text = call.method === "eth_chainId" ? plain(call, "0x1") : plain(call, "0".repeat(64 * MIB));
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(text));
    });
    const node = nodeAt(server.url, { mostAnswer: MIB });
    const { code, message } = await faultIn(node.head());
    expect(code).to.equal("RPC_INVALID");
    expect(message).to.contain("in answer to eth_getBlockByNumber");
  });

  it("that are packed badly are no answers", async () => {
    server = await serve((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end("no gzip"));
    expect((await faultIn(nodeAt(server.url).head())).code).to.equal("RPC_INVALID");
  });

  it("with too many logs are asked for in fewer blocks", async () => {
    const ranges: number[] = [];
    server = await serve((call, response) => {
      if (call.method === "eth_chainId") return response.end(plain(call, "0x1"));
      const [{ fromBlock, toBlock }] = call.params as [{ fromBlock: string; toBlock: string }];
      const blocks = Number(toBlock) - Number(fromBlock) + 1;
      ranges.push(blocks);
      if (blocks > 100) {
        forever(response);
        return response;
      }
      return response.end(plain(call, []));
    });
    const node = nodeAt(server.url, { mostAnswer: MIB });
    const source = {
      getLogs: async (filter: object) => (await node.ask("eth_getLogs", [filter])) as never[],
    };
    expect(await scanLogs(source as never, {}, { fromBlock: 0, toBlock: 399 })).to.deep.equal([]);
    expect(ranges[0]).to.equal(400);
    expect(ranges.filter((blocks) => blocks <= 100).reduce((sum, blocks) => sum + blocks, 0)).to.equal(400);
  });

  it("of the next node count where one sends without end", async () => {
    server = await serve((_, response) => {
      forever(response);
    });
    const good = await serve((call, response) =>
      response.end(
        plain(
          call,
          call.method === "eth_chainId" ? "0x1" : { number: "0x7", hash: "0xab", parentHash: "0xaa", timestamp: "0x1" },
        ),
      ),
    );
    const node = new Node({ urls: [server.url, good.url], chainId: 1n, mostAnswer: MIB });
    nodes.push(node);
    expect((await node.head()).number).to.equal(7);
    await good.close();
  });
});
