import { z } from "zod";
import type { SandboxMessage } from "./api.ts";
import { attachmentsAfter, type UploadedFile } from "./attachments.ts";
import { type JsonObject, objectOr, objectsIn, textOf } from "./json.ts";
import { type Mentions, mentionsIn } from "./mentions.ts";
import { messageFlags } from "./message-flags.ts";

export type { UploadedFile } from "./attachments.ts";
export type { JsonObject } from "./json.ts";
export { messageFlags } from "./message-flags.ts";

/** A user as Discord returns it. */
export interface ApiUser {
  readonly id: string;
  readonly username: string;
  readonly discriminator: string;
  readonly global_name: string | null;
  readonly avatar: string | null;
  readonly bot?: boolean;
}

/** What a message has besides the body it was made from. */
export interface MessageContext {
  readonly id: string;
  readonly channelId: string;
  readonly author: ApiUser;
  /** Ms since the Unix epoch. */
  readonly createdAt: number;
  readonly files?: readonly UploadedFile[];
  /** Discord's message type: 0 by default, 19 for a reply, 20 for the answer to a slash command. */
  readonly type?: number;
  /** Set for messages of an interaction: the application's id. */
  readonly webhookId?: string;
  /** `interaction_metadata` and the like, copied to the API object as they are. */
  readonly extra?: JsonObject;
}

/** A message as the sandbox keeps it; `messageToApi` and `toSandboxMessage` are its two views. */
export interface StoredMessage extends Omit<MessageContext, "files"> {
  readonly content: string;
  readonly embeds: readonly JsonObject[];
  readonly components: readonly JsonObject[];
  readonly attachments: readonly JsonObject[];
  readonly flags: number;
  readonly tts: boolean;
  readonly nonce?: string | number;
  readonly poll?: JsonObject;
  readonly messageReference?: JsonObject;
  readonly editedAt?: number;
  readonly mentions: Mentions;
}

/** A message from the body of a create request that passed `validateBody`. */
export const createMessage = (body: unknown, { files = [], ...context }: MessageContext): StoredMessage => {
  const request = messageRequest.parse(body ?? {});
  const content = textOf(request.content);
  const components = request.components ?? [];
  return {
    ...context,
    content,
    embeds: (request.embeds ?? []).map(richEmbed),
    components,
    attachments: attachmentsAfter({ ...context, attachments: [] }, request.attachments, files),
    flags: request.flags ?? 0,
    tts: request.tts ?? false,
    ...(request.nonce == null ? {} : { nonce: request.nonce }),
    ...(request.poll == null ? {} : { poll: openPoll(request.poll, context.createdAt) }),
    ...(request.message_reference == null
      ? {}
      : { messageReference: { type: 0, channel_id: context.channelId, ...request.message_reference } }),
    mentions: mentionsIn(textThatPings(content, components), request.allowed_mentions),
  };
};

/** The message after an edit that passed `validateBody`: what the body does not name stays, what it sets to null goes. */
export const editMessage = (
  message: StoredMessage,
  body: unknown,
  editedAt: number,
  files: readonly UploadedFile[] = [],
): StoredMessage => {
  const request = messageRequest.parse(body ?? {});
  const content = request.content === undefined ? message.content : textOf(request.content);
  const components = request.components === undefined ? message.components : (request.components ?? []);
  const isLoading = (message.flags & messageFlags.loading) !== 0;
  return {
    ...message,
    content,
    components,
    embeds: request.embeds === undefined ? message.embeds : (request.embeds ?? []).map(richEmbed),
    attachments: attachmentsAfter(message, request.attachments, files),
    flags: flagsAfterEdit(message.flags, request.flags),
    ...(request.poll == null ? {} : { poll: openPoll(request.poll, editedAt) }),
    editedAt,
    // An edit notifies nobody, but a loading message gets its text only now.
    mentions: isLoading ? mentionsIn(textThatPings(content, components), request.allowed_mentions) : message.mentions,
  };
};

