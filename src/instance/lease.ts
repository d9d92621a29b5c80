import type { Clock } from "../clock.ts";
import { awaitWithin } from "../patience.ts";
import { epochOf } from "./lease-keys.ts";
import type { LeaseMember } from "./lease-member.ts";
import { type Acquisition, type LeaseSettings, type LeaseStore, retryJitter } from "./lease-store.ts";

/** The lease is another's, or may become so any moment. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
  readonly code = "LEASE_LOST";

  constructor(reason: "taken" | "unconfirmed", why: string | undefined) {
    const explained = why === undefined ? "" : ` (${why})`;
    super(
      reason === "taken"
        ? "another process leads by now: this one ends, to stand by when it is started again"
        : `the lease could not be renewed in time${explained}: this process ends before another one leads`,
    );
  }
}

export interface Leading {
  readonly token: string;
  readonly epoch: number;
  /** Tokens of former leaders that still end what they had begun. */
  readonly finishing: readonly string[];
}

export interface LeaseOptions {
  readonly store: LeaseStore;
  readonly settings: LeaseSettings;
  /** Monotonic time decides; the wall clock may be anything. */
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A short word for what the store threw, without secrets. */
  readonly reasonOf: (error: unknown) => string;
  /** Whenever it is known who leads, or that this cannot be told for `reason`: may be called with the same again. */
  readonly onStandby: (leader: { readonly epoch: number; readonly member: LeaseMember | undefined } | string) => void;
  /** Called once at most. */
  readonly onLeading: (leading: Leading) => void;
  /** Called whenever it changes for how long this process may act from now on, ms; 0 when no more. */
  readonly onActing?: (forMs: number) => void;
  /** Called once at most, and after it nothing else. */
  readonly onLost: (error: LeaseLostError) => void;
}

/** What asking costs a process that wants to end, ms. */
const farewellMs = 500;

/**
 * One process's part in the lease: it stands by, leads, passes the lead on or loses it, and then is over. It acts as
 * leader only while its own monotonic clock says that nobody else can: from the moment at which the last confirmed
 * renewal was *sent*, and for less time than the lease lasts.
 */
