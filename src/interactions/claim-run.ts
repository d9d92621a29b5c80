import { acknowledgeAtMs } from "./answer-first.ts";
import type { Middleware } from "./middleware.ts";
import type { Layer } from "./options.ts";
import type { Routed } from "./route.ts";
import type { Evidence } from "./store.ts";
import { within } from "./within.ts";

/**
 * Of several processes that may all believe the acknowledgement was theirs, or that could all answer with the token, one
 * goes on: the first to claim. When the store does not answer in time, the journal's word stands
 * (`design.md`, "Who else may be running"). Before the acknowledgement, where what runs may be the acknowledgement itself,
 * the time ends when that has to leave.
 */
export function claimRun<T extends Routed & { readonly evidence?: Evidence }>(layer: Layer): Middleware<T> {
  const { clock, store, tell, finish } = layer;
  return async (arrival, next) => {
    if (store === undefined) return next(arrival);
    const startedAtMs = clock.monotonic();
    const { evidence } = arrival;
    const claiming = store.claim(arrival.target.id, evidence ?? "unsent");
    const claim =
      evidence === undefined
        ? ((await within(claiming, Math.max(0, acknowledgeAtMs(arrival) - startedAtMs), layer)) ?? "unknown")
        : await claiming;
    tell(arrival, { kind: "runClaimed", claim, durationMs: clock.monotonic() - startedAtMs });
    return claim === "taken" ? finish(arrival, "foreign") : next(arrival);
  };
}
