import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SandboxDiscord } from "../../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../../src/sandbox/discord/index.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { callbacks, ephemeral, openSession, type RawGateway, request, type UsedInteraction, use } from "./support.ts";

const original = "/messages/@original";

describe("the webhook of an interaction", () => {
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

  it("answers every use before an acknowledgement with 404/10015 [discord-facts.md 1.4]", async () => {
    const { webhook } = await command();
    const answers = [
      await webhook("GET", original),
      await webhook("PATCH", original, { content: "early" }),
      await webhook("DELETE", original),
      await webhook("POST", "", { content: "early" }),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ status: 404, body: { code: 10015 } });
  });

  it("stays closed when the acknowledgement was missed [discord-facts.md 1.1, 1.4]", async () => {
    const { webhook } = await command();
    await clock.advance(3000);
    expect(await webhook("PATCH", original, { content: "late" })).toMatchObject({ status: 404, body: { code: 10015 } });
  });

  it("works until 15 minutes after creation and answers 401/50027 from then on [discord-facts.md 1.1, 1.4]", async () => {
    const { callback, webhook, interaction } = await command();
    await callback(callbacks.defer());
    await clock.advance(15 * 60_000 - 1);
    expect(await webhook("GET", original)).toMatchObject({ status: 200 });
    await clock.advance(1);
    expect(await webhook("PATCH", original, { content: "too late" })).toMatchObject({
      status: 401,
      body: { code: 50027 },
    });
    expect(interaction.report()).toMatchObject({ saw: "thinking", thinkingForEver: true });
  });

  it("answers 401/50027 for a token it never gave out and 404/10015 for another application [discord-facts.md 1.4]", async () => {
    const { token } = await command();
    const unknown = await request(sandbox, "GET", `/webhooks/${sandbox.applicationId}/made-up${original}`);
    expect(unknown).toMatchObject({ status: 401, body: { code: 50027 } });
    const foreign = await request(sandbox, "GET", `/webhooks/1/${token}${original}`);
    expect(foreign).toMatchObject({ status: 404, body: { code: 10015 } });
  });

  it("fills a deferred reply in by PATCH, as private as it was deferred [discord-facts.md 1.3]", async () => {
    const { callback, webhook, interaction } = await command();
    await callback(callbacks.defer(ephemeral));
    expect(await webhook("PATCH", original, { content: "done" })).toMatchObject({
      status: 200,
      body: { content: "done", flags: ephemeral },
    });
    expect(interaction.report()).toMatchObject({
      saw: "answered",
      answersShown: 1,
      visible: [{ content: "done", ephemeral: true }],
    });
  });

  it("counts later edits as the same answer", async () => {
    const { callback, webhook, interaction } = await command();
    await callback(callbacks.reply("one"));
    await webhook("PATCH", original, { content: "two" });
    await webhook("PATCH", original, { content: "three" });
    expect(interaction.report()).toMatchObject({ answersShown: 1, visible: [{ content: "three" }] });
  });

  it("fills the deferred reply by a follow-up sent straight after it, ignoring its flag [discord-facts.md 1.3]", async () => {
    const { callback, webhook, interaction } = await command();
    await callback(callbacks.defer());
    const { body } = await webhook("POST", "", { content: "filled", flags: ephemeral });
    expect(body).toMatchObject({ flags: 0 });
    expect(interaction.report().visible).toMatchObject([{ id: body.id, content: "filled", ephemeral: false }]);
    await webhook("POST", "", { content: "private", flags: ephemeral });
    expect(interaction.report()).toMatchObject({
      answersShown: 2,
      visible: [{ content: "filled" }, { content: "private", ephemeral: true }],
    });
  });

  it("answers a follow-up to a deleted deferred reply with 404/10008, and a fresh one works [discord-facts.md 1.4]", async () => {
    const { callback, webhook, interaction } = await command();
    await callback(callbacks.defer());
    expect(await webhook("DELETE", original)).toMatchObject({ status: 204 });
    expect(interaction.report().saw).toBe("acknowledged");
    expect(await webhook("POST", "", { content: "gone" })).toMatchObject({ status: 404, body: { code: 10008 } });
    expect(await webhook("POST", "", { content: "fresh" })).toMatchObject({ status: 200 });
    expect(interaction.report()).toMatchObject({ saw: "answered", visible: [{ content: "fresh" }] });
  });

  it("answers 404/10008 for a deleted message and for one of another interaction [discord-facts.md 1.4]", async () => {
    const [mine, other] = [await command(), await command()];
    await mine.callback(callbacks.reply("mine"));
    await other.callback(callbacks.reply("other"));
    const otherId = other.interaction.report().visible[0]?.id;
    const answers = [
      await mine.webhook("PATCH", `/messages/${otherId}`, { content: "stolen" }),
      await mine.webhook("DELETE", original).then(() => mine.webhook("PATCH", original, { content: "gone" })),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ status: 404, body: { code: 10008 } });
    expect(other.interaction.report().visible).toMatchObject([{ content: "other" }]);
  });

  it("gets, edits and deletes a follow-up by its id", async () => {
    const { callback, webhook, interaction } = await command();
    await callback(callbacks.reply("one"));
    const { body } = await webhook("POST", "", { content: "two" });
    await webhook("PATCH", `/messages/${body.id}`, { content: "two, changed" });
    expect(await webhook("GET", `/messages/${body.id}`)).toMatchObject({ body: { content: "two, changed" } });
    await webhook("DELETE", `/messages/${body.id}`);
    expect(interaction.report()).toMatchObject({ answersShown: 2, visible: [{ content: "one" }] });
  });

  it("edits the component's message after a deferred update [discord-facts.md 1.2]", async () => {
    const asked = await command();
    await asked.callback({
      type: 4,
      data: {
        content: "menu",
        components: [{ type: 1, components: [{ type: 2, custom_id: "go", style: 1, label: "Go" }] }],
      },
    });
    const messageId = asked.interaction.report().visible[0]?.id ?? "";
    const { callback, webhook, interaction } = await use(sandbox, gateway, {
      kind: "button",
      customId: "go",
      messageId,
      personId,
    });
    await callback(callbacks.deferUpdate);
    await webhook("PATCH", original, { content: "went", components: [] });
    expect(interaction.report()).toMatchObject({
      saw: "answered",
      answersShown: 1,
      visible: [{ id: messageId, content: "went", components: [] }],
    });
  });

  it("refuses a bad edit with 400/50035 and keeps what was there [discord-facts.md 1.4]", async () => {
    const { callback, webhook, interaction } = await command();
    await callback(callbacks.reply("good"));
    expect(await webhook("PATCH", original, { content: "x".repeat(2001) })).toMatchObject({
      status: 400,
      body: { code: 50035 },
    });
    expect(interaction.report().visible).toMatchObject([{ content: "good" }]);
    expect(sandbox.violations).toHaveLength(1);
  });

  it("is limited by itself and not by the bot's global limit [discord-facts.md 1.3]", async () => {
    const { callback, webhook } = await command();
    await callback(callbacks.reply("one"));
    const edits = await Promise.all(
      Array.from({ length: 10 }, (_, index) => webhook("PATCH", original, { content: `${index}` })),
    );
    const limited = edits.find(({ status }) => status === 429);
    expect(limited?.headers.get("x-ratelimit-scope")).toBe("user");
    expect(limited?.headers.get("retry-after")).toBe("2");
    const other = await command();
    await other.callback(callbacks.defer());
    expect(await other.webhook("PATCH", original, { content: "free" })).toMatchObject({ status: 200 });
  });
});
