import { orAborted } from "./abort.ts";
import type { Owned } from "./acknowledge-once.ts";
import { answerWithinMs } from "./age-check.ts";
import { type Answer, type Command, Refusal } from "./command.ts";
import type { InteractionOutcome } from "./events.ts";
import { readInput } from "./interaction.ts";
import { LaneError } from "./lane.ts";
import type { Middleware } from "./middleware.ts";
import type { Layer } from "./options.ts";
import { referenceOf } from "./reference.ts";

/** Kept back of the token's life for bringing the last sentence to the person, ms. */
const lastWordMs = 60_000;

/** Finds the command, runs it, and brings its answer, or a sentence instead of it, to the person. */
export function runCommand(layer: Layer): Middleware<Owned, never> {
  const { clock, commands, explain, publish, finish, times, texts } = layer;

  const run = async (command: Command, owned: Owned): Promise<Answer> => {
    const { interaction, target, ageAtArrivalMs, timeToAckMs } = owned;
    if (!interaction.isChatInputCommand()) throw new Refusal(texts.unknownCommand);
    const time = times.start(owned.createdAtMs + answerWithinMs - lastWordMs - clock.monotonic());
    try {
      const reference = referenceOf(target.id);
      const timing = { ageAtArrivalMs, timeToAckMs };
      const running = command.execute({
        ...readInput(interaction),
        interaction,
        signal: time.signal,
        reference,
        timing,
      });
      return await orAborted(running, time.signal);
    } finally {
      time.release();
    }
  };

  const decide = async (owned: Owned): Promise<Reply> => {
    const command = commands.get(owned.command);
    if (command === undefined)
      return { outcome: "refused", answer: { content: texts.unknownCommand }, privately: true };
    try {
      return { outcome: "answered", answer: await run(command, owned), privately: false };
    } catch (error) {
      if (error instanceof Refusal) return { outcome: "refused", answer: { content: error.message }, privately: true };
      fail(owned, error);
      return { outcome: "failed", answer: explain(error, referenceOf(owned.target.id)), privately: true };
    }
  };

  const fail = ({ target, kind, command }: Owned, error: unknown): void => {
    const subject = { interactionId: target.id, interactionKind: kind, command };
    publish({ kind: "commandFailed", ...subject, reference: referenceOf(target.id), error });
  };

  return async (owned) => {
    const { responder } = owned;
    const { outcome, answer, privately } = await decide(owned);
    try {
      await (privately ? responder.answerPrivately(answer) : responder.answer(answer));
      finish(owned, outcome);
    } catch (error) {
      fail(owned, error);
      // Of an answer whose form Discord refused, the person has seen the plain sentence instead.
      finish(owned, error instanceof LaneError && error.status === 400 ? "failed" : "unanswered");
    }
  };
}

interface Reply {
  readonly outcome: InteractionOutcome;
  readonly answer: Answer;
  readonly privately: boolean;
}
