import type { Arrival } from "./interaction.ts";
import type { Middleware } from "./middleware.ts";
import type { Layer } from "./options.ts";

/**
 * Lets each interaction pass once. This is the claim of the process: it is taken synchronously and before anything is
 * sent, so that two first acknowledgements can never leave it (`design.md`, "Acknowledge once", rule 1). Discord may
 * dispatch an event again, for instance after a resume (`discord-facts.md` 3.3), and then also one that is being answered
 * here in place of a process that died. Comes before the age check: what was answered and comes again seconds later is
 * not late.
 */
export function duplicateCheck<T extends Arrival>({ claimed, afterwards, finish }: Layer): Middleware<T> {
  return async (arrival, next) => {
    if (!claimed.claim(arrival.target.id)) return finish(arrival, "duplicate");
    afterwards.do(() => claimed.forgetOld());
    await next(arrival);
  };
}
