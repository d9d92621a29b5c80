import type { FastifyReply, FastifyRequest } from "fastify";
import { type Clock, delay } from "../../clock.ts";
import type { BackendFault } from "./api.ts";
import { errorA, timestampOf } from "./envelopes.ts";

/** The faults switched on, and what they do to a request. */
export class Faults {
  readonly #clock: Clock;
  readonly #active = new Map<BackendFault, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(fault: BackendFault): () => void {
    const own = { ...fault };
    this.#active.set(own, fault.times ?? Number.POSITIVE_INFINITY);
    return () => this.#active.delete(own);
  }

  clear(): void {
    this.#active.clear();
  }

  /** True when the request is dealt with: answered wrongly, or never to be answered. */
  async apply(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const fault = this.#take(request);
    switch (fault?.kind) {
      case undefined:
        return false;
      case "latency":
        await delay(this.#clock, fault.ms ?? defaultLatencyMs);
        return false;
      case "hang":
        reply.hijack();
        return true;
      case "reset":
        reply.hijack();
        request.raw.socket.resetAndDestroy();
        return true;
      case "stall":
        reply.hijack();
        reply.raw.writeHead(200, { "content-type": "application/json", "content-length": String(halfBody.length * 2) });
        reply.raw.write(halfBody);
        return true;
      case "malformed":
        reply.code(200).type("application/json").send(halfBody);
        return true;
      case "429":
        reply.header("retry-after", String(Math.ceil((fault.ms ?? defaultRetryAfterMs) / 1000)));
        this.#refuse(reply, 429, "Too many requests from this IP, please try again later");
        return true;
      case "500":
        this.#refuse(reply, 500, "Something went wrong!");
        return true;
      case "503":
        this.#refuse(reply, 503, "Failed to fetch historical data: connect ECONNREFUSED 127.0.0.1:5432");
        return true;
    }
  }

  #refuse(reply: FastifyReply, status: number, text: string): void {
    reply.code(status).send(errorA(text, timestampOf(this.#clock)));
  }

  #take(request: FastifyRequest): BackendFault | undefined {
    for (const [fault, left] of this.#active) {
      if (!matches(fault.route, request)) continue;
      if (left > 1) this.#active.set(fault, left - 1);
      else this.#active.delete(fault);
      return fault;
    }
    return undefined;
  }
}

const defaultLatencyMs = 1_000;
const defaultRetryAfterMs = 60_000;
const halfBody = '{"success":true,"data":{"signal":{"pair":"EUR/U';

function matches(route: string | undefined, request: FastifyRequest): boolean {
  if (route === undefined) return true;
  const [, method, path = ""] = /^(?:([A-Z]+) )?(.*)$/.exec(route) ?? [];
  return (method === undefined || method === request.method) && request.url.startsWith(`/api/v1${path}`);
}
