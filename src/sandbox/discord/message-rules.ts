import { messageComponentReasons } from "./component-rules.ts";
import { type JsonObject, objectOr, objectsIn, textOf } from "./json.ts";
import { messageFlags } from "./message-flags.ts";

const maxContent = 2000;
const maxEmbedsTotal = 6000;

export interface MessageRuleOptions {
  /** Whether the request carries files beside its JSON, so that a message without text is not empty. */
  readonly hasFiles?: boolean;
  /** Of the message being edited: components V2 cannot be taken back. */
  readonly messageFlags?: number;
}

/** What Discord refuses in a new or edited message and the published schemas let pass (`discord-facts.md` 5, 7). */
export const messageReasons = (
  body: unknown,
  purpose: "create" | "edit",
  options: MessageRuleOptions = {},
): readonly string[] => {
  const message = objectOr(body);
  const flags = (typeof message.flags === "number" ? message.flags : 0) | (options.messageFlags ?? 0);
  const version = (flags & messageFlags.componentsV2) === 0 ? "v1" : "v2";
  return [
    ...(textOf(message.content).length > maxContent ? [`content: at most ${maxContent} characters`] : []),
    ...embedReasons(message.embeds),
    ...(version === "v2" ? besideComponentsV2(message) : []),
    ...messageComponentReasons(message.components, version),
    ...mentionReasons(message.allowed_mentions),
    ...(purpose === "create" && isEmpty(message, options) ? ["content: an empty message cannot be sent"] : []),
  ];
};

const embedReasons = (embeds: unknown): readonly string[] => {
  const total = objectsIn(embeds).reduce((sum, [, embed]) => sum + embedLength(embed), 0);
  return [
    ...(total > maxEmbedsTotal ? [`embeds: at most ${maxEmbedsTotal} characters in all embeds of a message`] : []),
    ...objectsIn(embeds).flatMap(([index, embed]) =>
      objectsIn(embed.fields).flatMap(([fieldIndex, field]) =>
        (["name", "value"] as const)
          .filter((key) => textOf(field[key]) === "")
          .map((key) => `embeds.${index}.fields.${fieldIndex}.${key}: required and not blank`),
      ),
    ),
  ];
};

const embedLength = (embed: JsonObject): number =>
  textOf(embed.title).length +
  textOf(embed.description).length +
  textOf(objectOr(embed.footer).text).length +
  textOf(objectOr(embed.author).name).length +
  objectsIn(embed.fields).reduce((sum, [, field]) => sum + textOf(field.name).length + textOf(field.value).length, 0);

const besideComponentsV2 = (message: JsonObject): readonly string[] => [
  ...(textOf(message.content) === "" ? [] : ["content: not together with components V2"]),
  ...["embeds", "sticker_ids"]
    .filter((key) => hasElements(message[key]))
    .map((key) => `${key}: not together with components V2`),
  ...(message.poll == null ? [] : ["poll: not together with components V2"]),
];

/** A kind of mention is either parsed from the text or listed, not both. */
const mentionReasons = (allowedMentions: unknown): readonly string[] => {
  const { parse, ...lists } = objectOr(allowedMentions);
  return ["users", "roles"]
    .filter((kind) => Array.isArray(parse) && parse.includes(kind) && hasElements(lists[kind]))
    .map((kind) => `allowed_mentions.${kind}: not together with parsing the same kind`);
};

/** Discord's own code for this is 50006; the status is 400 as well. */
const isEmpty = (message: JsonObject, { hasFiles }: MessageRuleOptions): boolean =>
  textOf(message.content) === "" &&
  !hasElements(message.embeds) &&
  !hasElements(message.components) &&
  !hasElements(message.sticker_ids) &&
  message.poll == null &&
  !isForward(message) &&
  hasFiles !== true;

const isForward = (message: JsonObject): boolean => objectOr(message.message_reference).type === 1;

const hasElements = (value: unknown): boolean => Array.isArray(value) && value.length > 0;
