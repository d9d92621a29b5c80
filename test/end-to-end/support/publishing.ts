import { expect } from "vitest";
import type { TestWorld } from "./use-bot.ts";

/** A message as the backend publishes it (`backend-contract.md` 3.1), each later than the one before. */
export function signalFor(person: { readonly id: string }, changes: Readonly<Record<string, unknown>> = {}): string {
  publishedAtMs = Math.max(publishedAtMs + 1, Date.now());
  const signal = { signal: "buy", confidence: 0.89, signalStrength: "strong", entryPrice: 1.1605, stopLoss: 1.1585 };
  return JSON.stringify({
    discordUserId: person.id,
    signal: { ...signal, takeProfit: 1.1645, pair: "EUR/USD", ...changes },
    ...{ pair: changes.pair ?? "EUR/USD", timeframe: "1h", timestamp: new Date(publishedAtMs).toISOString() },
  });
}

let publishedAtMs = 0;

/** The bot is there to hear it. */
export async function publish({ backend }: TestWorld, message: string): Promise<void> {
  expect(await backend.publish(message)).toBe(1);
}
