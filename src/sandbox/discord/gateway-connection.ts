import { GatewayCloseCodes, GatewayOpcodes } from "discord-api-types/v10";
import type { RawData, WebSocket } from "ws";
import * as z from "zod";
import type { Clock } from "../../clock.ts";
import type { GatewayPayload, SessionConnection } from "./gateway-session.ts";

/** What a connection asks of the gateway it belongs to; a close code is the refusal. */
export interface ConnectionOwner {
  identify(connection: GatewayConnection, data: unknown): GatewayCloseCodes | undefined;
  resume(connection: GatewayConnection, data: unknown): GatewayCloseCodes | undefined;
  closed(connection: GatewayConnection, code: number): void;
}

/**
 * One client socket: HELLO, heartbeats, the send limit, and the opcodes a client may send before and after it has
 * identified. Sessions outlive it.
 */
export class GatewayConnection implements SessionConnection {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #owner: ConnectionOwner;
  readonly #heartbeatIntervalMs: number;
  #sentAtMs: number[] = [];
  #stopWatching: () => void = () => {};
  /** Set by the owner once IDENTIFY or RESUME succeeded. */
  authenticated = false;

  constructor(socket: WebSocket, clock: Clock, owner: ConnectionOwner, heartbeatIntervalMs: number) {
    this.#socket = socket;
    this.#clock = clock;
    this.#owner = owner;
    this.#heartbeatIntervalMs = heartbeatIntervalMs;
    socket.on("message", (data) => this.#receive(data));
    socket.on("error", () => socket.terminate());
    socket.on("close", (code) => {
      this.#stopWatching();
      this.#owner.closed(this, code);
    });
    this.send({ op: GatewayOpcodes.Hello, d: { heartbeat_interval: heartbeatIntervalMs } });
    this.#watchHeartbeats();
  }

  send(payload: GatewayPayload): void {
    this.#socket.send(JSON.stringify({ s: null, t: null, ...payload }));
  }

  close(code: number): void {
    this.#socket.close(code);
  }

  /** Ends the TCP connection without a closing handshake, as a network failure does; the client sees 1006. */
  cut(): void {
    this.#socket.terminate();
  }

  #receive(data: RawData): void {
    const mistake = this.#react(data);
    if (mistake !== undefined) this.close(mistake);
  }

  /** Does what the client asks; the close code if it may not ask that. */
  #react(data: RawData): GatewayCloseCodes | undefined {
    if (this.#overSendLimit()) return GatewayCloseCodes.RateLimited;
    const payload = readPayload(data);
    if (payload === undefined) return GatewayCloseCodes.DecodeError;
    switch (payload.op) {
      case GatewayOpcodes.Heartbeat:
        this.#watchHeartbeats();
        this.send({ op: GatewayOpcodes.HeartbeatAck, d: null });
        return undefined;
      case GatewayOpcodes.Identify:
        if (this.authenticated) return GatewayCloseCodes.AlreadyAuthenticated;
        return this.#owner.identify(this, payload.d);
      case GatewayOpcodes.Resume:
        if (this.authenticated) return GatewayCloseCodes.AlreadyAuthenticated;
        return this.#owner.resume(this, payload.d);
      case GatewayOpcodes.PresenceUpdate:
      case GatewayOpcodes.VoiceStateUpdate:
      case GatewayOpcodes.RequestGuildMembers:
      case GatewayOpcodes.RequestSoundboardSounds:
        return this.authenticated ? undefined : GatewayCloseCodes.NotAuthenticated;
      default:
        return GatewayCloseCodes.UnknownOpcode;
    }
  }

  /** A client that stops its heartbeats is closed, and its session with it, half an interval after one was due. */
  #watchHeartbeats(): void {
    this.#stopWatching();
    this.#stopWatching = this.#clock.schedule(this.#heartbeatIntervalMs * 1.5, () =>
      this.close(GatewayCloseCodes.SessionTimedOut),
    );
  }

  #overSendLimit(): boolean {
    const nowMs = this.#clock.monotonic();
    this.#sentAtMs = this.#sentAtMs.filter((sentMs) => nowMs - sentMs < sendWindowMs);
    this.#sentAtMs.push(nowMs);
    return this.#sentAtMs.length > sendLimit;
  }
}

const sendLimit = 120;
const sendWindowMs = 60_000;
/** A larger payload from a client is refused with 4002. */
const payloadLimitBytes = 4096;

const clientPayload = z.object({ op: z.number().int(), d: z.unknown().optional() });

const readPayload = (data: RawData): z.infer<typeof clientPayload> | undefined => {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(new Uint8Array(data));
  if (bytes.length > payloadLimitBytes) return undefined;
  try {
    return clientPayload.safeParse(JSON.parse(bytes.toString("utf8"))).data;
  } catch {
    return undefined;
  }
};
