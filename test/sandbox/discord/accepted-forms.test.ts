import { describe, expect, it } from "vitest";
import { validateBody, validateCallback } from "../../../src/sandbox/discord/validation.ts";

const button = (overrides: object) => ({ type: 2, style: 1, custom_id: "a", ...overrides });
const row = (...components: readonly unknown[]) => ({ type: 1, components });
const componentsV2 = 1 << 15;

describe("Discord takes more than its published schemas say, and so does the sandbox", () => {
  it.each([
    ["discord.js's keys that mean nothing on webhooks", { tts: false, enforce_nonce: false, nonce: "1" }],
    ["a reply in a follow-up", { message_reference: { message_id: "1", fail_if_not_exists: true } }],
    ["a timestamp with an offset", { embeds: [{ title: "t", timestamp: "2026-01-05T12:00:00+02:00" }] }],
    [
      "an embed that was received and is sent again",
      {
        embeds: [
          {
            type: "rich",
            title: "t",
            content_scan_version: 2,
            author: { name: "a", icon_url: "https://example.org/a", proxy_icon_url: "https://example.org/b" },
            footer: { text: "f", proxy_icon_url: "https://example.org/b" },
            image: { url: "https://example.org/a", proxy_url: "https://example.org/b", width: 1, height: 1, flags: 0 },
            thumbnail: { url: "https://example.org/a", content_type: "image/png" },
            video: { url: "https://example.org/a", proxy_url: "https://example.org/b" },
          },
        ],
      },
    ],
    ["an attachment numbered rather than named by its id", { attachments: [{ id: 0, description: null }] }],
    [
      "an attachment that was received and stays",
      { attachments: [{ id: "5", size: 3, url: "https://example.org/a" }] },
    ],
    [
      "an emoji that says whether it is animated",
      { components: [row(button({ emoji: { name: "x", animated: false } }))] },
    ],
    ["a custom emoji without its name", { components: [row(button({ emoji: { id: "5" } }))] }],
    [
      "the emoji of an option",
      {
        components: [
          row({ type: 3, custom_id: "s", options: [{ label: "l", value: "v", emoji: { id: "5", animated: true } }] }),
        ],
      },
    ],
    [
      "media that was received and is sent again",
      {
        flags: componentsV2,
        components: [
          { type: 12, items: [{ media: { url: "https://example.org/a", proxy_url: "https://example.org/b" } }] },
          { type: 13, file: { url: "attachment://a.pdf", size: 3 }, name: "a.pdf", size: 3 },
          {
            type: 9,
            components: [{ type: 10, id: 4, content: "x" }],
            accessory: { type: 11, media: { url: "https://example.org/a", width: 3 } },
          },
        ],
      },
    ],
  ])("%s", (_name, body) => {
    expect(validateBody("followUp", body, { hasFiles: true })).toEqual([]);
  });

  it("the emoji of an option inside a modal's label", () => {
    const options = [{ label: "l", value: "v", emoji: { name: "x", animated: false } }];
    const label = { type: 18, label: "L", component: { type: 3, custom_id: "s", options } };
    const modal = { type: 9, data: { custom_id: "m", title: "T", components: [label] } };
    expect(validateCallback(modal, "command")).toEqual([]);
  });

  it("permissions as a string of digits, and nothing else", () => {
    const command = { name: "signal", description: "d" };
    expect(validateBody("command", { ...command, default_member_permissions: "0" })).toEqual([]);
    expect(validateBody("command", { ...command, default_member_permissions: null })).toEqual([]);
    expect(validateBody("command", { ...command, default_member_permissions: "admin" })).toHaveLength(1);
  });

  it("a forwarded message", () => {
    const forwarded = { message_reference: { type: 1, message_id: "2", channel_id: "3" } };
    expect(validateBody("channelMessage", forwarded)).toEqual([]);
    expect(validateBody("channelMessage", { message_reference: { type: 7, message_id: "2" } })).not.toEqual([]);
  });
});

describe("what is forgiven ends there", () => {
  it.each([
    ["a timestamp that is none", { embeds: [{ title: "t", timestamp: "yesterday" }] }],
    ["an emoji without id and name", { components: [row(button({ emoji: { animated: true } }))] }],
    ["an attachment without id", { attachments: [{ description: "x" }] }],
    ["an unknown key of an emoji", { components: [row(button({ emoji: { name: "x", size: 3 } }))] }],
    ["an image without a proper address", { embeds: [{ image: { url: "chart.png" } }] }],
  ])("%s is refused", (_name, body) => {
    expect(validateBody("followUp", { content: "x", ...body })).toHaveLength(1);
  });
});
