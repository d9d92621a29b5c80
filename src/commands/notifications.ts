import type { Clock } from "../clock.ts";
import { type Answer, type CommandRequest, Refusal } from "../interactions/index.ts";
import { fewerOffText, mutedCard, quietHoursCard, rulesCard, testMessageCard } from "../presentation/rules-cards.ts";
import { texts } from "../presentation/texts.ts";
import type { DirectMessenger } from "./direct-messenger.ts";
import { muteTimes, notificationsDefinition } from "./notifications-definition.ts";
import { choiceOption, flagOption, textOption } from "./options.ts";
import { pairOption, suggestPairs } from "./pair.ts";
import type { RuleStore } from "./person-store.ts";
import type { PlainCommand } from "./plain-command.ts";
import { orNothing } from "./suggestions.ts";
import { timeOption } from "./time-of-day.ts";
import { readTimeZone, suggestTimeZones, timeThere } from "./time-zones.ts";

/**
 * Hours a day. A clock that is put back makes quiet hours longer and one that is put forward can jump over a short time
 * between them: with four hours left, neither keeps a signal for more than a day.
 */
const longestQuietHours = 20;

const dayMinutes = 24 * 60;
const hourMs = 60 * 60_000;
const muteMs = { "1h": hourMs, "1d": 24 * hourMs };

export function createNotificationsCommand({
  rules,
  messenger,
  clock,
}: {
  readonly rules: RuleStore;
  readonly messenger: DirectMessenger;
  readonly clock: Clock;
}): PlainCommand {
  async function quiet(request: CommandRequest): Promise<Answer> {
    const fromMinute = timeOption(request, "from", "22:00");
    const toMinute = timeOption(request, "to", "07:00");
    const lasting = (toMinute - fromMinute + dayMinutes) % dayMinutes;
    if (lasting === 0) throw new Refusal(texts.rules.sameTimes);
    if (lasting > longestQuietHours * 60) throw new Refusal(texts.rules.tooLong(longestQuietHours));
    const timeZone = readTimeZone(textOption(request, "time_zone") ?? "");
    const strongPasses = flagOption(request, "strong_signals_pass") ?? false;
    const quietHours = { fromMinute, toMinute, timeZone, strongPasses };
    await rules.change(request.person.id, { quietHours });
    return quietHoursCard(quietHours, timeThere(timeZone, clock.now()));
  }

  async function quietOff({ person }: CommandRequest): Promise<Answer> {
    const { quietHours } = await rules.read(person.id);
    if (quietHours === undefined) return { content: texts.rules.hadNoQuietHours };
    await rules.change(person.id, { quietHours: null });
    return { content: texts.rules.quietOff };
  }

  async function mute(request: CommandRequest): Promise<Answer> {
    const lasting = choiceOption(request, "for", muteTimes);
    if (lasting === undefined) throw new Refusal(texts.input.oneOf("for", muteTimes.join(", "), muteTimes[0]));
    // Counted from when it was asked for: doing it again after an interruption makes it no longer.
    const mutedUntilMs = request.usedAt.getTime() + muteMs[lasting];
    await rules.change(request.person.id, { mutedUntilMs });
    return mutedCard(mutedUntilMs);
  }

  async function unmute({ person }: CommandRequest): Promise<Answer> {
    const { mutedUntilMs } = await rules.read(person.id);
    await rules.change(person.id, { mutedUntilMs: null });
    const wasMuted = mutedUntilMs !== undefined && mutedUntilMs > clock.now();
    return { content: wasMuted ? texts.rules.unmuted : texts.rules.wasNotMuted };
  }

  async function fewerOff(request: CommandRequest): Promise<Answer> {
    const pair = pairOption(request);
    const { fewer } = await rules.read(request.person.id);
    const kept = pair === undefined ? [] : fewer.filter((slot) => !slot.startsWith(`${pair}|`));
    if (kept.length === fewer.length) return { content: texts.rules.hadNoFewer };
    await rules.change(request.person.id, { fewer: kept });
    return { content: fewerOffText(pair) };
  }

  /** Only a message that arrives shows that messages arrive. While they do not, the person stays stopped. */
  async function resume({ person, reference }: CommandRequest): Promise<Answer> {
    const tested = await messenger.confirm(person.id, testMessageCard(), `resume:${person.id}:${reference}`);
    if (tested === "closed") return { content: texts.rules.stillClosed };
    await rules.resume(person.id);
    return { content: tested === "sent" ? texts.rules.resumed : texts.rules.notTested };
  }

  const command = {
    definition: notificationsDefinition,
    visibility: "private",
    effect: ({ subcommand }) => (subcommand === "show" ? "reads" : "writes"),

    async execute(request: CommandRequest): Promise<Answer> {
      switch (request.subcommand) {
        case "show":
          return rulesCard(await rules.read(request.person.id), new Date(clock.now()));
        case "quiet":
          return quiet(request);
        case "quiet_off":
          return quietOff(request);
        case "mute":
          return mute(request);
        case "unmute":
          return unmute(request);
        case "fewer_off":
          return fewerOff(request);
        case "resume":
          return resume(request);
        default:
          throw new Refusal(texts.interaction.unknownCommand);
      }
    },

    // What it sets is set again to the same, and the test message is sent again as the same message.
    recover: (request: CommandRequest): Promise<Answer> => command.execute(request),

    complete: (request) =>
      orNothing(async ({ focused, person }) => {
        if (focused.name === "time_zone") return suggestTimeZones(focused.value, clock.now());
        if (focused.name !== "pair") return [];
        const { fewer } = await rules.read(person.id);
        return suggestPairs([...new Set(fewer.map((slot) => slot.split("|")[0] ?? ""))], focused.value);
      }, request),
  } satisfies PlainCommand;
  return command;
}
