import {
  ActionRowBuilder,
  AttachmentBuilder,
  ButtonBuilder,
  ButtonStyle,
  Client,
  ContainerBuilder,
  ContextMenuCommandBuilder,
  EmbedBuilder,
  InteractionWebhook,
  LabelBuilder,
  MessageFlags,
  ModalBuilder,
  PermissionFlagsBits,
  SectionBuilder,
  SlashCommandBuilder,
  StringSelectMenuBuilder,
  TextDisplayBuilder,
  TextInputBuilder,
  TextInputStyle,
  UserSelectMenuBuilder,
} from "discord.js";
import fc from "fast-check";
import { FormData, type RequestInit, Response } from "undici";
import { beforeEach, describe, expect, it } from "vitest";
import { DirectMessages } from "../../../src/sandbox/discord/direct-messages.ts";
import { createMessage, messageToApi, type UploadedFile } from "../../../src/sandbox/discord/messages.ts";
import { SnowflakeSource } from "../../../src/sandbox/discord/snowflake.ts";
import { validateBody, validateCallback } from "../../../src/sandbox/discord/validation.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

/** As it arrives: `undefined` is gone, dates and builders are text and objects. */
const onTheWire = (body: unknown): unknown => JSON.parse(JSON.stringify(body));

const words = (maxLength: number) =>
  fc.string({ minLength: 1, maxLength }).map((text) => `x${text}`.slice(0, maxLength));

const embeds = fc
  .record({
    title: words(256),
    description: words(1000),
    footer: words(100),
    author: words(100),
    fields: fc.array(fc.record({ name: words(50), value: words(50), inline: fc.boolean() }), { maxLength: 25 }),
    color: fc.integer({ min: 0, max: 0xffffff }),
    timestamp: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
  })
  .map(({ footer, author, fields, ...rest }) =>
    new EmbedBuilder()
      .setTitle(rest.title)
      .setDescription(rest.description)
      .setColor(rest.color)
      .setTimestamp(rest.timestamp)
      .setFooter({ text: footer, iconURL: "https://example.org/i.png" })
      .setAuthor({ name: author, url: "https://example.org" })
      .setImage("attachment://chart.png")
      .setThumbnail("https://example.org/t.png")
      .setURL("https://example.org/signal")
      .setFields(fields)
      .toJSON(),
  );

const buttons = () =>
  new ActionRowBuilder<ButtonBuilder>().setComponents(
    new ButtonBuilder().setCustomId("refresh").setLabel("Refresh").setStyle(ButtonStyle.Primary).setEmoji("🔄"),
    new ButtonBuilder().setCustomId("delete").setStyle(ButtonStyle.Danger).setEmoji("<a:bin:123456789012345678>"),
    new ButtonBuilder().setURL("https://example.org").setLabel("Open").setStyle(ButtonStyle.Link).setDisabled(true),
  );

const selects = () => [
  new ActionRowBuilder<StringSelectMenuBuilder>().setComponents(
    new StringSelectMenuBuilder()
      .setCustomId("pair")
      .setPlaceholder("Pair")
      .setMinValues(1)
      .setMaxValues(2)
      .setOptions(
        { label: "EUR/USD", value: "EUR/USD", description: "Euro", emoji: "💶", default: true },
        { label: "XAU/USD", value: "XAU/USD", emoji: { id: "123456789012345678" } },
      ),
  ),
  new ActionRowBuilder<UserSelectMenuBuilder>().setComponents(new UserSelectMenuBuilder().setCustomId("person")),
];

const v2 = () => [
  new TextDisplayBuilder().setContent("# EUR/USD"),
  new SectionBuilder()
    .addTextDisplayComponents(new TextDisplayBuilder().setContent("Long at 1.09"))
    .setThumbnailAccessory((thumbnail) => thumbnail.setURL("https://example.org/t.png").setDescription("chart")),
  new ContainerBuilder()
    .setAccentColor(0x00ff00)
    .addTextDisplayComponents(new TextDisplayBuilder().setContent("More"))
    .addSeparatorComponents((separator) => separator.setDivider(true))
    .addMediaGalleryComponents((gallery) => gallery.addItems((item) => item.setURL("attachment://chart.png")))
    .addFileComponents((file) => file.setURL("attachment://report.pdf"))
    .addActionRowComponents(buttons()),
];

