import type { Fence } from "./fence.ts";

/** What this process may do as the one that leads; where no other could, everything and always. */
export interface Leadership {
  /** What every durable write carries; absent where no other process can lead. */
  readonly fence: Fence | undefined;
  /** Names where no other process can lead beside this one; undefined when that cannot be told. */
  readonly scope: string | undefined;
  /** Names this process among all that ever lead. */
  readonly instanceId: string;
  /** Whether that instance cannot act any more. */
  isKnownDead(instanceId: string): boolean;
  /** Whether this process still leads, or ends what it began as leader. To be asked right before acting. */
  mayAct(): boolean;
  /** Tells, now and whenever it changes, for how long this process may act from then on, ms: for other threads, which cannot ask. */
  watchActing(listener: (forMs: number) => void): void;
  /** Lets another process lead, from when nothing new reaches this one. */
  passOn(): Promise<void>;
}

/** The same part, of which nothing can be asked any more once this process may not act. */
export function whileActing<Part extends object>({ mayAct }: Pick<Leadership, "mayAct">, part: Part): Part {
  return new Proxy(part, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...args: readonly unknown[]): unknown => {
        if (!mayAct()) return Promise.reject(new NotLeadingError());
        return Reflect.apply(member, target, args);
      };
    },
  });
}

/** This process led, and does not any more: whoever leads now does what was asked for, or says that it is not known. */
export class NotLeadingError extends Error {
  override readonly name = "NotLeadingError";
  readonly code = "NOT_LEADING";

  constructor() {
    super("this process does not lead any more, and does nothing for people");
  }
}
