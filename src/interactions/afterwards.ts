/**
 * Work that has time until what is on its way to Discord has left: counting, logging, remembering. Done in order, in the
 * next turn of the event loop but one, so that none of it stands between an event and its acknowledgement: on a socket
 * that was used before, a request is written in the next turn, when it is known not to have been closed meanwhile.
 */
export class Afterwards {
  #tasks: (() => void)[] = [];

  do(task: () => void): void {
    this.#tasks.push(task);
    if (this.#tasks.length === 1) setImmediate(() => setImmediate(() => this.#run()));
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
