import type { SentMessageView } from "../presentation/history-card.ts";
import type { RulesView } from "../presentation/rules-cards.ts";

/** Members given are set; `null` takes a rule away. */
export type RuleChange = {
  readonly [Key in Exclude<keyof RulesView, "stopped">]?: RulesView[Key] | null;
};

/** What each person wants to get, and when. Every method rejects when that cannot be reached. */
export interface RuleStore {
  read(personId: string): Promise<RulesView>;
  /** @returns the rules as they are after the change */
  change(personId: string, change: RuleChange): Promise<RulesView>;
  /** @returns the rules as they are then; without the slot when there is no room for it */
  addFewer(personId: string, slot: string): Promise<RulesView>;
  /** Lets signals be sent to the person again. @returns whether that had been stopped */
  resume(personId: string): Promise<boolean>;
  /** Why nothing is sent to the person, when they have not been told yet; they count as told from then on. */
  takeStopNotice(personId: string): Promise<RulesView["stopped"]>;
}

/** What was sent to each person. */
export interface Ledger {
  /** Newest first. Rejects when it cannot be reached. */
  history(
    personId: string,
    options: { readonly pair?: string | undefined; readonly limit: number },
  ): Promise<readonly SentMessageView[]>;
}

/** What is kept about people could not be reached. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code = "STORE_FAILED";

  /** @param operation what was asked for: a word of ours */
  constructor(operation: string, error: unknown) {
    super(`${operation}: ${error instanceof Error ? error.message : "failed"}`);
  }
}

/** The same store, which rejects with nothing but {@link StoreError}. */
export const withStoreErrors = (rules: RuleStore): RuleStore => ({
  read: (personId) => orStoreError("read rules", rules.read(personId)),
  change: (personId, change) => orStoreError("change rules", rules.change(personId, change)),
  addFewer: (personId, slot) => orStoreError("change rules", rules.addFewer(personId, slot)),
  resume: (personId) => orStoreError("resume", rules.resume(personId)),
  takeStopNotice: (personId) => orStoreError("take the notice of a stop", rules.takeStopNotice(personId)),
});

export async function orStoreError<T>(operation: string, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw new StoreError(operation, error);
  }
}
