export { type Clock, systemClock } from "../clock.ts";
export { CommandAborted } from "./abort.ts";
export type { Allowance, Excess, Used } from "./allowance.ts";
export type { Answer, Choice, Modal } from "./answer.ts";
export { Refusal } from "./answer.ts";
export type {
  AtOnceCommand,
  AutocompleteRequest,
  Command,
  CommandContext,
  CommandRequest,
  ModalCommand,
  WithinCommand,
} from "./command.ts";
export type {
  Component,
  ComponentContext,
  ComponentRequest,
  ModalSubmit,
  ModalSubmitContext,
  ModalSubmitRequest,
} from "./component.ts";
export { DiscordClock } from "./discord-clock.ts";
export type { Effect, Recoverable } from "./effect.ts";
export type { InteractionEvent, InteractionKind, InteractionOutcome, PublishInteractionEvent } from "./events.ts";
export { keepRecovering } from "./keep-recovering.ts";
export type {
  AttemptOutcome,
  InteractionLane,
  InteractionTarget,
  MessageBody,
  ProbeOutcome,
  RequestFailure,
} from "./lane.ts";
export { LaneError } from "./lane.ts";
export type { InteractionLayer } from "./layer.ts";
export { createInteractionLayer } from "./layer.ts";
export type { Modes } from "./modes.ts";
export type { InteractionLayerOptions, InteractionTexts, LateAnswers, LateReason } from "./options.ts";
export type { Cause, Ownership } from "./ownership.ts";
export { type ProtectOptions, protect } from "./protect.ts";
export type {
  CommandInput,
  ComponentInput,
  Given,
  ModalInput,
  OptionValue,
  Person,
  Progress,
  Running,
} from "./request.ts";
export type { RestSettings } from "./rest.ts";
export { createRestLane, type RestLane } from "./rest-lane.ts";
export { type GuardedAcknowledgement, OfferedTurns, type StallGuard } from "./stall-guard.ts";
export type { Evidence, Holder, InteractionRecord, InteractionStore, OpenInteraction } from "./store.ts";
