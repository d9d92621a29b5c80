import { delay, systemClock } from "../../clock.ts";
import { type Comparison, compare, type Pair } from "./comparison.ts";
import { setStage } from "./stage.ts";
import { median, percentile } from "./statistics.ts";
import { measure, type Timings } from "./timings.ts";

const directMessages = 500;
const interactionsPerTurn = 100;
const everyMs = 20;
/** Of quiet turns, as many before the storm as after it. */
const turnsPerSide = 5;

/** Whether a storm of notifications delays the answers of commands: ours during one against ours without. */
export async function compareInStorm(): Promise<readonly Comparison[]> {
  const stage = await setStage({ competitor: "ours", command: "subscriptions" });
  const turn = () => measure(stage, interactionsPerTurn, everyMs);
  const over = () => stage.directMessagesDelivered() >= directMessages;
  try {
    await measure(stage, 3 * interactionsPerTurn, everyMs);
    const quiet: (readonly Timings[])[] = [];
    for (let nth = 0; nth < turnsPerSide; nth += 1) quiet.push(await turn());
    await stage.sendDirectMessages(directMessages);
    const stormy: (readonly Timings[])[] = [];
    while (stormy.length < 2 * turnsPerSide && !over()) stormy.push(await turn());
    while (!over()) await delay(systemClock, 200);
    for (let nth = 0; nth < turnsPerSide; nth += 1) quiet.push(await turn());

    const pairs = (of: (timings: Timings) => number): Pair[] => {
      const p99 = (turn: readonly Timings[]) => percentile(turn.map(of), 99) ?? Number.NaN;
      const other = median(quiet.map(p99)) ?? Number.NaN;
      return stormy.map((turn) => ({ ours: p99(turn), other }));
    };
    const against = "ours without";
    return [
      compare("ack during 500 DMs, p99", { against, pairs: pairs((t) => t.acknowledgeMs), atMost: 1.2 }),
      compare("its answer's edit, p99", { against, pairs: pairs((t) => t.editMs), atMost: 1.5 }),
    ];
  } finally {
    await stage.close();
  }
}
