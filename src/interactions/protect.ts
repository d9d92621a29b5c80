import type { Client } from "discord.js";
import { systemClock } from "../clock.ts";
import type { Allowance } from "./allowance.ts";
import type { Answer } from "./answer.ts";
import type { Command } from "./command.ts";
import type { Component, ModalSubmit } from "./component.ts";
import { DiscordClock } from "./discord-clock.ts";
import type { InteractionEvent } from "./events.ts";
import { keepRecovering } from "./keep-recovering.ts";
import { createInteractionLayer, type InteractionLayer } from "./layer.ts";
import type { InteractionTexts, LateAnswers } from "./options.ts";
import { createRestLane } from "./rest-lane.ts";
import type { InteractionStore } from "./store.ts";

/** What {@link protect} can be told; every member but the commands has a default that works. */
export interface ProtectOptions {
  /** The slash commands. Registering their definitions with Discord is left to the bot. */
  readonly commands: readonly Command[];
  /** Buttons and selects, by what their custom ids begin with. */
  readonly components?: readonly Component[];
  /** What is done with submitted modals, by what their custom ids begin with. */
  readonly modals?: readonly ModalSubmit[];
  /**
   * Hears of everything that happens to interactions: for logs and metrics. What a command threw is told here and nowhere
   * else, as `commandFailed`.
   */
  readonly onEvent?: (event: InteractionEvent) => void;
  /** The private sentence for a command that threw; the default is an apology with the reference. */
  readonly explain?: (error: unknown, reference: string) => Answer;
  /** The layer's own sentences, in place of the English defaults. */
  readonly texts?: Partial<InteractionTexts>;
  /** Interactions older than this on arrival are not acknowledged, ms; 2500 by default. */
  readonly maxAgeMs?: number;
  /**
   * What outlives the process, for instance the Redis store of `signalguard/interactions/redis`. With it, what a process
   * that died has left open is answered as soon as the client is ready, and from then on every couple of seconds. Started
   * here, and stopped by the layer's `drain`.
   */
  readonly store?: InteractionStore & { start?(): void; stop?(): Promise<void> };
  /** Another way to a person, for answers that come too late; without it they are lost, and said to be. */
  readonly lateAnswers?: LateAnswers;
  /** How much each person may use; without it, as much as they like. */
  readonly allowance?: Allowance;
}

const defaultTexts: InteractionTexts = {
  unknownCommand: "This is not known here any more. Reload Discord and try again.",
  onlyForYou: "The answer is for one person only.",
  answerMayBeLost:
    "The answer was for one person only, and Discord did not confirm that it arrived. If you cannot see it, please ask again.",
  plainFailure: (reference) => `Sorry, something went wrong. Reference: ${reference}`,
  outcomeUnknown: (command) =>
    `The bot was interrupted during ${command === undefined ? "this" : `/${command}`}; whether it was done is not known.`,
  goesOnElsewhere: "The bot is being restarted: the answer will come here when it is back.",
  answerFollowsDirectly: "This takes long: the answer will come as a direct message.",
  overAllowance: (_excess, goOn) => `That was a lot at once. You can go on ${goOn}.`,
};

/**
 * Puts the safety layer between a discord.js client and its commands: every interaction the client receives from now on
 * is acknowledged once and answered once. To be called before `client.login`; the client needs no listener of its own
 * for `interactionCreate`.
 *
 * @returns the layer; before the process ends, `await layer.drain(5000)` answers what is in flight and lets go of
 * everything, the store too
 * @throws Error when two handlers of the same kind have the same name
 */
export function protect(client: Client, options: ProtectOptions): InteractionLayer {
  const clock = systemClock;
  const discordClock = new DiscordClock(clock);
  const lane = createRestLane({
    apiUrl: client.options.rest?.api ?? "https://discord.com/api",
    sampleDate: (date, sentAtMs, receivedAtMs) => discordClock.sampleDate(date, sentAtMs, receivedAtMs),
  });
  const { explain, texts, onEvent, maxAgeMs = 2500, ...rest } = options;
  const layer = createInteractionLayer({
    ...rest,
    clock,
    discordClock,
    lane,
    explain:
      explain ?? ((_error, reference) => ({ content: (texts?.plainFailure ?? defaultTexts.plainFailure)(reference) })),
    texts: { ...defaultTexts, ...texts },
    publish: onEvent ?? (() => {}),
    maxAgeMs,
    callbackTimeoutMs: 2500,
  });
  void lane.start();
  client.on("interactionCreate", (interaction) => void layer.handle(interaction));
  const { store } = options;
  let stopRecovering = () => {};
  // Not sooner: what is run again may need the client.
  const beginRecovering = (): void => {
    stopRecovering = keepRecovering(layer, clock);
  };
  if (store !== undefined) {
    store.start?.();
    if (client.isReady()) beginRecovering();
    else client.once("clientReady", beginRecovering);
  }
  return {
    ...layer,
    get inFlight() {
      return layer.inFlight;
    },
    async drain(graceMs) {
      client.off("clientReady", beginRecovering);
      stopRecovering();
      const unanswered = await layer.drain(graceMs);
      await store?.stop?.();
      await lane.close();
      return unanswered;
    },
  };
}
