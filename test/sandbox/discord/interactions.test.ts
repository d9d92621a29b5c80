import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { InteractionInput, SandboxDiscord } from "../../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../../src/sandbox/discord/index.ts";
import { snowflakeTime } from "../../../src/sandbox/discord/snowflake.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { callbacks, openSession, type RawGateway, request, use } from "./support.ts";

describe("an interaction, as the bot is told of it", () => {
  let clock: VirtualClock;
  let sandbox: SandboxDiscord;
  let gateway: RawGateway;
  let personId: string;

  beforeEach(async () => {
    clock = new VirtualClock();
    sandbox = await startSandboxDiscord({ clock });
    ({ gateway } = await openSession(sandbox));
    personId = sandbox.addPerson({ username: "ada", displayName: "Ada", locale: "de" }).id;
  });

  afterEach(() => sandbox.close());

  const register = async (commands: readonly unknown[], scope = "") => {
    const path = `/applications/${sandbox.applicationId}${scope}/commands`;
    expect(await request(sandbox, "PUT", path, { body: commands })).toMatchObject({ status: 200 });
  };

  const trade = {
    name: "trade",
    description: "Trades",
    options: [
      { type: 3, name: "pair", description: "Which", required: true, autocomplete: true },
      { type: 10, name: "price", description: "At what", min_value: 0 },
      { type: 4, name: "lots", description: "How many" },
      { type: 6, name: "friend", description: "For whom" },
      { type: 3, name: "side", description: "Which side", choices: [{ name: "Buy", value: "buy" }] },
    ],
  };

  it("has an id that carries its time and a token that carries its id [discord-facts.md 6, 9]", async () => {
    const { event, token, interaction } = await use(sandbox, gateway, { kind: "command", name: "any", personId });
    expect(snowflakeTime(interaction.id)).toBe(clock.now());
    expect(token).toMatch(/^aW50ZXJhY3Rpb246/);
    expect(Buffer.from(token, "base64url").toString()).toContain(`interaction:${interaction.id}:`);
    expect(event).toMatchObject({ type: 2, version: 1, application_id: sandbox.applicationId, locale: "de" });
  });

  it("has a member and the guild as its owner in a guild [discord-facts.md 5]", async () => {
    const { event } = await use(sandbox, gateway, { kind: "command", name: "any", personId });
    expect(event).toMatchObject({
      guild_id: sandbox.guildId,
      member: { user: { id: personId, username: "ada", global_name: "Ada" }, permissions: expect.any(String) },
      context: 0,
      authorizing_integration_owners: { "0": sandbox.guildId },
      app_permissions: expect.any(String),
    });
    expect(event).not.toHaveProperty("user");
  });

  it("has a user, no member and the owner 0 in a direct message [discord-facts.md 5]", async () => {
    const { event } = await use(sandbox, gateway, { kind: "command", name: "any", personId, place: "dm" });
    expect(event).toMatchObject({
      user: { id: personId },
      channel: { type: 1 },
      context: 1,
      authorizing_integration_owners: { "0": "0" },
    });
    expect(event).not.toHaveProperty("member");
    expect(event).not.toHaveProperty("guild_id");
  });

  it("has the id and the option types of the registered command, and what its ids mean", async () => {
    await register([trade]);
    const { event } = await use(sandbox, gateway, {
      kind: "command",
      name: "trade",
      personId,
      options: { pair: "EUR/USD", price: 1, lots: 2, friend: personId, side: "buy" },
    });
    expect(event.data).toMatchObject({
      id: sandbox.commands()[0]?.id,
      options: [
        { name: "pair", type: 3, value: "EUR/USD" },
        { name: "price", type: 10, value: 1 },
        { name: "lots", type: 4, value: 2 },
        { name: "friend", type: 6, value: personId },
        { name: "side", type: 3, value: "buy" },
      ],
      resolved: { users: { [personId]: { username: "ada" } }, members: { [personId]: { roles: [] } } },
    });
  });

  it("derives the option types from the values when nothing is registered at all", async () => {
    const { event } = await use(sandbox, gateway, {
      kind: "command",
      name: "any",
      personId,
      options: { text: "a", whole: 1, part: 1.5, flag: true },
    });
    expect(event.data).toMatchObject({
      options: [
        { name: "text", type: 3 },
        { name: "whole", type: 4 },
        { name: "part", type: 10 },
        { name: "flag", type: 5 },
      ],
    });
  });

  it("carries the text being typed and the options filled in before it", async () => {
    await register([trade]);
    const { event } = await use(sandbox, gateway, {
      kind: "autocomplete",
      name: "trade",
      personId,
      options: { lots: 2 },
      focused: { name: "pair", value: "eu" },
    });
    expect(event).toMatchObject({
      type: 4,
      data: {
        options: [
          { name: "lots", type: 4, value: 2 },
          { name: "pair", type: 3, value: "eu", focused: true },
        ],
      },
    });
  });

  it("nests the options of a subcommand in a group", async () => {
    const leaf = { type: 3, name: "pair", description: "Which" };
    const open = { type: 1, name: "open", description: "Opens", options: [leaf] };
    await register([
      {
        name: "desk",
        description: "Desk",
        options: [{ type: 2, name: "position", description: "P", options: [open] }],
      },
    ]);
    const { event } = await use(sandbox, gateway, {
      kind: "command",
      name: "desk",
      subcommandGroup: "position",
      subcommand: "open",
      personId,
      options: { pair: "EUR/USD" },
    });
    expect(event.data).toMatchObject({
      options: [{ name: "position", type: 2, options: [{ name: "open", type: 1, options: [{ value: "EUR/USD" }] }] }],
    });
  });

  it("prefers the guild's command to a global one of the same name, and offers only global ones in DMs [discord-facts.md 5]", async () => {
    await register([{ name: "ping", description: "Global" }]);
    await register([{ name: "ping", description: "Guild" }], `/guilds/${sandbox.guildId}`);
    const inGuild = await use(sandbox, gateway, { kind: "command", name: "ping", personId });
    const inDm = await use(sandbox, gateway, { kind: "command", name: "ping", personId, place: "dm" });
    expect(inGuild.event.data).toMatchObject({ id: sandbox.commands(sandbox.guildId)[0]?.id });
    expect(inDm.event.data).not.toMatchObject({ id: sandbox.commands(sandbox.guildId)[0]?.id });
  });

  describe("cannot be made by a person who", () => {
    const tried = (input: Omit<Extract<InteractionInput, { kind: "command" }>, "personId" | "kind">) => () =>
      sandbox.interact({ kind: "command", personId, ...input });

    it("types a command that is not registered", async () => {
      await register([trade]);
      expect(tried({ name: "other" })).toThrow("/other is not registered here.");
    });

    it("leaves a needed option out, adds an unknown one, or gives it what it does not take", async () => {
      await register([trade]);
      expect(tried({ name: "trade" })).toThrow('needs the option "pair"');
      expect(tried({ name: "trade", options: { pair: "x", extra: 1 } })).toThrow('no option "extra"');
      expect(tried({ name: "trade", options: { pair: "x", lots: 1.5 } })).toThrow("an integer is needed");
      expect(tried({ name: "trade", options: { pair: "x", price: -1 } })).toThrow("not within 0 to any");
      expect(tried({ name: "trade", options: { pair: "x", side: "up" } })).toThrow("not one of the choices");
      expect(tried({ name: "trade", options: { pair: "x", friend: "1" } })).toThrow("has the id 1");
    });

    it("uses a command where it is not offered", async () => {
      await register([{ name: "ping", description: "Ping", contexts: [0] }]);
      expect(tried({ name: "ping", place: "dm" })).toThrow("/ping is not offered in direct messages.");
    });

    it("is not there", () => {
      expect(() => sandbox.interact({ kind: "command", name: "any", personId: "1" })).toThrow("Nobody");
    });

    it("uses a component that is missing, disabled, of another kind or with values it does not have", async () => {
      const { callback, interaction } = await use(sandbox, gateway, { kind: "command", name: "any", personId });
      const select = { type: 3, custom_id: "pick", options: [{ label: "A", value: "a" }] };
      await callback({
        type: 4,
        data: {
          content: "menu",
          components: [
            { type: 1, components: [{ type: 2, custom_id: "off", style: 1, label: "Off", disabled: true }] },
            { type: 1, components: [select] },
          ],
        },
      });
      const messageId = interaction.report().visible[0]?.id ?? "";
      const press =
        (customId: string, id = messageId) =>
        () =>
          sandbox.interact({ kind: "button", customId, messageId: id, personId });
      expect(press("none")).toThrow('no component "none"');
      expect(press("off")).toThrow("is disabled");
      expect(press("pick")).toThrow("is not a button");
      expect(press("off", "1")).toThrow("There is no message 1");
      const choose = (values: string[]) => () =>
        sandbox.interact({ kind: "select", customId: "pick", messageId, personId, values });
      expect(choose(["b"])).toThrow('does not offer "b"');
      expect(choose(["a", "a"])).toThrow("takes 1 to 1 values");
    });

    it("does not see the message: a private answer or direct message of somebody else", async () => {
      const components = [{ type: 1, components: [{ type: 2, custom_id: "go", style: 1, label: "Go" }] }];
      const { callback, interaction } = await use(sandbox, gateway, { kind: "command", name: "any", personId });
      await callback({ type: 4, data: { content: "private", flags: 64, components } });
      const { body: dm } = await request(sandbox, "POST", "/users/@me/channels", { body: { recipient_id: personId } });
      const { body: direct } = await request(sandbox, "POST", `/channels/${dm.id}/messages`, {
        body: { content: "signal", components },
      });
      const other = sandbox.addPerson().id;
      for (const messageId of [interaction.report().visible[0]?.id ?? "", String(direct.id)]) {
        const pressedBy = (who: string) => () =>
          sandbox.interact({ kind: "button", customId: "go", messageId, personId: who });
        expect(pressedBy(other)).toThrow(`There is no message ${messageId} that this person sees.`);
        expect(pressedBy(personId)).not.toThrow();
      }
    });

    it("submits a modal that was not shown, or leaves a needed field empty", async () => {
      const { callback } = await use(sandbox, gateway, { kind: "command", name: "any", personId });
      const text = { type: 4, custom_id: "text", style: 1 };
      await callback({
        type: 9,
        data: { custom_id: "notes", title: "Notes", components: [{ type: 18, label: "Text", component: text }] },
      });
      const submit = (customId: string, fields: Record<string, string>) => () =>
        sandbox.interact({ kind: "modal", customId, personId, fields });
      expect(submit("other", {})).toThrow('No modal "other" was shown');
      expect(submit("notes", {})).toThrow('The field "text" must be filled in.');
      expect(submit("notes", { text: "a", more: "b" })).toThrow('no field "more"');
    });
  });

  it("happens where its message is: a button on a direct message is used there", async () => {
    const { body: channel } = await request(sandbox, "POST", "/users/@me/channels", {
      body: { recipient_id: personId },
    });
    const button = { type: 2, custom_id: "mute", style: 1, label: "Mute" };
    const { body: message } = await request(sandbox, "POST", `/channels/${channel.id}/messages`, {
      body: { content: "signal", components: [{ type: 1, components: [button] }] },
    });
    const { event, callback } = await use(sandbox, gateway, {
      kind: "button",
      customId: "mute",
      messageId: String(message.id),
      personId,
    });
    expect(event).toMatchObject({ context: 1, channel_id: channel.id, message: { content: "signal" } });
    await callback(callbacks.update("muted"));
    expect(sandbox.directMessages(personId)).toMatchObject([{ id: message.id, content: "muted" }]);
  });
});
