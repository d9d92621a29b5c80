import { randomUUID } from "node:crypto";
import type { Way } from "./events.ts";
import { changeDigest, contentDigest, malformedIdentity } from "./identity.ts";
import type { NotificationJob } from "./jobs.ts";
import { type Malformed, malformed, type ParsedNotification, parseNotification } from "./message.ts";
import { maxSignalChangeBytes, type ParsedSignalChange, parseSignalChange } from "./signal-change.ts";

/** What a text was published as. */
export type Meant = "notification" | "signalChange";

/** A text that came, by one way or the other. */
export interface Received {
  readonly text: string;
  /** As it came: the text is cut when nobody would read it to its end. */
  readonly bytes: number;
  readonly meant: Meant;
  readonly way: Way;
  /** ms since the epoch. */
  readonly receivedAtMs: number;
  /** Why it is none, when that is known without reading it. */
  readonly fault?: Malformed;
}

/** What came, as the queue takes it. */
export interface Candidate {
  readonly received: Received;
  readonly job: NotificationJob;
  /** The identity, or what it is made of with the time of the first one when the content has no time of its own. */
  readonly name: { readonly identity: string } | { readonly digest: string };
  readonly personId: string | undefined;
  readonly fault: Malformed | undefined;
}

/** Longer texts that cannot be read are kept cut. */
export const maxKeptBytes = 64 * 1024;

/** Lets go of what nobody will read: a cut text does not hold on to the one it was cut from. */
export function receive(text: string, from: Omit<Received, "text" | "bytes">): Received {
  const bytes = Buffer.byteLength(text);
  return { ...from, text: bytes > maxSignalChangeBytes ? cut(text) : text, bytes };
}

const tooLarge = malformed("tooLarge");

/** A character cut in two becomes one of three bytes. */
const cut = (text: string): string =>
  Buffer.from(text.slice(0, maxKeptBytes))
    .subarray(0, maxKeptBytes - 3)
    .toString();

/** Reads what came. Never throws. */
export function examine(received: Received): Candidate {
  const { text: payload, bytes, meant, way, receivedAtMs } = received;
  const data = { payload, receivedAtMs, way, receipt: randomUUID() };
  const parsed = received.fault ?? (bytes > maxSignalChangeBytes ? tooLarge : parse(meant, payload, receivedAtMs));
  switch (parsed.kind) {
    case "notification": {
      const { notification } = parsed;
      const digest = contentDigest(notification);
      const name = notification.publishedAtMs === undefined ? { digest } : { identity: digest };
      const { personId } = notification;
      return { received, job: { ...data, name: "notification" }, name, personId, fault: undefined };
    }
    case "signalChange": {
      const name = { digest: changeDigest(parsed.change) };
      return { received, job: { ...data, name: "signalChange" }, name, personId: undefined, fault: undefined };
    }
    case "malformed": {
      const kept = bytes > maxKeptBytes ? cut(payload) : payload;
      const { reason, path } = parsed;
      const name = { identity: malformedIdentity(kept, bytes) };
      const job: NotificationJob = { ...data, payload: kept, name: "malformed", meant, reason, path, bytes };
      return { received, job, name, personId: undefined, fault: parsed };
    }
  }
}

/** What a job of the queue says. Never throws; what could not be read when it came may be readable by now. */
export function readPayload(job: NotificationJob): ParsedNotification | ParsedSignalChange {
  if (job.name !== "malformed") return parse(job.name, job.payload, job.receivedAtMs);
  const { reason, path } = job;
  const asKept: Malformed = { kind: "malformed", reason, path };
  // Of a text that was cut, what is left may well be readable, and would say something else.
  if (job.bytes > Buffer.byteLength(job.payload)) return asKept;
  const parsed = parse(job.meant, job.payload, job.receivedAtMs);
  return parsed.kind === "malformed" ? asKept : parsed;
}

function parse(meant: Meant, text: string, receivedAtMs: number): ParsedNotification | ParsedSignalChange {
  try {
    return meant === "notification" ? parseNotification(text, receivedAtMs) : parseSignalChange(text);
  } catch {
    return malformed("unreadable");
  }
}
