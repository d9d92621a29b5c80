import { delay, systemClock } from "../../clock.ts";
import type { SandboxBackendOptions } from "../backend/api.ts";
import type { InteractionReport, SandboxInteraction } from "../discord/api.ts";
import { signalPath } from "./asking.ts";
import type { Competitor, Environment } from "./competitors.ts";
import { startCompetitor } from "./competitors.ts";
import { startBenchmarkSandbox } from "./stage.ts";
import { percentile, randomNumbers } from "./statistics.ts";
import { timingsOf } from "./timings.ts";

/** As the documentation of the backend's own bot has it: about a second, and the engine's time, ms. */
const backendMs = 1500;
const questions = 300;
/** Six questions each: nobody comes near the allowance of a person. */
const people = 50;
/** 18 s for all: no signal grows old meanwhile. */
const everyMs = 60;
/** One in so many is not about a signal, so that the floor is measured at the same time. */
const floorEvery = 6;
/** Longer than any of the bots takes for an answer that comes at all, ms. */
const patienceMs = 30_000;

export const pairs = [
  ...["EUR/USD", "GBP/USD", "USD/JPY", "USD/CHF", "AUD/USD", "USD/CAD", "NZD/USD", "EUR/GBP", "EUR/AUD", "EUR/JPY"],
  ...["GBP/JPY", "CHF/JPY", "AUD/JPY", "EUR/CHF", "EUR/CAD", "GBP/CHF", "GBP/AUD", "CAD/JPY", "USD/SEK", "USD/NOK"],
] as const;

/** What people saw, and what the backend was asked. Times in ms, from the event on the bot's socket. */
export interface SignalRun {
  readonly questions: number;
  /** Pairs that were asked for. */
  readonly pairs: number;
  readonly backendRequests: number;
  /** A sentence, or nothing, in place of the signal. */
  readonly withoutSignal: number;
  /** Answers where the pair had been answered to somebody before. */
  readonly again: Percentiles;
  /** Answers that nobody could have had before. */
  readonly first: Percentiles;
  /** Acknowledgements of a command that asks no backend, among the questions; of ours only. */
  readonly floor: Percentiles;
}

export interface Percentiles {
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

export interface SignalRunOptions {
  readonly rateLimit: SandboxBackendOptions["rateLimit"];
  readonly env?: Environment;
}

interface Question {
  readonly pair: string;
  readonly interaction: SandboxInteraction;
}

/** 300 `/signal` from 50 people over 20 pairs, one every 60 ms, against a backend that takes 1.5 s for each. */
export async function runSignals(competitor: Competitor, { rateLimit, env }: SignalRunOptions): Promise<SignalRun> {
  const sandbox = await startBenchmarkSandbox({ rateLimit });
  const { discord, backend } = sandbox;
  try {
    for (const pair of pairs) backend.setSignal(pair, { signal: "buy" });
    backend.addFault({ route: signalPath, kind: "latency", ms: backendMs });
    await startCompetitor(sandbox, competitor, env).ready();
    const personIds = Array.from({ length: people }, () => discord.addPerson().id);
    const random = randomNumbers(1);
    const asked: Question[] = [];
    const besides: SandboxInteraction[] = [];
    const startMs = systemClock.monotonic();
    for (let nth = 0; nth < questions; nth += 1) {
      await delay(systemClock, Math.max(0, startMs + nth * everyMs - systemClock.monotonic()));
      const personId = personIds[nth % people] ?? "";
      const pair = pairs[Math.floor(random() * pairs.length)] ?? pairs[0];
      const options = { pair, timeframe: "1h" };
      asked.push({ pair, interaction: discord.interact({ kind: "command", name: "signal", personId, options }) });
      if (competitor !== "ours" || nth % floorEvery !== 0) continue;
      await delay(systemClock, everyMs / 2);
      besides.push(discord.interact({ kind: "command", name: "history", personId: discord.addPerson().id }));
    }
    await settled([...asked.map(({ interaction }) => interaction), ...besides]);
    const backendRequests = backend.requests.filter(({ path }) => path.endsWith(signalPath)).length;
    return { ...resultOf(asked), backendRequests, floor: percentilesOf(besides.map(acknowledgeMs)) };
  } finally {
    await sandbox.stop();
  }
}

function resultOf(asked: readonly Question[]): Omit<SignalRun, "backendRequests" | "floor"> {
  const reports = asked.map(({ pair, interaction }) => ({ pair, report: interaction.report() }));
  /** When the first answer to each pair was seen. */
  const knownAtMs = new Map<string, number>();
  for (const { pair, report } of reports) {
    if (!showsSignal(report, pair) || report.answeredAtMs === undefined) continue;
    const atMs = report.createdAt + report.answeredAtMs;
    knownAtMs.set(pair, Math.min(atMs, knownAtMs.get(pair) ?? Number.POSITIVE_INFINITY));
  }
  const again: number[] = [];
  const first: number[] = [];
  for (const { pair, report } of reports) {
    if (!showsSignal(report, pair)) continue;
    const wasKnown = report.createdAt > (knownAtMs.get(pair) ?? Number.POSITIVE_INFINITY);
    (wasKnown ? again : first).push(timingsOf(report).answerMs);
  }
  return {
    questions: asked.length,
    pairs: new Set(asked.map(({ pair }) => pair)).size,
    withoutSignal: reports.filter(({ pair, report }) => !showsSignal(report, pair)).length,
    again: percentilesOf(again),
    first: percentilesOf(first),
  };
}

/** The card of either bot names the pair in its title, and no sentence about a failure has one that does. */
const showsSignal = ({ visible }: InteractionReport, pair: string): boolean =>
  visible.some(({ embeds }) => embeds.some(({ title }) => typeof title === "string" && title.includes(pair)));

const acknowledgeMs = (interaction: SandboxInteraction): number => timingsOf(interaction.report()).acknowledgeMs;

const percentilesOf = (values: readonly number[]): Percentiles => ({
  p50: percentile(values, 50),
  p99: percentile(values, 99),
});

async function settled(interactions: readonly SandboxInteraction[]): Promise<void> {
  const enough = new AbortController();
  const all = Promise.all(interactions.map((interaction) => interaction.settled()));
  await Promise.race([all, delay(systemClock, patienceMs, enough.signal)]);
  enough.abort();
}
