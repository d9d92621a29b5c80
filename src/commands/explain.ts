import { BackendError } from "../backend/backend.ts";
import { type Answer, CommandAborted } from "../interactions/index.ts";
import { failureCard } from "../presentation/failure-card.ts";
import { StoreError } from "./person-store.ts";

/**
 * What a person is told about a failure: a sentence by kind and the reference under which the log has the rest. Nothing
 * of the error's own text: it may hold tokens, addresses or a database's words.
 */
export function explain(error: unknown, reference: string): Answer {
  if (error instanceof BackendError) return failureCard(error.kind, reference, error.retryAfterMs);
  if (error instanceof StoreError) return failureCard("storeDown", reference);
  if (error instanceof CommandAborted) return failureCard("aborted", reference);
  return failureCard("unexpected", reference);
}
