/** Devices that answer over Modbus TCP. */
import { once } from "node:events";
import { type IServiceVector, ServerTCP } from "modbus-serial";
import { lastingPort } from "./ports.ts";

/** A server on a port of its own: asked for port 0 the package takes 502, which two tests at a time cannot have. */
export async function listenModbus(
  vector: IServiceVector,
  unitID: number,
): Promise<{ readonly server: ServerTCP; readonly port: number; readonly close: () => Promise<void> }> {
  const port = await lastingPort();
  const server = new ServerTCP(vector, { host: "127.0.0.1", port, unitID });
  const refused = once(server, "serverError").then(([error]) => {
    throw error as Error;
  });
  await Promise.race([once(server, "initialized"), refused]);
  refused.catch(() => undefined);
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
  return { server, port, close };
}
