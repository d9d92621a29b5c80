import type { InteractionRecord, InteractionStore, OpenInteraction } from "../../src/interactions/index.ts";

/** Remembers what is recorded, and gives out what is still open as if its process had died. */
export class OpenRecords implements InteractionStore {
  readonly open = new Map<string, OpenInteraction>();

  record(record: InteractionRecord): void {
    this.open.set(record.target.id, record);
  }
  markShown(id: string): void {
    const record = this.open.get(id);
    if (record !== undefined) this.open.set(id, { ...record, shown: true });
  }
  async leave(id: string): Promise<boolean> {
    this.markShown(id);
    return this.open.has(id);
  }
  async claim() {
    return "ours" as const;
  }
  release(): void {}
  strike(id: string): void {
    this.open.delete(id);
  }
  async takeOver(): Promise<readonly OpenInteraction[]> {
    return [...this.open.values()];
  }
}
