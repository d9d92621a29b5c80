import { once } from "node:events";
import {
  ActionRowBuilder,
  ButtonBuilder,
  ButtonStyle,
  Client,
  type ClientOptions,
  Events,
  type Interaction,
  LabelBuilder,
  MessageFlags,
  ModalBuilder,
  SlashCommandBuilder,
  StringSelectMenuBuilder,
  TextInputBuilder,
  TextInputStyle,
} from "discord.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SandboxDiscord } from "../../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../../src/sandbox/discord/index.ts";

describe("an unmodified discord.js client", () => {
  let sandbox: SandboxDiscord;
  const clients: Client[] = [];

  beforeEach(async () => {
    sandbox = await startSandboxDiscord();
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.destroy();
    await sandbox.close();
  });

  const login = async (options: Partial<ClientOptions> = {}): Promise<Client<true>> => {
    const client = new Client({ intents: [], rest: { api: sandbox.apiUrl }, ...options });
    clients.push(client);
    const ready = once(client, Events.ClientReady);
    await client.login(sandbox.botToken);
    await ready;
    if (!client.isReady()) throw new Error("not ready");
    return client;
  };

  const onInteraction = (client: Client, handle: (interaction: Interaction) => Promise<unknown>) =>
    client.on(Events.InteractionCreate, (interaction) => void handle(interaction));

  it("logs in without intents and knows itself [discord-facts.md 2.5, 2.7]", async () => {
    const client = await login();
    expect(client.user.id).toBe(sandbox.applicationId);
    expect(sandbox.sessions).toMatchObject([{ connected: true, intents: 0, shard: [0, 1] }]);
  });

  it("has the guild in its cache with the Guilds intent [discord-facts.md 2.7]", async () => {
    const client = await login({ intents: ["Guilds"] });
    expect(client.guilds.cache.get(sandbox.guildId)?.available).toBe(true);
    expect(client.channels.cache.size).toBe(1);
  });

  it("defers a registered command privately and fills it in; the person sees one private answer", async () => {
    const client = await login();
    await client.application.commands.set([
      new SlashCommandBuilder()
        .setName("signal")
        .setDescription("Shows a signal")
        .addStringOption((option) => option.setName("pair").setDescription("Which").setRequired(true))
        .addNumberOption((option) => option.setName("size").setDescription("How much"))
        .addUserOption((option) => option.setName("friend").setDescription("Whose")),
    ]);
    const person = sandbox.addPerson({ displayName: "Ada" });
    onInteraction(client, async (interaction) => {
      if (!interaction.isChatInputCommand()) return;
      await interaction.deferReply({ flags: MessageFlags.Ephemeral });
      const friend = interaction.options.getUser("friend", true);
      await interaction.editReply(
        `${interaction.options.getString("pair")} ${interaction.options.getNumber("size")} ${friend.displayName}`,
      );
    });
    const used = sandbox.interact({
      kind: "command",
      name: "signal",
      personId: person.id,
      options: { pair: "EUR/USD", size: 1.5, friend: person.id },
    });
    const report = await used.answered();
    expect(report).toMatchObject({
      saw: "answered",
      answersShown: 1,
      visible: [{ content: "EUR/USD 1.5 Ada", ephemeral: true }],
    });
    expect(report.attempts.map(({ request, status }) => [request, status])).toEqual([
      ["callback", 204],
      ["edit", undefined],
    ]);
    expect(sandbox.violations).toEqual([]);
  });

  it("reads a subcommand in a group and its options", async () => {
    const client = await login();
    const person = sandbox.addPerson();
    onInteraction(client, async (interaction) => {
      if (!interaction.isChatInputCommand()) return;
      const { options } = interaction;
      await interaction.reply(
        `${options.getSubcommandGroup()} ${options.getSubcommand()} ${options.getInteger("count")} ${options.getBoolean("loud")}`,
      );
    });
    const used = sandbox.interact({
      kind: "command",
      name: "any",
      subcommandGroup: "outer",
      subcommand: "inner",
      personId: person.id,
      options: { count: 3, loud: true },
    });
    expect((await used.answered()).visible).toMatchObject([{ content: "outer inner 3 true" }]);
  });

  it("receives `user` and no member in a direct message [discord-facts.md 5]", async () => {
    const client = await login();
    const person = sandbox.addPerson({ displayName: "Ada", locale: "de" });
    onInteraction(client, async (interaction) => {
      if (!interaction.isChatInputCommand()) return;
      await interaction.reply(`${interaction.inGuild()} ${interaction.user.displayName} ${interaction.locale}`);
    });
    const used = sandbox.interact({ kind: "command", name: "any", personId: person.id, place: "dm" });
    expect((await used.answered()).visible).toMatchObject([{ content: "false Ada de" }]);
  });

  it("answers autocomplete with choices", async () => {
    const client = await login();
    const person = sandbox.addPerson();
    onInteraction(client, async (interaction) => {
      if (!interaction.isAutocomplete()) return;
      const { name, value } = interaction.options.getFocused(true);
      await interaction.respond([{ name: `${name} ${value}`, value: "EUR/USD" }]);
    });
    const typing = sandbox.interact({
      kind: "autocomplete",
      name: "any",
      personId: person.id,
      focused: { name: "pair", value: "eu" },
    });
    expect(await typing.answered()).toMatchObject({ choices: [{ name: "pair eu", value: "EUR/USD" }], visible: [] });
  });

  it("gets a button and a select of its own message, updates it, and shows and reads a modal", async () => {
    const client = await login();
    const person = sandbox.addPerson();
    onInteraction(client, async (interaction) => {
      if (interaction.isChatInputCommand()) {
        await interaction.reply({
          content: "choose",
          components: [
            new ActionRowBuilder<ButtonBuilder>().addComponents(
              new ButtonBuilder().setCustomId("note").setLabel("Note").setStyle(ButtonStyle.Primary),
            ),
            new ActionRowBuilder<StringSelectMenuBuilder>().addComponents(
              new StringSelectMenuBuilder().setCustomId("pair").addOptions({ label: "Euro", value: "EUR/USD" }),
            ),
          ],
        });
      } else if (interaction.isStringSelectMenu()) {
        await interaction.update({ content: `chosen ${interaction.values[0]}` });
      } else if (interaction.isButton()) {
        await interaction.showModal(
          new ModalBuilder()
            .setCustomId("notes")
            .setTitle("Notes")
            .addLabelComponents(
              new LabelBuilder()
                .setLabel("Text")
                .setTextInputComponent(new TextInputBuilder().setCustomId("text").setStyle(TextInputStyle.Short)),
            ),
        );
      } else if (interaction.isModalSubmit()) {
        await interaction.deferUpdate();
        await interaction.editReply(`noted ${interaction.fields.getTextInputValue("text")}`);
      }
    });
    const asked = await sandbox.interact({ kind: "command", name: "menu", personId: person.id }).answered();
    const messageId = asked.visible[0]?.id ?? "";

    const chosen = await sandbox
      .interact({ kind: "select", customId: "pair", personId: person.id, messageId, values: ["EUR/USD"] })
      .answered();
    expect(chosen).toMatchObject({ answersShown: 1, visible: [{ id: messageId, content: "chosen EUR/USD" }] });

    const pressed = await sandbox
      .interact({ kind: "button", customId: "note", personId: person.id, messageId })
      .answered();
    expect(pressed.modal).toMatchObject({ custom_id: "notes" });

    const submitted = sandbox.interact({
      kind: "modal",
      customId: "notes",
      personId: person.id,
      messageId,
      fields: { text: "buy low" },
    });
    expect(await submitted.answered()).toMatchObject({ visible: [{ id: messageId, content: "noted buy low" }] });
    expect(sandbox.violations).toEqual([]);
  });

  it("resumes after a cut and is given what it missed [discord-facts.md 3.3]", async () => {
    const client = await login();
    const person = sandbox.addPerson();
    const { id: sessionId } = sandbox.sessions[0] ?? {};
    onInteraction(
      client,
      async (interaction) => interaction.isChatInputCommand() && interaction.reply("late, but here"),
    );
    const used = sandbox.interact({ kind: "command", name: "any", personId: person.id }, { dropGatewayFirst: true });
    const report = await used.answered();
    expect(report.deliveries).toMatchObject([{ sessionId, replayed: true }]);
    expect(report.visible).toMatchObject([{ content: "late, but here" }]);
  });

  it("loses the race for the acknowledgement when two clients share the token: 400/40060 [discord-facts.md 1.4, 3.1]", async () => {
    const person = sandbox.addPerson();
    const failures: unknown[] = [];
    for (const client of [await login(), await login()]) {
      onInteraction(client, async (interaction) => {
        if (!interaction.isChatInputCommand()) return;
        await interaction.reply("mine").catch((error: unknown) => failures.push(error));
      });
    }
    const used = sandbox.interact({ kind: "command", name: "any", personId: person.id });
    const report = await used.until(
      ({ attempts }) => attempts.filter(({ status }) => status !== undefined).length === 2,
    );
    expect(report.deliveries).toHaveLength(2);
    expect(report.attempts.map(({ status, code }) => [status, code])).toEqual([
      [204, undefined],
      [400, 40060],
    ]);
    expect(report.answersShown).toBe(1);
  });

  it("turns a lost response into its own 40060 by its silent retry [discord-facts.md 2.3]", async () => {
    const client = await login();
    const person = sandbox.addPerson();
    const failed = new Promise<unknown>((resolve) =>
      onInteraction(client, async (interaction) => {
        if (interaction.isChatInputCommand()) await interaction.deferReply().catch(resolve);
      }),
    );
    const used = sandbox.interact(
      { kind: "command", name: "any", personId: person.id },
      { callbacks: [{ outcome: { kind: "reset", processed: true } }] },
    );
    expect(await failed).toMatchObject({ code: 40060, status: 400 });
    expect(used.report().saw).toBe("thinking");
  });

  it("sends a direct message that the person receives once for one nonce [discord-facts.md 4.3]", async () => {
    const client = await login();
    const person = sandbox.addPerson();
    const channel = await client.users.createDM(person.id);
    const message = sandbox.nextDirectMessage(person.id);
    await channel.send({ content: "buy", nonce: "one", enforceNonce: true });
    await channel.send({ content: "buy", nonce: "one", enforceNonce: true });
    expect(await message).toMatchObject({ content: "buy", nonce: "one", ephemeral: false });
    expect(sandbox.directMessages(person.id)).toHaveLength(1);
  });

  it("is refused by a person with closed direct messages: 403/50007 [discord-facts.md 4.1]", async () => {
    const client = await login();
    const person = sandbox.addPerson({ dms: "closed" });
    const channel = await client.users.createDM(person.id);
    await expect(channel.send("buy")).rejects.toMatchObject({ code: 50007, status: 403 });
  });

  it("sends files as multipart", async () => {
    const client = await login();
    const person = sandbox.addPerson();
    onInteraction(client, async (interaction) => {
      if (!interaction.isChatInputCommand()) return;
      const response = await interaction.reply({
        content: "chart",
        files: [{ attachment: Buffer.from("png"), name: "chart.png" }],
        withResponse: true,
      });
      await interaction.followUp(`sent ${response.resource?.message?.attachments.first()?.name}`);
    });
    const used = sandbox.interact({ kind: "command", name: "chart", personId: person.id });
    const report = await used.until(({ visible }) => visible.length === 2);
    expect(report.visible).toMatchObject([{ content: "chart" }, { content: "sent chart.png" }]);
  });
});
