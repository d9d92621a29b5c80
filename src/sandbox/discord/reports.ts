import type { InteractionReport, PersonSaw, SandboxInteraction } from "./api.ts";
import type { InteractionRecord } from "./interaction-record.ts";
import type { MessageBook } from "./message-book.ts";

/** What the person saw of an interaction until now. */
export const reportOf = (interaction: InteractionRecord, book: MessageBook): InteractionReport => {
  const { origin, acknowledgement, answeredAtMs, choices, modal } = interaction;
  const saw = sawOf(interaction);
  return {
    id: origin.id,
    kind: origin.kind,
    name: origin.name,
    personId: origin.user.id,
    saw,
    thinkingForEver: saw === "thinking" && interaction.tokenOver,
    createdAt: origin.createdAt,
    deliveries: [...interaction.deliveries],
    attempts: [...interaction.attempts],
    ...(acknowledgement.kind === "given" ? { acknowledgedAtMs: acknowledgement.atMs } : {}),
    ...(answeredAtMs === undefined ? {} : { answeredAtMs }),
    answersShown: interaction.answersShown,
    visible: visibleIds(interaction).flatMap((id) => book.seen(id) ?? []),
    ...(choices === undefined ? {} : { choices }),
    ...(modal === undefined ? {} : { modal }),
  };
};

/** The interaction in the hands of a test: its report now, and promises for what becomes of it. */
export const interactionHandle = (interaction: InteractionRecord, book: MessageBook): SandboxInteraction => {
  const report = () => reportOf(interaction, book);
  const until = (predicate: (report: InteractionReport) => boolean): Promise<InteractionReport> =>
    new Promise((resolve, reject) => {
      const check = () => {
        try {
          const current = report();
          if (!predicate(current)) return;
          stop();
          resolve(current);
        } catch (error) {
          stop();
          reject(error);
        }
      };
      const stop = interaction.observe(check);
      check();
    });
  const settled = () => until(() => isSettled(interaction));
  return {
    id: interaction.origin.id,
    report,
    until,
    settled,
    answered: async () => {
      const last = await settled();
      if (last.saw === "answered") return last;
      throw new Error(`The person never saw an answer: ${JSON.stringify(last, null, 2)}`);
    },
  };
};

const sawOf = (interaction: InteractionRecord): PersonSaw => {
  if (interaction.acknowledgement.kind !== "given") return interaction.missed ? "failed" : "waiting";
  if (interaction.loading === "shown") return "thinking";
  return interaction.answeredAtMs === undefined ? "acknowledged" : "answered";
};

/** Answered, failed, or out of time: nothing more can change what the person saw. */
const isSettled = (interaction: InteractionRecord): boolean =>
  interaction.answeredAtMs !== undefined || interaction.acknowledgement.kind === "missed" || interaction.tokenExpired;

/** Its own messages, and the message whose component was used once the interaction answered by changing it. */
const visibleIds = (interaction: InteractionRecord): readonly string[] => {
  const { messageIds, originalMessageId, origin, answeredAtMs } = interaction;
  const changedSource = originalMessageId === origin.sourceMessageId && answeredAtMs !== undefined;
  return changedSource && originalMessageId !== undefined ? [originalMessageId, ...messageIds] : messageIds;
};
