import type { APIInteractionResponse } from "discord-api-types/v10";
import {
  type AttemptOutcome,
  type InteractionLane,
  type InteractionTarget,
  LaneError,
  type MessageBody,
  type ProbeOutcome,
  type RequestFailure,
} from "../../../src/interactions/lane.ts";
import type { VirtualClock } from "../../support/virtual-clock.ts";

/** What happens to one request. */
export interface Fate {
  readonly kind:
    | "heard"
    /** It leaves, and its response is lost; whether it `lands` is another matter. */
    | "lost"
    | "unsent"
    | "limited"
    /** Of a callback: 10062, although it `lands`, or because Discord does not know the interaction yet. Else heard. */
    | "unknown";
  readonly lands: boolean;
  /** On its way to Discord, ms. A client that gives up does not take it back. */
  readonly thereMs: number;
  /** From then, or of a loss from the beginning, until the client knows, ms. */
  readonly backMs: number;
}

const healthy: Fate = { kind: "heard", lands: true, thereMs: 10, backMs: 10 };

/** What Discord holds about one interaction. */
export interface Held {
  readonly createdAtMs: number;
  /** A process of ours by its name, or somebody else's. */
  acknowledgedBy: string | undefined;
  /** Of @original; absent while "thinking…" stands there. */
  content: string | undefined;
  deleted: boolean;
  readonly followUps: string[];
}

const acknowledgeWithinMs = 3000;
const answerWithinMs = 15 * 60_000;

/** A Discord after the rules (`discord-facts.md` 1), on a virtual clock, and the networks between it and processes of ours. */
export class ModelDiscord {
  readonly interactions = new Map<string, Held>();
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  create(id: string): void {
    const createdAtMs = this.#clock.monotonic();
    const held = { createdAtMs, acknowledgedBy: undefined, content: undefined, deleted: false, followUps: [] };
    this.interactions.set(id, held);
  }

  held(id: string): Held {
    const held = this.interactions.get(id);
    if (held === undefined) throw new Error(`nobody made the interaction ${id}`);
    return held;
  }

  /** The first callback, from whoever it is. */
  acknowledge(by: string, id: string, content: string | undefined): AttemptOutcome {
    const held = this.held(id);
    if (this.#clock.monotonic() - held.createdAtMs > acknowledgeWithinMs) return refusal(404, 10062);
    if (held.acknowledgedBy !== undefined) return refusal(400, 40060);
    held.acknowledgedBy = by;
    held.content = content;
    return { kind: "accepted" };
  }

  /** Everything else needs an acknowledgement, and a token that lives. */
  use(id: string, change: (held: Held) => void): RequestFailure | undefined {
    const held = this.held(id);
    if (this.#clock.monotonic() - held.createdAtMs > answerWithinMs) return refusal(401, 50027);
    if (held.acknowledgedBy === undefined) return refusal(404, 10015);
    change(held);
    return undefined;
  }
}

const refusal = (status: number, code: number) => ({ kind: "refused", status, code }) as const;

/** The lane of one process, and what it sent. */
export class ModelLane implements InteractionLane {
  /** What the next requests about an interaction meet, one after the other; those after them are well. */
  readonly fates = new Map<string, Fate[]>();
  /** Interactions of which an acknowledgement may have landed without this process's knowing. */
  readonly doubtful = new Set<string>();
  /** Callbacks of each interaction that ask for no connection of their own: first acknowledgements that are no hedge. */
  readonly first = new Map<string, number>();
  readonly inFlight = new Map<string, number>();
  /** What must not be, in words. */
  readonly violations: string[] = [];
  mostInFlight = 0;
  readonly #name: string;
  readonly #clock: VirtualClock;
  readonly #discord: ModelDiscord;

  constructor(name: string, clock: VirtualClock, discord: ModelDiscord) {
    this.#name = name;
    this.#clock = clock;
    this.#discord = discord;
  }

  async callback(
    { id }: InteractionTarget,
    body: APIInteractionResponse,
    { timeoutMs, fresh }: { readonly timeoutMs: number; readonly fresh: boolean },
  ): Promise<AttemptOutcome> {
    const { createdAtMs } = this.#discord.held(id);
    if (this.#clock.monotonic() - createdAtMs > acknowledgeWithinMs) this.violations.push("a callback after its time");
    if (!fresh) this.first.set(id, (this.first.get(id) ?? 0) + 1);
    const flying = (this.inFlight.get(id) ?? 0) + 1;
    this.inFlight.set(id, flying);
    this.mostInFlight = Math.max(this.mostInFlight, flying);
    if (flying > 1 && !fresh) this.violations.push("two first acknowledgements in flight");
    const content = "data" in body && body.data !== undefined && "content" in body.data ? body.data.content : undefined;
    const outcome = await this.#travel<AttemptOutcome>(this.#nextFate(id), timeoutMs, () =>
      this.#discord.acknowledge(this.#name, id, content ?? undefined),
    );
    this.inFlight.set(id, (this.inFlight.get(id) ?? 0) - 1);
    const unknown = outcome.kind === "refused" && outcome.code === 10062;
    if (outcome.kind === "unaccounted" || unknown || flying > 1) this.doubtful.add(id);
    return outcome;
  }

  async probe({ id }: InteractionTarget, { timeoutMs }: { readonly timeoutMs: number }): Promise<ProbeOutcome> {
    let found: ProbeOutcome = { kind: "unknown" };
    const outcome = await this.#travel<AttemptOutcome>(this.#known(this.#nextFate(id)), timeoutMs, () => {
      const { acknowledgedBy, content } = this.#discord.held(id);
      found =
        acknowledgedBy === undefined
          ? { kind: "notThere", status: 404, code: 10015 }
          : { kind: "there", loading: content === undefined };
      return { kind: "accepted" };
    });
    return outcome.kind === "accepted" ? found : { kind: "unknown" };
  }

