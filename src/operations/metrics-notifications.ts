import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { BotEventBus } from "./events.ts";

/** How many notifications the queue holds that have not ended, by state. Rejects when the queue cannot tell. */
export type CountOpen = () => Promise<Readonly<Record<string, number>>>;

const ends = [
  ...["delivered", "merged", "edited", "superseded", "withheld", "deadLetter"],
  ...["malformed", "duplicate", "abandoned", "ignored"],
];

/** Of dead letters, Discord's codes worth telling apart (`discord-facts.md` 4.1); any other is `other`. */
const knownCodes = ["10003", "10013", "20009", "50007", "50035", "50278", "200000", "240000"];

export function measureNotifications(bus: BotEventBus, registry: Registry, countOpen: CountOpen): void {
  const registers = [registry];
  const received = new Counter({
    name: "signalguard_notifications_received_total",
    help: "Messages received from Redis, by way",
    labelNames: ["way"],
    registers,
  });
  const accepted = new Counter({
    name: "signalguard_notifications_accepted_total",
    help: "Notifications taken into the durable queue, by way",
    labelNames: ["way"],
    registers,
  });
  for (const way of ["channel", "stream"]) {
    received.inc({ way }, 0);
    accepted.inc({ way }, 0);
  }
  const ended = new Counter({
    name: "signalguard_notifications_total",
    help: "Notifications by how they ended, and why; their sum is the number received, less those that are open",
    labelNames: ["end", "reason"],
    registers,
  });
  for (const end of ends) ended.inc({ end, reason: "" }, 0);
  const malformed = new Counter({
    name: "signalguard_notifications_malformed_total",
    help: "Messages that could not be read, by reason",
    labelNames: ["reason"],
    registers,
  });
  const deferred = new Counter({
    name: "signalguard_notifications_deferred_total",
    help: "How often a notification was put off, by reason",
    labelNames: ["reason"],
    registers,
  });
  const retries = new Counter({
    name: "signalguard_delivery_retries_total",
    help: "Deliveries tried again, by reason",
    labelNames: ["reason"],
    registers,
  });
  const opens = new Counter({
    name: "signalguard_direct_channels_opened_total",
    help: "Direct message channels asked for",
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
    help: "From reception until Discord had the message, the waits for pace and quiet hours included",
    buckets,
    registers,
  });
  const sincePublication = new Histogram({
    name: "signalguard_notification_since_publication_seconds",
    help: "From the publisher's own time until Discord had the message",
    buckets,
    registers,
  });
  measureOpen(registry, countOpen);

  bus.on("notificationReceived", ({ way }) => received.inc({ way }));
  bus.on("notificationAccepted", ({ way }) => accepted.inc({ way }));
  bus.on("notificationMalformed", ({ reason }) => {
    ended.inc({ end: "malformed", reason });
    malformed.inc({ reason });
  });
  bus.on("notificationDuplicate", () => ended.inc({ end: "duplicate", reason: "" }));
  bus.on("signalChangeIgnored", () => ended.inc({ end: "ignored", reason: "" }));
  bus.on("notificationsAbandoned", ({ reason, count }) => ended.inc({ end: "abandoned", reason }, count));
  bus.on("notificationDeferred", ({ reason }) => deferred.inc({ reason }));
  bus.on("notificationEnded", ({ end, reason, latencyMs, sincePublicationMs }) => {
    ended.inc({ end, reason: bounded(reason) });
    if (!["delivered", "merged", "edited"].includes(end)) return;
    latency.observe(latencyMs / 1_000);
    if (sincePublicationMs !== undefined) sincePublication.observe(sincePublicationMs / 1_000);
  });
  bus.on("deliveryRetried", ({ reason }) => retries.inc({ reason }));
  bus.on("channelOpened", () => opens.inc());
  bus.on("confirmationEnded", ({ end }) => confirmations.inc({ end: end.kind }));
}

/** `refused 50035`: the word stays, and the code when it is one of few. */
function bounded(reason: string | undefined): string {
  const [word = "", code] = (reason ?? "").split(" ");
  if (code === undefined || !/^\d+$/.test(code)) return reason ?? "";
  return `${word} ${knownCodes.includes(code) ? code : "other"}`;
}

/** Whoever asks for metrics does not wait longer for a Redis that is away, ms. */
const countingMs = 1_000;

function measureOpen(registry: Registry, countOpen: CountOpen): void {
  new Gauge({
    name: "signalguard_notifications_open",
    help: "Notifications in the queue that have not ended, by state; absent while Redis cannot be asked",
    labelNames: ["state"],
    registers: [registry],
    async collect() {
      this.reset();
      const counts = await Promise.race([countOpen(), inVain(countingMs)]).catch(() => ({}));
      for (const [state, count] of Object.entries(counts)) this.set({ state }, count);
    },
  });
}

const inVain = (afterMs: number) =>
  new Promise<Readonly<Record<string, number>>>((resolve) => setTimeout(resolve, afterMs, {}).unref());
