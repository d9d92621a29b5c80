import type { PersonRules } from "./rules.ts";

/** Members given are set; `null` takes a rule away. */
export type RuleChange = {
  readonly [Key in Exclude<keyof PersonRules, "stopped">]?: PersonRules[Key] | null;
};

/** The rules of each person, kept in Redis. Every method rejects with what Redis answers. */
export interface RuleStore {
  read(personId: string): Promise<PersonRules>;
  /** @returns the rules as they are after the change */
  change(personId: string, change: RuleChange): Promise<PersonRules>;
  /** Nothing is sent to the person any more, until they come back. */
  stop(personId: string, code: number, atMs: number): Promise<void>;
  /** @returns whether the person was stopped */
  resume(personId: string): Promise<boolean>;
  /** Why the person is stopped, when they have not been told yet; they count as told from then on. */
  takeStopNotice(personId: string): Promise<PersonRules["stopped"]>;
}
