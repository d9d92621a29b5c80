export { CommandAborted } from "./abort.ts";
export type {
  Answer,
  AutocompleteRequest,
  Choice,
  Command,
  CommandContext,
  CommandInput,
  CommandRequest,
  OptionValue,
  Person,
} from "./command.ts";
export { Refusal } from "./command.ts";
export { DiscordClock } from "./discord-clock.ts";
export type { InteractionEvent, InteractionKind, InteractionOutcome } from "./events.ts";
export type { AttemptOutcome, InteractionLane, InteractionTarget, MessageBody, ProbeOutcome } from "./lane.ts";
export { LaneError } from "./lane.ts";
export type { InteractionLayer } from "./layer.ts";
export { createInteractionLayer } from "./layer.ts";
export type { InteractionLayerOptions, InteractionTexts } from "./options.ts";
