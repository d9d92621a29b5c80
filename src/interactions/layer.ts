import type { Interaction } from "discord.js";
import { CommandTimes } from "./abort.ts";
import { readArrival } from "./interaction.ts";
import type { InteractionLayerOptions } from "./options.ts";
import { createPipeline } from "./pipeline.ts";

export interface InteractionLayer {
  /** To be attached to discord.js's `interactionCreate`. Never rejects. */
  handle(interaction: Interaction): Promise<void>;
  readonly inFlight: number;
  /**
   * Waits until everything in flight has been answered. After `graceMs` the commands still running are aborted, which
   * answers them with a sentence, and after `graceMs` more the waiting ends.
   *
   * @returns how many were still unanswered
   */
  drain(graceMs: number): Promise<number>;
}

export function createInteractionLayer(options: InteractionLayerOptions): InteractionLayer {
  const { clock, publish } = options;
  const times = new CommandTimes(clock);
  const inFlight = new Set<Promise<void>>();
  const pipeline = createPipeline({
    ...options,
    commands: new Map(options.commands.map((command) => [command.definition.name, command])),
    times,
    finish: ({ target, kind, command, arrivedAtMs }, outcome) =>
      publish({
        kind: "interactionFinished",
        interactionId: target.id,
        interactionKind: kind,
        command,
        outcome,
        durationMs: clock.monotonic() - arrivedAtMs,
      }),
  });

  const idle = async (): Promise<void> => {
    while (inFlight.size > 0) await Promise.all(inFlight);
  };
  const idleWithin = async (ms: number): Promise<void> => {
    await new Promise<void>((resolve) => {
      const cancel = clock.schedule(ms, resolve);
      void idle().then(() => {
        cancel();
        resolve();
      });
    });
  };

  return {
    handle(interaction) {
      const run = pipeline(readArrival(interaction, clock.monotonic())).finally(() => inFlight.delete(run));
      inFlight.add(run);
      return run;
    },
    get inFlight() {
      return inFlight.size;
    },
    async drain(graceMs) {
      await idleWithin(graceMs);
      times.endAll();
      await idleWithin(graceMs);
      return inFlight.size;
    },
  };
}
