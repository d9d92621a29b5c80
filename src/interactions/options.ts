import type { Clock } from "../clock.ts";
import type { CommandTimes } from "./abort.ts";
import type { AcknowledgeServices } from "./acknowledge.ts";
import type { Afterwards } from "./afterwards.ts";
import type { Allowance, Excess } from "./allowance.ts";
import type { Answer } from "./answer.ts";
import type { ClaimedIds } from "./claimed-ids.ts";
import type { Command } from "./command.ts";
import type { Component, ModalSubmit } from "./component.ts";
import type { DiscordClock } from "./discord-clock.ts";
import type { InteractionEvent, InteractionOutcome, PublishInteractionEvent } from "./events.ts";
import type { Handlers } from "./handler.ts";
import type { Arrival } from "./interaction.ts";
import type { InteractionLane } from "./lane.ts";
import type { Predecessors } from "./predecessors.ts";
import type { StallGuard } from "./stall-guard.ts";
import type { InteractionStore } from "./store.ts";

/** The sentences the layer itself says. */
export interface InteractionTexts {
  /** To a command, button or modal that nobody here knows: most likely one of an earlier version. */
  readonly unknownCommand: string;
  /** Left for a moment in the channel while a public command's private sentence is on its way. */
  readonly onlyForYou: string;
  /** In the channel or beside a component's message, when nobody knows whether the private sentence arrived. */
  readonly answerMayBeLost: string;
  /** When Discord refuses an acknowledgement or an answer as malformed, and only plain text is left. */
  readonly plainFailure: (reference: string) => string;
  /**
   * When the process died in the middle of something that changes things, and nobody knows how far it came. `command` is
   * absent for a button, a select or a modal.
   */
  readonly outcomeUnknown: (command: string | undefined) => string;
  /** In place of "thinking…" when the answer will come by direct message. */
  readonly answerFollowsDirectly: string;
  /** In place of "thinking…" when this process stops, and the next one will answer. */
  readonly goesOnElsewhere: string;
  /** To who has used up their allowance; `goOn` is when they may go on, as Discord's clients show times. */
  readonly overAllowance: (excess: Excess, goOn: string) => string;
}

/** Why an answer does not stand where it was asked for. */
export type LateReason = "arrivedTooLate" | "tookTooLong";

/** Brings an answer to a person by another way than the interaction. */
export interface LateAnswers {
  /** Never rejects. @returns whether the person has it; false when it is too soon after the last one, or not possible */
  deliver(personId: string, answer: Answer, reason: LateReason, interactionId: string): Promise<boolean>;
}

/** Everything the layer is made of. */
export interface InteractionLayerOptions {
  readonly clock: Clock;
  /** Tells the age of interactions; the lane feeds it with Discord's own times. */
  readonly discordClock: DiscordClock;
  readonly lane: InteractionLane;
  readonly commands: readonly Command[];
  readonly components?: readonly Component[];
  readonly modals?: readonly ModalSubmit[];
  /** Turns what a command threw into the private sentence for the person. Must not contain the error's own text. */
  readonly explain: (error: unknown, reference: string) => Answer;
  readonly texts: InteractionTexts;
  /** Told of everything that happens. What it throws is ignored. */
  readonly publish: PublishInteractionEvent;
  /** Interactions older than this on arrival are not acknowledged, ms. */
  readonly maxAgeMs: number;
  /** One callback request may take this long, ms; shortened when the deadline is nearer. */
  readonly callbackTimeoutMs: number;
  /** What outlives the process; without it, several processes race and a crash leaves "thinking…". */
  readonly store?: InteractionStore | undefined;
  /** Without it, answers that cannot be shown any more are lost, and said to be. */
  readonly lateAnswers?: LateAnswers | undefined;
  /** Another thread that acknowledges when this one stalls. Without it, whatever stalls the process leaves people waiting. */
  readonly guard?: StallGuard | undefined;
  /** Asked before anything runs; no acknowledgement leaves later because of it. Without it, there is no limit. */
  readonly allowance?: Allowance | undefined;
}

type SubjectKey = "interactionId" | "interactionKind" | "command";
type Told<E> = E extends InteractionEvent ? Omit<E, SubjectKey> : never;

/** Which interaction something is about. */
export type Subject = Pick<Arrival, "target" | "kind" | "name">;

/** The options, and what the middlewares share while the layer lives. `publish` and `explain` never throw here. */
export interface Layer
  extends Omit<InteractionLayerOptions, "commands" | "components" | "modals" | "callbackTimeoutMs">,
    AcknowledgeServices {
  readonly handlers: Handlers;
  readonly times: CommandTimes;
  readonly afterwards: Afterwards;
  readonly claimed: ClaimedIds;
  readonly predecessors: Predecessors;
  /** Publishes an event about this interaction. */
  tell(subject: Subject, event: Told<InteractionEvent>): void;
  /** The one end of an interaction. */
  finish(arrival: Arrival, outcome: InteractionOutcome): void;
}
