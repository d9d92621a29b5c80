import type { RuleChange, RuleStore } from "../../src/commands/index.ts";
import type { RulesView } from "../../src/presentation/rules-cards.ts";

export const noRules: RulesView = {
  minConfidence: undefined,
  strongOnly: false,
  fewer: [],
  quietHours: undefined,
  mutedUntilMs: undefined,
  stopped: undefined,
};

/** Rules in memory: does what the interface says, fails on request, and answers when it is let. */
export class FakeRules implements RuleStore {
  readonly #rules = new Map<string, RulesView>();
  readonly #notices = new Set<string>();
  /** While set, everything that is asked rejects so. */
  failure: Error | undefined;
  /** While set, nothing that is asked is answered. */
  silent = false;
  /** Slots there is no room for. */
  full = false;

  of(personId: string): RulesView {
    return this.#rules.get(personId) ?? noRules;
  }

  set(personId: string, rules: Partial<RulesView>): void {
    this.#rules.set(personId, { ...this.of(personId), ...rules });
  }

  stop(personId: string, stopped: NonNullable<RulesView["stopped"]>): void {
    this.set(personId, { stopped });
    this.#notices.add(personId);
  }

  async read(personId: string): Promise<RulesView> {
    await this.#asked();
    return this.of(personId);
  }

  async change(personId: string, change: RuleChange): Promise<RulesView> {
    await this.#asked();
    const given = Object.entries(change).filter(([, value]) => value !== undefined);
    const [gone, set] = [given.filter(([, value]) => value === null), given.filter(([, value]) => value !== null)];
    const kept = Object.entries(this.of(personId)).filter(([name]) => !gone.some(([one]) => one === name));
    this.#rules.set(personId, { ...noRules, ...Object.fromEntries([...kept, ...set]) });
    return this.of(personId);
  }

  async addFewer(personId: string, slot: string): Promise<RulesView> {
    await this.#asked();
    if (!this.full) this.set(personId, { fewer: [...this.of(personId).fewer, slot] });
    return this.of(personId);
  }

  async resume(personId: string): Promise<boolean> {
    await this.#asked();
    const wasStopped = this.of(personId).stopped !== undefined;
    this.set(personId, { stopped: undefined });
    this.#notices.delete(personId);
    return wasStopped;
  }

  async takeStopNotice(personId: string): Promise<RulesView["stopped"]> {
    await this.#asked();
    return this.#notices.delete(personId) ? this.of(personId).stopped : undefined;
  }

  async #asked(): Promise<void> {
    if (this.silent) await new Promise(() => {});
    if (this.failure !== undefined) throw this.failure;
  }
}
