import type { Backend } from "../backend/backend.ts";
import { type Answer, type ComponentContext, type Modal, Refusal } from "../interactions/index.ts";
import { lessOf } from "../presentation/notification-buttons.ts";
import { afterKey, readOffer, readSlot } from "../presentation/notification-ids.ts";
import { positionForm } from "../presentation/position-form.ts";
import { fewerCard, mutedCard } from "../presentation/rules-cards.ts";
import { unsubscribedCard } from "../presentation/subscription-cards.ts";
import { texts } from "../presentation/texts.ts";
import { normalisePair } from "./pair.ts";
import type { RuleStore } from "./person-store.ts";
import { accountOf, askerOf } from "./plain-command.ts";
import { longestNotes } from "./position-figures.ts";

/** What was pressed or chosen, without discord.js's own object. Argument and values come back from clients. */
export type ButtonRequest = Omit<ComponentContext, "interaction" | "show">;

/** Answers with a private message of its own: the notification stays as it is. */
export interface AnsweringButton {
  readonly name: string;
  readonly visibility: "private";
  execute(request: ButtonRequest): Promise<Answer>;
  /** After its process died. */
  recover(request: ButtonRequest): Promise<Answer>;
}

/** Opens a form. */
export interface FormButton {
  readonly name: string;
  readonly acknowledge: "modal";
  execute(request: ButtonRequest): Promise<Modal>;
}

export interface NotificationButtons {
  readonly openPosition: FormButton;
  readonly mute: AnsweringButton;
  readonly fewer: AnsweringButton;
  readonly unsubscribe: AnsweringButton;
  /** The select of a message of several signals: fewer of one of them, or none. */
  readonly less: AnsweringButton;
}

const hourMs = 60 * 60_000;
const muteHours: ReadonlyMap<string, number> = new Map([
  ["1", 1],
  ["24", 24],
]);

/** Everything below a notification. Each acts for who pressed it, whoever was sent the message. */
export function createNotificationButtons({
  backend,
  rules,
}: {
  readonly backend: Backend;
  readonly rules: RuleStore;
}): NotificationButtons {
  async function fewer({ person }: ButtonRequest, slot: string): Promise<Answer> {
    if (readSlot(slot) === undefined) throw unusable();
    const changed = await rules.addFewer(person.id, slot);
    if (!changed.fewer.includes(slot)) throw new Refusal(texts.rules.fewerFull);
    return fewerCard(slot);
  }

  async function unsubscribe(request: ButtonRequest, typed: string): Promise<Answer> {
    const pair = normalisePair(typed);
    if (pair === undefined) throw unusable();
    const asker = askerOf(request, "button");
    return unsubscribedCard(pair, await backend.unsubscribe(accountOf(request.person), pair, asker));
  }

  return {
    openPosition: {
      name: "openPosition",
      acknowledge: "modal",
      async execute({ argument, values }) {
        const offer = readOffer(values[0] ?? afterKey(argument));
        if (offer === undefined) throw unusable();
        return { modal: positionForm(offer, longestNotes) };
      },
    },

    mute: repeatable("mute", async ({ person, argument, usedAt }) => {
      const hours = muteHours.get(afterKey(argument));
      if (hours === undefined) throw unusable();
      // Counted from when it was pressed: doing it again after an interruption makes it no longer.
      const mutedUntilMs = usedAt.getTime() + hours * hourMs;
      await rules.change(person.id, { mutedUntilMs });
      return mutedCard(mutedUntilMs);
    }),

    fewer: repeatable("fewer", (request) => fewer(request, afterKey(request.argument))),

    unsubscribe: repeatable("unsubscribe", (request) => unsubscribe(request, afterKey(request.argument))),

    less: repeatable("less", async (request) => {
      const [chosen = ""] = request.values;
      if (chosen.startsWith(lessOf.fewer)) return fewer(request, chosen.slice(lessOf.fewer.length));
      if (chosen.startsWith(lessOf.none)) return unsubscribe(request, chosen.slice(lessOf.none.length));
      throw unusable();
    }),
  };
}

/** What it sets is set again to the same: doing it twice changes nothing. */
const repeatable = (name: string, execute: AnsweringButton["execute"]): AnsweringButton => ({
  name,
  visibility: "private",
  execute,
  recover: execute,
});

const unusable = (): Refusal => new Refusal(texts.notification.unusable);
