import { acknowledgeAtMs } from "./answer-first.ts";
import { answerLeftBehind } from "./left-behind.ts";
import type { Middleware } from "./middleware.ts";
import type { Layer } from "./options.ts";
import type { Routed } from "./route.ts";
import type { Evidence, InteractionStore } from "./store.ts";
import { within } from "./within.ts";

/**
 * Of several processes that may all believe the acknowledgement was theirs, or that could all answer with the token, one
 * goes on: the first to claim. When the store does not answer in time, the journal's word stands
 * (`design.md`, "Who else may be running"). Before the acknowledgement, where what runs may be the acknowledgement itself,
 * the time ends when that has to leave.
 */
export function claimRun<T extends Routed & { readonly evidence?: Evidence }>(layer: Layer): Middleware<T> {
  const { clock, store, predecessors, tell, finish } = layer;
  const claim = async (store: InteractionStore, arrival: T): Promise<"ours" | "taken" | "unknown"> => {
    const startedAtMs = clock.monotonic();
    const { evidence } = arrival;
    const claiming = store.claim(arrival.target.id, evidence ?? "unsent");
    const outcome =
      evidence === undefined
        ? ((await within(claiming, Math.max(0, acknowledgeAtMs(arrival) - startedAtMs), layer)) ?? "unknown")
        : await claiming;
    tell(arrival, { kind: "runClaimed", claim: outcome, durationMs: clock.monotonic() - startedAtMs });
    return outcome;
  };

  return async (arrival, next) => {
    if (store === undefined || (await claim(store, arrival)) !== "taken") return next(arrival);
    if (!predecessors.mayHaveHad(arrival)) return finish(arrival, "foreign");
    const left = await answerLeftBehind(layer, arrival);
    // Recorded by a process that died before its acknowledgement left, and struck off here meanwhile.
    if (left === "nobodys" && (await claim(store, arrival)) === "ours") return next(arrival);
    if (left !== "answered") store.release(arrival.target.id);
    finish(arrival, "foreign");
  };
}
