export { type Clock, systemClock } from "../clock.ts";
export { CommandAborted } from "./abort.ts";
export type { Answer, Choice, Modal } from "./answer.ts";
export { Refusal } from "./answer.ts";
export type {
  AtOnceCommand,
  AutocompleteRequest,
  Command,
  CommandContext,
  CommandRequest,
  Effect,
  ModalCommand,
  WithinCommand,
} from "./command.ts";
export type { Component, ComponentContext, ModalSubmit, ModalSubmitContext } from "./component.ts";
export { DiscordClock } from "./discord-clock.ts";
export type { InteractionEvent, InteractionKind, InteractionOutcome, PublishInteractionEvent } from "./events.ts";
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
export type { InteractionLayerOptions, InteractionTexts, LateAnswers, LateReason } from "./options.ts";
export type { Cause, Ownership } from "./ownership.ts";
export { type ProtectOptions, protect } from "./protect.ts";
export type { CommandInput, OptionValue, Person, Progress, Running } from "./request.ts";
export type { RestSettings } from "./rest.ts";
export { createRestLane, type RestLane } from "./rest-lane.ts";
export type { Evidence, InteractionRecord, InteractionStore } from "./store.ts";
