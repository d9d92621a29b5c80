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

  it("warns when signals are lost, and not because the bot was asked to stop", () => {
    bus.publish({ kind: "subscriberState", state: "down", reason: "connection closed" });
    bus.publish({ kind: "subscriberState", state: "down", reason: "stopped" });
    expect(lines).toMatchObject([
      { level: "warn", message: "not listening on trading-signals: what is published now is lost" },
      { level: "info", message: "stopped listening on trading-signals" },
    ]);
  });
});
