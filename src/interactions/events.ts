import type { Excess } from "./allowance.ts";
import type { LateReason } from "./options.ts";
import type { Cause, Ownership } from "./ownership.ts";
import type { RecoveryOutcome } from "./recovery.ts";

/** What a person used. */
export type InteractionKind = "command" | "autocomplete" | "component" | "modal";

/** How an interaction ended. Each one that arrives ends exactly once. */
export type InteractionOutcome =
  /** The command's answer reached the person. */
  | "answered"
  /** The person was told what they can mend. */
  | "refused"
  /** The person used more than there may be in a minute, and was told when to go on; nothing ran. */
  | "overAllowance"
  /** The command failed and the person was told so. */
  | "failed"
  /** The answer reached the person by direct message, too late for the interaction itself. */
  | "answeredLate"
  /** It was ours, but no answer could be brought to the person. */
  | "unanswered"
  /** The process stopped before the answer: the person was told that it comes from the next one. */
  | "leftOpen"
  /** Too old on arrival; nothing was sent. */
  | "skipped"
  /** An event handled already; nothing was sent. */
  | "duplicate"
  | Exclude<Ownership, "owned">;

interface Subject {
  readonly interactionId: string;
  readonly interactionKind: InteractionKind;
  /** Name of the command, or what stands before the colon of a custom id: untrusted, and no label of a metric. */
  readonly command: string;
}

/** What the layer tells about itself. Metrics, logs and alerts subscribe; none of them is known here. */
export type InteractionEvent =
  | (Subject & { readonly kind: "interactionArrived"; readonly ageMs: number })
  | (Subject & {
      readonly kind: "acknowledged";
      readonly ownership: Ownership;
      readonly cause: Cause;
      /** From arrival until the ownership was known. */
      readonly durationMs: number;
      readonly ageMs: number;
      /** Callback requests sent. */
      readonly attempts: number;
      /** Of them, those that left because another was slow. */
      readonly hedges: number;
    })
  | (Subject & {
      readonly kind: "interactionFinished";
      readonly outcome: InteractionOutcome;
      /** From arrival until the end. */
      readonly durationMs: number;
    })
  /** The right to run it was asked for; `taken` means that another process runs it. */
  | (Subject & {
      readonly kind: "runClaimed";
      readonly claim: "ours" | "taken" | "unknown";
      readonly durationMs: number;
    })
  /** The person used more than there may be in a minute: nothing ran. `personId` is no label of a metric. */
  | (Subject & Excess & { readonly kind: "allowanceRefused"; readonly personId: string })
  /** It was left behind by a process that died. */
  | (Subject & { readonly kind: "interactionRecovered"; readonly outcome: RecoveryOutcome })
  /** An answer went, or could not go, to the person by direct message, because it was too late for the interaction. */
  | (Subject & { readonly kind: "lateAnswer"; readonly reason: LateReason; readonly delivered: boolean })
  /**
   * Discord refused a request about an interaction, or none came back (`code` absent). What Discord has to answer to a
   * second attempt of ours after the first has landed is no error and not told.
   */
  | (Subject & {
      readonly kind: "discordError";
      readonly request: "callback" | "probe" | "edit" | "followUp" | "delete";
      readonly code: number | undefined;
      readonly status: number | undefined;
      /** Since the interaction's creation, on Discord's clock as far as it is known. */
      readonly ageMs: number;
      /** Duration of the request. */
      readonly durationMs: number;
    })
  /** A command threw something other than a refusal. `error` is for a redacting logger only. */
  | (Subject & { readonly kind: "commandFailed"; readonly reference: string; readonly error: unknown });

/** Takes what the layer tells about itself. */
export type PublishInteractionEvent = (event: InteractionEvent) => void;