describe("what discord.js's builders make is never refused", () => {
  it("embeds", () => {
    fc.assert(
      fc.property(embeds, (embed) => {
        for (const kind of ["channelMessage", "channelMessageEdit", "followUp", "webhookMessageEdit"] as const) {
          expect(validateBody(kind, onTheWire({ embeds: [embed] }))).toEqual([]);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("rows of buttons and selects", () => {
    const body = onTheWire({ content: "x", components: [buttons(), ...selects()] });
    expect(validateBody("followUp", body)).toEqual([]);
    expect(validateCallback({ type: 7, data: body }, "button")).toEqual([]);
  });

  it("components V2", () => {
    const body = onTheWire({ flags: MessageFlags.IsComponentsV2, components: v2() });
    expect(validateBody("webhookMessageEdit", body)).toEqual([]);
    expect(validateCallback({ type: 4, data: body }, "command")).toEqual([]);
  });

  it("modals, with labels and with rows", () => {
    const input = () =>
      new TextInputBuilder().setCustomId("notes").setStyle(TextInputStyle.Paragraph).setRequired(false);
    const labelled = new ModalBuilder()
      .setCustomId("open")
      .setTitle("Open a position")
      .addTextDisplayComponents(new TextDisplayBuilder().setContent("Prices in dollars"))
      .addLabelComponents(new LabelBuilder().setLabel("Notes").setDescription("Why").setTextInputComponent(input()));
    const inRows = new ModalBuilder()
      .setCustomId("open")
      .setTitle("Open a position")
      .addComponents(
        new ActionRowBuilder<TextInputBuilder>().setComponents(input().setLabel("Notes").setMaxLength(100)),
      );
    for (const modal of [labelled, inRows]) {
      expect(validateCallback(onTheWire({ type: 9, data: modal }), "command")).toEqual([]);
    }
  });

  it("slash commands with options of every kind and subcommands", () => {
    const plain = new SlashCommandBuilder()
      .setName("signal")
      .setNameLocalizations({ de: "kurs", "pt-BR": "sinal" })
      .setDescription("Shows the signal")
      .setDescriptionLocalization("de", "Zeigt den Kurs")
      .setDefaultMemberPermissions(PermissionFlagsBits.ManageGuild | PermissionFlagsBits.UseApplicationCommands)
      .setContexts(0, 1)
      .setIntegrationTypes(0)
      .setNSFW(false)
      .addStringOption((it) =>
        it.setName("pair").setDescription("Pair").setRequired(true).setAutocomplete(true).setMaxLength(7),
      )
      .addStringOption((it) =>
        it.setName("period").setDescription("Period").setChoices({ name: "Swing", value: "swing" }),
      )
      .addNumberOption((it) => it.setName("size").setDescription("Size").setMinValue(0.01).setMaxValue(1e6))
      .addIntegerOption((it) => it.setName("risk").setDescription("Risk").setMinValue(1))
      .addBooleanOption((it) => it.setName("quiet").setDescription("Quiet"))
      .addUserOption((it) => it.setName("person").setDescription("Person"))
      .addRoleOption((it) => it.setName("role").setDescription("Role"))
      .addMentionableOption((it) => it.setName("any").setDescription("Any"))
      .addAttachmentOption((it) => it.setName("file").setDescription("File"))
      .addChannelOption((it) => it.setName("where").setDescription("Where").addChannelTypes(0));
    const nested = new SlashCommandBuilder()
      .setName("position")
      .setDescription("Positions")
      .addSubcommand((it) => it.setName("list").setDescription("Lists"))
      .addSubcommandGroup((group) =>
        group
          .setName("paper")
          .setDescription("Paper")
          .addSubcommand((it) =>
            it
              .setName("open")
              .setDescription("Opens")
              .addStringOption((option) => option.setName("pair").setDescription("Pair")),
          ),
      );
    const menu = new ContextMenuCommandBuilder().setName("Show signals").setType(2);
    const commands = onTheWire([plain, nested, menu]);
    expect(validateBody("commandBulk", commands)).toEqual([]);
    for (const command of Array.isArray(commands) ? commands : []) expect(validateBody("command", command)).toEqual([]);
  });
});

describe("an unmodified client", () => {
  const bot = { id: "77", username: "signalguard", discriminator: "0", global_name: null, avatar: null, bot: true };
  let directMessages: DirectMessages;
  let client: Client<true>;
  let refused: readonly string[][];

  /** The client's own requests, answered without a socket. */
  beforeEach(() => {
    const clock = new VirtualClock();
    const now = () => clock.now();
    const snowflakes = new SnowflakeSource(now);
    directMessages = new DirectMessages({ snowflakes, now, bot });
    directMessages.addPerson({ id: "1", username: "ada", displayName: "Ada", locale: "en-GB", dms: "open" });
    refused = [];
    client = new Client<true>({
      intents: [],
      allowedMentions: { parse: [], repliedUser: false },
      enforceNonce: true,
      rest: { makeRequest: (url, init) => Promise.resolve(respond(new URL(url).pathname, init)) },
    });
    client.rest.setToken("token");

    const respond = (path: string, init: RequestInit): Response => {
      const { body, files } = requestBody(init);
      const [, channelId = "", messageId = ""] = /channels\/(\d+)\/messages\/?(\d*)$/.exec(path) ?? [];
      if (path.endsWith("/users/@me/channels")) return json(directMessages.openChannel("1"));
      if (path.includes("/webhooks/")) {
        const kind = init.method === "PATCH" ? "webhookMessageEdit" : "followUp";
        const violations = validateBody(kind, body, { hasFiles: files.length > 0 });
        if (violations.length > 0) refused = [...refused, [...violations]];
        const context = {
          id: snowflakes.next(),
          channelId: "5",
          author: bot,
          createdAt: now(),
          files,
          webhookId: "77",
        };
        return json({ status: 200, body: messageToApi(createMessage(body, context)) });
      }
      return json(
        init.method === "PATCH"
          ? directMessages.edit(channelId, messageId, body, files)
          : directMessages.send(channelId, body, files),
      );
    };
  });

  const chart = () => new AttachmentBuilder(Buffer.from("png"), { name: "chart.png", description: "A chart" });
  const embed = () => new EmbedBuilder().setTitle("EUR/USD").setFields({ name: "Entry", value: "1.09" });

  it("sends a direct message with everything in it, and understands what comes back", async () => {
    const channel = await client.users.createDM("1", { force: true });
    const message = await channel.send({
      content: "<@1> buy",
      embeds: [embed()],
      components: [buttons(), ...selects()],
      files: [chart()],
    });
    expect(message.content).toBe("<@1> buy");
    expect(message.author.id).toBe("77");
    expect(message.embeds[0]?.fields[0]?.value).toBe("1.09");
    expect(message.components).toHaveLength(3);
    expect(message.attachments.first()?.description).toBe("A chart");
    expect(message.mentions.users.size).toBe(0);
    expect(directMessages.messages("1")).toHaveLength(1);
  });

  it("edits a message with what it received", async () => {
    const channel = await client.users.createDM("1", { force: true });
    const message = await channel.send({ embeds: [embed()], files: [chart()], components: [buttons()] });
    const edited = await channel.messages.edit(message.id, {
      content: "closed",
      embeds: message.embeds,
      components: message.components,
      attachments: [...message.attachments.values()],
    });
    expect(edited.content).toBe("closed");
    expect(edited.editedTimestamp).not.toBeNull();
    expect(edited.attachments.size).toBe(1);
  });

  it("sends a poll, a reply and components V2", async () => {
    const channel = await client.users.createDM("1", { force: true });
    const poll = await channel.send({
      poll: {
        question: { text: "Up?" },
        answers: [{ text: "yes", emoji: "👍" }],
        duration: 1,
        allowMultiselect: false,
      },
    });
    expect(poll.poll?.answers.first()?.text).toBe("yes");
    const reply = await poll.reply("yes");
    expect(reply.reference?.messageId).toBe(poll.id);
    const modern = await channel.send({ flags: MessageFlags.IsComponentsV2, components: v2() });
    expect(modern.components).toHaveLength(3);
  });

  it("follows an interaction up and edits its answer", async () => {
    const webhook = new InteractionWebhook(client, "77", "interaction-token");
    await webhook.send({ content: "x", embeds: [embed()], flags: MessageFlags.Ephemeral, files: [chart()] });
    await webhook.editMessage("@original", { content: null, embeds: [embed()], components: [buttons()] });
    await webhook.editMessage("@original", { files: [chart()] });
    await webhook.editMessage("@original", {
      flags: MessageFlags.IsComponentsV2,
      content: null,
      embeds: [],
      components: v2(),
    });
    expect(refused).toEqual([]);
  });

  const requestBody = ({ body }: RequestInit): { body: unknown; files: readonly UploadedFile[] } => {
    if (typeof body === "string") return { body: JSON.parse(body), files: [] };
    if (!(body instanceof FormData || body instanceof globalThis.FormData)) return { body: undefined, files: [] };
    const files = [...body.entries()].flatMap(([key, value]) => {
      const index = /^files\[(\d+)\]$/.exec(key)?.[1];
      return index === undefined || typeof value === "string"
        ? []
        : [{ index: Number(index), name: value.name, sizeBytes: value.size }];
    });
    return { body: JSON.parse(String(body.get("payload_json"))), files };
  };

  const json = ({ status, body }: { readonly status: number; readonly body?: unknown }): Response =>
    new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
});
