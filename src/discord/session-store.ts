import type { SessionInfo } from "@discordjs/ws";
import type { Redis } from "ioredis";
import type { Clock } from "../clock.ts";
import { awaitWithin } from "../patience.ts";
import { createSealer } from "../sealing.ts";
import { askRedis } from "./ask-redis.ts";
import { type KeptSession, openingText, positionText, readKeptSession } from "./kept-session.ts";

/** How far what is kept may lag behind what was received; what a killed process had received after it comes again, ms. */
const writeEveryMs = 250;
/**
 * Discord keeps the session of a lost connection for "a few minutes" (`discord-facts.md` 3.2). Trying one that is gone costs
 * a second, ms.
 */
const keptForMs = 180_000;
/** Nothing may arrive for hours, and then the process dies: it is written again before it expires, ms. */
const refreshEveryMs = 60_000;
/** A stop waits no longer for Redis, ms. */
const farewellMs = 500;

const sealedFor = "signalguard gateway session v1";

export type SessionOperation = "find" | "keep" | "forget";

/** A kept session could not be read and was removed. Says nothing of what was in it. */
export class UnreadableSessionError extends Error {
  override readonly name = "UnreadableSessionError";
  readonly code = "SESSION_UNREADABLE";

  constructor() {
    super("the gateway session that was kept could not be read and was removed: a new one is started");
  }
}

/**
 * Where the gateway's sessions outlive the process. Nobody waits for Redis, except for half a second at the start and at the
 * stop. For one process at a time: two would take the session from each other.
 */
export interface SessionStore {
  /** What the process before this one left of the shard. Never rejects; undefined when there is nothing, or no Redis. */
  find(shardId: number): Promise<KeptSession | undefined>;
  /** This is the shard's session from now on. */
  keep(session: KeptSession): void;
  /** Everything up to this sequence has been received. Another session than the one kept changes nothing. */
  advance(info: SessionInfo): void;
  /** The session is over. */
  forget(shardId: number): void;
  /**
   * For the next process: everything that was told is in Redis when this resolves, if Redis answers within half a second, and
   * nothing of it is written or told by this process any more.
   */
  handOver(): Promise<void>;
}

export interface SessionStoreOptions {
  /** Created with `enableOfflineQueue: false`. */
  readonly redis: Redis;
  /** The key of a shard's session. */
  readonly key: (shardId: number) => string;
  /** The bot token: whoever has a session can take it over, so only processes with the same token can read it. */
  readonly secret: string;
  readonly clock: Clock;
  /** Told of every failure; the error holds nothing of a session. */
  readonly onError: (operation: SessionOperation, error: unknown) => void;
}

interface Kept {
  session: KeptSession;
  /** What Redis has been asked to remember last; undefined when it has to be told everything. */
  written: number | undefined;
}

export function createSessionStore({ redis, key, secret, clock, onError }: SessionStoreOptions): SessionStore {
  const sealer = createSealer(secret, sealedFor);
  const sessions = new Map<number, Kept>();
  let cancelWrite: (() => void) | undefined;
  let cancelRefresh: (() => void) | undefined;

  /** Both parts, or only the position when Redis has the other already. */
  async function write(shardId: number, kept: Kept): Promise<void> {
    const { info } = kept.session;
    const whole = kept.written === undefined;
    if (kept.written === info.sequence) return;
    kept.written = info.sequence;
    const subject = key(shardId);
    const fields = {
      position: sealer.seal(positionText(info), `${subject}:position`),
      ...(whole ? { opening: sealer.seal(openingText(kept.session), `${subject}:opening`) } : {}),
    };
    try {
      // One command after the other on one connection: the expiry that a failure between them would leave is the old one.
      await Promise.all([redis.hset(subject, fields), redis.pexpire(subject, keptForMs)]);
    } catch (error) {
      kept.written = undefined;
      onError("keep", error);
    }
  }

  const writeAll = async (): Promise<void> => {
    cancelWrite?.();
    cancelWrite = undefined;
    await Promise.all([...sessions].map(([shardId, kept]) => write(shardId, kept)));
  };
  const writeSoon = (): void => {
    cancelWrite ??= clock.schedule(writeEveryMs, () => void writeAll());
  };
  const refresh = (): void => {
    cancelRefresh = clock.schedule(refreshEveryMs, refresh);
    for (const kept of sessions.values()) kept.written = undefined;
    void writeAll();
  };

  async function read(shardId: number): Promise<KeptSession | undefined> {
    const subject = key(shardId);
    const { opening, position } = await redis.hgetall(subject);
    if (opening === undefined && position === undefined) return undefined;
    const [openingText, positionText] = [
      sealer.open(opening ?? "", `${subject}:opening`),
      sealer.open(position ?? "", `${subject}:position`),
    ];
    const session =
      openingText === undefined || positionText === undefined ? undefined : readKeptSession(openingText, positionText);
    if (session?.info.shardId === shardId) return session;
    await redis.del(subject);
    throw new UnreadableSessionError();
  }

  return {
    find: (shardId) =>
      askRedis(
        redis,
        clock,
        () => read(shardId),
        (error) => onError("find", error),
      ),
    keep(session) {
      sessions.set(session.info.shardId, { session, written: undefined });
      cancelRefresh ??= clock.schedule(refreshEveryMs, refresh);
      void writeAll();
    },
    advance(info) {
      const kept = sessions.get(info.shardId);
      if (kept?.session.info.sessionId !== info.sessionId) return;
      kept.session = { ...kept.session, info };
      writeSoon();
    },
    forget(shardId) {
      if (!sessions.delete(shardId)) return;
      redis.del(key(shardId)).catch((error: unknown) => onError("forget", error));
    },
    async handOver() {
      cancelRefresh?.();
      cancelRefresh = undefined;
      const written = writeAll();
      sessions.clear();
      await awaitWithin(clock, farewellMs, written);
    },
  };
}
