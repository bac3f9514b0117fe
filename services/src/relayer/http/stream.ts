/** A WebSocket per listener: what happens in a community, one JSON notice per message. */
import type { FastifyInstance } from "fastify";
import { ServiceError } from "../../errors.ts";
import { Failure } from "../../wire.ts";
import { Notice } from "../bus.ts";
import type { RelayerApi } from "./api.ts";
import { jsonSchemaOf } from "./schemas.ts";

/** Bytes that may wait for a listener that reads slowly; then it is cut off, and can come back. */
const MOST_WAITING = 1_048_576;
/** WebSocket: try again later. */
const TRY_LATER = 1_013;

/** Where the stream is. */
const PATH = "/v1/communities/:community/stream";

/** The stream as OpenAPI can say it, which knows no WebSockets. */
export const STREAM_DESCRIPTION = {
  [PATH.replace(":community", "{community}")]: {
    get: {
      summary: "A WebSocket: gates that close, slots that cleared, strips that were posted or not",
      description: "Ask for it with `Upgrade: websocket`. Every message is one notice, as the answer 200 shows.",
      tags: ["communities"],
      parameters: [{ in: "path", name: "community", required: true, schema: { type: "string" } }],
      responses: {
        "101": { description: "The WebSocket is open" },
        "200": {
          description: "Of each message",
          content: { "application/json": { schema: jsonSchemaOf(Notice) } },
        },
        "404": { description: "Not served here", content: { "application/json": { schema: jsonSchemaOf(Failure) } } },
      },
    },
  },
};

/** Adds the stream. */
export function stream(app: FastifyInstance, api: RelayerApi, most: number): void {
  let open = 0;
  app.get<{ Params: { community: string } }>(
    PATH,
    {
      websocket: true,
      preValidation: ({ params }, _, done) => {
        api.community(params.community);
        const full = new ServiceError("RATE_LIMITED", `${most} streams are open already. Try again later.`);
        done(open < most ? undefined : full);
      },
    },
    (socket, { params }) => {
      open++;
      const end = api.listen(params.community, (notice) => {
        if (socket.bufferedAmount > MOST_WAITING) socket.close(TRY_LATER, "too slow");
        else socket.send(JSON.stringify(notice));
      });
      socket.on("error", () => {
        socket.terminate();
      });
      socket.on("close", () => {
        open--;
        end();
      });
    },
  );
}
