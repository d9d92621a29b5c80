import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { InteractionFaults, InteractionInput, SandboxDiscord } from "../../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../../src/sandbox/discord/index.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { callbacks, ephemeral, openSession, type RawGateway, request, type UsedInteraction, use } from "./support.ts";

describe("the callback route", () => {
  let clock: VirtualClock;
  let sandbox: SandboxDiscord;
  let gateway: RawGateway;
  let personId: string;

  beforeEach(async () => {
    clock = new VirtualClock();
    sandbox = await startSandboxDiscord({ clock });
    ({ gateway } = await openSession(sandbox));
    personId = sandbox.addPerson().id;
  });

  afterEach(() => sandbox.close());

  const command = (faults?: InteractionFaults): Promise<UsedInteraction> =>
    use(sandbox, gateway, { kind: "command", name: "any", personId }, faults);

  /** A message with a button and a select, and what is needed to use them. */
  const menu = async (): Promise<{ messageId: string; press: () => Promise<UsedInteraction> }> => {
    const { callback, interaction } = await command();
    await callback({
      type: 4,
      data: {
        content: "menu",
        components: [{ type: 1, components: [{ type: 2, custom_id: "go", style: 1, label: "Go" }] }],
      },
    });
    const messageId = interaction.report().visible[0]?.id ?? "";
    return { messageId, press: () => use(sandbox, gateway, { kind: "button", customId: "go", messageId, personId }) };
  };

  it("answers 204 with an empty body [discord-facts.md 1.2]", async () => {
    const { callback } = await command();
    expect(await callback(callbacks.reply("hello"))).toMatchObject({ status: 204, body: {} });
  });

  it("needs no bot token [discord-facts.md 1.3]", async () => {
    const { interaction, token } = await command();
    const path = `/interactions/${interaction.id}/${token}/callback`;
    expect(await request(sandbox, "POST", path, { body: callbacks.defer(), authorization: null })).toMatchObject({
      status: 204,
    });
  });

  it("answers 200 with the callback and the message for a reply with_response [discord-facts.md 1.2]", async () => {
    const { callback, interaction } = await command();
    const { status, body } = await callback(callbacks.reply("hello", ephemeral), "?with_response=true");
    const id = interaction.report().visible[0]?.id;
    expect(status).toBe(200);
    expect(body).toMatchObject({
      interaction: {
        id: interaction.id,
        type: 2,
        response_message_id: id,
        response_message_loading: false,
        response_message_ephemeral: true,
      },
      resource: { type: 4, message: { id, content: "hello" } },
    });
  });

  it("gives a deferred reply with_response its ids but no message [discord-facts.md 1.2]", async () => {
    const { callback } = await command();
    const { body } = await callback(callbacks.defer(ephemeral), "?with_response=true");
    expect(body).toMatchObject({
      interaction: { response_message_loading: true, response_message_ephemeral: true },
      resource: { type: 5 },
    });
    expect(body.resource).not.toHaveProperty("message");
  });

  it("answers a second callback with 400/40060 and shows nothing of it [discord-facts.md 1.4]", async () => {
    const { callback, interaction } = await command();
    await callback(callbacks.reply("first"));
    expect(await callback(callbacks.reply("second"))).toMatchObject({ status: 400, body: { code: 40060 } });
    expect(interaction.report()).toMatchObject({ answersShown: 1, visible: [{ content: "first" }] });
  });

  it("answers a second callback with 404/10062 where Discord would not say why [discord-facts.md 1.4]", async () => {
    const { callback } = await command({ secondAckUnknown: true });
    await callback(callbacks.reply("first"));
    expect(await callback(callbacks.reply("second"))).toMatchObject({ status: 404, body: { code: 10062 } });
  });

  it("accepts an answer 2999 ms after creation [discord-facts.md 1.1]", async () => {
    const { callback } = await command();
    await clock.advance(2999);
    expect(await callback(callbacks.defer())).toMatchObject({ status: 204 });
  });

  it("answers 404/10062 from 3000 ms after creation, and the person sees a failure [discord-facts.md 1.1]", async () => {
    const { callback, interaction } = await command();
    await clock.advance(3000);
    expect(await callback(callbacks.defer())).toMatchObject({ status: 404, body: { code: 10062 } });
    expect(interaction.report().saw).toBe("failed");
  });

  it("counts the time from creation, not from delivery [discord-facts.md 1.1]", async () => {
    const interaction = sandbox.interact({ kind: "command", name: "any", personId }, { deliverAfterMs: 2800 });
    await clock.advance(2799);
    expect(gateway.pending).toEqual([]);
    await clock.advance(1);
    await gateway.nextEvent("INTERACTION_CREATE");
    await clock.advance(200);
    expect((await interaction.settled()).saw).toBe("failed");
  });

  it("answers 404/10062 for an unknown interaction and for a wrong token [discord-facts.md 1.4]", async () => {
    const { interaction, token } = await command();
    for (const path of [`/interactions/1/${token}/callback`, `/interactions/${interaction.id}/wrong/callback`]) {
      expect(await request(sandbox, "POST", path, { body: callbacks.defer() })).toMatchObject({
        status: 404,
        body: { code: 10062 },
      });
    }
    expect(interaction.report().attempts).toEqual([]);
  });

  it("refuses a bad body with 400/50035, records it, and leaves the chance to answer [discord-facts.md 1.4, 1.5]", async () => {
    const { callback, interaction } = await command();
    expect(await callback(callbacks.reply("x".repeat(2001)))).toMatchObject({ status: 400, body: { code: 50035 } });
    expect(sandbox.violations).toMatchObject([{ method: "POST", route: "/interactions/:id/:token/callback" }]);
    expect(await callback(callbacks.reply("short"))).toMatchObject({ status: 204 });
    expect(interaction.report().visible).toMatchObject([{ content: "short" }]);
  });

  it("answers 400/50109 for a body that is not JSON", async () => {
    const { callback } = await command();
    expect(await callback("{")).toMatchObject({ status: 400, body: { code: 50109 } });
  });

  it("takes no flag but EPHEMERAL on a deferred reply [discord-facts.md 1.2]", async () => {
    const { callback } = await command();
    expect(await callback(callbacks.defer(ephemeral | (1 << 15)))).toMatchObject({
      status: 400,
      body: { code: 50035 },
    });
  });

  it.each([
    ["a deferred update of a command", callbacks.deferUpdate],
    ["an update of a command", callbacks.update("no")],
    ["choices for a command", { type: 8, data: { choices: [] } }],
    ["a pong", { type: 1 }],
    ["a number without meaning", { type: 99 }],
  ])("refuses %s [discord-facts.md 1.2]", async (_what, body) => {
    const { callback, interaction } = await command();
    expect(await callback(body)).toMatchObject({ status: 400, body: { code: 50035 } });
    expect(interaction.report().saw).toBe("waiting");
  });

  it("answers autocomplete with choices only [discord-facts.md 1.1, 1.2]", async () => {
    const input: InteractionInput = {
      kind: "autocomplete",
      name: "any",
      personId,
      focused: { name: "pair", value: "e" },
    };
    const { callback, interaction } = await use(sandbox, gateway, input);
    expect(await callback(callbacks.defer())).toMatchObject({ status: 400, body: { code: 50035 } });
    expect(await callback({ type: 8, data: { choices: [{ name: "Euro", value: "EUR/USD" }] } })).toMatchObject({
      status: 204,
    });
    expect(interaction.report()).toMatchObject({ saw: "answered", choices: [{ name: "Euro", value: "EUR/USD" }] });
  });

  it("changes the component's message by an update, in place [discord-facts.md 1.2]", async () => {
    const { messageId, press } = await menu();
    const { callback, interaction } = await press();
    const { body } = await callback(callbacks.update("pressed"), "?with_response=true");
    expect(body).toMatchObject({ resource: { type: 7, message: { id: messageId, content: "pressed" } } });
    expect(interaction.report()).toMatchObject({ answersShown: 1, visible: [{ id: messageId, content: "pressed" }] });
  });

  it("shows nothing for a deferred update: acknowledged, no spinner [discord-facts.md 1.2]", async () => {
    const { press } = await menu();
    const { callback, interaction } = await press();
    await callback(callbacks.deferUpdate);
    expect(interaction.report()).toMatchObject({ saw: "acknowledged", answersShown: 0 });
  });

  it("shows a modal as a first answer and refuses one for a submitted modal [discord-facts.md 1.2]", async () => {
    const modal = {
      type: 9,
      data: {
        custom_id: "notes",
        title: "Notes",
        components: [{ type: 18, label: "Text", component: { type: 4, custom_id: "text", style: 1 } }],
      },
    };
    const shown = await command();
    expect(await shown.callback(modal)).toMatchObject({ status: 204 });
    expect(shown.interaction.report()).toMatchObject({ saw: "answered", modal: { custom_id: "notes" } });
    const submitted = await use(sandbox, gateway, {
      kind: "modal",
      customId: "notes",
      personId,
      fields: { text: "buy" },
    });
    expect(submitted.event).toMatchObject({
      type: 5,
      data: { custom_id: "notes", components: [{ component: { custom_id: "text", value: "buy" } }] },
    });
    expect(await submitted.callback(modal)).toMatchObject({ status: 400, body: { code: 50035 } });
  });

  it("is outside every rate limit [discord-facts.md 1.3]", async () => {
    const used = await Promise.all(Array.from({ length: 60 }, () => command()));
    const answers = await Promise.all(used.map(({ callback }) => callback(callbacks.defer())));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
  });
});
