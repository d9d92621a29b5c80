/**
 * Work that has time until what is on its way to Discord has left: counting, logging, remembering. Done in order, in the
 * next turn of the event loop, so that none of it stands between an event and its acknowledgement.
 */
export class Afterwards {
  #tasks: (() => void)[] = [];

  do(task: () => void): void {
    this.#tasks.push(task);
    if (this.#tasks.length === 1) setImmediate(() => this.#run());
  }

  /** Resolves when everything asked for so far is done. */
  async done(): Promise<void> {
    await new Promise<void>((resolve) => this.do(resolve));
  }

  #run(): void {
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) task();
  }
}
