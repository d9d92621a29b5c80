import { InteractionType } from "discord-api-types/v10";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { acknowledge, type RequestTrouble, troubleOf } from "./acknowledge.ts";
import { deferBody } from "./bodies.ts";
import { ClaimedIds } from "./claimed-ids.ts";
import { acknowledgeWithinMs } from "./deadlines.ts";
import type { DiscordClock } from "./discord-clock.ts";
import type { InteractionKind } from "./events.ts";
import type { Mode } from "./handler.ts";
import { HedgeBudget } from "./hedge-budget.ts";
import { splitCustomId } from "./interaction.ts";
import type { InteractionLane, InteractionTarget } from "./lane.ts";
import { LatencyWindow } from "./latency.ts";
import { deferrableMode, type Modes } from "./modes.ts";
import type { GuardedAcknowledgement } from "./stall-guard.ts";
import { offerTurn, type Turn, takeTurn } from "./turn.ts";

/**
 * So long the main thread has for an interaction, ms: long against what a busy process makes it wait, and against the
 * modes that wait for a fast answer; short enough that a hedge, a look and a retry still fit the three seconds.
 */
export const patienceMs = 800;
/**
 * What arrives late is not waited for so long, ms after its creation: a request, its hedge and a retry need the rest of the
 * three seconds.
 */
export const patienceUntilAgeMs = 1200;
/** Even what arrives that old is left to the main thread for a moment: one that runs takes it in a millisecond, ms. */
export const shortestPatienceMs = 100;

const schema = z.object({
  id: z.string(),
  application_id: z.string(),
  token: z.string(),
  type: z.enum(InteractionType),
  data: z.object({ name: z.string().optional(), custom_id: z.string().optional() }),
});

export interface StandInOptions {
  readonly clock: Clock;
  /** The thread's own, which its lane feeds. */
  readonly discordClock: DiscordClock;
  readonly lane: InteractionLane;
  readonly modes: Modes;
  /** Older ones are left alone, ms. */
  readonly maxAgeMs: number;
  /** One callback request may take this long, ms. */
  readonly callbackTimeoutMs: number;
  /** Whether this process may act for the bot. Asked before each request. */
  readonly mayAct: () => boolean;
  /** Called once for each interaction whose turn was taken here. */
  readonly onEnded: (interactionId: string, acknowledged: GuardedAcknowledgement) => void;
}

/** Acknowledges in a thread of its own what the main thread does not in time, by the same rules. */
export class StandIn {
  readonly #options: StandInOptions;
  readonly #lane: InteractionLane;
  readonly #seen: ClaimedIds;
  readonly #latency = new LatencyWindow();
  readonly #hedges = new HedgeBudget();
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: StandInOptions) {
    this.#options = options;
    this.#lane = whileActing(options.lane, options.mayAct);
    this.#seen = new ClaimedIds(options.clock);
  }

  /**
   * Waits whether the main thread takes the interaction. To be called with its event as Discord sent it, before the main
   * thread is told.
   *
   * @returns the turn, to be told as well; undefined when this interaction is left to the main thread
   */
  watch(event: unknown): Turn | undefined {
    const { data: interaction } = schema.safeParse(event);
    if (interaction === undefined) return undefined;
    const { clock, discordClock, modes, maxAgeMs } = this.#options;
    const { id, application_id: applicationId, token } = interaction;
    const mode = deferrableMode(modes, kindOf(interaction.type), nameOf(interaction.data));
    // The first event of an interaction has its turn, be it still free or long taken.
    if (mode === undefined || !this.#seen.claim(id)) return undefined;
    this.#seen.forgetOld();
    discordClock.sampleSnowflake(id);
    const { ageMs, trusted } = discordClock.age(id);
    if (trusted && ageMs > maxAgeMs) return undefined;
    const turn = offerTurn();
    const untilOldMs = trusted ? patienceUntilAgeMs - ageMs : patienceMs;
    const arrivedAtMs = clock.monotonic();
    clock.schedule(Math.max(shortestPatienceMs, Math.min(patienceMs, untilOldMs)), () => {
      if (!this.#options.mayAct() || !takeTurn(turn)) return;
      const run = this.#acknowledge({ id, applicationId, token }, mode, arrivedAtMs).finally(() =>
        this.#underWay.delete(run),
      );
      this.#underWay.add(run);
    });
    return turn;
  }

  /** Resolves when nothing that was taken here is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #acknowledge(target: InteractionTarget, mode: Mode, arrivedAtMs: number): Promise<void> {
    const { clock, discordClock, callbackTimeoutMs, onEnded } = this.#options;
    const createdAtMs = discordClock.createdAtMs(target.id);
    const troubles: RequestTrouble[] = [];
    const body = deferBody(mode);
    const acknowledged = await acknowledge(
      { clock, lane: this.#lane, latency: this.#latency, hedges: this.#hedges, callbackTimeoutMs },
      {
        target,
        // A sentence in its place would end what the main thread has still to answer.
        bodies: { intended: body, fallback: body },
        deadlineAtMs: createdAtMs + acknowledgeWithinMs,
        onOutcome: (request, outcome, durationMs) => {
          const trouble = troubleOf(request, outcome, durationMs, clock.monotonic() - createdAtMs);
          if (trouble !== undefined) troubles.push(trouble);
        },
      },
    );
    const endedAtMs = clock.monotonic();
    const durationMs = endedAtMs - arrivedAtMs;
    onEnded(target.id, { ...acknowledged, payload: "intended", durationMs, ageMs: endedAtMs - createdAtMs, troubles });
  }
}

function kindOf(type: InteractionType): InteractionKind {
  switch (type) {
    case InteractionType.ApplicationCommand:
      return "command";
    case InteractionType.MessageComponent:
      return "component";
    case InteractionType.ModalSubmit:
      return "modal";
    default:
      return "autocomplete";
  }
}

const nameOf = ({ name, custom_id: customId }: z.infer<typeof schema>["data"]): string =>
  name ?? splitCustomId(customId ?? "").name;

/** What this process may not send any more never leaves. */
const whileActing = (lane: InteractionLane, mayAct: () => boolean): InteractionLane => ({
  ...lane,
  callback: async (...request) => (mayAct() ? lane.callback(...request) : { kind: "unsent" }),
});
