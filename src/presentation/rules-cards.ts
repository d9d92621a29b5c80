import { field } from "./embed-fields.ts";
import { codeText } from "./escape.ts";
import { dateAndAge, discordTime, formatFraction, timeOfDay } from "./format.ts";
import { type Card, fitCard, joinWithin, messageLimits } from "./limits.ts";
import { readSlot } from "./notification-ids.ts";
import { texts } from "./texts.ts";
import { outsideText, pairText } from "./words.ts";

/** What one person wants to get, and when. Times in ms since the epoch. */
export interface RulesView {
  /** 0 to 1. */
  readonly minConfidence: number | undefined;
  readonly strongOnly: boolean;
  /** Slots (`EUR/USD|1h`) of which only strong signals are wanted. */
  readonly fewer: readonly string[];
  readonly quietHours: QuietHoursView | undefined;
  readonly mutedUntilMs: number | undefined;
  /** Discord does not let the bot write to the person, since when and by which code. */
  readonly stopped: StopView | undefined;
}

export interface QuietHoursView {
  /** Minutes after midnight. */
  readonly fromMinute: number;
  readonly toMinute: number;
  /** IANA name. */
  readonly timeZone: string;
  readonly strongPasses: boolean;
}

export interface StopView {
  readonly code: number;
  readonly atMs: number;
}

/** All rules of a person; a mute that is over is none. */
export function rulesCard(rules: RulesView, now: Date): Card {
  const { fields: names, none } = texts.rules;
  const muted = rules.mutedUntilMs !== undefined && rules.mutedUntilMs > now.getTime() ? rules.mutedUntilMs : undefined;
  return fitCard({
    embeds: [
      {
        title: texts.rules.title,
        description: texts.rules.hint,
        fields: [
          field(
            names.directMessages,
            rules.stopped === undefined ? texts.rules.reaching : stopText(rules.stopped),
            false,
          ),
          field(names.quietHours, rules.quietHours === undefined ? none : quietText(rules.quietHours), false),
          field(names.muted, muted === undefined ? texts.no : texts.rules.mutedUntil(momentText(muted)), false),
          field(names.minConfidence, formatFraction(rules.minConfidence) ?? texts.notSet),
          field(names.strongOnly, rules.strongOnly ? texts.yes : texts.no),
          field(names.fewer, fewerText(rules.fewer), false),
        ],
      },
    ],
  });
}

/** The answer to new quiet hours; `now` is the time of day there, by which a person sees that the zone is theirs. */
export const quietHoursCard = (hours: QuietHoursView, now: string): Card =>
  fitCard({ content: texts.rules.quietSet(quietText(hours), now) });

export const mutedCard = (untilMs: number): Card => fitCard({ content: texts.rules.muteSet(momentText(untilMs)) });

export function fewerCard(slot: string): Card {
  const { pair, timeframe } = readSlot(slot) ?? { pair: slot, timeframe: undefined };
  const subject = pairText(pair);
  return fitCard({ content: texts.rules.fewerSet(timeframe === undefined ? subject : `${subject} (${timeframe})`) });
}

/** `pair` when only one was named. */
export const fewerOffText = (pair: string | undefined): string =>
  pair === undefined ? texts.rules.fewerOffAll : texts.rules.fewerOff(pairText(pair));

/** The direct message that shows whether signals can reach the person. */
export const testMessageCard = (): Card =>
  fitCard({ embeds: [{ title: texts.rules.testTitle, description: texts.rules.test }] });

/** To somebody who has not been told yet that nothing is sent to them any more. */
export const stopNotice = ({ atMs, code }: StopView): string =>
  texts.rules.notice(discordTime(new Date(atMs), "R"), whyStopped(code));

const stopText = ({ atMs, code }: StopView): string =>
  texts.rules.stopped(discordTime(new Date(atMs), "R"), whyStopped(code));

/** `discord-facts.md` 4.1. */
const whyStopped = (code: number): string => (code === 50278 ? texts.rules.whyNoServer : texts.rules.whyClosed);

const quietText = ({ fromMinute, toMinute, timeZone, strongPasses }: QuietHoursView): string =>
  texts.rules.quietHours(timeOfDay(fromMinute), timeOfDay(toMinute), codeText(timeZone, 60), strongPasses);

const momentText = (atMs: number): string => dateAndAge(new Date(atMs)) ?? texts.notKnown;

function fewerText(slots: readonly string[]): string {
  const lines = slots.map((slot) => {
    const [pair = "", timeframe] = slot.split("|");
    return texts.rules.fewerOf(pairText(pair), outsideText(timeframe, 20));
  });
  return joinWithin(lines, messageLimits.fieldValue, texts.more) || texts.rules.none;
}
