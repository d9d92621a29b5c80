import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { GatewayCloseCodes, GatewayDispatchEvents, GatewayIntentBits, GatewayOpcodes } from "discord-api-types/v10";
import { WebSocketServer } from "ws";
import type { Clock } from "../../clock.ts";
import type { DropGatewayOptions, GatewaySessionInfo } from "./api.ts";
import { GatewayConnection } from "./gateway-connection.ts";
import { identifyRefusal, identifyRequest, isToken, resumeRequest } from "./gateway-handshake.ts";
import { type DeliveryListener, GatewaySession } from "./gateway-session.ts";
import type { IdentifyLimit } from "./identify-limit.ts";
import type { World } from "./world.ts";

export interface GatewayOptions {
  readonly clock: Clock;
  readonly world: World;
  readonly heartbeatIntervalMs: number;
  readonly identifies: IdentifyLimit;
  readonly recommendedShards: number;
  /** Intent bits that need approval and that the application has. */
  readonly privilegedIntents: number;
}

/** Who should receive an event. */
export interface DispatchTarget {
  /** Absent for events outside guilds, which go to shard 0 (`discord-facts.md` 3.4). */
  readonly guildId?: string;
  /** One of these bits must be among the session's intents; 0 for events that need none. */
  readonly intents: number;
  /** Only the n-th of the sessions it would go to, 0 being the oldest. */
  readonly onlySession?: number;
}

