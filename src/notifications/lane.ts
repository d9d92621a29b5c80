import type { APIEmbed, APIMessageTopLevelComponent } from "discord-api-types/v10";

/** What a person gets to see in a direct message. */
export interface DirectMessage {
  readonly content?: string | undefined;
  readonly embeds?: readonly APIEmbed[] | undefined;
  readonly components?: readonly APIMessageTopLevelComponent[] | undefined;
}

/** A direct message as it is sent: repeatable without doubling (`discord-facts.md` 4.3), and pinging nobody. */
export interface OutgoingMessage extends DirectMessage {
  readonly nonce: string;
  readonly enforce_nonce: true;
  readonly allowed_mentions: { readonly parse: readonly never[] };
}

/**
 * The delivery lane: direct messages on a REST client and a budget of their own. Both calls reject only with
 * {@link LaneError}, and give up soon after `signal` aborts.
 */
export interface DeliveryLane {
  /** The direct-message channel with this person, opened if there was none. */
  openChannel(personId: string, signal?: AbortSignal): Promise<{ readonly channelId: string }>;
  sendMessage(channelId: string, body: OutgoingMessage, signal?: AbortSignal): Promise<{ readonly messageId: string }>;
}

export type LaneFailure =
  /** Discord answered with an error; `code` is its own, 0 when there was none. */
  | { readonly kind: "discord"; readonly status: number; readonly code: number }
  /** Nothing came back: whether the request took effect is unknown. */
  | { readonly kind: "network" }
  | { readonly kind: "rateLimited"; readonly retryAfterMs: number };

/** A request of the delivery lane that did not succeed. Carries no URL, body or token (`discord-facts.md` 9). */
export class LaneError extends Error {
  override readonly name = "LaneError";
  readonly code = "DELIVERY_LANE_FAILED";
  readonly failure: LaneFailure;

  constructor(failure: LaneFailure) {
    super(describe(failure));
    this.failure = failure;
  }
}

const describe = (failure: LaneFailure): string => {
  switch (failure.kind) {
    case "discord":
      return `Discord answered HTTP ${failure.status}, code ${failure.code}`;
    case "network":
      return "no answer from Discord";
    case "rateLimited":
      return `rate limited for ${failure.retryAfterMs} ms`;
  }
};
