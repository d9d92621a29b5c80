import { GatewayOpcodes } from "discord-api-types/v10";
import { WebSocket } from "ws";
import * as z from "zod";
import type {
  InteractionFaults,
  InteractionInput,
  SandboxDiscord,
  SandboxInteraction,
} from "../../../src/sandbox/discord/api.ts";

export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  /** `{}` for an empty one. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface RequestOptions {
  readonly body?: unknown;
  /** The `Authorization` header; the bot's by default, `null` for none. */
  readonly authorization?: string | null;
  readonly signal?: AbortSignal;
}

/** One plain request to the sandbox's API, without any library's retries. */
export const request = async (
  sandbox: SandboxDiscord,
  method: string,
  path: string,
  { body, authorization = `Bot ${sandbox.botToken}`, signal }: RequestOptions = {},
): Promise<ApiResponse> => {
  const isText = typeof body === "string";
  const response = await fetch(`${sandbox.apiUrl}/v10${path}`, {
    method,
    headers: {
      ...(authorization === null ? {} : { authorization }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? {} : jsonObject.parse(JSON.parse(text)),
  };
};

const jsonObject = z.preprocess(
  (value) => (Array.isArray(value) ? { items: value } : value),
  z.record(z.string(), z.unknown()),
);

const payloadShape = z.object({
  op: z.number(),
  d: z.unknown().optional(),
  s: z.number().nullish(),
  t: z.string().nullish(),
});

export type Payload = z.infer<typeof payloadShape>;

/** A gateway client that does nothing of its own accord: no heartbeats, no reconnects. */
export class RawGateway {
  readonly #socket: WebSocket;
  readonly #received: Payload[] = [];
  readonly #waiting = new Set<() => void>();
  #taken = 0;
  /** The close code, when the connection ended. */
  readonly closed: Promise<number>;

  constructor(sandbox: SandboxDiscord, query = "v=10&encoding=json") {
    this.#socket = new WebSocket(`${sandbox.apiUrl.replace("http:", "ws:").replace(/\/api$/, "")}?${query}`);
    this.closed = new Promise((resolve) => this.#socket.on("close", resolve));
    this.#socket.on("message", (data) => {
      this.#received.push(payloadShape.parse(JSON.parse(String(data))));
      for (const check of [...this.#waiting]) check();
    });
  }

  /** The next payload that was not taken yet and matches; those before it are skipped. */
  next(matches: (payload: Payload) => boolean = () => true): Promise<Payload> {
    return new Promise((resolve) => {
      const check = () => {
        const index = this.#received.findIndex((payload, at) => at >= this.#taken && matches(payload));
        const found = this.#received[index];
        if (found === undefined) return;
        this.#taken = index + 1;
        this.#waiting.delete(check);
        resolve(found);
      };
      this.#waiting.add(check);
      check();
    });
  }

  nextEvent(name: string): Promise<Payload> {
    return this.next(({ t }) => t === name);
  }

  /** Everything received and not taken. */
  get pending(): readonly Payload[] {
    return this.#received.slice(this.#taken);
  }

  send(payload: unknown): void {
    this.#socket.send(typeof payload === "string" ? payload : JSON.stringify(payload));
  }

  close(code?: number): void {
    this.#socket.close(code);
  }
}

export interface IdentifyOptions {
  readonly token?: string;
  readonly intents?: number;
  readonly shard?: readonly [number, number];
}

export const identify = (sandbox: SandboxDiscord, options: IdentifyOptions = {}): unknown => ({
  op: GatewayOpcodes.Identify,
  d: {
    token: sandbox.botToken,
    intents: 0,
    properties: { os: "linux", browser: "test", device: "test" },
    ...options,
  },
});

export const resume = (sandbox: SandboxDiscord, sessionId: string, seq: number): unknown => ({
  op: GatewayOpcodes.Resume,
  d: { token: sandbox.botToken, session_id: sessionId, seq },
});

/** A connection that has identified, and its READY. */
export const openSession = async (
  sandbox: SandboxDiscord,
  options: IdentifyOptions = {},
): Promise<{ readonly gateway: RawGateway; readonly ready: Payload; readonly sessionId: string }> => {
  const gateway = new RawGateway(sandbox);
  await gateway.next(({ op }) => op === GatewayOpcodes.Hello);
  gateway.send(identify(sandbox, options));
  const ready = await gateway.nextEvent("READY");
  return { gateway, ready, sessionId: z.object({ session_id: z.string() }).parse(ready.d).session_id };
};

export interface UsedInteraction {
  readonly interaction: SandboxInteraction;
  /** INTERACTION_CREATE as the gateway sent it. */
  readonly event: Readonly<Record<string, unknown>>;
  readonly token: string;
  callback(body: unknown, query?: string): Promise<ApiResponse>;
  /** A request to its webhook; `path` comes after the token. */
  webhook(method: string, path: string, body?: unknown): Promise<ApiResponse>;
}

/** An interaction received by a raw session, with plain requests to answer it. */
export const use = async (
  sandbox: SandboxDiscord,
  gateway: RawGateway,
  input: InteractionInput,
  faults?: InteractionFaults,
): Promise<UsedInteraction> => {
  const interaction = sandbox.interact(input, faults);
  const { d } = await gateway.next(({ t, d }) => t === "INTERACTION_CREATE" && idOf(d) === interaction.id);
  const event = z.looseObject({ token: z.string() }).parse(d);
  const { token } = event;
  return {
    interaction,
    event,
    token,
    callback: (body, query = "") =>
      request(sandbox, "POST", `/interactions/${interaction.id}/${token}/callback${query}`, {
        body,
        authorization: null,
      }),
    webhook: (method, path, body) =>
      request(sandbox, method, `/webhooks/${sandbox.applicationId}/${token}${path}`, {
        ...(body === undefined ? {} : { body }),
        authorization: null,
      }),
  };
};

const idOf = (data: unknown): unknown =>
  typeof data === "object" && data !== null && "id" in data ? data.id : undefined;

/** Callback bodies by what they do. */
export const callbacks = {
  reply: (content: string, flags = 0) => ({ type: 4, data: { content, flags } }),
  defer: (flags = 0) => ({ type: 5, data: { flags } }),
  deferUpdate: { type: 6 },
  update: (content: string) => ({ type: 7, data: { content } }),
} as const;

export const ephemeral = 64;
