import type { Clock } from "../clock.ts";
import { type CommandRequest, Refusal } from "../interactions/index.ts";
import { withinPatience } from "../patience.ts";
import { withSentence } from "../presentation/limits.ts";
import { stopNotice } from "../presentation/rules-cards.ts";
import { texts } from "../presentation/texts.ts";
import type { RuleStore } from "./person-store.ts";
import type { PlainCommand } from "./plain-command.ts";

/** What an answer may wait for the notice: Redis nearby answers in one or two, ms. */
const noticePatienceMs = 50;

/**
 * The same command, which also tells a person, once, that nothing is sent to them any more. Asked for when the command has
 * its answer or its refusal, so that the notice is not used up on a failure that shows no sentence of ours.
 */
export function withStopNotice(
  command: PlainCommand,
  { rules, clock }: { readonly rules: RuleStore; readonly clock: Clock },
): PlainCommand {
  /** Why is for one person alone; where others read along, only where to look. */
  const noticeFor = async ({ person }: CommandRequest, seenBy: PlainCommand["visibility"]) => {
    const stopped = await withinPatience(clock, noticePatienceMs, rules.takeStopNotice(person.id));
    if (stopped === undefined) return undefined;
    return seenBy === "private" ? stopNotice(stopped) : texts.rules.publicNotice;
  };

  return {
    ...command,
    async execute(request) {
      try {
        const answer = await command.execute(request);
        const notice = await noticeFor(request, command.visibility);
        return notice === undefined ? answer : withSentence(answer, notice);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        // Whatever the command's visibility, a refusal is read by nobody else.
        const notice = await noticeFor(request, "private");
        throw notice === undefined ? error : new Refusal(`${error.message}\n${notice}`);
      }
    },
  };
}