  editOriginal = ({ id }: InteractionTarget, { content }: MessageBody, signal: AbortSignal): Promise<void> =>
    this.#answer("edit", id, signal, (held) => {
      held.content = content ?? "";
    });

  followUp = ({ id }: InteractionTarget, { content }: { content?: string }, signal: AbortSignal): Promise<void> =>
    this.#answer("follow-up", id, signal, ({ followUps }) => void followUps.push(content ?? ""));

  deleteOriginal = ({ id }: InteractionTarget, signal: AbortSignal): Promise<void> =>
    this.#answer("delete", id, signal, (held) => {
      held.deleted = true;
    });

  async #answer(name: string, id: string, signal: AbortSignal, change: (held: Held) => void): Promise<void> {
    const fate = this.#known(this.#nextFate(id));
    const timeout = new Promise<RequestFailure>((resolve) => {
      signal.addEventListener("abort", () => resolve({ kind: "unaccounted" }), { once: true });
    });
    // What landed long after its failure was known could undo what was said after it.
    const inOrder = { ...fate, thereMs: Math.min(fate.thereMs, fate.backMs) };
    const travelling = this.#travel<AttemptOutcome>(
      inOrder,
      undefined,
      () => this.#discord.use(id, change) ?? { kind: "accepted" },
    );
    const outcome = await Promise.race([travelling, timeout]);
    if (outcome.kind !== "accepted") throw new LaneError(name, outcome);
  }

  #nextFate(id: string): Fate {
    return this.fates.get(id)?.shift() ?? healthy;
  }

  #known(fate: Fate): Fate {
    return fate.kind === "unknown" ? { ...fate, kind: "heard" } : fate;
  }

  async #travel<T>(
    { kind, lands, thereMs, backMs }: Fate,
    timeoutMs: number | undefined,
    arrive: () => T,
  ): Promise<T | RequestFailure> {
    const wait = (ms: number): Promise<void> => new Promise((resolve) => void this.#clock.schedule(ms, resolve));
    const unaccounted = { kind: "unaccounted" } as const;
    const way = async (): Promise<T | RequestFailure> => {
      switch (kind) {
        case "heard": {
          await wait(thereMs);
          const answer = arrive();
          await wait(backMs);
          return answer;
        }
        case "lost":
          if (lands) void wait(thereMs).then(arrive);
          await wait(backMs);
          return unaccounted;
        case "unsent":
          await wait(backMs);
          return { kind: "unsent" };
        case "limited":
          await wait(thereMs);
          return { kind: "limited", retryAfterMs: backMs };
        case "unknown":
          await wait(thereMs);
          if (lands) arrive();
          await wait(backMs);
          return refusal(404, 10062);
      }
    };
    if (timeoutMs === undefined) return await way();
    return await Promise.race([way(), wait(timeoutMs).then(() => unaccounted)]);
  }
}
