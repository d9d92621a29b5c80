import type { Aged } from "./age-check.ts";
import type { Answer } from "./answer.ts";
import type { CommandRequest } from "./command.ts";
import { answerWithinMs, lastWordMs } from "./deadlines.ts";
import type { Layer, Subject } from "./options.ts";
import { type Reply, replyWithin } from "./reply.ts";
import type { CommandInput } from "./request.ts";

/** A command to run with nothing but its input. */
export interface Alone extends Subject, Pick<Aged, "ageAtArrivalMs" | "createdAtMs"> {
  readonly input: CommandInput;
}

/** Runs it: for a process that died, or too late for Discord. Never rejects. */
export function runAlone(
  layer: Layer,
  run: (request: CommandRequest) => Promise<Answer>,
  alone: Alone,
): Promise<Reply> {
  const { input, ageAtArrivalMs, createdAtMs } = alone;
  const remainingMs = (): number => createdAtMs + answerWithinMs - layer.clock.monotonic();
  const timing = { ageAtArrivalMs, timeToAckMs: undefined };
  return replyWithin(layer, alone, remainingMs() - lastWordMs, (given) =>
    run({ ...input, ...given, remainingMs, timing }),
  );
}
