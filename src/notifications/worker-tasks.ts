import type { AcceptedNotification, StepOutcome } from "./delivery-step.ts";
import type { NotificationJob } from "./jobs.ts";
import { type Received, readPayload } from "./reception.ts";
import type { AcceptedChange } from "./signal-change-step.ts";

/** What a worker does with what it is given. */
export interface Steps {
  readonly notifications: Step<AcceptedNotification>;
  readonly changes: Step<AcceptedChange>;
}

interface Step<Accepted> {
  run(accepted: Accepted, signal: AbortSignal): Promise<StepOutcome>;
  /** Whether the person's rules, which may have changed by now, still let it wait. */
  stillWaits?(accepted: Accepted): Promise<boolean>;
}

/** What a job asks for. */
export type Task =
  | { readonly kind: "malformed"; readonly reason: string }
  | { readonly kind: "readAgain"; readonly received: Received }
  | ({
      readonly kind: "deliver";
      readonly run: (signal: AbortSignal) => Promise<StepOutcome>;
      readonly stillWaits?: () => Promise<boolean>;
    } & About);

/** What is told of a job besides how it ended. */
export interface About {
  readonly personId: string | undefined;
  readonly publishedAtMs: number | undefined;
  readonly receivedAtMs: number;
}

export function taskOf(job: NotificationJob, identity: string, { notifications, changes }: Steps): Task {
  const parsed = readPayload(job);
  const { payload, receivedAtMs, way } = job;
  if (parsed.kind === "malformed") {
    if (job.name === "malformed") return parsed;
    // It was accepted, by a version that could read it.
    const done = { end: "deadLetter", reason: `malformed ${parsed.reason}`, attempts: 0, atMs: receivedAtMs } as const;
    return { ...toNobody(receivedAtMs), run: async () => ({ kind: "ended", done }) };
  }
  if (job.name === "malformed") {
    const { bytes, meant } = job;
    return { kind: "readAgain", received: { text: payload, bytes, meant, way, receivedAtMs } };
  }
  if (parsed.kind === "signalChange") {
    const accepted = { identity, change: parsed.change, receivedAtMs };
    return { ...toNobody(receivedAtMs), run: (signal) => changes.run(accepted, signal) };
  }
  const { notification } = parsed;
  const { personId, publishedAtMs } = notification;
  const accepted = { identity, payload, notification };
  return {
    ...{ kind: "deliver", personId, publishedAtMs, receivedAtMs },
    run: (signal) => notifications.run(accepted, signal),
    stillWaits: async () => (await notifications.stillWaits?.(accepted)) ?? true,
  };
}

/** To nobody in particular. */
const toNobody = (receivedAtMs: number) =>
  ({ kind: "deliver", personId: undefined, publishedAtMs: undefined, receivedAtMs }) as const;
