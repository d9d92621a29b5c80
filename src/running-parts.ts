import type { Logger } from "./logging.ts";

/** What was started, to be stopped in reverse: each part is stopped, whatever became of the others. */
export class RunningParts {
  readonly #logger: Pick<Logger, "warn">;
  readonly #parts: { readonly name: string; readonly stop: () => unknown }[] = [];
  #stopped: Promise<void> | undefined;

  constructor(logger: Pick<Logger, "warn">) {
    this.#logger = logger;
  }

  add(name: string, stop: () => unknown): void {
    this.#parts.push({ name, stop });
  }

  /** Resolves once all have stopped; later calls get the same. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #stopAll(): Promise<void> {
    for (const { name, stop } of this.#parts.toReversed()) {
      try {
        await stop();
      } catch (error) {
        this.#logger.warn("a part could not be stopped", { part: name, error });
      }
    }
  }
}
