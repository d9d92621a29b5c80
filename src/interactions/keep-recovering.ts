import type { Clock } from "../clock.ts";
import type { InteractionLayer } from "./layer.ts";

/** A death is noticed after a few looks, ms. */
const recoverEveryMs = 2000;

/**
 * Answers for dead processes now and every couple of seconds. Does not wait for the answers: a slow one must not keep
 * other people waiting for theirs.
 *
 * @returns ends it; what is being answered goes on
 */
export function keepRecovering(layer: Pick<InteractionLayer, "recover">, clock: Clock): () => void {
  let cancel = () => {};
  const recover = (): void => {
    void layer.recover();
    cancel = clock.schedule(recoverEveryMs, recover);
  };
  recover();
  return () => cancel();
}
