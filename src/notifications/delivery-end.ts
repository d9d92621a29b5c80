import { LaneError, type LaneFailure } from "./lane.ts";

/** Why no direct message is sent any more: Discord flagged the bot as a spammer, or refused its token. */
export type Halt = "quarantined" | "unauthorized";

/** How an attempt to bring a message to one person ended. */
export type DeliveryEnd =
  | { readonly kind: "delivered"; readonly messageId: string; readonly attempts: number }
  | Refusal
  /** Not brought through, though nothing speaks against it. */
  | { readonly kind: "failed"; readonly reason: "gaveUp" | "stopping" | "halted" };

/** Trying again will not help. */
export type Refusal =
  /** The person's direct messages are closed to the bot, or no server is shared with them: final until they come back. */
  | { readonly kind: "closed"; readonly code: number }
  /** Discord knows nobody with this id. */
  | { readonly kind: "unknownPerson"; readonly code: number }
  /** Discord will not take this message. */
  | { readonly kind: "refused"; readonly status: number; readonly code: number };

/** A refusal in a few words, the reason of a dead letter: `closed 50007`. */
export const refusalWords = ({ kind, code }: Refusal): string => `${kind} ${code}`;

/** What one failed attempt means for the delivery. */
export type Verdict =
  | { readonly kind: "end"; readonly end: Refusal }
  /** After `waitMs`, or the next back-off when Discord did not say. */
  | { readonly kind: "retry"; readonly waitMs: number | undefined }
  /** The remembered channel is gone; a new one may do. */
  | { readonly kind: "staleChannel"; readonly otherwise: Refusal }
  /** Nobody may open a channel for some minutes. */
  | { readonly kind: "openingTooFast" }
  | { readonly kind: "halt"; readonly halt: Halt };

/** The codes of direct messages (`discord-facts.md` 4.1). Codes first, status second: the status varies. */
const codes = {
  unknownChannel: 10003,
  unknownMessage: 10008,
  unknownPerson: 10013,
  quarantined: 20026,
  openingTooFast: 40003,
  sendingDisabledForNow: 40004,
  cannotSendToPerson: 50007,
  noMutualServer: 50278,
  notOurMessage: 50005,
};

export function judge(failure: LaneFailure): Verdict {
  if (failure.kind === "network") return { kind: "retry", waitMs: undefined };
  if (failure.kind === "rateLimited") return { kind: "retry", waitMs: failure.retryAfterMs };
  const { status, code } = failure;
  switch (code) {
    case codes.cannotSendToPerson:
    case codes.noMutualServer:
      return { kind: "end", end: { kind: "closed", code } };
    case codes.unknownPerson:
      return { kind: "end", end: { kind: "unknownPerson", code } };
    case codes.unknownChannel:
      return { kind: "staleChannel", otherwise: { kind: "refused", status, code } };
    case codes.quarantined:
      return { kind: "halt", halt: "quarantined" };
    case codes.openingTooFast:
      return { kind: "openingTooFast" };
    case codes.sendingDisabledForNow:
      return { kind: "retry", waitMs: undefined };
  }
  if (status === 401) return { kind: "halt", halt: "unauthorized" };
  if (status === 429 || status >= 500) return { kind: "retry", waitMs: undefined };
  return { kind: "end", end: { kind: "refused", status, code } };
}

/**
 * Whether the message to be changed is not there any more, or not ours to change. A new one takes its place.
 */
export const isMessageGone = ({ code }: Refusal): boolean => [codes.unknownMessage, codes.notOurMessage].includes(code);

/** Whether Discord said that the request took no effect. Of anything else nobody knows. */
export const tookNoEffect = (failure: LaneFailure): boolean =>
  failure.kind === "rateLimited" || (failure.kind === "discord" && failure.status < 500);

/** A lane that throws something of its own has told nothing about the request's fate. */
export const failureOf = (error: unknown): LaneFailure =>
  error instanceof LaneError ? error.failure : { kind: "network" };
