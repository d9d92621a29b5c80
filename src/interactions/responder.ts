import { MessageFlags } from "discord-api-types/v10";
import { delay } from "../clock.ts";
import { type Aged, answerWithinMs } from "./age-check.ts";
import type { Answer } from "./command.ts";
import { LaneError, type MessageBody } from "./lane.ts";
import type { Layer } from "./options.ts";
import { referenceOf } from "./reference.ts";

/** One request about an answer may take this long, ms. */
const requestTimeoutMs = 10_000;
/** Pauses between tries of an edit, ms; the last one is repeated until the token ends. */
const backoffMs = [250, 1000, 2000, 5000, 15_000] as const;
/** After the confirmed acknowledgement, @original may stay unknown for a moment (`discord-facts.md` 1.4). */
const unknownWebhook = 10015;

/**
 * Everything a person is told after the acknowledgement goes through here, and it picks the request Discord allows in
 * the state the interaction is in. Mentions in answers never ping.
 */
export interface Responder {
  /**
   * Shows the answer in place of "thinking…", or in place of the answer shown before: there is only ever one.
   *
   * @throws LaneError when it could not be brought to the person until the token's end
   */
  answer(answer: Answer): Promise<void>;
  /**
   * The same, but only the person sees it, also when the command is public (`discord-facts.md` 1.3).
   *
   * @throws LaneError as above
   */
  answerPrivately(answer: Answer): Promise<void>;
}

export function createResponder(layer: Layer, arrival: Aged, visibility: "public" | "private"): Responder {
  const { clock, lane, publish, texts } = layer;
  const { target, kind, command } = arrival;
  const tokenEndsAtMs = arrival.createdAtMs + answerWithinMs;
  const remainingMs = (): number => tokenEndsAtMs - clock.monotonic();

  const request = async (name: "edit" | "followUp" | "delete", send: (signal: AbortSignal) => Promise<void>) => {
    const startedAtMs = clock.monotonic();
    const timeout = new AbortController();
    const cancel = clock.schedule(Math.min(requestTimeoutMs, Math.max(0, remainingMs())), () => timeout.abort());
    try {
      await send(timeout.signal);
    } catch (error) {
      publish({
        kind: "discordError",
        interactionId: target.id,
        interactionKind: kind,
        command,
        request: name,
        code: error instanceof LaneError ? error.discordCode : undefined,
        status: error instanceof LaneError ? error.status : undefined,
        ageMs: clock.monotonic() - arrival.createdAtMs,
        durationMs: clock.monotonic() - startedAtMs,
      });
      throw error;
    } finally {
      cancel();
    }
  };

  /** An edit is idempotent, so it is repeated until it is through or the token is over. */
  const edit = async (body: MessageBody): Promise<void> => {
    for (let tries = 0; ; tries += 1) {
      try {
        return await request("edit", (signal) => lane.editOriginal(target, body, signal));
      } catch (error) {
        const pauseMs = backoffMs[Math.min(tries, backoffMs.length - 1)] ?? 0;
        if (!mayPass(error, tries) || pauseMs >= remainingMs()) throw error;
        await delay(clock, pauseMs);
      }
    }
  };

  const answer = async (given: Answer): Promise<void> => {
    try {
      await edit(bodyOf(given));
    } catch (error) {
      // Discord refuses the form of the answer: a bug of ours, but the person is told something nevertheless.
      if (!(error instanceof LaneError) || error.status !== 400) throw error;
      await edit(bodyOf({ content: texts.plainFailure(referenceOf(target.id)) }));
      throw error;
    }
  };

  const answerPrivately = async (given: Answer): Promise<void> => {
    if (visibility === "private") return answer(given);
    // A follow-up sent while the public "thinking…" stands would fill it in publicly, and one sent after its deletion
    // may be refused (`discord-facts.md` 1.3, 1.4): finish it, follow up privately, then take it away.
    await edit(bodyOf({ content: texts.onlyForYou }));
    try {
      const body = { ...bodyOf(given), flags: MessageFlags.Ephemeral as number };
      await request("followUp", (signal) => lane.followUp(target, body, signal));
    } catch {
      return answer(given);
    }
    // Should the deletion fail, what stays in the channel is a harmless sentence.
    await request("delete", (signal) => lane.deleteOriginal(target, signal)).catch(() => {});
  };

  return { answer, answerPrivately };
}

function mayPass(error: unknown, tries: number): boolean {
  if (!(error instanceof LaneError)) return false;
  if (error.discordCode === unknownWebhook) return tries < 2;
  return error.status === undefined || error.status >= 500 || error.status === 429;
}

function bodyOf(answer: Answer) {
  return {
    content: answer.content ?? "",
    embeds: [...(answer.embeds ?? [])],
    components: [...(answer.components ?? [])],
    allowed_mentions: { parse: [] },
  } satisfies MessageBody;
}
