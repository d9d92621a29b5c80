import { z } from "zod";
import type { SandboxMessage } from "./api.ts";
import { mentionedIn } from "./mentions.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** A user as Discord returns it. */
export interface ApiUser {
  readonly id: string;
  readonly username: string;
  readonly discriminator: string;
  readonly global_name: string | null;
  readonly avatar: string | null;
  readonly bot?: boolean;
}

/** A file sent as `files[n]` of a multipart request; its content is not kept. */
export interface UploadedFile {
  /** The n of `files[n]`, to which `attachments[].id` refers. */
  readonly index: number;
  readonly name: string;
  readonly sizeBytes: number;
  readonly contentType?: string;
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
export interface StoredMessage extends MessageContext {
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
  readonly pings: readonly string[];
}

export const messageFlags = {
  suppressEmbeds: 1 << 2,
  ephemeral: 1 << 6,
  loading: 1 << 7,
  componentsV2: 1 << 15,
} as const;

/** A message from the body of a create request that passed `validateBody`. */
export const createMessage = (body: unknown, context: MessageContext): StoredMessage => {
  const request = messageRequest.parse(body ?? {});
  const content = trimmed(request.content);
  return {
    ...context,
    content,
    embeds: (request.embeds ?? []).map(richEmbed),
    components: request.components ?? [],
    attachments: [],
    flags: request.flags ?? 0,
    tts: request.tts ?? false,
    ...(request.nonce == null ? {} : { nonce: request.nonce }),
    pings: mentionedIn(content, request.allowed_mentions),
  };
};

/** The message after an edit; what the body does not name stays, what it sets to null goes. */
export const editMessage = (
  message: StoredMessage,
  body: unknown,
  editedAt: number,
  _files: readonly UploadedFile[] = [],
): StoredMessage => {
  const request = messageRequest.parse(body ?? {});
  const content = request.content === undefined ? message.content : trimmed(request.content);
  return {
    ...message,
    content,
    embeds: request.embeds === undefined ? message.embeds : (request.embeds ?? []).map(richEmbed),
    components: request.components === undefined ? message.components : (request.components ?? []),
    flags: request.flags ?? message.flags,
    editedAt,
  };
};

/** The message as Discord returns it. */
export const messageToApi = (message: StoredMessage): JsonObject => ({
  id: message.id,
  channel_id: message.channelId,
  type: message.type ?? 0,
  author: message.author,
  content: message.content,
  embeds: message.embeds,
  components: message.components,
  attachments: message.attachments,
  mentions: [],
  mention_roles: [],
  mention_everyone: false,
  pinned: false,
  tts: message.tts,
  flags: message.flags,
  timestamp: new Date(message.createdAt).toISOString(),
  edited_timestamp: message.editedAt === undefined ? null : new Date(message.editedAt).toISOString(),
  ...(message.nonce === undefined ? {} : { nonce: message.nonce }),
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
  pings: message.pings,
});

const jsonObject = z.record(z.string(), z.unknown());

const messageRequest = z.object({
  content: z.string().nullish(),
  embeds: z.array(jsonObject).nullish(),
  components: z.array(jsonObject).nullish(),
  attachments: z.array(jsonObject).nullish(),
  allowed_mentions: z.unknown(),
  flags: z.number().nullish(),
  tts: z.boolean().nullish(),
  nonce: z.union([z.string(), z.number()]).nullish(),
  poll: jsonObject.nullish(),
  message_reference: jsonObject.nullish(),
});

const trimmed = (content: string | null | undefined): string => (content ?? "").trim();

/** Discord gives embeds a type of their own accord. */
const richEmbed = (embed: JsonObject): JsonObject => ({ type: "rich", ...embed });
