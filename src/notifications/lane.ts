import type { APIEmbed, APIMessageTopLevelComponent } from "discord-api-types/v10";

/** What a person gets to see in a direct message. */
export interface DirectMessage {
  readonly content?: string | undefined;
  readonly embeds?: readonly APIEmbed[] | undefined;
  readonly components?: readonly APIMessageTopLevelComponent[] | undefined;
}

/** A message as it is sent: repeatable without doubling (`discord-facts.md` 4.3), and pinging nobody but who is listed. */
export interface OutgoingMessage extends DirectMessage {
  readonly nonce: string;
  readonly enforce_nonce: true;
  readonly allowed_mentions: AllowedMentions;
}

/** What a message becomes: all of it, since an edit keeps what it does not name. */
export interface ChangedMessage extends DirectMessage {
  readonly allowed_mentions: AllowedMentions;
}

export interface AllowedMentions {
  readonly parse: readonly never[];
  readonly users?: readonly string[];
}

/** A message in a channel, as far as it tells which one it is. */
export interface RecentMessage {
  readonly messageId: string;
  readonly customIds: readonly string[];
  /** The small print of its embeds. */
  readonly footers: readonly string[];
}

/**
 * The delivery lane: messages on a REST client and a budget of their own. Every call rejects only with
 * {@link LaneError}, and gives up soon after `signal` aborts.
 */
export interface DeliveryLane {
  /** The direct-message channel with this person, opened if there was none. */
  openChannel(personId: string, signal?: AbortSignal): Promise<{ readonly channelId: string }>;
  sendMessage(channelId: string, body: OutgoingMessage, signal?: AbortSignal): Promise<{ readonly messageId: string }>;
  /** May be repeated. */
  editMessage(channelId: string, messageId: string, body: ChangedMessage, signal?: AbortSignal): Promise<void>;
  /** The last fifty messages of a channel, newest first. */
  recentMessages(channelId: string, signal?: AbortSignal): Promise<readonly RecentMessage[]>;
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
