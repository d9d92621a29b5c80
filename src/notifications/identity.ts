import { createHash } from "node:crypto";
import type { Notification } from "./message.ts";
import type { SignalChange } from "./signal-change.ts";

/**
 * How long the same content without a time of its own counts as the same notification. With one, no second one with the
 * same content and time is ever another.
 */
export const untimedRepeatMs = 2 * 60_000;

/**
 * What is said, to whom, and when it was published: equal for the same notification on every way it can come. Without a
 * publication time two of them are the same only within {@link untimedRepeatMs}.
 */
export const contentDigest = ({ personId, signal, publishedAtMs }: Notification): string =>
  sha256(canonicalJson({ personId, signal, publishedAtMs })).toString("hex");

/** What is said, of which pair, and for whom. A change never carries a time. */
export const changeDigest = ({ signal, previous, subscribers }: SignalChange): string =>
  sha256(canonicalJson({ signal, previous, subscribers })).toString("hex");

/**
 * Names one notification for good when its content has no time of its own.
 *
 * @param firstAtMs when the first of those came that count as the same, ms since the epoch
 */
export const untimedIdentity = (digest: string, firstAtMs: string): string => `${digest}@${firstAtMs}`;

/** The same text that could not be read is kept once. */
export const malformedIdentity = (payload: string, bytes: number): string =>
  `malformed-${sha256(`${bytes} ${payload}`).toString("hex")}`;

/**
 * The key by which Discord recognises a repeated send (`discord-facts.md` 4.3): 25 characters at most, and scoped to the
 * bot as author, not to the channel, hence the person in it.
 */
export const notificationNonce = (identity: string, personId: string): string =>
  sha256(`${identity}:${personId}`).toString("base64url").slice(0, 25);

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** JSON with keys in order, so that equal content is equal text whoever built the object. */
const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
