import type { DirectMessenger } from "../../src/commands/index.ts";
import type { Answer } from "../../src/interactions/index.ts";
import { read } from "../presentation/reading.ts";

/** Notes what it is given to send. */
export class FakeMessenger implements DirectMessenger {
  readonly sent: { readonly personId: string; readonly text: string; readonly confirmationId: string }[] = [];
  outcome: "sent" | "closed" | "failed" = "sent";
  /** Called at each message, before it is sent. */
  onConfirm: () => void = () => {};

  async confirm(personId: string, answer: Answer, confirmationId: string): Promise<"sent" | "closed" | "failed"> {
    this.onConfirm();
    this.sent.push({ personId, text: read(answer), confirmationId });
    return this.outcome;
  }
}
