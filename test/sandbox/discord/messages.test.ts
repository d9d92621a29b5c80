import { describe, expect, it } from "vitest";
import {
  createMessage,
  editMessage,
  messageFlags,
  messageToApi,
  toSandboxMessage,
} from "../../../src/sandbox/discord/messages.ts";

const author = { id: "77", username: "signalguard", discriminator: "0", global_name: null, avatar: null, bot: true };
const createdAt = Date.UTC(2026, 0, 5, 12);
const context = { id: "1000", channelId: "5", author, createdAt };
const file = (index: number, name: string) => ({ index, name, sizeBytes: 10, contentType: "image/png" });
const create = (body: object) => createMessage(body, context);
const pings = (body: object) => toSandboxMessage(create(body)).pings;

describe("a message's pings", () => {
  it("are everybody its text mentions when nothing is said, as Discord's default is [discord-facts.md 2.5]", () => {
    expect(pings({ content: "<@1> <@!2> <@1> <@&3> @everyone" })).toEqual(["1", "2"]);
    expect(messageToApi(create({ content: "<@&3> @everyone" }))).toMatchObject({
      mention_roles: ["3"],
      mention_everyone: true,
    });
  });

  it("are nobody with an empty parse [discord-facts.md 2.5]", () => {
    const body = { content: "<@1> <@&3> @everyone", allowed_mentions: { parse: [] } };
    expect(pings(body)).toEqual([]);
    expect(messageToApi(create(body))).toMatchObject({ mentions: [], mention_roles: [], mention_everyone: false });
  });

  it("are those listed, if the text mentions them", () => {
    expect(pings({ content: "<@1> <@2>", allowed_mentions: { parse: [], users: ["2", "3"] } })).toEqual(["2"]);
    expect(pings({ content: "<@1> <@2>", allowed_mentions: { parse: ["users"] } })).toEqual(["1", "2"]);
  });

  it("come from texts of components V2 as well, and never from embeds", () => {
    const components = [{ type: 17, components: [{ type: 10, content: "<@1>" }] }];
    expect(pings({ flags: messageFlags.componentsV2, components })).toEqual(["1"]);
    expect(pings({ embeds: [{ description: "<@1>" }] })).toEqual([]);
  });

  it("are not new ones after an edit, unless the message was still loading", () => {
    const edited = (flags: number) =>
      toSandboxMessage(editMessage(create({ flags }), { content: "<@1>" }, createdAt)).pings;
    expect(edited(0)).toEqual([]);
    expect(edited(messageFlags.loading)).toEqual(["1"]);
  });
});

describe("an edit", () => {
  const before = create({ content: "a", embeds: [{ title: "t" }], components: [{ type: 1, components: [] }] });

  it("keeps what it does not name and drops what it sets to null", () => {
    const renamed = editMessage(before, { content: " b " }, createdAt + 1);
    expect(renamed).toMatchObject({ content: "b", embeds: before.embeds, components: before.components });
    expect(editMessage(before, { content: null, embeds: null, components: null }, createdAt + 1)).toMatchObject({
      content: "",
      embeds: [],
      components: [],
      editedAt: createdAt + 1,
    });
  });

  it("turns a message to components V2 for good, and changes no other bit but hidden embeds [discord-facts.md 5]", () => {
    const { suppressEmbeds, componentsV2, ephemeral } = messageFlags;
    const flagsAfter = (from: number, requested: number) =>
      editMessage(create({ flags: from }), { flags: requested }, createdAt).flags;
    expect(flagsAfter(0, componentsV2)).toBe(componentsV2);
    expect(flagsAfter(componentsV2, 0)).toBe(componentsV2);
    expect(flagsAfter(suppressEmbeds, 0)).toBe(0);
    expect(flagsAfter(ephemeral, suppressEmbeds)).toBe(ephemeral | suppressEmbeds);
    expect(flagsAfter(0, ephemeral)).toBe(0);
  });
});

describe("files", () => {
  it("become attachments, described by those of the body with their number", () => {
    const message = createMessage(
      { attachments: [{ id: "1", description: "a chart" }] },
      { ...context, files: [file(0, "a.png"), file(1, "b c.png")] },
    );
    expect(message.attachments).toEqual([
      expect.objectContaining({ filename: "a.png", size: 10, content_type: "image/png" }),
      expect.objectContaining({ filename: "b c.png", description: "a chart" }),
    ]);
    expect(new Set(message.attachments.map(({ id }) => id)).size).toBe(2);
    // Small ids would be taken for the numbers of new files in a later edit.
    expect(message.attachments.every(({ id }) => BigInt(String(id)) > BigInt(message.id))).toBe(true);
    expect(message.attachments[1]?.url).toMatch(/b%20c\.png$/);
  });

  it("stay in an edit that does not name attachments, and only those named in one that does", () => {
    const before = createMessage({}, { ...context, files: [file(0, "a.png"), file(1, "b.png")] });
    const names = (body: object, files: readonly ReturnType<typeof file>[] = []) =>
      editMessage(before, body, createdAt, files).attachments.map(({ filename }) => filename);
    expect(names({})).toEqual(["a.png", "b.png"]);
    expect(names({ attachments: [] })).toEqual([]);
    expect(names({ attachments: [{ id: before.attachments[1]?.id }] })).toEqual(["b.png"]);
    expect(names({ attachments: [{ id: "0" }] }, [file(0, "c.png")])).toEqual(["c.png"]);
  });

  it("get an id that no kept attachment has", () => {
    const before = createMessage({}, { ...context, files: [file(0, "a.png")] });
    const after = editMessage(before, {}, createdAt, [file(0, "b.png")]);
    expect(new Set(after.attachments.map(({ id }) => id)).size).toBe(2);
  });
});

it("shows a poll as open until its time is over", () => {
  const poll = { question: { text: "Up?" }, answers: [{ poll_media: { text: "yes" } }], duration: 2 };
  expect(messageToApi(create({ poll })).poll).toMatchObject({
    question: { text: "Up?" },
    answers: [{ answer_id: 1, poll_media: { text: "yes" } }],
    expiry: new Date(createdAt + 2 * 3_600_000).toISOString(),
  });
});

it("says which interaction and application a message is of", () => {
  const message = createMessage(
    { content: "x" },
    { ...context, type: 20, webhookId: "77", extra: { interaction_metadata: { id: "8" } } },
  );
  expect(messageToApi(message)).toMatchObject({
    type: 20,
    webhook_id: "77",
    application_id: "77",
    interaction_metadata: { id: "8" },
  });
});

it("is a reply when it refers to another message", () => {
  expect(messageToApi(create({ content: "x", message_reference: { message_id: "9" } }))).toMatchObject({
    type: 19,
    message_reference: { message_id: "9", channel_id: "5" },
  });
});