export class Lease {
  readonly #options: LeaseOptions;
  #phase: "new" | "standby" | "leading" | "finishing" | "over" = "new";
  #leading: Leading | undefined;
  #actsUntilMs = Number.NEGATIVE_INFINITY;
  /** A leader that was seen, and until when its lease lasts at most, on our clock. */
  #seen: { readonly token: string; readonly untilMs: number } | undefined;
  #trouble: string | undefined;
  #left = false;
  #nextAtMs = Number.NEGATIVE_INFINITY;
  #cancelNext = () => {};
  #cancelDeadline = () => {};

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Whether this process may do what only the leader does. To be asked right before doing it: a timer may be late. */
  get mayAct(): boolean {
    if (this.#phase !== "leading" && this.#phase !== "finishing") return false;
    return this.#options.clock.monotonic() < this.#actsUntilMs;
  }

  /** Of this process's lead; undefined when it never led. */
  get epoch(): number | undefined {
    return this.#leading?.epoch;
  }

  start(): void {
    if (this.#phase !== "new") return;
    this.#phase = "standby";
    this.#ask();
  }

  /** Somebody said that the lease may be free, or the store can be reached again. */
  look(): void {
    if (this.#phase === "standby") this.#ask();
    if (this.#phase === "leading") this.#renew();
  }

  /** Lets the next one lead at once, and goes on acting for `finishMs` to end what was begun. */
  async passOn(finishMs: number): Promise<void> {
    const { clock, store } = this.#options;
    if (this.#phase !== "leading" || this.#leading === undefined) return;
    this.#phase = "finishing";
    this.#cancelNext();
    this.#cancelDeadline();
    const startedAtMs = clock.monotonic();
    // Without an answer, it acts as long as the last renewal allows.
    const passed = store.passOn(this.#leading.token, finishMs).then((ours) => {
      this.#actsUntilMs = ours ? startedAtMs + finishMs : Number.NEGATIVE_INFINITY;
      this.#tellActing();
    });
    await awaitWithin(clock, farewellMs, passed);
  }

  /** Ends everything; a lease that was lost only for want of an answer is free at once. Takes half a second at most. */
  async stop(): Promise<void> {
    const mayHoldIt = this.#phase !== "new" && !this.#left;
    this.#end();
    if (!mayHoldIt) return;
    this.#left = true;
    const { clock, store } = this.#options;
    // What fails runs out by itself.
    await awaitWithin(clock, farewellMs, store.leave(this.#leading?.token));
  }

  #end(): void {
    this.#phase = "over";
    this.#tellActing();
    this.#cancelNext();
    this.#cancelDeadline();
  }

  // Standing by. An attempt that hangs does not keep the next one waiting.

  readonly #ask = (): void => {
    const { clock, store, settings, random } = this.#options;
    const startedAtMs = clock.monotonic();
    this.#next(settings.retryMs * (1 + retryJitter * random()), this.#ask);
    const seen = this.#seen !== undefined && this.#seen.untilMs > startedAtMs ? this.#seen.token : undefined;
    store.acquire(settings.durationMs, seen).then(
      (acquisition) => this.#asked(acquisition, startedAtMs),
      (error: unknown) => this.#notAsked(error),
    );
  };

  #asked(acquisition: Acquisition, startedAtMs: number): void {
    if (this.#phase !== "standby") return;
    const { clock, settings, onStandby } = this.#options;
    switch (acquisition.kind) {
      case "ours":
        // The answer came so late that it says nothing of now.
        if (clock.monotonic() - startedAtMs >= settings.renewDeadlineMs) this.#ask();
        else this.#lead(acquisition, startedAtMs);
        return;
      case "held": {
        const { token, leftMs, holder } = acquisition;
        this.#seen = { token, untilMs: clock.monotonic() + leftMs };
        onStandby({ epoch: epochOf(token), member: holder });
        break;
      }
      case "forgotten":
        onStandby("Redis has lost its data, and a leader may not have noticed yet");
    }
    // When the lease is not renewed, somebody leads again as soon as anybody can.
    const untilOverMs = (this.#seen?.untilMs ?? Number.POSITIVE_INFINITY) - clock.monotonic();
    if (untilOverMs >= 0 && untilOverMs < this.#nextAtMs - clock.monotonic()) this.#next(untilOverMs + 1, this.#ask);
  }

  #notAsked(error: unknown): void {
    if (this.#phase === "standby") this.#options.onStandby(this.#options.reasonOf(error));
  }

  // Leading.

  #lead({ token, finishing }: Extract<Acquisition, { kind: "ours" }>, startedAtMs: number): void {
    this.#phase = "leading";
    this.#leading = { token, epoch: epochOf(token), finishing };
    this.#confirm(startedAtMs);
    this.#next(this.#options.settings.retryMs, this.#renew);
    this.#options.onLeading(this.#leading);
  }

  readonly #renew = (): void => {
    const { clock, store, settings } = this.#options;
    if (this.#leading === undefined) return;
    const startedAtMs = clock.monotonic();
    this.#next(settings.retryMs, this.#renew);
    store.renew(settings.durationMs, this.#leading.token).then(
      (ours) => {
        if (ours) this.#confirm(startedAtMs);
        else this.#lose("taken");
      },
      (error: unknown) => {
        this.#trouble = this.#options.reasonOf(error);
      },
    );
  };

  #confirm(startedAtMs: number): void {
    const { clock, settings } = this.#options;
    if (this.#phase !== "leading") return;
    this.#trouble = undefined;
    // Answers may come in another order than they were asked for.
    this.#actsUntilMs = Math.max(this.#actsUntilMs, startedAtMs + settings.renewDeadlineMs);
    this.#tellActing();
    this.#cancelDeadline();
    this.#cancelDeadline = clock.schedule(this.#actsUntilMs - clock.monotonic(), () => this.#lose("unconfirmed"));
  }

  #lose(reason: "taken" | "unconfirmed"): void {
    if (this.#phase !== "leading") return;
    this.#end();
    this.#options.onLost(new LeaseLostError(reason, this.#trouble));
  }

  #tellActing(): void {
    const { clock, onActing } = this.#options;
    onActing?.(this.mayAct ? this.#actsUntilMs - clock.monotonic() : 0);
  }

  #next(afterMs: number, task: () => void): void {
    const { clock } = this.#options;
    this.#cancelNext();
    this.#nextAtMs = clock.monotonic() + afterMs;
    this.#cancelNext = clock.schedule(afterMs, task);
  }
}
