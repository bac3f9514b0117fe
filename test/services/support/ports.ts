/** Ports that stay free while who listens there is away. */
import { once } from "node:events";
import { createServer } from "node:net";

/** Below those that systems give to outgoing connections, which could take a port that was just left. */
const [LOWEST, COUNT] = [20_000, 12_000];

/** A port that nobody listens on, for programs that come back to it. */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => {
        resolve(false);
      });
      server.listen(port, "127.0.0.1", () => {
        resolve(true);
      });
    });
    if (!free) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
