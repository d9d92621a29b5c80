import type { Clock } from "../clock.ts";

/** The time one command has: it ends by itself, or when the process stops. */
export interface CommandTime {
  readonly signal: AbortSignal;
  /** To be called when the command is over. */
  release(): void;
}

/** Gives out command times, and ends all of them at a stop. Holds on to nothing that was released. */
export class CommandTimes {
  readonly #clock: Clock;
  readonly #running = new Set<AbortController>();
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(durationMs: number): CommandTime {
    const controller = new AbortController();
    if (this.#stopped) controller.abort(new CommandAborted("stopping"));
    this.#running.add(controller);
    const cancel = this.#clock.schedule(durationMs, () => controller.abort(new CommandAborted("outOfTime")));
    return {
      signal: controller.signal,
      release: () => {
        cancel();
        this.#running.delete(controller);
      },
    };
  }

  endAll(): void {
    this.#stopped = true;
    for (const controller of this.#running) controller.abort(new CommandAborted("stopping"));
  }
}

/** Thrown in a command's place when its time is over; the command may not have noticed. */
export class CommandAborted extends Error {
  override readonly name = "CommandAborted";
  readonly code = "COMMAND_ABORTED";

  readonly why: "outOfTime" | "stopping";

  constructor(why: CommandAborted["why"]) {
    super(why === "outOfTime" ? "the command ran out of time" : "the process stops");
    this.why = why;
  }
}

/**
 * The command's answer, or {@link CommandAborted} as soon as its time is over, whether it listens or not. Where the time
 * is over before the start, it is not started.
 */
export async function orAborted<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const running = run();
  return await new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    running.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
