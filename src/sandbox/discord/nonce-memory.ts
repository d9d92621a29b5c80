import type { StoredMessage } from "./messages.ts";

/** Discord says "the past few minutes" and names no number (`discord-facts.md` 4.3); this is the sandbox's. */
export const nonceWindowMs = 5 * 60_000;

interface Sent {
  readonly channelId: string;
  readonly messageId: string;
  readonly atMs: number;
}

/** Which nonces one author used lately, in any channel. It holds no more than one window of messages. */
export class NonceMemory {
  readonly #now: () => number;
  /** Oldest first, as a nonce moves to the end when it is used again. */
  readonly #sent = new Map<string, Sent>();

  constructor(now: () => number) {
    this.#now = now;
  }

  remember(message: StoredMessage): void {
    this.#forgetOld();
    if (message.nonce === undefined) return;
    const key = String(message.nonce);
    this.#sent.delete(key);
    this.#sent.set(key, { channelId: message.channelId, messageId: message.id, atMs: this.#now() });
  }

  /** The message this nonce was last used for, even if it was deleted since. */
  recall(nonce: unknown): Pick<Sent, "channelId" | "messageId"> | undefined {
    this.#forgetOld();
    return nonce == null ? undefined : this.#sent.get(String(nonce));
  }

  #forgetOld(): void {
    for (const [key, { atMs }] of this.#sent) {
      if (this.#now() - atMs < nonceWindowMs) return;
      this.#sent.delete(key);
    }
  }
}
