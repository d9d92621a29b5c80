import type { DeliveryEnd, Halt } from "./delivery-end.ts";
import type { MalformedReason } from "./message.ts";

/** One notification, for logs; ids never become metric labels. */
interface Subject {
  /** Absent for a signal change, which is one message for many. */
  readonly personId: string | undefined;
  readonly identity: string;
}

/** By which way it came from the publisher. */
export type Way = "channel" | "stream";

/** How an accepted notification ended. */
export type NotificationEnd =
  /** Discord returned the message. */
  | "delivered"
  /** It stands in a message together with one that was `delivered`. */
  | "merged"
  /** The earlier message of its pair and timeframe was changed. */
  | "edited"
  /** A newer one of the same pair and timeframe took its place while it waited. */
  | "superseded"
  /** The person's rules, or its age; never sent. */
  | "withheld"
  /** Never to be delivered, kept with the reason. */
  | "deadLetter";

/** Why it had to wait. */
export type DeferReason = "pace" | "quietHours" | "muted" | "turn" | "opening" | "retry" | "halted";

/** What the room tells about itself. Every notification received ends in exactly one of the kinds marked "end". */
export type NotificationEvent =
  /** It is in the durable queue: from here on it survives everything. */
  | (Subject & { readonly kind: "notificationAccepted"; readonly way: Way })
  /** End of an accepted one. `reason` is one of few words: a rule, or Discord's code. */
  | (Subject & {
      readonly kind: "notificationEnded";
      readonly end: NotificationEnd;
      readonly reason: string | undefined;
      readonly attempts: number;
      /** From acceptance until the end. */
      readonly latencyMs: number;
      /** From the publisher's own time; absent when it carried none. Never negative. */
      readonly sincePublicationMs: number | undefined;
    })
  /** A message came in; whether it is a notification is not known yet. */
  | { readonly kind: "notificationReceived"; readonly way: Way; readonly bytes: number }
  /** End: it could not be read. Never holds any of the content. */
  | { readonly kind: "notificationMalformed"; readonly reason: MalformedReason; readonly path: string }
  /** End: it had been received before. */
  | (Subject & { readonly kind: "notificationDuplicate" })
  /** It waits, until then at least (ms since the epoch). Told each time it is looked at and put off again. */
  | (Subject & { readonly kind: "notificationDeferred"; readonly reason: DeferReason; readonly untilMs: number })
  /** End, for `count` notifications: given up while waiting, because there were too many or the process stops. */
  | {
      readonly kind: "notificationsAbandoned";
      readonly reason: "tooMany" | "stopping";
      readonly count: number;
    }
  /** An attempt failed and another follows after `waitMs`. */
  | {
      readonly kind: "deliveryRetried";
      /** Absent for a signal change. */
      readonly personId: string | undefined;
      readonly reason: "network" | "rateLimited" | "discord";
      readonly attempt: number;
      readonly waitMs: number;
    }
  /** A direct message channel was asked for. */
  | { readonly kind: "channelOpened" }
  /**
   * Nothing is delivered any more, by any process, and not after a restart either: an operator has to act. `paused`: somebody
   * stopped it by hand. `unauthorized` is fatal.
   */
  | { readonly kind: "deliveriesHalted"; readonly reason: Halt | "paused" }
  | { readonly kind: "deliveriesResumed" }
  /** This process begins no delivery for so long, because Discord refused so many of its requests. */
  | { readonly kind: "deliveriesPaused"; readonly refusedRequests: number; readonly waitMs: number }
  /** What became of the message that confirms a subscription. */
  | {
      readonly kind: "confirmationEnded";
      readonly personId: string;
      readonly end: DeliveryEnd;
    }
  /** End: `signal-change` is not to be announced anywhere. `first` says that it was not told before. */
  | { readonly kind: "signalChangeIgnored"; readonly first: boolean }
  /** What a dead process of ours had read from the stream and not acknowledged is read again by this one. */
  | { readonly kind: "entriesClaimed"; readonly count: number }
  /** Whether the stream is read. `reason` is a short word, for example `ECONNREFUSED`. */
  | { readonly kind: "streamState"; readonly state: "up" | "down"; readonly reason: string | undefined }
  /** Whether the durable queue takes what comes. What came by stream waits in the stream, the rest in memory. */
  | { readonly kind: "acceptanceState"; readonly state: "up" | "down"; readonly reason: string | undefined }
  /** Whether published notifications reach this process. `reason` is a short word, for example `ECONNREFUSED`. */
  | { readonly kind: "subscriberState"; readonly state: "up" | "down"; readonly reason: string | undefined }
  /** A card could not be made of a valid notification, which becomes a dead letter: a defect of ours. `error` is for a redacting logger only. */
  | (Subject & { readonly kind: "cardFailed"; readonly error: unknown })
  /** The queue's library met with trouble that ends nothing, for example a job that Redis has lost. */
  | { readonly kind: "queueTrouble"; readonly reason: string }
  /** Working on a job threw, and it is tried again: a defect of ours. `error` is for a redacting logger only. */
  | { readonly kind: "workerFailed"; readonly error: unknown }
  /** Taking in a message threw: a defect of ours. `error` is for a redacting logger only. */
  | { readonly kind: "intakeFailed"; readonly error: unknown };

export type PublishNotificationEvent = (event: NotificationEvent) => void;
