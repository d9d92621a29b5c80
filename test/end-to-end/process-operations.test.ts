import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import type { InteractionFaults } from "../../src/sandbox/discord/api.ts";
import { inRepository } from "../support/run-program.ts";
import { startTestBot, type TestSandbox } from "../support/sandbox.ts";
import { fetchMetrics } from "./support/metrics.ts";

const { version } = JSON.parse(readFileSync(inRepository("package.json"), "utf8"));

describe("the operations server of a running bot", { timeout: 60_000 }, () => {
  let sandbox: TestSandbox;
  let bot: BotProcess;
  let url: string;

  beforeAll(async () => {
    ({ sandbox, bot } = await startTestBot());
    url = await bot.operationsUrl();
    await bot.logged(({ message }) => message === "listening on trading-signals");
    await bot.logged(({ message }) => message === "connected to Redis");
  });

  afterAll(() => sandbox.stop());

  const get = async (path: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${url}${path}`);
    return { status: response.status, body: await response.json() };
  };

  it("says that it is alive and ready", async () => {
    expect(await get("/livez")).toEqual({ status: 200, body: { status: "alive" } });
    expect(await get("/readyz")).toEqual({ status: 200, body: { status: "ready" } });
  });

  it("says who runs, since when, and what it is connected to", async () => {
    const { status, body } = await get("/health");
    expect(status).toBe(200);
    expect(body).toEqual({
      status: "ready",
      uptimeSeconds: expect.any(Number),
      pid: bot.pid,
      version,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      instanceMode: "lock",
      gateway: "up",
      redis: "up",
      backend: { leftAlone: [] },
    });
  });

  it("counts interactions by outcome, codes, notifications by end and backend calls", async () => {
    const { discord, backend } = sandbox;
    const person = discord.addPerson();
    const finished = async (name: string, options = {}, faults: InteractionFaults = {}) => {
      const { id } = discord.interact({ kind: "command", name, personId: person.id, options }, faults);
      await bot.logged(({ interactionId, message }) => interactionId === id && /finished|skipped/.test(message));
    };
    await finished("ping");
    await finished("signal", { pair: "EUR/USD" });
    await finished("signal", { pair: "gold" });
    const answered = { outcome: { kind: "status", status: 503, processed: true } } as const;
    await finished(
      "ping",
      {},
      { callbacks: [answered, { outcome: { kind: "error", status: 400, code: 40060, processed: false } }] },
    );
    await finished("ping", {}, { unknownForMs: 60_000 });
    await finished("ping", {}, { deliverAfterMs: 2600 });
    const received = discord.nextDirectMessage(person.id);
    await backend.publish(JSON.stringify({ discordUserId: person.id, pair: "EUR/USD", signal: { signal: "buy" } }));
    await backend.publish("no notification");
    await received;
    await bot.logged(({ message }) => message === "notification delivered");
    await bot.logged(({ message }) => message === "message on trading-signals is no notification");

    const metrics = await fetchMetrics(url);
    const interactions = (labels: Readonly<Record<string, string>>) =>
      metrics.total("signalguard_interactions_total", labels);
    expect(interactions({ type: "command", command: "ping", outcome: "answered" })).toBe(2);
    expect(interactions({ command: "signal", outcome: "answered" })).toBe(1);
    expect(interactions({ command: "signal", outcome: "refused" })).toBe(1);
    expect(interactions({ outcome: "expired" })).toBe(1);
    expect(interactions({ outcome: "skipped" })).toBe(1);
    expect(metrics.total("signalguard_interaction_age_seconds_count")).toBe(6);
    expect(metrics.total("signalguard_acknowledgement_duration_seconds_count", { ownership: "owned" })).toBe(4);
    expect(metrics.total("signalguard_discord_errors_total", { request: "callback", code: "10062" })).toBeGreaterThan(
      0,
    );
    expect(metrics.total("signalguard_gateway_up")).toBe(1);
    expect(metrics.total("signalguard_redis_up")).toBe(1);
    expect(metrics.total("signalguard_build_info", { version })).toBe(1);
  });

  it("repeats no id of a person or an interaction in its metrics", async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    const ids = sandbox.discord.reports().flatMap(({ id, personId }) => [id, personId]);
    expect(ids.length).toBeGreaterThan(0);
    for (const id of ids) expect(text).not.toContain(id);
  });
});
