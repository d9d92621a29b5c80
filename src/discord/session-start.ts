import type { REST } from "@discordjs/rest";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { type Clock, delay } from "../clock.ts";
import { readRestFailure } from "../interactions/rest-errors.ts";
import { isTokenRefusal, TokenRefusedError } from "./gateway.ts";
import type { Obstacle, SessionStartLimit } from "./identify-budget.ts";

/** Pauses between tries, ms; the last one is repeated. */
const pausesMs = [1000, 2000, 5000, 15_000, 30_000] as const;

const gatewayBot = z.object({
  shards: z.number(),
  session_start_limit: z.object({ total: z.number(), remaining: z.number(), reset_after: z.number() }),
});

export interface SessionStartOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called when Discord has been reached: what else stands against a start. */
  readonly judge: (limit: SessionStartLimit, shards: number) => Promise<Obstacle | undefined>;
  /** Called before each pause. */
  readonly onWait: (obstacle: Obstacle) => void;
}

/**
 * Waits until Discord can be reached and nothing stands against a start. Waiting here costs nothing, while a process that
 * ends and is started again may spend one of the 1000 starts a day, and the last one costs the token
 * (`discord-facts.md` 3.2).
 *
 * @returns whether it may start; false when `signal` was aborted first
 * @throws TokenRefusedError
 */
export async function awaitSessionStart(rest: REST, options: SessionStartOptions): Promise<boolean> {
  const { clock, signal, onWait } = options;
  for (let tries = 0; !signal.aborted; tries += 1) {
    const obstacle = await findObstacle(rest, options);
    if (signal.aborted) break;
    if (obstacle === undefined) return true;
    const waitMs = Math.max(obstacle.waitMs, pausesMs[Math.min(tries, pausesMs.length - 1)] ?? 0);
    onWait({ ...obstacle, waitMs });
    await delay(clock, waitMs, signal);
  }
  return false;
}

async function findObstacle(rest: REST, { signal, judge }: SessionStartOptions): Promise<Obstacle | undefined> {
  const asked = await askDiscord(rest, signal);
  if ("reason" in asked) return asked;
  const { total, remaining, reset_after } = asked.session_start_limit;
  return judge({ total, remaining, resetAfterMs: reset_after }, asked.shards);
}

async function askDiscord(rest: REST, signal: AbortSignal): Promise<z.infer<typeof gatewayBot> | Obstacle> {
  try {
    return gatewayBot.parse(await rest.get(Routes.gatewayBot(), { signal }));
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
