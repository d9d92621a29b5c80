import {
  ApplicationCommandOptionType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from "discord-api-types/v10";
import pLimit from "p-limit";
import { type Backend, BackendError, type SignalAnswer } from "../backend/backend.ts";
import { type Clock, delay } from "../clock.ts";
import { type ScannedPair, scanCard, scanProgress } from "../presentation/scan-card.ts";
import { paceProgress } from "./paced-progress.ts";
import { longestPairList, pairListOption } from "./pair-list.ts";
import { askerOf, type PlainCommand, whereUsable } from "./plain-command.ts";
import { timeframeDefinition, timeframeOption } from "./timeframe.ts";

export const scanDefinition: RESTPostAPIChatInputApplicationCommandsJSONBody = {
  name: "scan",
  description: "Looks at many currency pairs and ranks their signals",
  ...whereUsable,
  options: [
    timeframeDefinition,
    {
      type: ApplicationCommandOptionType.String,
      name: "pairs",
      description: "Only these, for example EUR/USD, gbpusd; all pairs when left out",
      max_length: longestPairList,
    },
  ],
};

/** Of one scan, and of all scans together: the backend's bulkhead takes 128, and most of it is left to people who wait. */
const atOnce = 3;
const atOnceTogether = 6;
/** Discord allows a few edits of one message in some seconds, and nobody reads faster, ms. */
const progressIntervalMs = 2_000;
/** The budget may speak of less, and is asked in vain then, ms. */
const shortestWaitMs = 250;

export function createScanCommand({
  backend,
  clock,
}: {
  readonly backend: Pick<Backend, "fetchSignal" | "listPairs">;
  readonly clock: Clock;
}): PlainCommand {
  const together = pLimit(atOnceTogether);

  return {
    definition: scanDefinition,
    // One person's question, whose table would push away what others say, and whose progress would keep moving there.
    visibility: "private",
    effect: "reads",

    async execute(request) {
      const timeframe = timeframeOption(request);
      // One request, for somebody who waits; those of the scan itself let other people go first.
      const pairs = pairListOption(request, "pairs") ?? (await backend.listPairs(askerOf(request)));
      const asker = askerOf(request, "scan");
      // What was said since the command was used is new: a scan that is run again asks only for what is missing.
      const askOnce = (pair: string) => together(() => backend.fetchSignal({ pair, timeframe }, asker, request.usedAt));
      const progress = paceProgress(clock, progressIntervalMs, request);
      let done = 0;
      let waitsUntilMs = 0;
      const tell = (): void => {
        const waitsUntil = waitsUntilMs > clock.now() ? new Date(waitsUntilMs) : undefined;
        progress.update(scanProgress({ timeframe, done, total: pairs.length, waitsUntil }));
      };

      /** The budget is kept for people who wait for one answer: a scan has time, and goes on when it may. */
      const ask = async (pair: string): Promise<Scanned> => {
        for (;;) {
          try {
            return { pair, answer: await askOnce(pair) };
          } catch (error) {
            if (!(error instanceof BackendError) || error.kind === "aborted") throw error;
            if (error.kind !== "busy" || error.retryAfterMs === undefined) return { pair, error };
            const waitMs = Math.max(error.retryAfterMs, shortestWaitMs);
            waitsUntilMs = Math.max(waitsUntilMs, clock.now() + waitMs);
            tell();
            await delay(clock, waitMs, request.signal);
          }
        }
      };

      try {
        tell();
        const scanned = await pLimit(atOnce).map(pairs, async (pair) => {
          const result = await ask(pair);
          done += 1;
          tell();
          return result;
        });
        failWhenNothingIsKnown(scanned);
        return scanCard(scanned.map(viewOf), timeframe);
      } finally {
        await progress.end();
      }
    },
  };
}

type Scanned = { readonly pair: string } & ({ readonly answer: SignalAnswer } | { readonly error: BackendError });

/** Where nothing is known of any pair, what a person is told about one is all there is to say. */
function failWhenNothingIsKnown(scanned: readonly Scanned[]): void {
  const errors = scanned.flatMap((one) => ("error" in one ? [one.error] : []));
  const [first] = errors;
  if (first !== undefined && errors.length === scanned.length && errors.some(({ kind }) => kind !== "unknownPair"))
    throw first;
}

function viewOf(scanned: Scanned): ScannedPair {
  const { pair } = scanned;
  if ("error" in scanned) {
    const { kind } = scanned.error;
    return kind === "unknownPair" ? { kind: "noData", pair } : { kind: "failed", pair, why: kind };
  }
  const { signal, saidAt, outdated } = scanned.answer;
  return { kind: outdated === undefined ? "new" : "outdated", pair, signal, saidAt };
}
