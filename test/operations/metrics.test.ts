import { beforeEach, describe, expect, it } from "vitest";
import { EventBus } from "../../src/operations/event-bus.ts";
import type { BotEvent } from "../../src/operations/events.ts";
import { createMetrics, type Metrics } from "../../src/operations/metrics.ts";
import type { CountOpen } from "../../src/operations/metrics-notifications.ts";
import { Readiness } from "../../src/operations/readiness.ts";

const subject = { interactionId: "111111111111111111", interactionKind: "command", command: "signal" } as const;
const notified = { personId: "222222222222222222", identity: "333333" } as const;

let bus: EventBus<BotEvent>;
let metrics: Metrics;
let errors: unknown[];
let countOpen: CountOpen;

beforeEach(() => {
  errors = [];
  bus = new EventBus<BotEvent>((error) => errors.push(error));
  countOpen = async () => ({ waiting: 2, active: 1, delayed: 7 });
  const readiness = new Readiness(bus);
  const commands = ["signal", "ping"];
  metrics = createMetrics({ bus, readiness, version: "1.2.3", commands, countOpen: () => countOpen() });
});

/** The samples whose name and labels hold all of these, without default metrics of the process. */
const samples = async (...parts: string[]) => {
  const lines = (await metrics.render()).split("\n");
  return lines.filter((line) => line.startsWith("signalguard_") && parts.every((part) => line.includes(part)));
};
const value = async (sample: string) => {
  const line = (await samples()).find((candidate) => candidate.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.slice(sample.length + 1));
};

