import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SandboxDiscord } from "../../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../../src/sandbox/discord/index.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { callbacks, openSession, type RawGateway, request, type UsedInteraction, use } from "./support.ts";

const original = "/messages/@original";

describe("what the person saw", () => {
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

  const command = (): Promise<UsedInteraction> => use(sandbox, gateway, { kind: "command", name: "any", personId });

  it("is waiting, then thinking, then the answer, each with its time", async () => {
    const { interaction, callback, webhook } = await command();
    expect(interaction.report()).toMatchObject({ saw: "waiting", kind: "command", name: "any", personId, visible: [] });
    await clock.advance(100);
    await callback(callbacks.defer());
    expect(interaction.report()).toMatchObject({ saw: "thinking", acknowledgedAtMs: 100, visible: [] });
    await clock.advance(400);
    await webhook("PATCH", original, { content: "done" });
    const report = interaction.report();
    expect(report).toMatchObject({ saw: "answered", acknowledgedAtMs: 100, answeredAtMs: 500, thinkingForEver: false });
    expect(report.attempts).toEqual([
      { request: "callback", callbackType: 5, atMs: 100, status: 204, processed: true },
      { request: "edit", atMs: 500, status: 200, processed: true },
    ]);
    expect(report.deliveries).toEqual([{ atMs: 0, sessionId: sandbox.sessions[0]?.id, replayed: false }]);
  });

  it("is a failure 3 s after creation, and settles then [discord-facts.md 1.1]", async () => {
    const { interaction } = await command();
    const settled = interaction.settled();
    const never = expect(interaction.answered()).rejects.toThrow(/"saw": "failed"/);
    await clock.advance(2999);
    expect(interaction.report().saw).toBe("waiting");
    await clock.advance(1);
    expect(await settled).toMatchObject({ saw: "failed", thinkingForEver: false });
    await never;
  });

  it("is thinking for ever when the token is over without an answer [discord-facts.md 1.1]", async () => {
    const { interaction, callback } = await command();
    await callback(callbacks.defer());
    const settled = interaction.settled();
    const never = expect(interaction.answered()).rejects.toThrow(/"thinkingForEver": true/);
    await clock.advance(15 * 60_000 - 1);
    expect(interaction.report()).toMatchObject({ saw: "thinking", thinkingForEver: false });
    await clock.advance(1);
    expect(await settled).toMatchObject({ saw: "thinking", thinkingForEver: true });
    await never;
  });

  it("stays what it was when the token ends after an answer or a failure", async () => {
    const [answered, failed] = [await command(), await command()];
    await answered.callback(callbacks.reply("done"));
    await clock.advance(15 * 60_000);
    expect(answered.interaction.report()).toMatchObject({ saw: "answered", thinkingForEver: false });
    expect(failed.interaction.report()).toMatchObject({ saw: "failed", thinkingForEver: false });
  });

  it("resolves a wait at the change it waits for, and at once when it holds already", async () => {
    const { interaction, callback } = await command();
    const thinking = interaction.until(({ saw }) => saw === "thinking");
    await callback(callbacks.defer());
    expect(await thinking).toMatchObject({ saw: "thinking" });
    expect(await interaction.until(({ saw }) => saw === "thinking")).toMatchObject({ saw: "thinking" });
  });

  it("rejects a wait whose question throws", async () => {
    const { interaction } = await command();
    await expect(
      interaction.until(() => {
        throw new Error("bad question");
      }),
    ).rejects.toThrow("bad question");
  });

  it("counts an answer shown twice, also when one of them was deleted", async () => {
    const { interaction, callback, webhook } = await command();
    await callback(callbacks.reply("one"));
    await webhook("POST", "", { content: "two" });
    await webhook("DELETE", original);
    expect(interaction.report()).toMatchObject({ answersShown: 2, visible: [{ content: "two" }] });
  });

  it("names who would be pinged, by allowed_mentions", async () => {
    const { interaction, callback } = await command();
    const content = `<@${personId}>`;
    await callback({ type: 4, data: { content } });
    expect(interaction.report().visible).toMatchObject([{ pings: [personId] }]);
    const quiet = await command();
    await quiet.callback({ type: 4, data: { content, allowed_mentions: { parse: [] } } });
    expect(quiet.interaction.report().visible).toMatchObject([{ pings: [] }]);
  });

  it("is kept for every interaction, in order, and found by its id", async () => {
    const ids = [(await command()).interaction.id, (await command()).interaction.id];
    expect(sandbox.reports().map(({ id }) => id)).toEqual(ids);
    expect(sandbox.report(ids[1] ?? "").id).toBe(ids[1]);
    expect(() => sandbox.report("1")).toThrow("There is no interaction 1.");
  });

  it("includes direct messages, now and as they come", async () => {
    const { body } = await request(sandbox, "POST", "/users/@me/channels", { body: { recipient_id: personId } });
    const send = (content: string) => request(sandbox, "POST", `/channels/${body.id}/messages`, { body: { content } });
    const first = sandbox.nextDirectMessage(personId);
    await send("one");
    expect(await first).toMatchObject({ content: "one", channelId: body.id, createdAt: clock.now() });
    expect(await sandbox.nextDirectMessage(personId, 0)).toMatchObject({ content: "one" });
    const third = sandbox.nextDirectMessage(personId, 2);
    await send("two");
    await send("three");
    expect(await third).toMatchObject({ content: "three" });
  });

  it("never holds a token: not in reports, requests or violations", async () => {
    const { callback, webhook, token, interaction } = await command();
    await callback(callbacks.reply("x".repeat(2001)));
    await callback(callbacks.defer());
    await webhook("PATCH", original, { content: "done" });
    await request(sandbox, "GET", `/webhooks/1/${token}/unknown/route`);
    const told = JSON.stringify([interaction.report(), sandbox.requests, sandbox.violations]);
    expect(told).not.toContain(token);
    expect(told).not.toContain(sandbox.botToken);
    expect(sandbox.requests).toMatchObject([
      { method: "POST", route: "/interactions/:id/:token/callback", status: 400, code: 50035 },
      { method: "POST", route: "/interactions/:id/:token/callback", status: 204 },
      { method: "PATCH", route: "/webhooks/:app/:token/messages/@original", status: 200 },
      { method: "GET", route: "unknown", status: 404, code: 0 },
    ]);
  });
});
