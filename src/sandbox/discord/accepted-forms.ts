import { isObject, type JsonObject, mapKeys, mapObjects, without } from "./json.ts";

/*
 * The published schemas are stricter than Discord in places where every client relies on Discord's leniency. These functions
 * bring a body into the form that the schemas know, so that what unmodified discord.js sends passes; nothing else is forgiven.
 */

/** A message's body. Lengths count after trimming (`discord-facts.md` 5), so texts are trimmed. */
export const acceptedMessage = (body: unknown): unknown =>
  inObject(body, (message) =>
    mapKeys(message, {
      content: trimmed,
      embeds: (embeds) => mapObjects(embeds, acceptedEmbed),
      components: acceptedComponents,
      attachments: (attachments) => mapObjects(attachments, acceptedAttachment),
      message_reference: (reference) => inObject(reference, acceptedReference),
    }),
  );

/** The same where a message has no nonce and no reply: discord.js sends these keys everywhere, and Discord ignores them. */
export const acceptedWithoutNonce = (body: unknown): unknown =>
  inObject(acceptedMessage(body), (message) => without(message, sentEverywhere));

/** Components of a message or a modal, at any depth. */
export const acceptedComponents = (components: unknown): unknown => mapObjects(components, acceptedComponent);

/** A command. What Discord sets itself comes along when a fetched command is sent again. */
export const acceptedCommand = (body: unknown): unknown =>
  inObject(body, (command) =>
    mapKeys(without(command, setByDiscordOnCommands), { default_member_permissions: permissionsAsNumber }),
  );

const inObject = (value: unknown, change: (object: JsonObject) => JsonObject): unknown =>
  isObject(value) ? change(value) : value;

const trimmed = (value: unknown): unknown => (typeof value === "string" ? value.trim() : value);

/** Of discord.js's MessagePayload; the first three are always there. */
const sentEverywhere = new Set(["tts", "nonce", "enforce_nonce", "message_reference"]);

const acceptedEmbed = (embed: JsonObject): JsonObject =>
  mapKeys(without(embed, setByDiscordOnMedia), {
    title: trimmed,
    description: trimmed,
    timestamp: utcTimestamp,
    fields: (fields) => mapObjects(fields, (field) => mapKeys(field, { name: trimmed, value: trimmed })),
    author: (author) => inObject(author, (it) => mapKeys(without(it, setByDiscordOnMedia), { name: trimmed })),
    footer: (footer) => inObject(footer, (it) => mapKeys(without(it, setByDiscordOnMedia), { text: trimmed })),
    image: withoutDiscordsOwn,
    thumbnail: withoutDiscordsOwn,
    video: withoutDiscordsOwn,
  });

const withoutDiscordsOwn = (media: unknown): unknown => inObject(media, (it) => without(it, setByDiscordOnMedia));

/** On embeds and media of a received message, and back again when a bot edits what it received. */
const setByDiscordOnMedia = new Set([
  "proxy_url",
  "proxy_icon_url",
  "content_type",
  "content_scan_version",
  "flags",
  "reference_id",
]);

/** Any ISO 8601 time is taken; the schema knows only UTC. */
const utcTimestamp = (value: unknown): unknown => {
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? value : new Date(ms).toISOString();
};

/** Only the id matters for an attachment that stays; the rest comes along from a received message. */
const acceptedAttachment = (attachment: JsonObject): JsonObject =>
  mapKeys(
    Object.fromEntries(Object.entries(attachment).filter(([key, value]) => attachmentKeys.has(key) && value !== null)),
    { id: (id) => (typeof id === "number" ? String(id) : id) },
  );

/** The schema knows replies; a forward has another type and is taken as well. */
const acceptedReference = (reference: JsonObject): JsonObject =>
  reference.type === forward ? { ...reference, type: undefined } : reference;

const forward = 1;

const attachmentKeys = new Set(["id", "filename", "description", "duration_secs", "waveform", "title", "is_spoiler"]);

const acceptedComponent = (component: JsonObject): JsonObject =>
  mapKeys(component.type === fileComponent ? without(component, setByDiscordOnFiles) : component, {
    components: acceptedComponents,
    component: (inner) => inObject(inner, acceptedComponent),
    accessory: (inner) => inObject(inner, acceptedComponent),
    emoji: acceptedEmoji,
    options: (options) => mapObjects(options, (option) => mapKeys(option, { emoji: acceptedEmoji })),
    media: urlOnly,
    file: urlOnly,
    items: (items) => mapObjects(items, (item) => mapKeys(item, { media: urlOnly })),
  });

const fileComponent = 13;
const setByDiscordOnFiles = new Set(["name", "size"]);

/** discord.js always says whether an emoji is animated; a custom one needs no name beside its id. */
const acceptedEmoji = (emoji: unknown): unknown =>
  inObject(emoji, (it) => {
    const { animated: _, ...rest } = it;
    return typeof rest.id === "string" && typeof rest.name !== "string" ? { ...rest, name: "" } : rest;
  });

/** Size, proxy address and the like come along from a received message. */
const urlOnly = (media: unknown): unknown => inObject(media, (it) => ("url" in it ? { url: it.url } : it));

/** `nsfw` is missing from the schema; its type is checked by hand (`command-rules.ts`). */
const setByDiscordOnCommands = new Set(["application_id", "guild_id", "id", "nsfw", "version"]);

/** Permissions are a bit set written as a string of digits; the schema has only the number. */
const permissionsAsNumber = (value: unknown): unknown =>
  typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