describe("metrics of interactions", () => {
  it("count by type, command and outcome", async () => {
    bus.publish({ ...subject, kind: "interactionFinished", outcome: "answered", durationMs: 400 });
    bus.publish({ ...subject, kind: "interactionFinished", outcome: "foreign", durationMs: 90 });
    expect(await value('signalguard_interactions_total{type="command",command="signal",outcome="answered"}')).toBe(1);
    expect(await value('signalguard_interactions_total{type="command",command="signal",outcome="foreign"}')).toBe(1);
    const seconds = 'signalguard_interaction_duration_seconds_sum{type="command",command="signal"}';
    expect(await value(seconds)).toBe(0.4);
  });

  it("know no command but the bot's own, so that labels stay bounded", async () => {
    for (const command of ["ping", "rm -rf", "444444444444444444"]) {
      bus.publish({ ...subject, command, kind: "interactionFinished", outcome: "failed", durationMs: 1 });
    }
    const unknown = 'signalguard_interactions_total{type="command",command="unknown",outcome="failed"}';
    expect(await value(unknown)).toBe(2);
    expect(await samples("rm -rf")).toEqual([]);
  });

  it("sort ages at arrival into the buckets that the incidents named", async () => {
    for (const ageMs of [-20, 157, 2_800, 9_000]) bus.publish({ ...subject, kind: "interactionArrived", ageMs });
    const buckets = await samples("signalguard_interaction_age_seconds_bucket");
    expect(buckets.map((line) => line.replace(/^.*le="(.*)"} (\d+)$/, "$1:$2"))).toEqual([
      ...["0.05:1", "0.1:1", "0.2:2", "0.5:2", "1:2", "2.5:2", "3:3"],
      "+Inf:4",
    ]);
  });

  const acknowledged = {
    ...subject,
    kind: "acknowledged",
    durationMs: 80,
    ageMs: 200,
    attempts: 1,
    hedges: 0,
  } as const;

  it("time acknowledgements by ownership, and count their attempts and hedges", async () => {
    bus.publish({ ...acknowledged, ownership: "owned", cause: "accepted", attempts: 3, hedges: 2 });
    const prefix = "signalguard_acknowledgement_duration_seconds";
    expect(await value(`${prefix}_bucket{le="0.05",ownership="owned"}`)).toBe(0);
    expect(await value(`${prefix}_bucket{le="0.1",ownership="owned"}`)).toBe(1);
    expect(await value("signalguard_acknowledgement_attempts_total")).toBe(3);
    expect(await value("signalguard_acknowledgement_hedges_total")).toBe(2);
  });

  it("count acknowledgements by cause", async () => {
    bus.publish({ ...acknowledged, ownership: "owned", cause: "ourLostResponse" });
    bus.publish({ ...acknowledged, ownership: "expired", cause: "tooLate" });
    const counted = (ownership: string, cause: string) =>
      value(`signalguard_acknowledgements_total{ownership="${ownership}",cause="${cause}"}`);
    expect([await counted("owned", "ourLostResponse"), await counted("expired", "tooLate")]).toEqual([1, 1]);
  });

  it("tell of a second process by what only a second process does", async () => {
    const foreign = () => value("signalguard_interactions_foreign_total");
    const finished = { ...subject, kind: "interactionFinished", outcome: "foreign", durationMs: 90 } as const;
    for (const cause of ["repeatedEvent", "bugOfOurs"] as const) {
      bus.publish({ ...acknowledged, ownership: "foreign", cause });
      bus.publish(finished);
    }
    expect(await foreign()).toBe(0);
    bus.publish({ ...acknowledged, ownership: "foreign", cause: "anotherProcess" });
    bus.publish(finished);
    expect(await foreign()).toBe(1);
    bus.publish({ ...subject, kind: "runClaimed", claim: "taken", durationMs: 2 });
    bus.publish(finished);
    expect(await foreign()).toBe(2);
    bus.publish({ ...finished, interactionKind: "autocomplete" });
    expect(await foreign()).toBe(3);
  });

  it("count what is beyond a person's allowance by kind, without saying whose", async () => {
    const counted = (kind: string) => value(`signalguard_allowance_refused_total{kind="${kind}"}`);
    expect(await Promise.all(["commands", "stops", "buttons", "suggestions"].map(counted))).toEqual([0, 0, 0, 0]);
    const excess = { allowance: "buttons", mostPerMinute: 40, waitMs: 31_000, first: true };
    bus.publish({ ...subject, ...excess, kind: "allowanceRefused", personId: "555555555555555555" });
    expect(await counted("buttons")).toBe(1);
    expect(await samples("555555555555555555")).toEqual([]);
  });

  it("count Discord's refusals by code, with 10062 and 40060 there from the start", async () => {
    const error = { ...subject, kind: "discordError", status: 400, ageMs: 1, durationMs: 1 } as const;
    const counted = (request: string, code: string) =>
      value(`signalguard_discord_errors_total{request="${request}",code="${code}"}`);
    expect([await counted("callback", "10062"), await counted("callback", "40060")]).toEqual([0, 0]);
    bus.publish({ ...error, request: "callback", code: 40060 });
    bus.publish({ ...error, request: "edit", code: 123456 });
    bus.publish({ ...error, request: "edit", code: undefined });
    expect(await counted("callback", "40060")).toBe(1);
    expect(await counted("edit", "other")).toBe(1);
    expect(await counted("edit", "none")).toBe(1);
  });
});