/**
 * The gateway: sessions, who may open and resume them, and which of them receive an event. Several sessions of one shard
 * live side by side and each receives everything (`discord-facts.md` 3.1).
 */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #connections = new Set<GatewayConnection>();
  readonly #sessions = new Map<string, GatewaySession>();
  readonly #expiries = new Map<string, () => void>();
  readonly #waiting = new Set<() => void>();

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** Oldest first; sessions that are away but can still be resumed included. */
  get sessions(): readonly GatewaySessionInfo[] {
    return [...this.#sessions.values()].map((session) => ({
      id: session.id,
      connected: session.connection !== undefined,
      intents: session.intents,
      shard: session.shard,
    }));
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (client) => {
      const connection = new GatewayConnection(
        client,
        this.#options.clock,
        {
          identify: (from, data) => this.#identify(from, data),
          resume: (from, data) => this.#resume(from, data),
          closed: (from, code) => this.#closed(from, code),
        },
        this.#options.heartbeatIntervalMs,
      );
      this.#connections.add(connection);
      const version = new URL(request.url ?? "/", "ws://sandbox").searchParams.get("v") ?? "10";
      if (version !== "10" && version !== "9") connection.close(GatewayCloseCodes.InvalidAPIVersion);
    });
  }

  /** Sends an event to every session it concerns; those away receive it when they resume. */
  dispatch(event: string, data: unknown, target: DispatchTarget, delivered?: DeliveryListener): void {
    const sessions = [...this.#sessions.values()].filter(
      (session) =>
        session.shard[0] === shardOf(target.guildId, session.shard[1]) &&
        (target.intents === 0 || (session.intents & target.intents) !== 0),
    );
    const chosen = target.onlySession === undefined ? sessions : sessions.slice(target.onlySession).slice(0, 1);
    for (const session of chosen) session.dispatch(event, data, delivered);
  }

  drop(options: DropGatewayOptions = {}): void {
    const { code, resumable = true } = options;
    for (const session of [...this.#sessions.values()]) {
      if (options.sessionId !== undefined && session.id !== options.sessionId) continue;
      const connection = this.#connectionOf(session);
      if (options.request === "reconnect") {
        connection?.send({ op: GatewayOpcodes.Reconnect, d: null });
        continue;
      }
      this.#detach(session);
      if (!resumable) this.#end(session);
      if (options.request === "invalidSession") connection?.send({ op: GatewayOpcodes.InvalidSession, d: resumable });
      else if (code === undefined) connection?.cut();
      else connection?.close(code);
    }
  }

  /** Asks every client for a heartbeat out of turn (op 1). */
  requestHeartbeat(): void {
    for (const connection of this.#connections) connection.send({ op: GatewayOpcodes.Heartbeat, d: null });
  }

  /** Resolves when at least `count` sessions are connected and have been told so. */
  ready(count: number): Promise<void> {
    const isReady = () => this.sessions.filter((session) => session.connected).length >= count;
    return new Promise((resolve) => {
      const check = () => {
        if (!isReady()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  close(): void {
    for (const connection of this.#connections) connection.cut();
    this.#server.close();
  }

  #identify(connection: GatewayConnection, data: unknown): GatewayCloseCodes | undefined {
    const request = identifyRequest.safeParse(data).data;
    if (request === undefined) return GatewayCloseCodes.DecodeError;
    const refusal = identifyRefusal(request, { ...this.#options, botToken: this.#options.world.botToken });
    if (refusal !== undefined) return refusal;
    if (!this.#options.identifies.spend()) {
      this.#resetToken();
      return GatewayCloseCodes.AuthenticationFailed;
    }
    const session = new GatewaySession(randomBytes(16).toString("hex"), request.intents, request.shard);
    this.#sessions.set(session.id, session);
    this.#attach(session, connection);
    this.#welcome(session);
    this.#changed();
    return undefined;
  }

  #welcome(session: GatewaySession): void {
    const { world } = this.#options;
    const guilds = world.guildIds.filter((id) => shardOf(id, session.shard[1]) === session.shard[0]);
    session.dispatch(GatewayDispatchEvents.Ready, {
      v: 10,
      user: world.botSelf(),
      guilds: guilds.map((id) => ({ id, unavailable: true })),
      session_id: session.id,
      session_type: "normal",
      resume_gateway_url: world.gatewayUrl(),
      shard: session.shard,
      application: { id: world.applicationId, flags: 0 },
      private_channels: [],
      relationships: [],
      presences: [],
      user_settings: {},
    });
    if ((session.intents & GatewayIntentBits.Guilds) === 0) return;
    for (const id of guilds) session.dispatch(GatewayDispatchEvents.GuildCreate, world.guildCreated(id));
  }

  #resume(connection: GatewayConnection, data: unknown): GatewayCloseCodes | undefined {
    const request = resumeRequest.safeParse(data).data;
    if (request === undefined) return GatewayCloseCodes.DecodeError;
    if (!isToken(request.token, this.#options.world.botToken)) return GatewayCloseCodes.AuthenticationFailed;
    const session = this.#sessions.get(request.session_id);
    const refusal = session === undefined ? "tooOld" : session.replayRefusal(request.seq);
    if (session === undefined || refusal !== undefined) {
      if (session !== undefined) this.#end(session);
      if (refusal === "invalidSequence") return GatewayCloseCodes.InvalidSeq;
      connection.send({ op: GatewayOpcodes.InvalidSession, d: false });
      return undefined;
    }
    const previous = this.#connectionOf(session);
    this.#attach(session, connection);
    previous?.close(GatewayCloseCodes.UnknownError);
    session.replayAfter(request.seq);
    session.dispatch(GatewayDispatchEvents.Resumed, {});
    this.#changed();
    return undefined;
  }

  /** A session closed with 1000, 1001 or for want of heartbeats is over; any other loss can be resumed for some minutes. */
  #closed(connection: GatewayConnection, code: number): void {
    this.#connections.delete(connection);
    const session = [...this.#sessions.values()].find((candidate) => candidate.connection === connection);
    if (session === undefined) return;
    this.#detach(session);
    if (finalCloseCodes.has(code)) this.#end(session);
  }

  #attach(session: GatewaySession, connection: GatewayConnection): void {
    this.#expiries.get(session.id)?.();
    this.#expiries.delete(session.id);
    connection.authenticated = true;
    session.connection = connection;
  }

  #detach(session: GatewaySession): void {
    const connection = this.#connectionOf(session);
    if (connection !== undefined) connection.authenticated = false;
    session.connection = undefined;
    this.#expiries.get(session.id)?.();
    this.#expiries.set(
      session.id,
      this.#options.clock.schedule(resumableForMs, () => this.#end(session)),
    );
  }

  #end(session: GatewaySession): void {
    this.#expiries.get(session.id)?.();
    this.#expiries.delete(session.id);
    this.#sessions.delete(session.id);
  }

  /** One IDENTIFY too many ends every session and takes the token away (`discord-facts.md` 3.2). */
  #resetToken(): void {
    this.#options.world.resetToken();
    for (const session of [...this.#sessions.values()]) this.#end(session);
    for (const connection of this.#connections) connection.close(GatewayCloseCodes.AuthenticationFailed);
  }

  #connectionOf(session: GatewaySession): GatewayConnection | undefined {
    return [...this.#connections].find((connection) => connection === session.connection);
  }

  #changed(): void {
    for (const check of [...this.#waiting]) check();
  }
}

/** (guild id >> 22) % shards; what belongs to no guild goes to shard 0. */
const shardOf = (guildId: string | undefined, shards: number): number =>
  guildId === undefined ? 0 : Number((BigInt(guildId) >> 22n) % BigInt(shards));

/** "A few minutes" (`discord-facts.md` 3.2). */
const resumableForMs = 3 * 60_000;

const finalCloseCodes: ReadonlySet<number> = new Set([
  1000,
  1001,
  GatewayCloseCodes.InvalidSeq,
  GatewayCloseCodes.SessionTimedOut,
]);
