import { describe, expect, it } from "vitest";
import { type BodyKind, validateBody } from "../../../src/sandbox/discord/validation.ts";

const messageKinds: readonly BodyKind[] = ["channelMessage", "channelMessageEdit", "followUp", "webhookMessageEdit"];
const componentsV2 = 1 << 15;

const button = (customId: string) => ({ type: 2, style: 1, label: "Go", custom_id: customId });
const row = (...components: readonly unknown[]) => ({ type: 1, components });
const select = (customId: string, values: readonly string[] = ["a", "b"]) => ({
  type: 3,
  custom_id: customId,
  options: values.map((value) => ({ label: value, value })),
});
const text = (content = "text") => ({ type: 10, content });

describe.each(messageKinds)("every message: %s", (kind) => {
  it("passes when it is within the limits", () => {
    const body = {
      content: "x".repeat(2000),
      embeds: [{ title: "t".repeat(256), description: "d".repeat(4096), fields: [{ name: "n", value: "v" }] }],
      components: [1, 2, 3, 4, 5].map((n) => row(button(`button ${n}`))),
      allowed_mentions: { parse: [] },
    };
    expect(validateBody(kind, body)).toEqual([]);
  });

  it("has at most 2000 characters of content, measured after trimming [discord-facts.md 5]", () => {
    expect(validateBody(kind, { content: "x".repeat(2001) })).toEqual(["content: at most 2000 characters"]);
    expect(validateBody(kind, { content: ` ${"x".repeat(2000)} ` })).toEqual([]);
  });

  it("has at most 6000 characters in all its embeds together, measured after trimming [discord-facts.md 5]", () => {
    const embeds = (last: number) => [
      {
        title: "t".repeat(200),
        description: "d".repeat(3000),
        footer: { text: "f".repeat(400) },
        author: { name: "a".repeat(100) },
        fields: [{ name: "n".repeat(100), value: "v".repeat(200) }],
      },
      { description: ` ${"d".repeat(last)} ` },
    ];
    expect(validateBody(kind, { embeds: embeds(2000) })).toEqual([]);
    expect(validateBody(kind, { embeds: embeds(2001) })).toEqual([
      "embeds: at most 6000 characters in all embeds of a message",
    ]);
  });

  it.each([
    ["title", { title: "x".repeat(257) }, "embeds.0.title: at most 256 characters"],
    ["description", { description: "x".repeat(4097) }, "embeds.0.description: at most 4096 characters"],
    ["footer", { footer: { text: "x".repeat(2049) } }, "embeds.0.footer.text: at most 2048 characters"],
    ["author", { author: { name: "x".repeat(257) } }, "embeds.0.author.name: at most 256 characters"],
    [
      "field name",
      { fields: [{ name: "x".repeat(257), value: "v" }] },
      "embeds.0.fields.0.name: at most 256 characters",
    ],
    [
      "field value",
      { fields: [{ name: "n", value: "x".repeat(1025) }] },
      "embeds.0.fields.0.value: at most 1024 characters",
    ],
    [
      "number of fields",
      { fields: Array.from({ length: 26 }, () => ({ name: "n", value: "v" })) },
      "embeds.0.fields: at most 25 elements",
    ],
  ])("keeps to the limit of an embed's %s [discord-facts.md 5]", (_name, embed, reason) => {
    expect(validateBody(kind, { embeds: [embed] })).toEqual([reason]);
  });

  it("measures an embed's texts after trimming [discord-facts.md 5]", () => {
    const padded = (length: number) => ` ${"x".repeat(length)} `;
    const embeds = [
      { title: padded(256), footer: { text: padded(2048) }, author: { name: padded(256) } },
      { fields: [{ name: padded(256), value: padded(1024) }] },
    ];
    expect(validateBody(kind, { embeds })).toEqual([]);
    expect(validateBody(kind, { embeds: [{ description: padded(4096) }] })).toEqual([]);
  });

  it("has at most ten embeds [discord-facts.md 5]", () => {
    expect(validateBody(kind, { embeds: Array.from({ length: 11 }, () => ({ title: "t" })) })).toEqual([
      "embeds: at most 10 elements",
    ]);
  });

  it("has no blank embed fields [CharlotteDunois/Yasmin #102]", () => {
    expect(validateBody(kind, { embeds: [{ fields: [{ name: " ", value: "v" }] }] })).toEqual([
      "embeds.0.fields.0.name: required and not blank",
    ]);
  });

  it("has no keys that Discord does not know, at any level [discord-facts.md 7]", () => {
    const body = {
      colour: 1,
      content: "x",
      embeds: [{ title: "t", colour: 1, fields: [{ name: "n", value: "v", inlined: true }] }],
      components: [row({ ...button("a"), customId: "a" })],
      allowed_mentions: { parse: [], repliedUser: false },
    };
    expect(validateBody(kind, body)).toEqual([
      "colour: unknown key",
      "embeds.0.colour: unknown key",
      "embeds.0.fields.0.inlined: unknown key",
      "components.0.components.0.customId: unknown key",
      "allowed_mentions.repliedUser: unknown key",
    ]);
  });

  it("has at most five rows, which no published schema says [discord-facts.md 5]", () => {
    const components = [1, 2, 3, 4, 5, 6].map((n) => row(button(`button ${n}`)));
    expect(validateBody(kind, { components })).toEqual(["components: at most 5 rows"]);
  });

  it("has at most five buttons in a row [discord-facts.md 5]", () => {
    const components = [row(...[1, 2, 3, 4, 5, 6].map((n) => button(`button ${n}`)))];
    expect(validateBody(kind, { components })).toEqual(["components.0.components: at most 5 elements"]);
  });

  it("has nothing beside a select in its row [discord-facts.md 5]", () => {
    expect(validateBody(kind, { components: [row(select("a"), button("b"))] })).toEqual([
      "components.0.components: a row with a select holds nothing else",
    ]);
  });

  it("uses a custom_id once [discord-facts.md 5]", () => {
    expect(validateBody(kind, { components: [row(button("a")), row(button("a"))] })).toEqual([
      "components.1.components.0.custom_id: used by another component",
    ]);
  });

  it("keeps a custom_id to 100 characters [discord-facts.md 5]", () => {
    expect(validateBody(kind, { components: [row(button("x".repeat(101)))] })).toEqual([
      "components.0.components.0.custom_id: at most 100 characters",
    ]);
  });

  it("uses an option's value once in a select [Would-You-Bot/client #304]", () => {
    expect(validateBody(kind, { components: [row(select("a", ["x", "x"]))] })).toEqual([
      "components.0.components.0.options.1.value: used by another option",
    ]);
  });

  it.each([
    ["a link without a url", { type: 2, style: 5, label: "x" }],
    ["a link with a custom_id", { type: 2, style: 5, label: "x", url: "https://example.org", custom_id: "a" }],
    ["a premium button without a sku_id", { type: 2, style: 6 }],
    ["an ordinary button without a custom_id", { type: 2, style: 1, label: "x" }],
    ["an ordinary button with a url", { ...button("a"), url: "https://example.org" }],
    ["an ordinary button with nothing on it", { type: 2, style: 1, custom_id: "a" }],
  ])("does not have %s [discord-facts.md 5]", (_name, component) => {
    expect(validateBody(kind, { components: [row(component)] })).toHaveLength(1);
  });

  it("has no content, embeds, poll or stickers beside components V2 [discord-facts.md 5]", () => {
    const body = { flags: componentsV2, components: [text()], content: "x", embeds: [{ title: "t" }] };
    expect(validateBody(kind, body)).toEqual([
      "content: not together with components V2",
      "embeds: not together with components V2",
    ]);
    expect(validateBody(kind, { flags: componentsV2, components: [text()], content: null, embeds: [] })).toEqual([]);
    expect(
      validateBody(kind, {
        flags: componentsV2,
        components: [text()],
        poll: { question: { text: "?" }, answers: [{ poll_media: { text: "a" } }] },
        sticker_ids: ["1"],
      }),
    ).toEqual(
      expect.arrayContaining(["poll: not together with components V2", "sticker_ids: not together with components V2"]),
    );
  });

  it("has at most 40 components in V2, nested ones counted [discord-facts.md 5]", () => {
    const container = (texts: number) => ({ type: 17, components: Array.from({ length: texts }, () => text()) });
    const body = (texts: number) => ({ flags: componentsV2, components: [container(19), container(texts)] });
    expect(validateBody(kind, body(19))).toEqual([]);
    expect(validateBody(kind, body(20))).toEqual(["components: at most 40 components, nested ones counted"]);
  });

  it("counts the accessory of a section as a component [discord-facts.md 5]", () => {
    const section = { type: 9, components: [text()], accessory: button("a") };
    const others = Array.from({ length: 38 }, () => text());
    expect(validateBody(kind, { flags: componentsV2, components: [section, ...others.slice(1)] })).toEqual([]);
    expect(validateBody(kind, { flags: componentsV2, components: [section, ...others] })).toHaveLength(1);
  });

  it("has no components of V2 without the flag [discord-facts.md 5]", () => {
    expect(validateBody(kind, { components: [text()] })).toEqual([
      "components.0: only rows without the flag for components V2",
    ]);
  });

  it("lists at most 100 people to mention, and none of a kind that is parsed anyway [discord-facts.md 5]", () => {
    const users = Array.from({ length: 101 }, (_, n) => String(n + 1));
    expect(validateBody(kind, { content: "x", allowed_mentions: { users } })).toEqual([
      "allowed_mentions.users: at most 100 elements",
    ]);
    expect(validateBody(kind, { content: "x", allowed_mentions: { parse: ["users"], users: ["1"] } })).toEqual([
      "allowed_mentions.users: not together with parsing the same kind",
    ]);
  });

  it("is refused when it is not an object, without an exception", () => {
    for (const body of [undefined, null, "text", 3, []]) expect(validateBody(kind, body).length).toBeGreaterThan(0);
  });
});

