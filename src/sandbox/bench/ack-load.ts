import { delay, systemClock } from "../../clock.ts";
import { type Comparison, compare, type Pair } from "./comparison.ts";
import type { Competitor } from "./competitors.ts";
import { type Stage, setStage } from "./stage.ts";
import { percentile } from "./statistics.ts";
import { measure, type Timings } from "./timings.ts";

/** Short turns: what disturbs the machine for a second disturbs everybody. */
const interactionsPerTurn = 10;
/** Of each bot in a round; enough interactions that the 99th percentile is not a single one. */
const turnsPerRound = 30;
const warmUp = 300;
const everyMs = 20;
const burst = 200;
/** discord.js counts its 50 requests a second per second: the next burst begins with a full budget, ms. */
const betweenBurstsMs = 1100;

/** The control is a second *guide*: what the first one differs from it by is the noise of this machine. */
type Runner = "guide" | "ours" | "control";
type Round = Readonly<Record<Runner, readonly Timings[]>>;

/**
 * How soon the acknowledgement is at Discord, against *guide*: unmodified discord.js whose first statement is
 * `deferReply`, doing the same work afterwards. All bots run all the time and take turns, so that none is disturbed by the
 * work of another and all by the machine's.
 */
export async function compareUnderLoad(rounds: number): Promise<readonly Comparison[]> {
  const started: Stage[] = [];
  const start = async (competitor: Competitor) => {
    const stage = await setStage({ competitor, command: "subscriptions" });
    started.push(stage);
    // Code runs slower until it is compiled.
    await measure(stage, warmUp, everyMs);
    return stage;
  };
  try {
    const stages = { guide: await start("guide"), ours: await start("ours"), control: await start("guide") };
    const steady: Round[] = [];
    while (steady.length < rounds) steady.push(await steadyRound(stages));
    const bursts: Round[] = [];
    while (bursts.length < Math.ceil(rounds / 2)) bursts.push(await burstRound(stages));
    return comparisons(steady, bursts);
  } finally {
    for (const stage of started) await stage.close();
  }
}

type Stages = Readonly<Record<Runner, Stage>>;

async function steadyRound(stages: Stages): Promise<Round> {
  const round: Record<Runner, Timings[]> = { guide: [], ours: [], control: [] };
  const thereAndBack: readonly Runner[] = ["guide", "ours", "control", "control", "ours", "guide"];
  for (let turns = 0; turns < turnsPerRound; turns += 2) {
    for (const runner of thereAndBack)
      round[runner].push(...(await measure(stages[runner], interactionsPerTurn, everyMs)));
  }
  return round;
}

async function burstRound(stages: Stages): Promise<Round> {
  const turn = async (stage: Stage) => {
    await delay(systemClock, betweenBurstsMs);
    return measure(stage, burst, 0);
  };
  return { guide: await turn(stages.guide), ours: await turn(stages.ours), control: [] };
}

function comparisons(steady: readonly Round[], bursts: readonly Round[]): readonly Comparison[] {
  const pairs = (rounds: readonly Round[], runner: Runner, percent: number, of: keyof Timings): Pair[] => {
    const value = (timings: readonly Timings[]) =>
      percentile(
        timings.map((one) => one[of]),
        percent,
      ) ?? Number.NaN;
    return rounds.map((round) => ({ ours: value(round[runner]), other: value(round.guide) }));
  };
  const against = "guide";
  const percentiles = [
    { percent: 50, atMost: 1.05 },
    { percent: 99, atMost: 1.1 },
  ];
  return [
    ...percentiles.flatMap(({ percent, atMost }) => [
      compare(`ack at 50 a second, p${percent}`, {
        against,
        pairs: pairs(steady, "ours", percent, "acknowledgeMs"),
        atMost,
      }),
      compare(`  arrival of its request, p${percent}`, {
        against,
        pairs: pairs(steady, "ours", percent, "requestMs"),
        atMost,
      }),
      compare(`  noise: guide for ours, p${percent}`, {
        against,
        pairs: pairs(steady, "control", percent, "acknowledgeMs"),
      }),
    ]),
    compare("answer of 200 at once, p99", { against, pairs: pairs(bursts, "ours", 99, "answerMs"), atMost: 0.2 }),
  ];
}
