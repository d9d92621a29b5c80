import type { Redis } from "ioredis";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { withinPatience } from "../patience.ts";
import { json } from "./fields.ts";

export interface PositionDetails {
  readonly size?: number | undefined;
  readonly notes?: string | undefined;
}

/** Keeps what the backend throws away of a position. Never throws: what cannot be read is unknown. */
export interface PositionDetailsStore {
  save(positionId: string, details: PositionDetails): Promise<void>;
  /** Those that are known, by position id. */
  read(positionIds: readonly string[]): Promise<ReadonlyMap<string, PositionDetails>>;
}

export interface RedisPositionDetailsOptions {
  readonly redis: Pick<Redis, "set" | "mget">;
  readonly clock: Clock;
  /** Told when Redis did not answer in time or failed. A save that was late may still succeed. */
  readonly onUnavailable?: (operation: "save" | "read") => void;
}

/** A trading position that is open for longer has lost its size; its owner has not looked at it either. */
const keptForSeconds = 365 * 24 * 3600;
/** What a person's command may wait for something it can do without. */
const patienceMs = 300;
const prefix = "signalguard:position-details:";

export function createRedisPositionDetails(options: RedisPositionDetailsOptions): PositionDetailsStore {
  const { redis, clock, onUnavailable = () => {} } = options;
  const attempt = async <T>(operation: "save" | "read", command: () => Promise<T>): Promise<T | undefined> => {
    const asked = command().then((value) => ({ value }));
    const outcome = await withinPatience(clock, patienceMs, asked);
    if (outcome === undefined) onUnavailable(operation);
    return outcome?.value;
  };
  return {
    async save(positionId, details) {
      await attempt("save", () => redis.set(prefix + positionId, JSON.stringify(details), "EX", keptForSeconds));
    },
    async read(positionIds) {
      if (positionIds.length === 0) return new Map();
      const texts = (await attempt("read", () => redis.mget(positionIds.map((id) => prefix + id)))) ?? [];
      return new Map(
        positionIds.flatMap((id, index) => {
          const { data: details } = detailsSchema.safeParse(texts[index]);
          return details === undefined ? [] : [[id, details] as const];
        }),
      );
    },
  };
}

/** For tests, and for a bot that runs without Redis: gone with the process. */
export function createMemoryPositionDetails(): PositionDetailsStore {
  const kept = new Map<string, PositionDetails>();
  return {
    async save(positionId, details) {
      kept.set(positionId, details);
    },
    async read(positionIds) {
      return new Map(
        positionIds.flatMap((id) => {
          const details = kept.get(id);
          return details === undefined ? [] : [[id, details] as const];
        }),
      );
    },
  };
}

const detailsSchema = json(z.object({ size: z.number().positive().optional(), notes: z.string().optional() }));
