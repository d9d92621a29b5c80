import { describe, expect, it } from "vitest";
import { BackendError } from "../../src/backend/backend.ts";
import { type Connections, createPingCommand } from "../../src/commands/ping.ts";
import { ask } from "./asking.ts";
import { FakeBackend } from "./fake-backend.ts";

const setUp = (connections: Connections = { gatewayLatencyMs: 38.4, redis: "up" }) => {
  const backend = new FakeBackend();
  return { backend, command: createPingCommand({ backend, connections: () => connections }) };
};

describe("/ping", () => {
  it("tells each part of the way", async () => {
    expect(await ask(setUp().command)).toBe(
      [
        "Here",
        "Reached the bot: 120 ms after you sent it",
        "Acknowledged: 45 ms later",
        "Gateway: 38 ms there and back",
        "Backend: up (12 ms, seen 5 seconds ago)",
        "Redis: up",
      ].join("\n"),
    );
  });

  it.each([{ redis: "down" as const }, { redis: "down" as const, gatewayLatencyMs: -1 }])(
    "tells what is down and what was not measured yet (%j)",
    async (connections) => {
      const { backend, command } = setUp(connections);
      backend.state = { kind: "busy", latencyMs: 3, ageMs: 29_000 };
      const text = await ask(command);
      expect(text).toContain("Gateway: not measured yet");
      expect(text).toContain("Backend: up, but busy: some requests have to wait (3 ms, seen 29 seconds ago)");
      expect(text).toContain("Redis: down: commands work, signals arrive when it is back");
    },
  );

  it("tells the rest when even the backend's state cannot be learned", async () => {
    const { backend, command } = setUp();
    backend.failure = new BackendError("aborted", "probe");
    expect(await ask(command)).toContain("Backend: not known\nRedis: up");
  });

  it("is for the person alone", () => {
    expect(setUp().command.visibility).toBe("private");
  });
});
