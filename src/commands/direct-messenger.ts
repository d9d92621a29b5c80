import type { Answer } from "../interactions/index.ts";

/** Writes to one person directly, as a command asks for it; signals have their own way. */
export interface DirectMessenger {
  /**
   * Opens the person's direct messages, if they are not open yet, and sends one message there. The same
   * `confirmationId`, whatever its length, means the same message: a repeated call shows the person nothing new.
   * `closed` when the person does not let the bot write to them. Never rejects.
   */
  confirm(personId: string, answer: Answer, confirmationId: string): Promise<"sent" | "closed" | "failed">;
}
