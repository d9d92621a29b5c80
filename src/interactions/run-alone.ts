import type { Answer } from "./answer.ts";
import type { CommandRequest } from "./command.ts";
import { answerWithinMs, lastWordMs } from "./deadlines.ts";
import { snowflakeTimeMs } from "./discord-clock.ts";
import type { Layer, Subject } from "./options.ts";
import { type Reply, replyWithin } from "./reply.ts";
import type { CommandInput } from "./request.ts";

/** Runs a command with nothing but its input: for a process that died, or too late for Discord. Never rejects. */
export function runAlone(
  layer: Layer,
  run: (request: CommandRequest) => Promise<Answer>,
  { input, ageAtArrivalMs, ...subject }: Subject & { readonly input: CommandInput; readonly ageAtArrivalMs: number },
): Promise<Reply> {
  const { clock, discordClock } = layer;
  const endsAtMs = snowflakeTimeMs(subject.target.id) + answerWithinMs;
  const remainingMs = (): number => endsAtMs + discordClock.offset().offsetMs - clock.now();
  const timing = { ageAtArrivalMs, timeToAckMs: undefined };
  return replyWithin(layer, subject, remainingMs() - lastWordMs, (given) =>
    run({ ...input, ...given, remainingMs, timing }),
  );
}
