import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { InteractionFaults, RequestFault, SandboxDiscord } from "../../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../../src/sandbox/discord/index.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { callbacks, openSession, type RawGateway, request, type UsedInteraction, use } from "./support.ts";

const original = "/messages/@original";

describe("faults", () => {
  let clock: VirtualClock;
  let sandbox: SandboxDiscord;
  let gateway: RawGateway;
  let personId: string;

  beforeEach(async () => {
    clock = new VirtualClock();
    sandbox = await startSandboxDiscord({ clock, heartbeatIntervalMs: 60 * 60_000 });
    ({ gateway } = await openSession(sandbox));
    personId = sandbox.addPerson().id;
  });

  afterEach(() => sandbox.close());

  const command = (faults?: InteractionFaults): Promise<UsedInteraction> =>
    use(sandbox, gateway, { kind: "command", name: "any", personId }, faults);

  const withCallback = (outcome: NonNullable<RequestFault["outcome"]>) => command({ callbacks: [{ outcome }] });

  describe("of one interaction's callback", () => {
    it.each([
      ["reset" as const, "ECONNRESET"],
      ["close" as const, "UND_ERR_SOCKET"],
    ])("loses the response by a %s after the effect [discord-facts.md 2.3]", async (kind, code) => {
      const { callback, interaction } = await withCallback({ kind, processed: true });
      await expect(callback(callbacks.defer())).rejects.toMatchObject({ cause: { code } });
      expect(interaction.report()).toMatchObject({
        saw: "thinking",
        attempts: [{ request: "callback", callbackType: 5, processed: true }],
      });
      expect(interaction.report().attempts[0]).not.toHaveProperty("status");
    });

    it.each(["reset", "close"] as const)("has no effect when a %s comes before processing", async (kind) => {
      const { callback, interaction } = await withCallback({ kind, processed: false });
      await expect(callback(callbacks.defer())).rejects.toThrow();
      expect(interaction.report()).toMatchObject({ saw: "waiting", attempts: [{ processed: false }] });
      expect(await callback(callbacks.defer())).toMatchObject({ status: 204 });
    });

    it("hangs for as long as the client waits, with the effect done [discord-facts.md 2.3]", async () => {
      const { callback, interaction } = await withCallback({ kind: "hang", processed: true });
      const pending = callback(callbacks.defer());
      const gone = expect(pending).rejects.toThrow();
      await interaction.until(({ saw }) => saw === "thinking");
      expect(await callback(callbacks.defer())).toMatchObject({ body: { code: 40060 } });
      await sandbox.close();
      await gone;
    });

    it("answers 5xx after processing, so that a retry meets 40060 [discord-facts.md 2.3]", async () => {
      const { callback, interaction } = await withCallback({ kind: "status", status: 503, processed: true });
      expect(await callback(callbacks.defer())).toMatchObject({ status: 503 });
      expect(await callback(callbacks.defer())).toMatchObject({ status: 400, body: { code: 40060 } });
      expect(interaction.report().attempts).toMatchObject([
        { status: 503, processed: true },
        { status: 400, code: 40060, processed: false },
      ]);
    });

    it("answers 5xx before processing, so that a retry succeeds [discord-facts.md 2.3]", async () => {
      const { callback } = await withCallback({ kind: "status", status: 503, processed: false });
      expect(await callback(callbacks.defer())).toMatchObject({ status: 503 });
      expect(await callback(callbacks.defer())).toMatchObject({ status: 204 });
    });

    it("answers 10062 although the callback took effect [discord-facts.md 1.5]", async () => {
      const outcome = { kind: "error", status: 404, code: 10062, processed: true } as const;
      const { callback, webhook, interaction } = await withCallback(outcome);
      expect(await callback(callbacks.defer())).toMatchObject({ status: 404, body: { code: 10062 } });
      expect(await webhook("GET", original)).toMatchObject({ status: 200 });
      expect(interaction.report()).toMatchObject({ saw: "thinking", attempts: [{ code: 10062, processed: true }, {}] });
    });

    it("answers 10062 without effect for the first milliseconds [discord-facts.md 1.5]", async () => {
      const { callback, webhook } = await command({ unknownForMs: 150 });
      expect(await callback(callbacks.defer())).toMatchObject({ status: 404, body: { code: 10062 } });
      expect(await webhook("GET", original)).toMatchObject({ body: { code: 10015 } });
      await clock.advance(150);
      expect(await callback(callbacks.defer())).toMatchObject({ status: 204 });
    });

    it("answers 429 with its headers and without effect [discord-facts.md 4.2]", async () => {
      const { callback, interaction } = await withCallback({ kind: "rateLimit", retryAfterMs: 1500, scope: "shared" });
      const { status, headers, body } = await callback(callbacks.defer());
      expect(status).toBe(429);
      expect(headers.get("retry-after")).toBe("2");
      expect(headers.get("x-ratelimit-scope")).toBe("shared");
      expect(body).toMatchObject({ retry_after: 1.5, global: false });
      expect(interaction.report().saw).toBe("waiting");
    });

    it("delays the request, so that an answer sent in time arrives too late [discord-facts.md 1.1]", async () => {
      const { callback, interaction } = await command({ callbacks: [{ delayRequestMs: 1000 }] });
      await clock.advance(2500);
      const answer = callback(callbacks.defer());
      await interaction.until(({ attempts }) => attempts.length === 1);
      await clock.advance(1000);
      expect(await answer).toMatchObject({ status: 404, body: { code: 10062 } });
      expect(interaction.report().attempts).toMatchObject([{ atMs: 2500, processed: false }]);
    });

    it("processes a delayed request although the client gave up meanwhile [discord-facts.md 1.5]", async () => {
      const { interaction, token } = await command({ callbacks: [{ delayRequestMs: 1000 }] });
      const giveUp = new AbortController();
      const given = request(sandbox, "POST", `/interactions/${interaction.id}/${token}/callback`, {
        body: callbacks.defer(),
        signal: giveUp.signal,
      });
      await interaction.until(({ attempts }) => attempts.length === 1);
      giveUp.abort();
      await expect(given).rejects.toThrow();
      await clock.advance(1000);
      expect(interaction.report()).toMatchObject({ saw: "thinking", attempts: [{ atMs: 0, processed: true }] });
    });

    it("delays the response while the effect is already there [discord-facts.md 2.3]", async () => {
      const { callback, interaction } = await command({ callbacks: [{ delayResponseMs: 1000 }] });
      const answer = callback(callbacks.defer());
      const { attempts } = await interaction.until(({ saw }) => saw === "thinking");
      expect(attempts[0]).not.toHaveProperty("status");
      await clock.advance(1000);
      expect(await answer).toMatchObject({ status: 204 });
    });

    it("hits the request it is set for and no other", async () => {
      const { callback } = await command({
        callbacks: [undefined, { outcome: { kind: "status", status: 500, processed: false } }],
      });
      expect(await callback(callbacks.defer())).toMatchObject({ status: 204 });
      expect(await callback(callbacks.defer())).toMatchObject({ status: 500 });
      expect(await callback(callbacks.defer())).toMatchObject({ status: 400 });
    });
  });

  it("fails edits and follow-ups one by one [discord-facts.md 1.4]", async () => {
    const failed = { outcome: { kind: "status", status: 502, processed: false } } as const;
    const { callback, webhook, interaction } = await command({ edits: [failed, failed], followUps: [failed] });
    await callback(callbacks.defer());
    const statuses = [];
    for (const content of ["one", "two", "three"])
      statuses.push((await webhook("PATCH", original, { content })).status);
    statuses.push((await webhook("POST", "", { content: "four" })).status);
    expect(statuses).toEqual([502, 502, 200, 502]);
    expect(interaction.report()).toMatchObject({ answersShown: 1, visible: [{ content: "three" }] });
  });

  it("dispatches the same event a second time [discord-facts.md 3.3]", async () => {
    const { interaction, event } = await command({ duplicateAfterMs: 500 });
    await clock.advance(500);
    expect((await gateway.nextEvent("INTERACTION_CREATE")).d).toEqual(event);
    expect(interaction.report().deliveries.map(({ atMs }) => atMs)).toEqual([0, 500]);
  });

  it("drops the gateway instead of delivering, and delivers by the replay [discord-facts.md 3.3]", async () => {
    const interaction = sandbox.interact({ kind: "command", name: "any", personId }, { dropGatewayFirst: true });
    await gateway.closed;
    expect(interaction.report().deliveries).toEqual([]);
    expect(sandbox.sessions).toMatchObject([{ connected: false }]);
  });

  describe("of a route", () => {
    it("hit every request until they are removed", async () => {
      const remove = sandbox.addRouteFault({
        method: "GET",
        route: "/users/@me",
        fault: { outcome: { kind: "status", status: 500, processed: false } },
      });
      expect(await request(sandbox, "GET", "/users/@me")).toMatchObject({ status: 500 });
      expect(await request(sandbox, "GET", "/users/@me")).toMatchObject({ status: 500 });
      remove();
      expect(await request(sandbox, "GET", "/users/@me")).toMatchObject({ status: 200 });
    });

    it("are used up after so many times, and cleared together", async () => {
      const fault = { outcome: { kind: "error", status: 403, code: 20026, processed: false } } as const;
      const route = "/users/@me/channels";
      sandbox.addRouteFault({ method: "POST", route, fault, times: 1 });
      const open = () => request(sandbox, "POST", route, { body: { recipient_id: personId } });
      expect(await open()).toMatchObject({ status: 403, body: { code: 20026 } });
      expect(await open()).toMatchObject({ status: 200 });
      sandbox.addRouteFault({ method: "POST", route, fault });
      sandbox.clearFaults();
      expect(await open()).toMatchObject({ status: 200 });
    });

    it("apply to interactions by the template, after those of the interaction itself", async () => {
      sandbox.addRouteFault({
        method: "POST",
        route: "/interactions/:id/:token/callback",
        fault: { outcome: { kind: "status", status: 500, processed: false } },
        times: 1,
      });
      const { callback } = await withCallback({ kind: "status", status: 503, processed: false });
      expect(await callback(callbacks.defer())).toMatchObject({ status: 503 });
      expect(await callback(callbacks.defer())).toMatchObject({ status: 500 });
      expect(await callback(callbacks.defer())).toMatchObject({ status: 204 });
    });
  });

  it("moves the clock in ids, dates and nothing else: deadlines keep their length [discord-facts.md 6]", async () => {
    sandbox.setClockOffset(60_000);
    const { callback, interaction } = await command();
    expect(interaction.report().createdAt).toBe(clock.now() + 60_000);
    const { headers } = await request(sandbox, "GET", "/gateway");
    expect(Date.parse(headers.get("date") ?? "")).toBe(clock.now() + 60_000);
    await clock.advance(2000);
    sandbox.setClockOffset(-60_000);
    expect(await callback(callbacks.defer())).toMatchObject({ status: 204 });
  });
});
