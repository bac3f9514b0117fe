/** A WebSocket per listener: what happens in a community, one JSON notice per message. */
import type { FastifyInstance } from "fastify";
import { ServiceError } from "../../errors.ts";
import type { RelayerApi } from "./api.ts";

/** Bytes that may wait for a listener that reads slowly; then it is cut off, and can come back. */
const MOST_WAITING = 1_048_576;
/** WebSocket: try again later. */
const TRY_LATER = 1_013;

/** Adds the stream. */
export function stream(app: FastifyInstance, api: RelayerApi, most: number): void {
  let open = 0;
  app.get<{ Params: { community: string } }>(
    "/v1/communities/:community/stream",
    {
      websocket: true,
      schema: {
        tags: ["communities"],
        summary: "A WebSocket: gates that close, slots that cleared, strips that were posted or not",
      } as object,
      preValidation: ({ params }, _, done) => {
        api.community(params.community);
        if (open < most) return void done();
        done(new ServiceError("RATE_LIMITED", `${most} streams are open already. Try again later.`));
      },
    },
    (socket, { params }) => {
      open++;
      const end = api.listen(params.community, (notice) => {
        if (socket.bufferedAmount > MOST_WAITING) socket.close(TRY_LATER, "too slow");
        else socket.send(JSON.stringify(notice));
      });
      socket.on("error", () => socket.terminate());
      socket.on("close", () => {
        open--;
        end();
      });
    },
  );
}
