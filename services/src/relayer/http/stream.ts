/** A WebSocket per listener: what happens in a community, one JSON notice per message. */
import type { FastifyInstance } from "fastify";
import { Failure } from "../../wire.ts";
import { Notice } from "../bus.ts";
import type { RelayerApi } from "./api.ts";
import { Listeners, type StreamLimits } from "./listeners.ts";
import { peerOf } from "./peer.ts";
import { jsonSchemaOf } from "./schemas.ts";

/** Bytes that may wait for a listener that reads slowly; then it is cut off, and can come back. */
const MOST_WAITING = 1_048_576;
/** WebSocket: try again later. */
const TRY_LATER = 1_013;
/** Milliseconds between two pings: proxies and routers keep a connection that long. */
const BEAT = 30_000;

/** WebSocket: whoever serves is going down. */
const GOING_AWAY = 1_001;
/** Milliseconds that listeners have to close: one that does not must not keep the relayer from ending. */
const LEAVE = 1_000;

/** Where the stream is. */
const PATH = "/v1/communities/:community/stream";

/** The stream as OpenAPI can say it, which knows no WebSockets. */
export const STREAM_DESCRIPTION = {
  [PATH.replace(":community", "{community}")]: {
    get: {
      summary: "A WebSocket: gates that close, slots that cleared, strips that were posted or not",
      description: [
        "Ask for it with `Upgrade: websocket`. Every message is one notice, as the answer 200 shows.",
        "The relayer pings every half minute: a listener that has not answered (RFC 6455, pong) until the next ping is dropped, and one that",
        "reads too slowly is closed with 1013. So many streams are open in all and per address; come back where one ends.",
      ].join(" "),
      tags: ["communities"],
      parameters: [{ in: "path", name: "community", required: true, schema: { type: "string" } }],
      responses: {
        "101": { description: "The WebSocket is open" },
        "200": {
          description: "Of each message",
          content: { "application/json": { schema: jsonSchemaOf(Notice) } },
        },
        "404": { description: "Not served here", content: { "application/json": { schema: jsonSchemaOf(Failure) } } },
        "429": {
          description: "Too many streams are open, in all or from this address",
          content: { "application/json": { schema: jsonSchemaOf(Failure) } },
        },
      },
    },
  },
};

/** Adds the stream. @param beat Milliseconds between two pings. */
export function stream(app: FastifyInstance, api: RelayerApi, limits: StreamLimits, beat = BEAT): void {
  const listeners = new Listeners(limits);
  const timer = setInterval(() => {
    listeners.beat();
  }, beat);
  timer.unref();
  app.addHook("onClose", () => {
    clearInterval(timer);
  });
  app.get<{ Params: { community: string } }>(
    PATH,
    {
      websocket: true,
      preValidation: ({ params, ip }, _, done) => {
        api.community(params.community);
        done(listeners.refusalOf(peerOf(ip)));
      },
    },
    (socket, { params, ip }) => {
      socket.on("error", () => {
        socket.terminate();
      });
      // Many may have been let through at once.
      const refusal = listeners.refusalOf(peerOf(ip));
      if (refusal !== undefined) {
        socket.close(TRY_LATER, refusal.code);
        return;
      }
      listeners.add(peerOf(ip), socket);
      const end = api.listen(params.community, (notice) => {
        if (socket.bufferedAmount > MOST_WAITING) socket.close(TRY_LATER, "too slow");
        else socket.send(JSON.stringify(notice));
      });
      socket.on("close", () => {
        end();
      });
    },
  );
}

/** Ends all streams. */
export function endStreams({ websocketServer }: FastifyInstance, done: () => void): void {
  for (const socket of websocketServer.clients) socket.close(GOING_AWAY, "going down");
  const late = setTimeout(() => {
    for (const socket of websocketServer.clients) socket.terminate();
  }, LEAVE);
  websocketServer.close(() => {
    clearTimeout(late);
    done();
  });
}
