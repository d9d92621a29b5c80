import { MessageFlags } from "discord-api-types/v10";
import { type Clock, delay } from "../clock.ts";
import type { Answer } from "./answer.ts";
import { messageBody } from "./bodies.ts";
import { answerWithinMs } from "./deadlines.ts";
import type { Mode } from "./handler.ts";
import { type InteractionLane, type InteractionTarget, LaneError } from "./lane.ts";

/** One request about an answer may take this long, ms. */
const requestTimeoutMs = 10_000;
/** Pauses between tries, ms, where Discord asks for none longer; the last one is repeated until the token ends. */
const backoffMs = [250, 1000, 2000, 5000, 15_000] as const;
/** After the confirmed acknowledgement, @original may stay unknown for a moment (`discord-facts.md` 1.4). */
const unknownWebhook = 10015;
const mostUnknown = 2;
/** Taking away what nobody needs any more is not worth more tries. */
const mostDeletions = 3;
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
  /** The same, as the last that this process shows. */
  leave(answer: Answer): Promise<void>;
}

/** What the person sees. */
export type Shown =
  | "answer"
  /** In its place, because Discord refused the answer's form. */
  | "plainSentence"
  /** The answer or not, nobody knows; and certainly a sentence that says so. */
  | "unsure";

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
  /** Said when nobody knows whether a private answer arrived. */
  readonly answerMayBeLost: string;
  readonly onError: (request: "edit" | "followUp" | "delete", error: LaneError, durationMs: number) => void;
}

const tokenOver = (request: string): LaneError =>
  new LaneError(request, { kind: "refused", status: 401, code: invalidToken });

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

  /** Until it is through, there is no use in another try, or the token is over. */
  const repeat = async (
    name: "edit" | "followUp" | "delete",
    send: (signal: AbortSignal) => Promise<void>,
    mayRepeat: (error: LaneError, tries: number) => boolean,
  ): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await request(name, send);
      } catch (error) {
        if (!(error instanceof LaneError) || !mayRepeat(error, tries)) throw error;
        const pauseMs = Math.max(backoffMs[Math.min(tries, backoffMs.length) - 1] ?? 0, error.retryAfterMs ?? 0);
        if (pauseMs >= remainingMs()) throw tokenOver(name);
        await delay(clock, pauseMs);
      }
    }
  };

  const edit = (given: Answer): Promise<void> =>
    repeat("edit", (signal) => lane.editOriginal(target, messageBody(given), signal), idempotentMayPass);

  const followUpPrivately = (given: Answer): Promise<void> => {
    const body = { ...messageBody(given), flags: MessageFlags.Ephemeral as number };
    return repeat("followUp", (signal) => lane.followUp(target, body, signal), hadNoEffectAndMayPass);
  };

  const deleteOriginal = (): Promise<void> =>
    repeat(
      "delete",
      (signal) => lane.deleteOriginal(target, signal),
      (error, tries) => tries < mostDeletions && idempotentMayPass(error, tries),
    );

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

  /** The component's message belongs to somebody already; what is said to one person stands beside it. */
  const orBeside = (given: Answer, send: (answer: Answer) => Promise<void>): Promise<Shown> =>
    orPlain(given, send, followUpPrivately).catch((error: unknown) => sayWhenUnsure(error, followUpPrivately));

  let answering = false;
  let interim = false;

  const beginInterim = (): void => {
    if (!interim) options.onInterim();
    interim = true;
  };

  const answer = (given: Answer): Promise<Shown> => {
    answering = true;
    return mode.surface === "update" ? orBeside(given, edit) : orPlain(given, edit, edit);
  };

  const answerPrivately = async (given: Answer): Promise<Shown> => {
    answering = true;
    if (mode.surface === "update") return orBeside(given, followUpPrivately);
    if (mode.visibility === "private") return answer(given);
    // A follow-up sent while the public "thinking…" stands would fill it in publicly, and one sent after its deletion
    // may be refused (`discord-facts.md` 1.3, 1.4): finish it, follow up privately, then take it away.
    beginInterim();
    await edit({ content: options.onlyForYou });
    try {
      await followUpPrivately(given);
    } catch (error) {
      return isUnaccounted(error) ? sayWhenUnsure(error, edit) : answer(given);
    }
    options.onFollowedUp();
    // Should the deletion fail, what stays in the channel is a harmless sentence.
    await deleteOriginal().catch(() => {});
    return "answer";
  };

  /**
   * Nobody can look up a follow-up whose response was lost: the token finds a message by its id alone, and the id was in
   * the response. Sent again, or shown elsewhere, the answer might stand there twice; said nothing, not at all.
   */
  const sayWhenUnsure = async (error: unknown, say: (answer: Answer) => Promise<void>): Promise<Shown> => {
    if (!isUnaccounted(error)) throw error;
    await say({ content: options.answerMayBeLost });
    return "unsure";
  };

  const show = async (given: Answer): Promise<void> => {
    // A command that was aborted may go on, and must not replace the sentence that the person was left with.
    if (answering) return;
    beginInterim();
    await request("edit", (signal) => lane.editOriginal(target, messageBody(given), signal)).catch(() => {});
  };

  return {
    answer,
    answerPrivately,
    show,
    async leave(given) {
      const shown = show(given);
      answering = true;
      await shown;
    },
  };
}

/** What has the same effect twice is repeated whatever became of it. */
const idempotentMayPass = (error: LaneError, tries: number): boolean =>
  error.discordCode === unknownWebhook ? tries <= mostUnknown : error.kind !== "refused";

/** What would stand there twice is repeated only when it surely does not stand there yet. */
const hadNoEffectAndMayPass = (error: LaneError, tries: number): boolean =>
  error.kind !== "unaccounted" && idempotentMayPass(error, tries);

const isUnaccounted = (error: unknown): boolean => error instanceof LaneError && error.kind === "unaccounted";
