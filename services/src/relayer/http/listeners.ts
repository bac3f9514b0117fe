/** Open streams: so many in all and per address, and none whose listener has gone. */
import type { WebSocket } from "@fastify/websocket";
import { ServiceError } from "../../errors.ts";

/** What counting and asking needs of a socket. */
export type Socket = Pick<WebSocket, "ping" | "terminate" | "on">;

/** How many streams may be open. */
export interface StreamLimits {
  readonly all: number;
  readonly perAddress: number;
}

/** Counts streams and asks their listeners whether they are there. */
export class Listeners {
  readonly #limits: StreamLimits;
  readonly #open = new Map<Socket, string>();
  readonly #ofAddress = new Map<string, number>();
  /** Asked, and silent since. */
  readonly #silent = new Set<Socket>();

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Why an address gets no further stream. */
  refusalOf(address: string): ServiceError | undefined {
    const { all, perAddress } = this.#limits;
    const own = this.#ofAddress.get(address) ?? 0;
    if (own >= perAddress) {
      const help = "Close one, or listen to a community once for all its members";
      return new ServiceError("RATE_LIMITED", `${own} streams of ${address} are open already. ${help}.`);
    }
    if (this.#open.size < all) return undefined;
    return new ServiceError("RATE_LIMITED", `${all} streams are open already. Try again later.`);
  }

  /** Counts a stream until it closes. */
  add(address: string, socket: Socket): void {
    this.#open.set(socket, address);
    this.#ofAddress.set(address, (this.#ofAddress.get(address) ?? 0) + 1);
    socket.on("pong", () => this.#silent.delete(socket));
    socket.on("close", () => {
      this.#remove(socket);
    });
  }

  /** Drops those that have not answered since the last time, and asks the others. */
  beat(): void {
    for (const socket of [...this.#open.keys()]) {
      if (this.#silent.has(socket)) {
        socket.terminate();
        continue;
      }
      this.#silent.add(socket);
      socket.ping();
    }
  }

  #remove(socket: Socket): void {
    const address = this.#open.get(socket);
    if (address === undefined) return;
    this.#open.delete(socket);
    this.#silent.delete(socket);
    const left = (this.#ofAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#ofAddress.delete(address);
    else this.#ofAddress.set(address, left);
  }
}
