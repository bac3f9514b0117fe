/** The chain of this process as a node that services reach over HTTP. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Connection } from "../../helpers/market.ts";

/** A chain that answers over HTTP. */
export interface Bridge {
  readonly url: string;
  close(): Promise<void>;
}

/** Opens a door to a test's chain. */
export async function bridgeTo({ provider }: Connection): Promise<Bridge> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString()) as Request;
      const answered = provider.request({ method, params }).then(
        (result: unknown) => ({ result }),
        (error: unknown) => ({ error: errorOf(error) }),
      );
      void answered.then((answer) => {
        response.setHeader("content-type", "application/json").end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: unknown[];
}

function errorOf(error: unknown): { code: number; message: string; data?: unknown } {
  const { code, message, data } = error as { code?: number; message?: string; data?: unknown };
  return { code: code ?? -32_603, message: message ?? String(error), ...(data !== undefined && { data }) };
}
