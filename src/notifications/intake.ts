import type { Clock } from "../clock.ts";
import { notificationCard } from "../presentation/notification-card.ts";
import type { Delivery } from "./delivery.ts";
import type { PublishNotificationEvent } from "./events.ts";
import { notificationIdentity, notificationNonce } from "./identity.ts";
import type { DirectMessage } from "./lane.ts";
import { type Notification, parseNotification } from "./message.ts";
import { Pacing } from "./pacing.ts";
import { Repeats } from "./repeats.ts";
import { Turns } from "./turns.ts";

export interface IntakeOptions {
  readonly clock: Clock;
  readonly delivery: Delivery;
  readonly publish: PublishNotificationEvent;
  /** The card a person gets. Nothing it throws harms the intake. */
  readonly render?: (notification: Notification) => DirectMessage;
  /** At most one message per person in this time, ms. */
  readonly paceIntervalMs: number;
}

export interface Intake {
  /** Takes one message of the channel as it was published. Never throws. */
  receive(text: string): void;
  /** Notifications that wait for their person's pace. */
  readonly waiting: number;
  /** Takes nothing more and abandons, counted, what waits. Deliveries under way belong to {@link Delivery}. */
  stop(): void;
}

interface Arrived {
  readonly text: string;
  /** Monotonic clock, ms. */
  readonly arrivedAtMs: number;
  /** ms since the epoch. */
  readonly receivedAtMs: number;
}

interface Accepted {
  readonly personId: string;
  readonly identity: string;
  readonly notification: Notification;
  /** On the monotonic clock, ms. */
  readonly arrivedAtMs: number;
}

/** From what was published to the message on its way: validate, leave out repeats, keep each person's pace, deliver. */
export function createIntake(options: IntakeOptions): Intake {
  const { clock, delivery, publish, render = renderNotification, paceIntervalMs } = options;
  const repeats = new Repeats({ clock });
  const pacing = new Pacing<Accepted>({
    clock,
    intervalMs: paceIntervalMs,
    deliver,
    onDeferred: ({ personId, identity }, ahead) => publish({ kind: "notificationDeferred", personId, identity, ahead }),
    onAbandoned: (count, reason) => publish({ kind: "notificationsAbandoned", count, reason }),
  });

  async function deliver({ personId, identity, notification, arrivedAtMs }: Accepted): Promise<void> {
    const message = renderSafely(personId, identity, notification);
    if (message === undefined) return;
    const end = await delivery.deliver(personId, identity, message);
    if (end.kind !== "delivered") {
      publish({ kind: "notificationNotDelivered", personId, identity, end });
      return;
    }
    const { publishedAtMs } = notification;
    publish({
      kind: "notificationDelivered",
      personId,
      identity,
      attempts: end.attempts,
      latencyMs: clock.monotonic() - arrivedAtMs,
      sincePublicationMs: publishedAtMs === undefined ? undefined : Math.max(0, clock.now() - publishedAtMs),
    });
  }

  const renderSafely = (personId: string, identity: string, notification: Notification): DirectMessage | undefined => {
    try {
      return render(notification);
    } catch (error) {
      publish({ kind: "cardFailed", personId, identity, error });
      return undefined;
    }
  };

  const turns = new Turns<Arrived>(({ text, arrivedAtMs, receivedAtMs }) => {
    const parsed = parseNotification(text, receivedAtMs);
    if (parsed.kind === "malformed") {
      publish({ kind: "notificationMalformed", reason: parsed.reason, path: parsed.path });
      return;
    }
    const { notification } = parsed;
    const { personId } = notification;
    const { identity, repeat } = repeats.check(notification);
    if (repeat) publish({ kind: "notificationDuplicate", personId, identity });
    else pacing.offer({ personId, identity, notification, arrivedAtMs });
  });

  return {
    receive(text) {
      publish({ kind: "notificationReceived", bytes: Buffer.byteLength(text) });
      turns.add({ text, arrivedAtMs: clock.monotonic(), receivedAtMs: clock.now() });
    },
    get waiting() {
      return pacing.waiting;
    },
    stop() {
      turns.flush();
      pacing.stop();
    },
  };
}

const renderNotification = (notification: Notification): DirectMessage => {
  const { signal, publishedAtMs, personId } = notification;
  const publishedAt = publishedAtMs === undefined ? undefined : new Date(publishedAtMs);
  const deliveryKey = notificationNonce(notificationIdentity(notification), personId).slice(0, 16);
  return notificationCard({ items: [{ signal, publishedAt }], deliveryKey });
};
