import { randomBytes } from "node:crypto";
import type { Clock } from "../../clock.ts";
import type { InteractionFaults, InteractionInput, InteractionReport, RequestFault } from "./api.ts";
import type { ApiUser, JsonObject } from "./messages.ts";

type Attempt = InteractionReport["attempts"][number];
type Delivery = InteractionReport["deliveries"][number];
export type AttemptKind = Attempt["request"];

/** How far an interaction's first answer got. */
export type Acknowledgement =
  | { readonly kind: "none" }
  /** The 3 s passed without one: "the application did not respond". */
  | { readonly kind: "missed" }
  | { readonly kind: "given"; readonly callbackType: number; readonly atMs: number };

export interface InteractionOrigin {
  readonly id: string;
  readonly kind: InteractionInput["kind"];
  readonly name: string;
  readonly user: ApiUser;
  readonly channelId: string;
  /** The message whose component was used. */
  readonly sourceMessageId?: string;
  /** Ms since the Unix epoch on the sandbox's clock. */
  readonly createdAt: number;
  readonly faults: InteractionFaults;
}

/** A request about the interaction that has arrived and is not answered yet. */
export interface OpenAttempt {
  readonly fault: RequestFault | undefined;
  update(changes: Partial<Pick<Attempt, "status" | "code" | "processed">>): void;
}

/** Everything that happened to one interaction. The routes change it; reports are read from it. */
export class InteractionRecord {
  readonly origin: InteractionOrigin;
  /** Names its interaction in base64, like Discord's. */
  readonly token: string;
  readonly deliveries: Delivery[] = [];
  readonly attempts: Attempt[] = [];
  acknowledgement: Acknowledgement = { kind: "none" };
  /** What `@original` means: the reply, or the message whose component was used. */
  originalMessageId: string | undefined;
  /** The state of a deferred reply: shown as "thinking…", deleted before it was filled, or neither. */
  loading: "no" | "shown" | "deleted" = "no";
  /** Messages this interaction created, the loading one included, oldest first. */
  readonly messageIds: string[] = [];
  answeredAtMs: number | undefined;
  answersShown = 0;
  choices: InteractionReport["choices"];
  modal: JsonObject | undefined;
  tokenExpired = false;
  readonly #clock: Clock;
  readonly #createdMonotonicMs: number;
  readonly #observers = new Set<() => void>();

  constructor(origin: InteractionOrigin, clock: Clock) {
    this.origin = origin;
    this.token = tokenFor(origin.id);
    this.#clock = clock;
    this.#createdMonotonicMs = clock.monotonic();
    clock.schedule(acknowledgeWithinMs, () => {
      if (this.acknowledgement.kind !== "none") return;
      this.acknowledgement = { kind: "missed" };
      this.changed();
    });
    clock.schedule(tokenLifeMs, () => {
      this.tokenExpired = true;
      this.changed();
    });
  }

  /** Ms since creation, whatever happens to the wall clock. */
  get ageMs(): number {
    return this.#clock.monotonic() - this.#createdMonotonicMs;
  }

  /** Whether the first answer would come too late (`discord-facts.md` 1.1). */
  get missed(): boolean {
    return (
      this.acknowledgement.kind === "missed" ||
      (this.acknowledgement.kind === "none" && this.ageMs >= acknowledgeWithinMs)
    );
  }

  get tokenOver(): boolean {
    return this.tokenExpired || this.ageMs >= tokenLifeMs;
  }

  acknowledge(callbackType: number): void {
    this.acknowledgement = { kind: "given", callbackType, atMs: this.ageMs };
  }

  /** The person sees an answer now, in something new or as a change of an earlier answer. */
  answer(shown: "anew" | "again"): void {
    this.answeredAtMs ??= this.ageMs;
    if (shown === "anew") this.answersShown += 1;
  }

  delivered(sessionId: string, replayed: boolean): void {
    this.deliveries.push({ atMs: this.ageMs, sessionId, replayed });
    this.changed();
  }

  /** Notes a request as it arrives and finds the fault set for it. */
  open(request: AttemptKind, callbackType?: number): OpenAttempt {
    const nth = this.attempts.filter((attempt) => attempt.request === request).length;
    const index = this.attempts.length;
    this.attempts.push({
      request,
      ...(callbackType === undefined ? {} : { callbackType }),
      atMs: this.ageMs,
      processed: false,
    });
    this.changed();
    return {
      fault: this.#faultsFor(request)?.[nth],
      update: (changes) => {
        const attempt = this.attempts[index];
        if (attempt !== undefined) this.attempts[index] = { ...attempt, ...changes };
        this.changed();
      },
    };
  }

  /** Calls `observer` after every change; the returned function ends that. */
  observe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  changed(): void {
    for (const observer of [...this.#observers]) observer();
  }

  #faultsFor(request: AttemptKind): InteractionFaults["callbacks"] {
    const { callbacks, edits, followUps } = this.origin.faults;
    switch (request) {
      case "callback":
        return callbacks;
      case "edit":
        return edits;
      case "followUp":
        return followUps;
      case "get":
      case "delete":
        return undefined;
    }
  }
}

/** Discord's numbers for the kinds. */
export const interactionTypes = { command: 2, autocomplete: 4, button: 3, select: 3, modal: 5 } as const;

/** `discord-facts.md` 1.1 */
export const acknowledgeWithinMs = 3000;
export const tokenLifeMs = 15 * 60_000;

const tokenFor = (id: string): string =>
  Buffer.from(`interaction:${id}:${randomBytes(48).toString("base64url")}`).toString("base64url");
