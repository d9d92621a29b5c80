import { BackendError } from "../backend/backend.ts";
import type { BackendEvent } from "../backend/events.ts";
import { CommandAborted } from "../interactions/abort.ts";
import type { InteractionEvent } from "../interactions/events.ts";
import type { DeferReason, NotificationEnd, NotificationEvent } from "../notifications/events.ts";
import type { BotEvent, BotEventBus } from "./events.ts";

type Fields = Readonly<Record<string, unknown>>;
type Write = (message: string, fields?: Fields) => void;

/** What the log needs of a logger; it redacts what it is given. */
export interface EventLogger {
  readonly error: Write;
  readonly warn: Write;
  readonly info: Write;
  readonly debug: Write;
}

/** Writes the events a person would want to read: what went wrong always, what went well once per interaction or message. */
export function logEvents(bus: BotEventBus, logger: EventLogger): () => void {
  return bus.subscribe((event) => {
    const { kind: _kind, ...fields } = event;
    const [level, message, replaced] = entryOf(event);
    logger[level](message, rounded({ ...fields, ...replaced }));
  });
}

/** Times to a tenth of a millisecond: what a person reads, and more than is measured. */
function rounded(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      typeof value === "number" && key.endsWith("Ms") ? Math.round(value * 10) / 10 : value,
    ]),
  );
}

type Entry = readonly [level: keyof EventLogger, message: string, replaced?: Fields];

function entryOf(event: BotEvent): Entry {
  switch (event.kind) {
    case "interactionArrived":
    case "acknowledged":
    case "runClaimed":
    case "allowanceRefused":
    case "interactionFinished":
    case "interactionRecovered":
    case "lateAnswer":
    case "discordError":
    case "commandFailed":
      return interactionEntry(event);
    case "backendCall":
    case "backendSpared":
    case "backendCircuit":
    case "backendBudget":
    case "signalGiven":
    case "signalsPrecomputed":
    case "signalJob":
    case "signalResultRefused":
    case "signalReadyState":
      return backendEntry(event);
    case "gateway":
      if (event.state === "up") return ["info", "connected to Discord"];
      return ["warn", "disconnected from Discord"];
    case "gatewaySession":
      return ["info", event.how === "resume" ? "session at Discord resumed" : "starting a new session at Discord"];
    case "sessionStartDelayed":
      return ["warn", "waiting for Discord"];
    case "redis":
      if (event.state === "up") return ["info", "connected to Redis"];
      return ["warn", "disconnected from Redis"];
    case "leadership":
      return leadershipEntry(event);
    case "stopping":
      return ["info", "stopping"];
    default:
      return notificationEntry(event);
  }
}

function leadershipEntry(event: BotEvent & { kind: "leadership" }): Entry {
  switch (event.role) {
    case "standby":
      if (event.reason === undefined) return ["info", "standing by: another process leads"];
      return ["warn", "standing by: Redis cannot say who leads, so nobody here does"];
    case "leader":
      return ["info", "leading"];
    case "finishing":
      return ["info", "passed the lead on; what is in flight is ended"];
    case "lost":
      return ["error", "lost the lead: nothing more is acknowledged, answered or delivered here"];
  }
}

