import type { NotificationEvent } from "../../../src/notifications/events.ts";

type Kind = NotificationEvent["kind"];
type Of<K extends Kind> = Extract<NotificationEvent, { kind: K }>;

/** Everything that was published, and a way to wait for it. */
export class EventRecord {
  readonly all: NotificationEvent[] = [];
  readonly #watchers = new Set<() => void>();

  readonly publish = (event: NotificationEvent): void => {
    this.all.push(event);
    for (const watcher of [...this.#watchers]) watcher();
  };

  of<K extends Kind>(kind: K): Of<K>[] {
    return this.all.filter((event): event is Of<K> => event.kind === kind);
  }

  count(kind: Kind): number {
    return this.of(kind).length;
  }

  /** Resolves when the record fulfils it, at once or later. */
  until(fulfilled: (record: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!fulfilled(this)) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Resolves when so many of a kind have been published. */
  reach(kind: Kind, count: number): Promise<void> {
    return this.until((record) => record.count(kind) >= count);
  }
}
