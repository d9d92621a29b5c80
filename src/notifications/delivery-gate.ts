import type { Clock } from "../clock.ts";
import type { Halt } from "./delivery-end.ts";
import type { PublishNotificationEvent } from "./events.ts";
import type { NotificationQueue } from "./queue.ts";
import type { DeliveryWorker } from "./worker.ts";

export interface DeliveryGateOptions {
  readonly queue: Pick<NotificationQueue, "halt" | "halted">;
  readonly worker: () => Pick<DeliveryWorker, "pause" | "resume">;
  readonly clock: Clock;
  readonly publish: PublishNotificationEvent;
}

/**
 * Well below the 10,000 in ten minutes at which Discord shuts out the whole machine (`discord-facts.md` 4.2), with all its
 * bots, and the interactions of this one.
 */
const mostInvalidRequests = 5_000;

/** How soon a halt of another process's, or an operator's release, is noticed, ms. */
const lookEveryMs = 5_000;

/** Whether deliveries may begin: watches what stops them, everywhere or in this process, and says so. */
export class DeliveryGate {
  readonly #options: DeliveryGateOptions;
  #told: "open" | Halt | "paused" = "open";
  #tellings = 0;
  #pausedUntilMs = 0;
  #stopLooking = () => {};
  #stopPause = () => {};

  constructor(options: DeliveryGateOptions) {
    this.#options = options;
  }

  /** Whether nothing may be sent now. */
  get closed(): boolean {
    return this.#told !== "open" || this.#pausedUntilMs > this.#options.clock.now();
  }

  /** Begins to look whether the queue is halted, which it may have been for days. */
  start(): void {
    const { queue, clock } = this.#options;
    const look = async () => {
      try {
        const before = this.#tellings;
        const halted = await queue.halted();
        // Of what is halted for good in this process, the queue knows nothing; what changed meanwhile, it may not know yet.
        if (this.#told !== "unauthorized" && this.#tellings === before) this.#tell(halted?.reason ?? "open");
      } catch {
        // Redis is away, and nothing is delivered anyway.
      }
      if (this.#stopLooking !== stopped) this.#stopLooking = clock.schedule(lookEveryMs, () => void look());
    };
    void look();
  }

  stop(): void {
    this.#stopLooking();
    this.#stopLooking = stopped;
    this.#stopPause();
  }

  /** Stops all deliveries: those of all processes until an operator resumes them, or this process for good. */
  async halt(reason: Halt): Promise<void> {
    const { queue, clock } = this.#options;
    this.#tell(reason);
    if (reason === "quarantined") await queue.halt(reason, clock.now());
  }

  /** Discord has refused so many requests lately, and counts them for so long. */
  invalidRequests(count: number, windowLeftMs: number): void {
    const { clock, publish, worker } = this.#options;
    const untilMs = clock.now() + windowLeftMs;
    if (count < mostInvalidRequests || untilMs <= this.#pausedUntilMs) return;
    this.#pausedUntilMs = untilMs;
    publish({ kind: "deliveriesPaused", refusedRequests: count, waitMs: windowLeftMs });
    this.#stopPause();
    this.#stopPause = clock.schedule(windowLeftMs, () => {
      publish({ kind: "deliveriesResumed" });
      void worker().resume();
    });
    void worker().pause();
  }

  #tell(state: "open" | Halt | "paused"): void {
    if (state === this.#told) return;
    this.#told = state;
    this.#tellings += 1;
    this.#options.publish(
      state === "open" ? { kind: "deliveriesResumed" } : { kind: "deliveriesHalted", reason: state },
    );
  }
}

const stopped = () => {};
