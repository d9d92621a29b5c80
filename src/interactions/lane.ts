import type {
  APIInteractionResponse,
  RESTPatchAPIInteractionOriginalResponseJSONBody,
  RESTPostAPIInteractionFollowupJSONBody,
} from "discord-api-types/v10";

/** What is needed to act on an interaction; `token` is a credential and is never logged. */
export interface InteractionTarget {
  readonly id: string;
  readonly applicationId: string;
  readonly token: string;
}

/** Why a request did not succeed, told from what was observed on the wire (`discord-facts.md` 10). */
export type RequestFailure =
  /** Discord answered with an error below 500; `code` is Discord's own, 0 when there was none. */
  | { readonly kind: "refused"; readonly status: number; readonly code: number }
  /** It left, and whether it took effect is unknown: a timeout, a reset, a close, a 5xx. */
  | { readonly kind: "unaccounted"; readonly status?: number }
  /** It never left: no connection. Sending again is safe. */
  | { readonly kind: "unsent" }
  | { readonly kind: "limited"; readonly retryAfterMs: number };

/** What became of one callback request. */
export type AttemptOutcome = { readonly kind: "accepted" } | RequestFailure;

export type ProbeOutcome =
  /** `loading`: the person still sees "thinking…". */
  | { readonly kind: "there"; readonly loading: boolean }
  | { readonly kind: "notThere"; readonly status: number; readonly code: number }
  | { readonly kind: "unknown" };

/** The body of an answer, new or edited. */
export type MessageBody = RESTPatchAPIInteractionOriginalResponseJSONBody;

/** A request about an answer that did not succeed. Carries no URL, body or token. */
export class LaneError extends Error {
  override readonly name = "LaneError";
  readonly code = "LANE_FAILED";
  /** Whether it may have taken effect: `unaccounted` alone says that nobody knows. */
  readonly kind: RequestFailure["kind"];
  /** Absent when no response came back. */
  readonly status: number | undefined;
  /** Discord's own code; absent when there was none. */
  readonly discordCode: number | undefined;
  /** How long Discord asks to wait; absent when it did not. */
  readonly retryAfterMs: number | undefined;

  constructor(request: string, failure: RequestFailure) {
    const status = statusOf(failure);
    const code = failure.kind === "refused" ? failure.code : undefined;
    const nothing = failure.kind === "unsent" ? "no connection" : "no response";
    super(`${request}: ${status === undefined ? nothing : `HTTP ${status}, code ${code ?? "none"}`}`);
    this.kind = failure.kind;
    this.status = status;
    this.discordCode = code;
    this.retryAfterMs = failure.kind === "limited" ? failure.retryAfterMs : undefined;
  }
}

function statusOf(failure: RequestFailure): number | undefined {
  if (failure.kind === "limited") return 429;
  return failure.kind === "unsent" ? undefined : failure.status;
}

/**
 * The requests the layer makes, on their own REST client and sockets, so that nothing else can delay them. No call
 * retries by itself: every attempt is the layer's own, counted and timed.
 */
export interface InteractionLane {
  /** Never throws. `timeoutMs` bounds the whole call; `fresh` asks for a connection nobody has used before. */
  callback(
    target: InteractionTarget,
    body: APIInteractionResponse,
    options: { readonly timeoutMs: number; readonly fresh: boolean },
  ): Promise<AttemptOutcome>;
  /** Looks at `@original`. Never throws. */
  probe(target: InteractionTarget, options: { readonly timeoutMs: number }): Promise<ProbeOutcome>;
  /** @throws LaneError */
  editOriginal(target: InteractionTarget, body: MessageBody, signal: AbortSignal): Promise<void>;
  /** @throws LaneError */
  followUp(target: InteractionTarget, body: RESTPostAPIInteractionFollowupJSONBody, signal: AbortSignal): Promise<void>;
  /** @throws LaneError */
  deleteOriginal(target: InteractionTarget, signal: AbortSignal): Promise<void>;
}
