import type { REST } from "@discordjs/rest";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { type Clock, delay } from "../clock.ts";
import { readRestFailure } from "../interactions/rest-errors.ts";
import { isTokenRefusal, TokenRefusedError } from "./gateway.ts";

/** Pauses between tries, ms; the last one is repeated. */
const pausesMs = [1000, 2000, 5000, 15_000, 30_000] as const;

const gatewayBot = z.object({
  shards: z.number(),
  session_start_limit: z.object({ remaining: z.number(), reset_after: z.number() }),
});

export interface SessionStartOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called before each pause; `reason` holds no secret. */
  readonly onWait: (reason: string, waitMs: number) => void;
}

/**
 * Waits until Discord can be reached and allows a session to be started. Waiting here costs nothing, while a process
 * that ends and is started again spends one of the 1000 starts a day, and the last one costs the token
 * (`discord-facts.md` 3.2).
 *
 * @returns whether a session may be started; false when `signal` was aborted first
 * @throws TokenRefusedError
 */
export async function awaitSessionStart(rest: REST, { clock, signal, onWait }: SessionStartOptions): Promise<boolean> {
  for (let tries = 0; !signal.aborted; tries += 1) {
    const obstacle = await findObstacle(rest, signal);
    if (signal.aborted) break;
    if (obstacle === undefined) return true;
    const waitMs = Math.max(obstacle.waitMs, pausesMs[Math.min(tries, pausesMs.length - 1)] ?? 0);
    onWait(obstacle.reason, waitMs);
    await delay(clock, waitMs, signal);
  }
  return false;
}

async function findObstacle(rest: REST, signal: AbortSignal): Promise<{ reason: string; waitMs: number } | undefined> {
  try {
    const { shards, session_start_limit: limit } = gatewayBot.parse(await rest.get(Routes.gatewayBot(), { signal }));
    if (limit.remaining >= shards) return undefined;
    return { reason: "Discord allows no more session starts for now", waitMs: limit.reset_after };
  } catch (error) {
    if (isTokenRefusal(error)) throw new TokenRefusedError();
    if (error instanceof z.ZodError) return { reason: "what answered at DISCORD_API_URL is not Discord", waitMs: 0 };
    const failure = readRestFailure(error);
    switch (failure.kind) {
      case "refused":
        return { reason: `Discord refused (HTTP ${failure.status}, code ${failure.code})`, waitMs: 0 };
      case "limited":
        return { reason: "Discord asks to wait", waitMs: failure.retryAfterMs };
      case "unsent":
        return { reason: "Discord cannot be reached", waitMs: 0 };
      case "unaccounted":
        return { reason: "Discord does not answer", waitMs: 0 };
    }
  }
}
