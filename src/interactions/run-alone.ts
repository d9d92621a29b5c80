import type { Aged } from "./age-check.ts";
import type { Answer } from "./answer.ts";
import { answerWithinMs, lastWordMs } from "./deadlines.ts";
import type { Layer, Subject } from "./options.ts";
import { type Reply, replyWithin } from "./reply.ts";
import type { Running } from "./request.ts";

/** An interaction of which there is nothing but what the person gave. */
export interface Alone extends Subject, Pick<Aged, "ageAtArrivalMs" | "createdAtMs"> {}

/** Runs what answers it: for a process that died, or too late for Discord. Never rejects. */
export function runAlone(layer: Layer, alone: Alone, run: (running: Running) => Promise<Answer>): Promise<Reply> {
  const { ageAtArrivalMs, createdAtMs } = alone;
  const remainingMs = (): number => createdAtMs + answerWithinMs - layer.clock.monotonic();
  const timing = { ageAtArrivalMs, timeToAckMs: undefined };
  return replyWithin(layer, alone, remainingMs() - lastWordMs, (given) => run({ ...given, remainingMs, timing }));
}
