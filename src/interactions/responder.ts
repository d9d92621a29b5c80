import { MessageFlags } from "discord-api-types/v10";
import { type Clock, delay } from "../clock.ts";
import type { Answer } from "./answer.ts";
import { messageBody } from "./bodies.ts";
import { answerWithinMs } from "./deadlines.ts";
import type { Mode } from "./handler.ts";
import { type InteractionLane, type InteractionTarget, LaneError } from "./lane.ts";

/** One request about an answer may take this long, ms. */
const requestTimeoutMs = 10_000;
/** Pauses between tries of an edit, ms; the last one is repeated until the token ends. */
const backoffMs = [250, 1000, 2000, 5000, 15_000] as const;
/** After the confirmed acknowledgement, @original may stay unknown for a moment (`discord-facts.md` 1.4). */
const unknownWebhook = 10015;
/** The token is over, whatever our clock says (`discord-facts.md` 1.4). */
const invalidToken = 50027;

/**
 * Everything a person is told after the acknowledgement goes through here, and it picks the request Discord allows in
 * the state the interaction is in. Mentions in answers never ping.
 */
export interface Responder {
  /**
   * Shows the answer in place of "thinking…", or in place of the answer shown before: there is only ever one. Of a
   * component that updates, it is the component's own message.
   *
   * @throws LaneError when it could not be brought to the person until the token's end
   */
  answer(answer: Answer): Promise<Shown>;
  /**
   * The same, but only the person sees it, also when the command is public (`discord-facts.md` 1.3).
   *
   * @throws LaneError as above
   */
  answerPrivately(answer: Answer): Promise<Shown>;
  /** Shows something until the answer comes, and nothing after that; tried once, and never rejects. */
  show(answer: Answer): Promise<void>;
}

/** What the person sees: the answer, or the plain sentence in its place because Discord refused the answer's form. */
export type Shown = "answer" | "plainSentence";

export interface ResponderOptions {
  readonly clock: Clock;
  readonly lane: InteractionLane;
  readonly target: InteractionTarget;
  readonly mode: Pick<Mode, "surface" | "visibility">;
  /** Monotonic clock, ms. */
  readonly createdAtMs: number;
  readonly onlyForYou: string;
  /** Said when Discord refuses the form of an answer. */
  readonly plainFailure: string;
  /** Something that is not the answer is about to take the place of "thinking…"; called once at most. */
  readonly onInterim: () => void;
  /** The person has the private answer to a public command; what follows only tidies up. */
  readonly onFollowedUp: () => void;
  readonly onError: (request: "edit" | "followUp" | "delete", error: LaneError, durationMs: number) => void;
}

const tokenOver = (request: string): LaneError => new LaneError(request, 401, invalidToken);

/** Whether the token's life is over, so that no request about the interaction can help any more. */
export const isTokenOver = (error: unknown): boolean =>
  error instanceof LaneError && error.discordCode === invalidToken;

export function createResponder(options: ResponderOptions): Responder {
  const { clock, lane, target, mode } = options;
  const remainingMs = (): number => options.createdAtMs + answerWithinMs - clock.monotonic();

  const request = async (
    name: "edit" | "followUp" | "delete",
    send: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> => {
    if (remainingMs() <= 0) throw tokenOver(name);
    const startedAtMs = clock.monotonic();
    const timeout = new AbortController();
    const cancel = clock.schedule(Math.min(requestTimeoutMs, remainingMs()), () => timeout.abort());
    try {
      await send(timeout.signal);
    } catch (error) {
      if (error instanceof LaneError) options.onError(name, error, clock.monotonic() - startedAtMs);
      throw error;
    } finally {
      cancel();
    }
  };

  /** An edit is idempotent, so it is repeated until it is through or the token is over. */
  const edit = async (given: Answer): Promise<void> => {
    const body = messageBody(given);
    for (let tries = 0; ; tries += 1) {
      try {
        return await request("edit", (signal) => lane.editOriginal(target, body, signal));
      } catch (error) {
        if (!mayPass(error, tries)) throw error;
        const pauseMs = backoffMs[Math.min(tries, backoffMs.length - 1)] ?? 0;
        if (pauseMs >= remainingMs()) throw tokenOver("edit");
        await delay(clock, pauseMs);
      }
    }
  };

  const followUpPrivately = (given: Answer): Promise<void> => {
    const body = { ...messageBody(given), flags: MessageFlags.Ephemeral as number };
    return request("followUp", (signal) => lane.followUp(target, body, signal));
  };

  /** A form that Discord refuses is a bug of ours, but the person is told something nevertheless. */
  const orPlain = async (
    given: Answer,
    send: (answer: Answer) => Promise<void>,
    sendPlain: (answer: Answer) => Promise<void>,
  ): Promise<Shown> => {
    try {
      await send(given);
      return "answer";
    } catch (error) {
      if (!(error instanceof LaneError) || error.status !== 400) throw error;
      await sendPlain({ content: options.plainFailure });
      return "plainSentence";
    }
  };

  let answering = false;
  let interim = false;

  const beginInterim = (): void => {
    if (!interim) options.onInterim();
    interim = true;
  };

  const answer = (given: Answer): Promise<Shown> => {
    answering = true;
    return orPlain(given, edit, mode.surface === "update" ? followUpPrivately : edit);
  };

  const answerPrivately = async (given: Answer): Promise<Shown> => {
    answering = true;
    // The component's message belongs to somebody already; what is said to one person stands beside it.
    if (mode.surface === "update") return orPlain(given, followUpPrivately, followUpPrivately);
    if (mode.visibility === "private") return answer(given);
    // A follow-up sent while the public "thinking…" stands would fill it in publicly, and one sent after its deletion
    // may be refused (`discord-facts.md` 1.3, 1.4): finish it, follow up privately, then take it away.
    beginInterim();
    await edit({ content: options.onlyForYou });
    try {
      await followUpPrivately(given);
    } catch {
      return answer(given);
    }
    options.onFollowedUp();
    // Should the deletion fail, what stays in the channel is a harmless sentence.
    await request("delete", (signal) => lane.deleteOriginal(target, signal)).catch(() => {});
    return "answer";
  };

  return {
    answer,
    answerPrivately,
    async show(given) {
      // A command that was aborted may go on, and must not replace the sentence that the person was left with.
      if (answering) return;
      beginInterim();
      await request("edit", (signal) => lane.editOriginal(target, messageBody(given), signal)).catch(() => {});
    },
  };
}

function mayPass(error: unknown, tries: number): boolean {
  if (!(error instanceof LaneError)) return false;
  if (error.discordCode === unknownWebhook) return tries < 2;
  return error.status === undefined || error.status >= 500 || error.status === 429;
}
