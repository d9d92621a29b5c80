import { answerWithinMs } from "./deadlines.ts";
import type { Arrival } from "./interaction.ts";
import type { Middleware } from "./middleware.ts";
import type { Layer } from "./options.ts";

/** A bound on memory: more than a bot gets in the quarter of an hour that an interaction lives. */
const mostRemembered = 50_000;

/**
 * Lets each interaction pass once. This is the claim of the process: it is taken synchronously and before anything is
 * sent, so that two first acknowledgements can never leave it (`design.md`, "Acknowledge once", rule 1). Discord may
 * dispatch an event again, for instance after a resume (`discord-facts.md` 3.3). Comes before the age check: what was
 * answered and comes again seconds later is not late.
 */
export function duplicateCheck<T extends Arrival>({ clock, afterwards, finish }: Layer): Middleware<T> {
  /** Monotonic times of the claims, the oldest first. */
  const claimedAtMs = new Map<string, number>();
  const forgetOld = (): void => {
    const endedAtMs = clock.monotonic() - answerWithinMs;
    for (const [id, atMs] of claimedAtMs) {
      if (atMs >= endedAtMs && claimedAtMs.size <= mostRemembered) return;
      claimedAtMs.delete(id);
    }
  };
  return async (arrival, next) => {
    if (claimedAtMs.has(arrival.target.id)) return finish(arrival, "duplicate");
    claimedAtMs.set(arrival.target.id, arrival.arrivedAtMs);
    afterwards.do(forgetOld);
    await next(arrival);
  };
}
