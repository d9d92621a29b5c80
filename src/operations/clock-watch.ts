import type { Clock } from "../clock.ts";
import type { BotEventBus } from "./events.ts";

/** An offset that makes ages doubtful (`discord-facts.md` 6), ms. */
const alarmingMs = 500;
/** A clock stays wrong until somebody sets it: said again once in this time, ms. */
const repeatAfterMs = 60 * 60_000;

export interface ClockOffset {
  /** This machine's clock minus Discord's, ms. */
  readonly offsetMs: number;
  readonly trusted: boolean;
}

/** Tells the operator when this machine's clock is wrong: ages are corrected, but everything else here uses that clock. */
export function watchClock(options: {
  readonly bus: BotEventBus;
  readonly clock: Clock;
  readonly offset: () => ClockOffset;
  readonly onWrong: (offsetMs: number) => void;
}): () => void {
  const { bus, clock, offset, onWrong } = options;
  let lastSaidAtMs = Number.NEGATIVE_INFINITY;
  return bus.on("interactionArrived", () => {
    const { offsetMs, trusted } = offset();
    if (!trusted || Math.abs(offsetMs) <= alarmingMs || clock.monotonic() - lastSaidAtMs < repeatAfterMs) return;
    lastSaidAtMs = clock.monotonic();
    onWrong(offsetMs);
  });
}
