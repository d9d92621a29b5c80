import type { Middleware } from "./middleware.ts";
import type { Layer } from "./options.ts";
import type { Routed } from "./route.ts";
import type { Evidence } from "./store.ts";

/**
 * Of several processes that may all believe the acknowledgement was theirs, or that could all answer with the token, one
 * goes on: the first to claim. When the store does not answer in time, the journal's word stands
 * (`design.md`, "Who else may be running").
 */
export function claimRun<T extends Routed & { readonly evidence?: Evidence }>({
  clock,
  store,
  tell,
  finish,
}: Layer): Middleware<T> {
  return async (arrival, next) => {
    if (store === undefined) return next(arrival);
    const startedAtMs = clock.monotonic();
    const claim = await store.claim(arrival.target.id, arrival.evidence ?? "accepted");
    tell(arrival, { kind: "runClaimed", claim, durationMs: clock.monotonic() - startedAtMs });
    return claim === "taken" ? finish(arrival, "foreign") : next(arrival);
  };
}