function interactionEntry(event: InteractionEvent): Entry {
  switch (event.kind) {
    case "interactionArrived":
      return ["debug", "interaction arrived"];
    case "acknowledged":
      return ownershipEntry(event);
    case "runClaimed":
      if (event.claim === "taken") {
        return ["warn", "another process runs this interaction: is a second bot running with this token?"];
      }
      return ["debug", "right to run claimed"];
    case "allowanceRefused":
      // Whoever uses so much would otherwise fill the log as well.
      if (!event.first) return ["debug", "one more use beyond a person's allowance"];
      return ["info", "a person used up their allowance, and is told when to go on"];
    case "lateAnswer":
      if (event.delivered) return ["info", "answered by direct message, too late for the interaction"];
      return ["warn", "an answer that was too late could not be brought to the person either"];
    case "interactionRecovered":
      // Whose acknowledgement was lost or came too late looks a second time, and mostly nobody waits.
      if (event.outcome === "notNeeded") return ["debug", "nobody waits for an interaction that was left open"];
      return ["warn", "interaction of a process that died"];
    case "interactionFinished":
      if (event.interactionKind === "autocomplete") return ["debug", "interaction finished"];
      if (event.outcome === "overAllowance") return ["debug", "interaction finished"];
      if (event.outcome === "skipped") return ["warn", "interaction arrived too late, skipped"];
      if (event.outcome === "unanswered") return ["error", "interaction could not be answered"];
      return ["info", "interaction finished"];
    case "discordError":
      return ["warn", "Discord refused a request, or did not answer it"];
    case "commandFailed":
      // An outage is no defect: its message says all there is, and a stack for each person using the bot would bury it.
      if (event.error instanceof BackendError || event.error instanceof CommandAborted) {
        const retryHelps = event.error instanceof BackendError ? { retryHelps: event.error.retryHelps } : {};
        return ["warn", "command failed", { error: event.error.message, ...retryHelps }];
      }
      return ["error", "command failed"];
  }
}

function backendEntry(event: BackendEvent): Entry {
  switch (event.kind) {
    case "backendCall":
      if (event.outcome === "ok") return ["debug", "backend answered"];
      return ["warn", "backend call failed"];
    case "backendSpared":
      // Whoever waited is told, and their command is logged; of what nobody waits for, it is how it should be.
      return ["debug", "backend not asked"];
    case "backendCircuit":
      if (event.state === "open") return ["warn", "backend in trouble: it is left alone for some seconds"];
      if (event.state === "halfOpen") return ["info", "backend asked once, to see whether it is there again"];
      return ["info", "backend is there again"];
    case "backendBudget":
      return ["debug", "what is left of the backend's limit"];
    case "signalGiven":
      return ["debug", "signal given"];
    case "signalsPrecomputed":
      return ["debug", "signals refreshed ahead"];
    case "signalJob":
      if (event.step === "overdue") return ["warn", "no result came for a job of the backend"];
      if (event.step === "failed") return ["warn", "a job of the backend failed"];
      return ["debug", "job of the backend"];
    case "signalResultRefused":
      return ["warn", "what came as the result of a job is none"];
    case "signalReadyState":
      if (event.state === "up") return ["info", "listening on signal-ready"];
      if (event.reason === "stopped") return ["info", "stopped listening on signal-ready"];
      return ["warn", "not listening on signal-ready: results of jobs published now are lost"];
  }
}

type Acknowledged = Extract<InteractionEvent, { kind: "acknowledged" }>;