describe.each(["channelMessage", "followUp"] as const)("a new message: %s", (kind) => {
  it("is not empty [discord-facts.md 5]", () => {
    const reason = ["content: an empty message cannot be sent"];
    expect(validateBody(kind, {})).toEqual(reason);
    expect(validateBody(kind, { content: "  ", embeds: [], components: [] })).toEqual(reason);
  });

  it.each([
    ["content", { content: "x" }],
    ["embeds", { embeds: [{ title: "t" }] }],
    ["components", { components: [row(button("a"))] }],
    ["a poll", { poll: { question: { text: "?" }, answers: [{ poll_media: { text: "a" } }] } }],
  ])("is not empty when it has %s", (_name, body) => {
    expect(validateBody(kind, body)).toEqual([]);
  });

  it("is not empty when files come with it", () => {
    expect(validateBody(kind, { attachments: [{ id: "0" }] }, { hasFiles: true })).toEqual([]);
  });
});

describe("an edit", () => {
  it.each(["channelMessageEdit", "webhookMessageEdit"] as const)("may take everything away: %s", (kind) => {
    expect(validateBody(kind, { content: "", embeds: [], components: [] })).toEqual([]);
  });

  it("keeps to components V2 when the message has them, as the flag cannot be taken back [discord-facts.md 5]", () => {
    const messageFlags = componentsV2;
    expect(validateBody("webhookMessageEdit", { components: [text()] }, { messageFlags })).toEqual([]);
    expect(validateBody("webhookMessageEdit", { content: "x" }, { messageFlags })).toEqual([
      "content: not together with components V2",
    ]);
  });
});

