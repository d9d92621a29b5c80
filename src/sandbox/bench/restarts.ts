import { delay, systemClock } from "../../clock.ts";
import type { InteractionReport } from "../discord/api.ts";
import type { Sandbox } from "../sandbox.ts";
import { Asking } from "./asking.ts";
import { startBenchmarkSandbox } from "./stage.ts";
import type { SupervisedBot } from "./supervised.ts";
import { type Tally, tally } from "./tally.ts";

/**
 * What is promised besides that nothing is doubled and nobody waits for ever: nothing, that no identify is spent and what
 * arrives young enough is answered, or beyond that, that everybody is answered.
 */
export type RestartPromise = "none" | "resumed" | "everybody";

export interface RestartCase {
  readonly name: string;
  readonly promise: RestartPromise;
  readonly supervise: (sandbox: Sandbox) => Promise<SupervisedBot>;
}

export interface RestartResult {
  readonly name: string;
  readonly promise: RestartPromise;
  readonly restarts: number;
  readonly tally: Tally;
  /** Of those that failed, people who got their answer by direct message after all. */
  readonly answeredLate: number;
  /** Of those that failed, interactions that had reached a process young enough to be acknowledged. */
  readonly neglected: number;
  /** Spent by the restarts. */
  readonly identifies: number;
}

/** Five a second. */
const everyMs = 200;
const betweenRestartsMs = 2000;
/** Less than `INTERACTION_MAX_AGE_MS` by what a process that has just started needs on a busy machine. */
const youngMs = 2000;
/** Late answers, and those of interrupted runs, have come by then. */
const watchMs = 15_000;

/** People ask all the time while the bot is restarted again and again. */
export async function playRestarts(restartCase: RestartCase, restarts: number): Promise<RestartResult> {
  const { name, promise, supervise } = restartCase;
  const sandbox = await startBenchmarkSandbox({});
  const { discord } = sandbox;
  try {
    const bot = await supervise(sandbox);
    try {
      const identifiesBefore = discord.identifiesRemaining;
      const asking = new Asking(sandbox);
      const enough = new AbortController();
      const asked = asking.ask(Number.POSITIVE_INFINITY, everyMs, undefined, enough.signal);
      for (let nth = 0; nth < restarts; nth += 1) {
        await delay(systemClock, betweenRestartsMs);
        await bot.restart();
      }
      await delay(systemClock, betweenRestartsMs);
      enough.abort();
      await asked;
      await delay(systemClock, watchMs);
      const observations = asking.observations();
      const failed = observations.map(({ report }) => report).filter(({ saw }) => saw === "failed");
      return {
        ...{ name, promise, restarts },
        tally: tally(observations),
        answeredLate: failed.filter(({ personId }) => discord.directMessages(personId).length > 0).length,
        neglected: failed.filter(arrivedYoung).length,
        identifies: identifiesBefore - discord.identifiesRemaining,
      };
    } finally {
      await bot.end();
    }
  } finally {
    await sandbox.stop();
  }
}

/** What left for a process that had just stopped listening counts when it comes again, to the next one. */
const arrivedYoung = ({ deliveries }: InteractionReport): boolean =>
  (deliveries.at(-1)?.atMs ?? Number.POSITIVE_INFINITY) < youngMs;