describe("metrics of notifications", () => {
  const ended = (end: string, reason = "") => value(`signalguard_notifications_total{end="${end}",reason="${reason}"}`);
  const end = { ...notified, kind: "notificationEnded", reason: undefined, attempts: 1, latencyMs: 90 } as const;

  it("count every end with its reason, from zero", async () => {
    expect(await ended("delivered")).toBe(0);
    bus.publish({ kind: "notificationReceived", way: "channel", bytes: 100 });
    bus.publish({ ...notified, kind: "notificationAccepted", way: "channel" });
    bus.publish({ ...end, end: "delivered", sincePublicationMs: 130 });
    bus.publish({ ...end, end: "withheld", reason: "belowConfidence", sincePublicationMs: 130 });
    bus.publish({ ...end, end: "deadLetter", reason: "closed 50007", sincePublicationMs: 130 });
    bus.publish({ ...notified, kind: "notificationDuplicate" });
    bus.publish({ kind: "notificationMalformed", reason: "notJson", path: "" });
    bus.publish({ kind: "notificationsAbandoned", count: 3, reason: "stopping" });
    expect([await ended("delivered"), await ended("duplicate"), await ended("superseded")]).toEqual([1, 1, 0]);
    expect(await ended("withheld", "belowConfidence")).toBe(1);
    expect(await ended("deadLetter", "closed 50007")).toBe(1);
    expect(await ended("malformed", "notJson")).toBe(1);
    expect(await ended("abandoned", "stopping")).toBe(3);
    expect(await value('signalguard_notifications_received_total{way="channel"}')).toBe(1);
    expect(await value('signalguard_notifications_accepted_total{way="channel"}')).toBe(1);
    expect(await value('signalguard_notifications_malformed_total{reason="notJson"}')).toBe(1);
  });

  it("tell only Discord's known codes apart, so that labels stay bounded", async () => {
    for (const code of ["50035", "123456", "999999"]) {
      bus.publish({ ...end, end: "deadLetter", reason: `refused ${code}`, sincePublicationMs: undefined });
    }
    expect([await ended("deadLetter", "refused 50035"), await ended("deadLetter", "refused other")]).toEqual([1, 2]);
  });

  it("time what reached somebody, from publication where it is known", async () => {
    bus.publish({ ...end, end: "delivered", sincePublicationMs: 130 });
    bus.publish({ ...end, end: "edited", sincePublicationMs: undefined });
    bus.publish({ ...end, end: "superseded", sincePublicationMs: 130 });
    expect(await value("signalguard_notification_latency_seconds_sum")).toBeCloseTo(0.18);
    expect(await value("signalguard_notification_since_publication_seconds_count")).toBe(1);
  });

  it("count waiting, retries, openings and confirmations", async () => {
    bus.publish({ ...notified, kind: "notificationDeferred", reason: "quietHours", untilMs: 1 });
    bus.publish({ kind: "deliveryRetried", personId: "1", reason: "network", attempt: 1, waitMs: 500 });
    bus.publish({ kind: "channelOpened" });
    bus.publish({ kind: "confirmationEnded", personId: "1", end: { kind: "closed", code: 50007 } });
    expect(await value('signalguard_notifications_deferred_total{reason="quietHours"}')).toBe(1);
    expect(await value('signalguard_delivery_retries_total{reason="network"}')).toBe(1);
    expect(await value("signalguard_direct_channels_opened_total")).toBe(1);
    expect(await value('signalguard_confirmations_total{end="closed"}')).toBe(1);
  });

  it("say how many are open, and nothing of it while the queue cannot be asked", async () => {
    expect(await value('signalguard_notifications_open{state="delayed"}')).toBe(7);
    countOpen = () => Promise.reject(new Error("Redis is away"));
    expect(await samples("signalguard_notifications_open{")).toEqual([]);
    countOpen = () => new Promise(() => {});
    expect(await samples("signalguard_notifications_open{")).toEqual([]);
    expect(await samples("signalguard_build_info{")).toHaveLength(1);
  });

  it("say whether deliveries go on", async () => {
    const up = () => value("signalguard_deliveries_up");
    expect(await up()).toBe(1);
    bus.publish({ kind: "deliveriesHalted", reason: "quarantined" });
    expect(await up()).toBe(0);
    bus.publish({ kind: "deliveriesResumed" });
    expect(await up()).toBe(1);
    bus.publish({ kind: "deliveriesPaused", refusedRequests: 5_000, waitMs: 1_000 });
    expect(await up()).toBe(0);
  });
});