/** The message as Discord returns it. */
export const messageToApi = (message: StoredMessage): JsonObject => ({
  id: message.id,
  channel_id: message.channelId,
  type: message.type ?? (message.messageReference === undefined ? 0 : 19),
  author: message.author,
  content: message.content,
  embeds: message.embeds,
  components: message.components,
  attachments: message.attachments,
  mentions: message.mentions.people.map(userWithoutProfile),
  mention_roles: message.mentions.roles,
  mention_everyone: message.mentions.everyone,
  pinned: false,
  tts: message.tts,
  flags: message.flags,
  timestamp: new Date(message.createdAt).toISOString(),
  edited_timestamp: message.editedAt === undefined ? null : new Date(message.editedAt).toISOString(),
  ...(message.nonce === undefined ? {} : { nonce: message.nonce }),
  ...(message.poll === undefined ? {} : { poll: message.poll }),
  ...(message.messageReference === undefined ? {} : { message_reference: message.messageReference }),
  ...(message.webhookId === undefined ? {} : { webhook_id: message.webhookId, application_id: message.webhookId }),
  ...message.extra,
});

/** The message as tests and reports see it. */
export const toSandboxMessage = (message: StoredMessage): SandboxMessage => ({
  id: message.id,
  channelId: message.channelId,
  content: message.content,
  embeds: message.embeds,
  components: message.components,
  ephemeral: (message.flags & messageFlags.ephemeral) !== 0,
  ...(message.nonce === undefined ? {} : { nonce: String(message.nonce) }),
  createdAt: message.createdAt,
  ...(message.editedAt === undefined ? {} : { editedAt: message.editedAt }),
  pings: message.mentions.people,
});

const jsonObject = z.record(z.string(), z.unknown());

const messageRequest = z.object({
  content: z.string().nullish(),
  embeds: z.array(jsonObject).nullish(),
  components: z.array(jsonObject).nullish(),
  attachments: z.array(jsonObject).nullish(),
  allowed_mentions: z.unknown().optional(),
  flags: z.number().nullish(),
  tts: z.boolean().nullish(),
  nonce: z.union([z.string(), z.number()]).nullish(),
  poll: jsonObject.nullish(),
  message_reference: jsonObject.nullish(),
});

const richEmbed = (embed: JsonObject): JsonObject => ({ ...embed, type: "rich" });

/** Text outside `content` that can ping: the text displays of components V2. Embeds ping nobody. */
const textThatPings = (content: string, components: unknown): string =>
  [
    content,
    ...objectsIn(components).map(([, component]) => textThatPings(textOf(component.content), component.components)),
  ].join("\n");

/** An edit may hide or show embeds and turn to components V2, never back (`discord-facts.md` 5); other bits are fixed. */
const flagsAfterEdit = (flags: number, requested: number | null | undefined): number => {
  if (requested == null) return flags;
  const { suppressEmbeds, componentsV2 } = messageFlags;
  return (flags & ~suppressEmbeds) | (requested & (suppressEmbeds | componentsV2));
};

const defaultPollHours = 24;

const openPoll = (poll: JsonObject, createdAt: number): JsonObject => {
  const { duration, ...rest } = poll;
  const hours = typeof duration === "number" ? duration : defaultPollHours;
  return {
    allow_multiselect: false,
    layout_type: 1,
    ...rest,
    question: objectOr(poll.question),
    answers: objectsIn(poll.answers).map(([index, answer]) => ({ ...answer, answer_id: index + 1 })),
    expiry: new Date(createdAt + hours * 3_600_000).toISOString(),
    results: { is_finalized: false, answer_counts: [] },
  };
};

/** Mentions name people by id; who they are otherwise is not known here. */
const userWithoutProfile = (id: string): ApiUser => ({
  id,
  username: id,
  discriminator: "0",
  global_name: null,
  avatar: null,
});