function ownershipEntry({ ownership, cause }: Acknowledged): Entry {
  if (cause === "bugOfOurs") {
    return [
      "error",
      "a bug of this bot: its other code acknowledged this interaction, or Discord refused the form of an acknowledgement",
    ];
  }
  switch (ownership) {
    case "owned":
      if (cause === "stallGuard") return ["warn", "the bot stalled: its guard acknowledged this interaction in time"];
      return ["debug", "interaction acknowledged"];
    case "foreign":
      if (cause === "repeatedEvent") {
        return ["info", "a process that has ended since handled this interaction: its event came again"];
      }
      return ["warn", "another process acknowledged this interaction first: is a second bot running with this token?"];
    case "expired":
      if (cause === "unknownToDiscord")
        return ["warn", "Discord does not know this interaction, although it is not old"];
      return ["warn", "interaction expired before it could be acknowledged"];
    case "unreachable":
      if (cause === "noResponse") {
        return ["error", "interaction could not be acknowledged: nothing came back from Discord in time"];
      }
      return ["error", "interaction could not be acknowledged: Discord refused it or asked to wait for too long"];
  }
}
function notificationEntry(event: NotificationEvent): Entry {
  switch (event.kind) {
    case "notificationReceived":
      return ["debug", "notification received"];
    case "notificationAccepted":
      return ["debug", "notification accepted"];
    case "notificationEnded":
      return endEntry(event.end);
    case "notificationDeferred":
      return deferEntry(event.reason);
    case "notificationDuplicate":
      return ["info", "notification received before, not sent again"];
    case "notificationMalformed":
      return ["warn", "message on trading-signals is no notification"];
    case "notificationsAbandoned":
      return ["error", "notifications given up before they were accepted"];
    case "channelOpened":
      return ["debug", "direct message channel opened"];
    case "deliveryRetried":
      return ["warn", "delivery is tried again"];
    case "deliveriesHalted":
      return haltEntry(event.reason);
    case "deliveriesResumed":
      return ["info", "deliveries go on"];
    case "deliveriesPaused":
      return [
        "error",
        "Discord refused very many requests: nothing is delivered until it has forgotten them; who is it that refuses?",
      ];
    case "confirmationEnded":
      return ["info", "confirmation of a subscription"];
    case "subscriberState":
      if (event.state === "up") return ["info", "listening on trading-signals"];
      if (event.reason === "stopped") return ["info", "stopped listening on trading-signals"];
      return ["warn", "not listening on trading-signals: what is published now is lost"];
    case "streamState":
      if (event.state === "up") return ["info", "reading trading-signals:stream"];
      if (event.reason === "stopped") return ["info", "stopped reading trading-signals:stream"];
      return ["warn", "not reading trading-signals:stream: what is added there waits"];
    case "acceptanceState":
      if (event.state === "up") return ["info", "notifications are accepted"];
      return ["warn", "notifications cannot be accepted: those published wait in memory, those of the stream in Redis"];
    case "entriesClaimed":
      return ["warn", "entries of the stream that a dead process had read are read again"];
    case "signalChangeIgnored":
      if (!event.first) return ["debug", "signal change ignored"];
      return [
        "warn",
        "signal changes are published, and DISCORD_SIGNAL_CHANNEL_ID does not say where to announce them",
      ];
    case "queueTrouble":
      return ["warn", "the queue met with trouble, and goes on"];
    case "workerFailed":
      return ["error", "working on a notification failed: it is tried again"];
    case "cardFailed":
      return ["error", "no message could be made of a notification"];
    case "intakeFailed":
      return ["error", "taking a message from Redis failed"];
  }
}

function endEntry(end: NotificationEnd): Entry {
  switch (end) {
    case "delivered":
      return ["info", "notification delivered"];
    case "merged":
      return ["info", "notification delivered in one message with others"];
    case "edited":
      return ["info", "notification delivered as a change of an earlier message"];
    case "superseded":
      return ["info", "notification superseded by a newer one"];
    case "withheld":
      return ["info", "notification withheld"];
    case "deadLetter":
      return ["warn", "notification not delivered, kept as a dead letter"];
  }
}

function deferEntry(reason: DeferReason): Entry {
  switch (reason) {
    case "pace":
      return ["info", "notification waits for the person's pace"];
    case "quietHours":
      return ["info", "notification waits for the end of quiet hours"];
    case "muted":
      return ["info", "notification waits until the person is no longer muted"];
    case "opening":
      return ["info", "notification waits until a channel may be opened"];
    case "halted":
      return ["info", "notification waits until deliveries are resumed"];
    case "turn":
    case "retry":
      return ["debug", "notification waits for another one of the person's"];
  }
}

function haltEntry(reason: (NotificationEvent & { kind: "deliveriesHalted" })["reason"]): Entry {
  switch (reason) {
    case "quarantined":
      return [
        "error",
        "no direct messages are sent any more: Discord quarantined the bot. Appeal in the Developer Portal, then: npm run deliveries -- resume",
      ];
    case "paused":
      return [
        "error",
        "no direct messages are sent any more: somebody paused the queue. To go on: npm run deliveries -- resume",
      ];
    case "unauthorized":
      return ["error", "no direct messages are sent any more: Discord does not accept the bot's token"];
  }
}
