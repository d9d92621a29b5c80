import { Counter, Histogram, type Registry } from "prom-client";
import type { BotEventBus } from "./events.ts";

const ends = [
  "delivered",
  "closed",
  "unknownPerson",
  "refused",
  "failed",
  "malformed",
  "duplicate",
  "abandoned",
  "cardFailed",
] as const;

export function measureNotifications(bus: BotEventBus, registry: Registry): void {
  const registers = [registry];
  const received = new Counter({
    name: "signalguard_notifications_received_total",
    help: "Messages received from the channel of notifications",
    registers,
  });
  const ended = new Counter({
    name: "signalguard_notifications_total",
    help: "Notifications by how they ended; their sum is the number received, less what still waits or is on its way",
    labelNames: ["end"],
    registers,
  });
  for (const end of ends) ended.inc({ end }, 0);
  const malformed = new Counter({
    name: "signalguard_notifications_malformed_total",
    help: "Messages that could not be read, by reason",
    labelNames: ["reason"],
    registers,
  });
  const deferred = new Counter({
    name: "signalguard_notifications_deferred_total",
    help: "Notifications that had to wait for their person's pace",
    registers,
  });
  const retries = new Counter({
    name: "signalguard_delivery_retries_total",
    help: "Deliveries tried again, by reason",
    labelNames: ["reason"],
    registers,
  });
  const confirmations = new Counter({
    name: "signalguard_confirmations_total",
    help: "Confirmations of subscriptions by how they ended",
    labelNames: ["end"],
    registers,
  });
  const buckets = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3_600];
  const latency = new Histogram({
    name: "signalguard_notification_latency_seconds",
    help: "From reception until Discord returned the message, the wait for the person's pace included",
    buckets,
    registers,
  });
  const sincePublication = new Histogram({
    name: "signalguard_notification_since_publication_seconds",
    help: "From the publisher's own time until Discord returned the message",
    buckets,
    registers,
  });

  bus.on("notificationReceived", () => received.inc());
  bus.on("notificationMalformed", ({ reason }) => {
    ended.inc({ end: "malformed" });
    malformed.inc({ reason });
  });
  bus.on("notificationDuplicate", () => ended.inc({ end: "duplicate" }));
  bus.on("notificationDeferred", () => deferred.inc());
  bus.on("notificationsAbandoned", ({ count }) => ended.inc({ end: "abandoned" }, count));
  bus.on("cardFailed", () => ended.inc({ end: "cardFailed" }));
  bus.on("notificationNotDelivered", ({ end }) => ended.inc({ end: end.kind }));
  bus.on("notificationDelivered", ({ latencyMs, sincePublicationMs }) => {
    ended.inc({ end: "delivered" });
    latency.observe(latencyMs / 1_000);
    if (sincePublicationMs !== undefined) sincePublication.observe(sincePublicationMs / 1_000);
  });
  bus.on("deliveryRetried", ({ reason }) => retries.inc({ reason }));
  bus.on("confirmationEnded", ({ end }) => confirmations.inc({ end: end.kind }));
}
