import { delay, systemClock } from "../../clock.ts";
import { signalPath } from "./asking.ts";
import type { Competitor } from "./competitors.ts";
import { type FaultCase, usualPaceMs } from "./fault-cases.ts";
import type { SearchedLog } from "./leaks.ts";
import { type Stage, setStage } from "./stage.ts";
import { randomNumbers } from "./statistics.ts";
import { type Tally, tally } from "./tally.ts";

export interface RunOptions {
  /** Interactions; a case may take some more. */
  readonly count: number;
  readonly seed: number;
}

export interface FaultRun {
  readonly tally: Tally;
  readonly log: SearchedLog;
}

/** Plays one case with one bot, in processes and a sandbox of their own, and counts what became of it. */
export async function runFaultCase(
  faultCase: FaultCase,
  competitor: Competitor,
  { count, seed }: RunOptions,
): Promise<FaultRun> {
  const { faults, backend, command = "signal", processes = 1, env = {}, clockOffsetMs = 0 } = faultCase;
  const stage = await setStage({
    competitor,
    command,
    processes,
    // Several copies are what the default forbids, and what the case is about.
    env: { ...env, ...(processes > 1 ? { INSTANCE_MODE: "off" } : {}) },
    clockOffsetMs,
  });
  try {
    if (backend !== undefined) stage.sandbox.backend.addFault({ ...backend, route: signalPath });
    const random = randomNumbers(seed);
    const faultsOf = (nth: number) => faults?.(nth, random) ?? {};
    const play = faultCase.play ?? ((on) => on.ask(count, usualPaceMs, faultsOf));
    await play(stage, count, faultsOf);
    await watch(stage, faultCase);
    const observations = stage.observations();
    // To the last line, also of what a process says at its end.
    await stage.end("SIGTERM");
    return { tally: tally(observations), log: stage.searchLog() };
  } finally {
    await stage.close();
  }
}

const defaultWatchAtMostMs = 8000;
/** Nothing has happened for this long: the bot is done with everything that has an end, ms. */
const quietMs = 600;
const lookEveryMs = 50;

/** Until every interaction has come to an end and nothing more happens, or the case's time is over. */
async function watch(
  stage: Stage,
  { watchAtLeastMs = 0, watchAtMostMs = defaultWatchAtMostMs }: FaultCase,
): Promise<void> {
  const startMs = systemClock.monotonic();
  const ended = () => stage.asked.every((asked) => ["answered", "failed"].includes(asked.report().saw));
  let activity = stage.activity();
  let activeAtMs = startMs;
  for (;;) {
    await delay(systemClock, lookEveryMs);
    const nowMs = systemClock.monotonic();
    if (stage.activity() !== activity) {
      activity = stage.activity();
      activeAtMs = nowMs;
    }
    if (nowMs - startMs >= watchAtMostMs) return;
    if (nowMs - startMs >= watchAtLeastMs && nowMs - activeAtMs >= quietMs && ended()) return;
  }
}
