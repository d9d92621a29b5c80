import type { Interaction } from "discord.js";
import { CommandTimes } from "./abort.ts";
import { Afterwards } from "./afterwards.ts";
import { ClaimedIds } from "./claimed-ids.ts";
import { createHandlers } from "./handler.ts";
import { HedgeBudget } from "./hedge-budget.ts";
import { readArrival } from "./interaction.ts";
import { LatencyWindow } from "./latency.ts";
import { type Modes, modesOf } from "./modes.ts";
import type { InteractionLayerOptions, Layer } from "./options.ts";
import { createPipeline } from "./pipeline.ts";
import { Predecessors } from "./predecessors.ts";
import { answerForTheDead } from "./recovery.ts";

/** Between a discord.js client and its handlers: what arrives is acknowledged once and answered once. */
export interface InteractionLayer {
  /** To be attached to discord.js's `interactionCreate`. The acknowledgement leaves before it returns. Never rejects. */
  handle(interaction: Interaction): Promise<void>;
  /**
   * Answers interactions whose own process died; to be called at the start and every few seconds, also while an earlier
   * call is still answering. Never rejects, and finds nothing once {@link InteractionLayer.drain} has been called.
   *
   * @returns how many were found
   */
  recover(): Promise<number>;
  /** How everything is acknowledged: what a {@link StallGuard} has to know. */
  readonly modes: Modes;
  /** Interactions, and searches for those of dead processes, that are not over yet. */
  readonly inFlight: number;
  /**
   * Waits until everything in flight has been answered. After `graceMs` the commands still running are aborted, which
   * answers them with a sentence, and after `graceMs` more the waiting ends.
   *
   * @returns how many were still unanswered
   */
  drain(graceMs: number): Promise<number>;
}

/**
 * The layer with every part given: `protect` is the short way to one with defaults.
 *
 * @throws Error when two handlers of the same kind have the same name
 */
export function createInteractionLayer(options: InteractionLayerOptions): InteractionLayer {
  const { clock } = options;
  const times = new CommandTimes(clock);
  const afterwards = new Afterwards();
  const layer = createLayer(options, times, afterwards);
  const pipeline = createPipeline(layer);
  const inFlight = new Set<Promise<unknown>>();
  let stopping = false;
  /** Ends when everything about it has been told as well. */
  const track = <T>(run: Promise<T>): Promise<T> => {
    const tracked = run.finally(async () => {
      await afterwards.done();
      inFlight.delete(tracked);
    });
    inFlight.add(tracked);
    return tracked;
  };

  const idle = async (): Promise<void> => {
    while (inFlight.size > 0) await Promise.all(inFlight);
  };
  const idleWithin = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.schedule(ms, resolve);
      void idle().then(() => {
        cancel();
        resolve();
      });
    });

  return {
    handle: (interaction) => track(pipeline(readArrival(interaction, clock.monotonic()))),
    recover: async () => (stopping ? 0 : await track(answerForTheDead(layer))),
    modes: modesOf(layer.handlers),
    get inFlight() {
      return inFlight.size;
    },
    async drain(graceMs) {
      stopping = true;
      await idleWithin(graceMs);
      times.endAll();
      await idleWithin(graceMs);
      await afterwards.done();
      return inFlight.size;
    },
  };
}

function createLayer(options: InteractionLayerOptions, times: CommandTimes, afterwards: Afterwards): Layer {
  const { clock, texts } = options;
  const claimed = new ClaimedIds(clock);
  const tellListeners: Layer["publish"] = (event) => {
    try {
      options.publish(event);
    } catch {
      // A listener that fails must not cost a person their answer, and there is nobody left to tell.
    }
  };
  const publish: Layer["publish"] = (event) => afterwards.do(() => tellListeners(event));
  const tell: Layer["tell"] = ({ target, kind, name }, event) =>
    publish({ interactionId: target.id, interactionKind: kind, command: name, ...event });
  return {
    ...options,
    publish,
    afterwards,
    claimed,
    predecessors: new Predecessors({ clock, store: options.store, claimed }),
    handlers: createHandlers(options),
    times,
    latency: new LatencyWindow(),
    hedges: new HedgeBudget(),
    explain(error, reference) {
      try {
        return options.explain(error, reference);
      } catch {
        return { content: texts.plainFailure(reference) };
      }
    },
    tell,
    finish(arrival, outcome) {
      tell(arrival, { kind: "interactionFinished", outcome, durationMs: clock.monotonic() - arrival.arrivedAtMs });
    },
  };
}
