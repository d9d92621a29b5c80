import type { Signal } from "../backend/signal.ts";
import { slotOf } from "../presentation/signal-view.ts";
import { quietUntilMs } from "./quiet-hours.ts";
import { usefulUntilMs } from "./usefulness.ts";

export { slotOf };

/** What one person wants to get, and when. */
export interface PersonRules {
  /** 0 to 1; a signal without a confidence does not pass when this is set. 0 asks for nothing, as at the backend. */
  readonly minConfidence: number | undefined;
  readonly strongOnly: boolean;
  /** Slots of which only strong signals pass: "fewer like this". */
  readonly fewer: readonly string[];
  readonly quietHours: QuietHours | undefined;
  /** ms since the epoch. */
  readonly mutedUntilMs: number | undefined;
  /** Discord does not let the bot write to this person, since when (ms since the epoch) and by which code. */
  readonly stopped: { readonly code: number; readonly atMs: number } | undefined;
}

export interface QuietHours {
  /** Minutes after midnight in {@link timeZone}; `from` after `to` spans midnight. */
  readonly fromMinute: number;
  readonly toMinute: number;
  /** IANA name, `Asia/Taipei`. */
  readonly timeZone: string;
  readonly strongPasses: boolean;
}

export type WithheldReason = "stopped" | "belowConfidence" | "notStrong" | "outdated";
export type WaitReason = "quietHours" | "muted";

/** What the rules say of one signal at one moment. */
export type Ruling =
  | { readonly kind: "send" }
  /** It is looked at again then; newer ones of its slot replace it meanwhile. */
  | { readonly kind: "wait"; readonly untilMs: number; readonly reason: WaitReason }
  | { readonly kind: "withhold"; readonly reason: WithheldReason };

/** The signal and its times, ms since the epoch. */
export interface Timed {
  readonly signal: Signal;
  readonly publishedAtMs: number | undefined;
  readonly receivedAtMs: number;
}

export const noRules: PersonRules = {
  minConfidence: undefined,
  strongOnly: false,
  fewer: [],
  quietHours: undefined,
  mutedUntilMs: undefined,
  stopped: undefined,
};

/**
 * What becomes of the signal now. What the person never wants is withheld before anything else is asked; what is too old is
 * withheld even while it would have to wait.
 */
export function judgeByRules(rules: PersonRules, timed: Timed, nowMs: number): Ruling {
  const strong = isStrong(timed.signal);
  if (rules.stopped !== undefined) return withhold("stopped");
  if (!strong && (rules.strongOnly || rules.fewer.includes(slotOf(timed.signal)))) return withhold("notStrong");
  if ((timed.signal.confidence ?? 0) < (rules.minConfidence ?? 0)) return withhold("belowConfidence");
  if (nowMs >= usefulUntilMs(timed)) return withhold("outdated");
  if (rules.mutedUntilMs !== undefined && nowMs < rules.mutedUntilMs) return wait(rules.mutedUntilMs, "muted");
  if (rules.quietHours === undefined || (strong && rules.quietHours.strongPasses)) return { kind: "send" };
  const quietUntil = quietUntilMs(rules.quietHours, nowMs);
  return quietUntil === undefined ? { kind: "send" } : wait(quietUntil, "quietHours");
}

/** In the backend's words, which its own filter goes by (`backend-contract.md` 2.7). */
export const isStrong = ({ strength }: Pick<Signal, "strength">): boolean =>
  strength !== undefined && ["strong", "very_strong"].includes(strength.trim().toLowerCase());

const withhold = (reason: WithheldReason): Ruling => ({ kind: "withhold", reason });

const wait = (untilMs: number, reason: WaitReason): Ruling => ({ kind: "wait", untilMs, reason });
