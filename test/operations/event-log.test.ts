import { beforeEach, describe, expect, it } from "vitest";
import { EventBus } from "../../src/operations/event-bus.ts";
import { type EventLogger, logEvents } from "../../src/operations/event-log.ts";
import type { BotEvent } from "../../src/operations/events.ts";

describe("the log of events", () => {
  let bus: EventBus<BotEvent>;
  let lines: { level: string; message: string; fields: unknown }[];

  beforeEach(() => {
    bus = new EventBus<BotEvent>((error) => {
      throw error;
    });
    lines = [];
    const write = (level: string) => (message: string, fields?: unknown) => void lines.push({ level, message, fields });
    const logger: EventLogger = {
      error: write("error"),
      warn: write("warn"),
      info: write("info"),
      debug: write("debug"),
    };
    logEvents(bus, logger);
  });

  it("says times as a person reads them", () => {
    bus.publish({
      kind: "interactionFinished",
      interactionId: "1",
      interactionKind: "command",
      command: "ping",
      outcome: "answered",
      durationMs: 90.28092500000002,
    });
    expect(lines).toMatchObject([{ level: "info", message: "interaction finished", fields: { durationMs: 90.3 } }]);
  });

  it("tells what was refreshed ahead to who looks closely, with why no more was", () => {
    const counts = { refreshed: 3, fresh: 9, failed: 1, left: 2 };
    bus.publish({ kind: "signalsPrecomputed", ...counts, stoppedBy: "budget" });
    expect(lines).toEqual([
      { level: "debug", message: "signals refreshed ahead", fields: { ...counts, stoppedBy: "budget" } },
    ]);
  });

  it("tells who leads, where, and what it means when nobody can or this one does not any more", () => {
    bus.publish({ kind: "leadership", role: "standby", epoch: 4, leader: "process 1 on a-host" });
    bus.publish({ kind: "leadership", role: "standby", reason: "ECONNREFUSED" });
    bus.publish({ kind: "leadership", role: "leader", epoch: 5 });
    bus.publish({ kind: "leadership", role: "finishing", epoch: 5 });
    bus.publish({ kind: "leadership", role: "lost", epoch: 5, reason: "taken" });
    expect(lines.map(({ level }) => level)).toEqual(["info", "warn", "info", "info", "error"]);
    expect(lines[0]).toMatchObject({
      message: "standing by: another process leads",
      fields: { epoch: 4, leader: "process 1 on a-host" },
    });
    expect(lines[4]).toMatchObject({ message: expect.stringMatching(/^lost the lead/), fields: { reason: "taken" } });
  });

  it("tells once that a person used up their allowance, and not of each use beyond it", () => {
    const told = { interactionId: "1", interactionKind: "command", command: "ping" } as const;
    const refused = {
      ...told,
      kind: "allowanceRefused",
      personId: "2",
      allowance: "commands",
      mostPerMinute: 20,
    } as const;
    for (const first of [true, false]) {
      bus.publish({ ...refused, waitMs: 31_000, first });
      bus.publish({ ...told, kind: "interactionFinished", outcome: "overAllowance", durationMs: 3 });
    }
    expect(lines.filter(({ level }) => level !== "debug")).toMatchObject([
      { level: "info", message: expect.stringContaining("used up their allowance"), fields: { personId: "2" } },
    ]);
  });

  it("says why an interaction is not ours, or how it came to be", () => {
    const told = { interactionId: "1", interactionKind: "command", command: "ping", attempts: 1, hedges: 0 } as const;
    const acknowledged = { ...told, kind: "acknowledged", durationMs: 1, ageMs: 2 } as const;
    bus.publish({ ...acknowledged, ownership: "foreign", cause: "anotherProcess" });
    bus.publish({ ...acknowledged, ownership: "foreign", cause: "repeatedEvent" });
    bus.publish({ ...acknowledged, ownership: "foreign", cause: "bugOfOurs" });
    bus.publish({ ...acknowledged, ownership: "owned", cause: "ourLostResponse" });
    bus.publish({ ...acknowledged, ownership: "expired", cause: "tooLate" });
    bus.publish({ ...acknowledged, ownership: "expired", cause: "unknownToDiscord" });
    bus.publish({ ...acknowledged, ownership: "unreachable", cause: "noResponse" });
    bus.publish({ ...acknowledged, ownership: "unreachable", cause: "rateLimited" });
    expect(lines).toMatchObject([
      {
        level: "warn",
        message: expect.stringContaining("is a second bot running"),
        fields: { cause: "anotherProcess" },
      },
      { level: "info", message: expect.stringContaining("its event came again"), fields: { cause: "repeatedEvent" } },
      { level: "error", message: expect.stringContaining("a bug of this bot"), fields: { cause: "bugOfOurs" } },
      { level: "debug", message: "interaction acknowledged", fields: { cause: "ourLostResponse" } },
      { level: "warn", message: expect.stringContaining("expired"), fields: { cause: "tooLate" } },
      { level: "warn", message: expect.stringContaining("does not know"), fields: { cause: "unknownToDiscord" } },
      { level: "error", message: expect.stringContaining("nothing came back"), fields: { cause: "noResponse" } },
      { level: "error", message: expect.stringContaining("asked to wait"), fields: { cause: "rateLimited" } },
    ]);
  });

  it("tells what became of the session at Discord, and warns when it has to wait", () => {
    bus.publish({ kind: "gatewaySession", how: "identify" });
    bus.publish({ kind: "gatewaySession", how: "resume" });
    bus.publish({ kind: "sessionStartDelayed", reason: "why", waitMs: 1, until: "2026-01-05T12:05:00.000Z" });
    expect(lines).toMatchObject([
      { level: "info", message: "starting a new session at Discord" },
      { level: "info", message: "session at Discord resumed" },
      { level: "warn", message: "waiting for Discord", fields: { reason: "why", until: "2026-01-05T12:05:00.000Z" } },
    ]);
  });

  it("warns when signals are lost, and not because the bot was asked to stop", () => {
    bus.publish({ kind: "subscriberState", state: "down", reason: "connection closed" });
    bus.publish({ kind: "subscriberState", state: "down", reason: "stopped" });
    expect(lines).toMatchObject([
      { level: "warn", message: "not listening on trading-signals: what is published now is lost" },
      { level: "info", message: "stopped listening on trading-signals" },
    ]);
  });
});