describe("metrics of the surroundings", () => {
  it("time backend calls by operation and outcome", async () => {
    bus.publish({ kind: "backendCall", operation: "fetchSignal", outcome: "slow", durationMs: 5_200 });
    const prefix = "signalguard_backend_call_duration_seconds";
    expect(await value(`${prefix}_bucket{le="5",operation="fetchSignal",outcome="slow"}`)).toBe(0);
    expect(await value(`${prefix}_count{operation="fetchSignal",outcome="slow"}`)).toBe(1);
  });

  it("tell what the backend was spared, what is left of its limit, whom it is too ill for, and how new signals are", async () => {
    bus.publish({ kind: "backendSpared", operation: "fetchSignal", reason: "budget", priority: "scan" });
    bus.publish({ kind: "backendBudget", limit: 100, remaining: 40 });
    bus.publish({ kind: "signalGiven", from: "memory", freshness: "new", priority: "person" });
    expect(await value('signalguard_backend_spared_total{reason="budget",priority="scan"}')).toBe(1);
    expect(await value('signalguard_backend_budget{what="limit"}')).toBe(100);
    expect(await value('signalguard_backend_budget{what="remaining"}')).toBe(40);
    expect(await value('signalguard_signals_given_total{from="memory",freshness="new",priority="person"}')).toBe(1);
    for (const [state, open] of [
      ["open", 1],
      ["halfOpen", 1],
      ["closed", 0],
    ] as const) {
      bus.publish({ kind: "backendCircuit", family: "trading", state });
      expect(await value('signalguard_backend_circuit_open{family="trading"}')).toBe(open);
    }
  });

  it("count the sessions that were started and those that went on", async () => {
    const counted = (how: string) => value(`signalguard_gateway_sessions_total{how="${how}"}`);
    expect([await counted("identify"), await counted("resume")]).toEqual([0, 0]);
    bus.publish({ kind: "gatewaySession", how: "identify" });
    bus.publish({ kind: "gatewaySession", how: "resume" });
    bus.publish({ kind: "gatewaySession", how: "resume" });
    expect([await counted("identify"), await counted("resume")]).toEqual([1, 2]);
  });

  it("say whether the gateway and Redis are up now", async () => {
    expect([await value("signalguard_gateway_up"), await value("signalguard_redis_up")]).toEqual([0, 0]);
    bus.publish({ kind: "gateway", state: "up" });
    bus.publish({ kind: "redis", state: "up" });
    expect([await value("signalguard_gateway_up"), await value("signalguard_redis_up")]).toEqual([1, 1]);
    bus.publish({ kind: "gateway", state: "down" });
    expect(await value("signalguard_gateway_up")).toBe(0);
  });

  it("say which part of several processes this one has, and how often that changed", async () => {
    expect(await samples("leadership_role{")).toEqual([]);
    bus.publish({ kind: "leadership", role: "standby", epoch: 3 });
    bus.publish({ kind: "leadership", role: "standby", epoch: 4 });
    bus.publish({ kind: "leadership", role: "leader", epoch: 5 });
    expect(await value('signalguard_leadership_role{role="leader"}')).toBe(1);
    expect(await value('signalguard_leadership_role{role="standby"}')).toBe(0);
    expect(await value("signalguard_leadership_epoch")).toBe(5);
    expect(await value('signalguard_leadership_changes_total{role="standby"}')).toBe(1);
    expect(await value('signalguard_leadership_changes_total{role="leader"}')).toBe(1);
  });

  it("say what is running, and what the process uses", async () => {
    expect(await samples("signalguard_build_info", 'version="1.2.3"')).toHaveLength(1);
    expect(await metrics.render()).toContain("process_resident_memory_bytes");
    expect(metrics.contentType).toContain("text/plain");
  });

  it("never hold an id, and never fail on an event", async () => {
    bus.publish({ ...subject, kind: "interactionFinished", outcome: "answered", durationMs: 1 });
    const end = { end: "delivered", reason: undefined, attempts: 1, latencyMs: 1, sincePublicationMs: 1 } as const;
    bus.publish({ ...notified, kind: "notificationEnded", ...end });
    expect((await samples()).filter((line) => /\d{6}.*"/.test(line) && !/code=/.test(line))).toEqual([]);
    expect(errors).toEqual([]);
  });
});