describe("a message to a channel", () => {
  it("has a nonce of at most 25 characters [discord-facts.md 4.3]", () => {
    expect(validateBody("channelMessage", { content: "x", nonce: "n".repeat(25), enforce_nonce: true })).toEqual([]);
    expect(validateBody("channelMessage", { content: "x", nonce: "n".repeat(26) })).toEqual([
      "nonce: at most 25 characters",
    ]);
  });

  it("may answer another message and carry a sticker", () => {
    expect(validateBody("channelMessage", { sticker_ids: ["1"], message_reference: { message_id: "2" } })).toEqual([]);
  });

  it("may be another message forwarded", () => {
    expect(
      validateBody("channelMessage", { message_reference: { type: 1, message_id: "2", channel_id: "3" } }),
    ).toEqual([]);
  });
});

describe("opening a direct message", () => {
  it("names the recipient [discord-facts.md 4.1]", () => {
    expect(validateBody("createDm", { recipient_id: "123" })).toEqual([]);
    expect(validateBody("createDm", {})).toEqual(["recipient_id: required"]);
    expect(validateBody("createDm", { recipient_id: "123", recipient: "123" })).toEqual(["recipient: unknown key"]);
    expect(validateBody("createDm", { recipient_id: "somebody" })).toHaveLength(1);
  });
});
