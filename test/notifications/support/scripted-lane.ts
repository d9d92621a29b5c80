import {
  type DeliveryLane,
  LaneError,
  type LaneFailure,
  type OutgoingMessage,
  type RecentMessage,
} from "../../../src/notifications/lane.ts";

/** What one call does: fail so, wait for ever, or throw something of its own; the default is to succeed. */
export type Step = LaneFailure | "hang" | "bug" | "ok";

export interface SentMessage {
  readonly channelId: string;
  readonly body: OutgoingMessage;
}

/**
 * A delivery lane that plays back prepared steps, then succeeds. As Discord does, it makes one message of sends with the
 * same nonce, and always gives the same channel for a person unless it was closed.
 */
export class ScriptedLane implements DeliveryLane {
  readonly openSteps: Step[] = [];
  readonly sendSteps: Step[] = [];
  /** People whose channel was asked for, in order. */
  readonly opens: string[] = [];
  readonly sends: SentMessage[] = [];
  /** Channel ids get this suffix, so that a reopened channel can be told from the first. */
  generation = "";

  /** Messages as the people see them. */
  get visible(): number {
    return new Set(this.sends.map(({ body }) => body.nonce)).size;
  }

  async openChannel(personId: string, signal?: AbortSignal): Promise<{ channelId: string }> {
    this.opens.push(personId);
    await perform(this.openSteps.shift(), signal);
    return { channelId: `dm-${personId}${this.generation}` };
  }

  async sendMessage(channelId: string, body: OutgoingMessage, signal?: AbortSignal): Promise<{ messageId: string }> {
    this.sends.push({ channelId, body });
    await perform(this.sendSteps.shift(), signal);
    return { messageId: `message-${body.nonce}` };
  }

  async editMessage(): Promise<void> {
    throw new Error("nothing is changed here");
  }

  async recentMessages(): Promise<readonly RecentMessage[]> {
    return [];
  }
}

async function perform(step: Step | undefined, signal: AbortSignal | undefined): Promise<void> {
  if (step === undefined || step === "ok") return;
  if (step === "bug") throw new TypeError("a defect in the lane");
  if (step !== "hang") throw new LaneError(step);
  await new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(new LaneError({ kind: "network" })), { once: true });
  });
}

export const discord = (status: number, code: number): LaneFailure => ({ kind: "discord", status, code });
export const network: LaneFailure = { kind: "network" };
