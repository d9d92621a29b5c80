import type { Logger } from "./logging.ts";

interface Part {
  readonly name: string;
  readonly stop: () => unknown;
}

/** What was started, to be stopped in reverse: each part is stopped, whatever became of the others. */
export class RunningParts {
  readonly #logger: Pick<Logger, "warn">;
  readonly #parts: Part[] = [];
  #stopped: Promise<void> | undefined;

  constructor(logger: Pick<Logger, "warn">) {
    this.#logger = logger;
  }

  /** What is started while the others are stopped already is stopped at once. */
  add(name: string, stop: () => unknown): void {
    const part = { name, stop };
    if (this.#stopped === undefined) this.#parts.push(part);
    else void this.#stopped.then(() => this.#stopOne(part));
  }

  /** Resolves once all have stopped; later calls get the same. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #stopAll(): Promise<void> {
    for (const part of this.#parts.toReversed()) await this.#stopOne(part);
  }

  async #stopOne({ name, stop }: Part): Promise<void> {
    try {
      await stop();
    } catch (error) {
      this.#logger.warn("a part could not be stopped", { part: name, error });
    }
  }
}
