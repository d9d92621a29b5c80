import type { Clock } from "../clock.ts";
import type { CommandTimes } from "./abort.ts";
import type { Answer, Command } from "./command.ts";
import type { DiscordClock } from "./discord-clock.ts";
import type { InteractionOutcome, PublishInteractionEvent } from "./events.ts";
import type { Arrival } from "./interaction.ts";
import type { InteractionLane } from "./lane.ts";

/** The sentences the layer itself says. */
export interface InteractionTexts {
  /** To a command, button or modal that nobody here knows: most likely one of an earlier version. */
  readonly unknownCommand: string;
  /** Left for a moment in the channel while a public command's private sentence is on its way. */
  readonly onlyForYou: string;
  /** When Discord refuses an acknowledgement or an answer as malformed, and only plain text is left. */
  readonly plainFailure: (reference: string) => string;
}

export interface InteractionLayerOptions {
  readonly clock: Clock;
  readonly discordClock: DiscordClock;
  readonly lane: InteractionLane;
  readonly commands: readonly Command[];
  /** Turns what a command threw into the private sentence for the person. Must not contain the error's own text. */
  readonly explain: (error: unknown, reference: string) => Answer;
  readonly texts: InteractionTexts;
  readonly publish: PublishInteractionEvent;
  /** Interactions older than this on arrival are not acknowledged, ms. */
  readonly maxAgeMs: number;
  /** One callback request may take this long, ms; shortened when the deadline is nearer. */
  readonly callbackTimeoutMs: number;
  /** How long an interaction's id is remembered, ms, and how many are. */
  readonly duplicates: { readonly ttlMs: number; readonly max: number };
}

/** The options, and what the middlewares share while the layer lives. */
export interface Layer extends Omit<InteractionLayerOptions, "commands"> {
  readonly commands: ReadonlyMap<string, Command>;
  readonly times: CommandTimes;
  finish(arrival: Arrival, outcome: InteractionOutcome): void;
}
