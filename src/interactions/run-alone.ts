import { orAborted } from "./abort.ts";
import { type Answer, Refusal } from "./answer.ts";
import type { CommandRequest } from "./command.ts";
import { answerWithinMs } from "./deadlines.ts";
import { snowflakeTimeMs } from "./discord-clock.ts";
import type { InteractionTarget } from "./lane.ts";
import type { Layer } from "./options.ts";
import { referenceOf } from "./reference.ts";
import type { CommandInput } from "./request.ts";

/** A command to run with nothing but its input: for a process that died, or too late for Discord. */
export interface Alone {
  readonly target: InteractionTarget;
  readonly name: string;
  readonly input: CommandInput;
  readonly ageAtArrivalMs: number;
}

export interface AloneReply {
  readonly outcome: "answered" | "refused" | "failed";
  readonly answer: Answer;
}

/** Runs it; never rejects: what it throws becomes a sentence. */
export async function runAlone(
  { clock, discordClock, times, explain, publish }: Layer,
  run: (request: CommandRequest) => Promise<Answer>,
  { target, name, input, ageAtArrivalMs }: Alone,
): Promise<AloneReply> {
  const reference = referenceOf(target.id);
  const usedAt = new Date(snowflakeTimeMs(target.id));
  const remainingMs = (): number =>
    snowflakeTimeMs(target.id) + answerWithinMs + discordClock.offset().offsetMs - clock.now();
  const time = times.start(remainingMs());
  const timing = { ageAtArrivalMs, timeToAckMs: undefined };
  try {
    const running = run({ ...input, signal: time.signal, remainingMs, usedAt, reference, timing });
    return { outcome: "answered", answer: await orAborted(running, time.signal) };
  } catch (error) {
    if (error instanceof Refusal) return { outcome: "refused", answer: { content: error.message } };
    const subject = { interactionId: target.id, interactionKind: "command", command: name } as const;
    publish({ kind: "commandFailed", ...subject, reference, error });
    return { outcome: "failed", answer: explain(error, reference) };
  } finally {
    time.release();
  }
}
