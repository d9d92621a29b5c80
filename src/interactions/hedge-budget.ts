/**
 * Many acknowledgements slow at once mean that we or Discord are overloaded, and more requests would make that worse; one
 * slow among many is a connection that hangs. So only this many second attempts are under way together.
 */
const mostAtOnce = 16;

export class HedgeBudget {
  #taken = 0;

  get allowed(): boolean {
    return this.#taken < mostAtOnce;
  }

  /** Counts one more; the returned function gives it back. */
  take(): () => void {
    this.#taken += 1;
    let given = false;
    return () => {
      if (!given) this.#taken -= 1;
      given = true;
    };
  }
}
