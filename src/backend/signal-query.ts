import { z } from "zod";
import { periods, type SignalQuery, timeframes } from "./backend.ts";

/** What is asked when neither timeframe nor period is given (`backend-contract.md` 2.2). */
const defaultTimeframe = "1h";

/**
 * The same for every query with the same answer: `EUR/USD 4h`, or `EUR/USD swing`, which asks for more than its timeframe
 * does.
 */
export const signalKey = ({ pair, timeframe = defaultTimeframe, period }: SignalQuery): string =>
  `${pair} ${period ?? timeframe}`;

const keySchema = z
  .string()
  .transform((key) => key.split(" "))
  .pipe(z.tuple([z.string().regex(/^[A-Z]{3}\/[A-Z]{3}$/), z.enum([...timeframes, ...periods])]));

/** The query behind a key that is kept somewhere; undefined when it is none, or not one of this version. */
export function queryOfKey(key: string): SignalQuery | undefined {
  const { data } = keySchema.safeParse(key);
  if (data === undefined) return undefined;
  const [pair, word] = data;
  const period = periods.find((known) => known === word);
  return period === undefined ? { pair, timeframe: timeframes.find((known) => known === word) } : { pair, period };
}
