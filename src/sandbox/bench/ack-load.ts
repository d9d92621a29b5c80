import { delay, systemClock } from "../../clock.ts";
import { type Comparison, compare, type Pair } from "./comparison.ts";
import { type Stage, setStage } from "./stage.ts";
import { percentile } from "./statistics.ts";
import { measure, type Timings } from "./timings.ts";

/** Of each bot and round, half of them before the other bot's turn and half of them after it. */
const interactionsPerTurn = 100;
const everyMs = 20;
const burst = 200;
/** discord.js counts its 50 requests a second per second: the next burst begins with a full budget, ms. */
const betweenBurstsMs = 1100;

/**
 * How soon the acknowledgement is at Discord, against *guide*: unmodified discord.js whose first statement is
 * `deferReply`, doing the same work afterwards. Both bots run all the time and take turns (guide, ours, ours, guide), so
 * that neither is disturbed by the other's work and both by the machine's.
 */
export async function compareUnderLoad(rounds: number): Promise<readonly Comparison[]> {
  const guide = await setStage({ competitor: "guide" });
  const ours = await setStage({ competitor: "ours" }).catch(async (error) => {
    await guide.close();
    throw error;
  });
  try {
    // Code runs slower until it is compiled.
    for (const stage of [guide, ours]) await measure(stage, 3 * interactionsPerTurn, everyMs);
    const steady: { readonly ours: readonly Timings[]; readonly guide: readonly Timings[] }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const turn = (stage: Stage) => measure(stage, interactionsPerTurn, everyMs);
      const [first, second, third, last] = [await turn(guide), await turn(ours), await turn(ours), await turn(guide)];
      steady.push({ guide: [...first, ...last], ours: [...second, ...third] });
    }
    const bursts: { readonly ours: readonly Timings[]; readonly guide: readonly Timings[] }[] = [];
    for (let round = 0; round < Math.ceil(rounds / 3); round += 1) {
      const turn = async (stage: Stage) => {
        await delay(systemClock, betweenBurstsMs);
        return measure(stage, burst, 0);
      };
      bursts.push({ guide: await turn(guide), ours: await turn(ours) });
    }
    const pairs = (from: typeof steady, percent: number, of: (timings: Timings) => number): Pair[] =>
      from.map((round) => ({
        ours: percentile(round.ours.map(of), percent) ?? Number.NaN,
        other: percentile(round.guide.map(of), percent) ?? Number.NaN,
      }));
    const against = "guide";
    return [
      compare("ack at 50 a second, p50", { against, pairs: pairs(steady, 50, (t) => t.acknowledgeMs), atMost: 1.05 }),
      compare("ack at 50 a second, p99", { against, pairs: pairs(steady, 99, (t) => t.acknowledgeMs), atMost: 1.1 }),
      compare("answer of 200 at once, p99", { against, pairs: pairs(bursts, 99, (t) => t.answerMs), atMost: 0.2 }),
    ];
  } finally {
    await Promise.all([guide.close(), ours.close()]);
  }
}
