import type { Clock } from "../clock.ts";
import type { Answer, Progress } from "../interactions/index.ts";

export interface PacedProgress {
  /** Shows this when its time has come; what is newer by then is shown instead. */
  update(answer: Answer): void;
  /** Shows nothing any more. Resolves when what was being shown stands there, and cannot replace what comes after it. */
  end(): Promise<void>;
}

/**
 * Shows progress no oftener than every `intervalMs`, and for the first time after as long: what is done sooner needs none.
 * Counted from the end of one edit to the beginning of the next, so that none overtakes another, however slow they are.
 */
export function paceProgress(clock: Clock, intervalMs: number, { show }: Progress): PacedProgress {
  let newest: Answer | undefined;
  let due = false;
  let ended = false;
  let showing: Promise<void> = Promise.resolve();
  let cancel = () => {};

  const wait = (): void => {
    due = false;
    cancel = clock.schedule(intervalMs, () => {
      due = true;
      showNewest();
    });
  };
  const showNewest = (): void => {
    if (!due || ended || newest === undefined) return;
    const answer = newest;
    newest = undefined;
    due = false;
    showing = show(answer).then(() => {
      if (!ended) wait();
    });
  };
  wait();

  return {
    update(answer) {
      newest = answer;
      showNewest();
    },
    async end() {
      ended = true;
      cancel();
      await showing;
    },
  };
}
