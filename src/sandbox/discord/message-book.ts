import type { SandboxMessage } from "./api.ts";
import type { ApiResult } from "./api-result.ts";
import type { DirectMessages } from "./direct-messages.ts";
import { discordError } from "./errors.ts";
import {
  createMessage,
  editMessage,
  type JsonObject,
  type MessageContext,
  messageFlags,
  messageToApi,
  type StoredMessage,
  toSandboxMessage,
  type UploadedFile,
} from "./messages.ts";

/**
 * Every message by its id: those of interactions and of the guild's channel, kept here, and the direct messages, kept by
 * `DirectMessages`. A component works on any of them.
 */
export class MessageBook {
  readonly #directMessages: DirectMessages;
  readonly #now: () => number;
  readonly #kept = new Map<string, StoredMessage>();
  readonly #directly = new Map<string, { readonly personId: string; readonly channelId: string }>();

  constructor(directMessages: DirectMessages, now: () => number) {
    this.#directMessages = directMessages;
    this.#now = now;
    directMessages.onMessage((personId, message) =>
      this.#directly.set(message.id, { personId, channelId: message.channelId }),
    );
  }

  create(body: unknown, context: Omit<MessageContext, "createdAt">): StoredMessage {
    const message = createMessage(body, { ...context, createdAt: this.#now() });
    this.#kept.set(message.id, message);
    return message;
  }

  /** The loading message of a deferred reply: "thinking…", without content. */
  createLoading(context: Omit<MessageContext, "createdAt">, ephemeral: boolean): StoredMessage {
    const flags = messageFlags.loading | (ephemeral ? messageFlags.ephemeral : 0);
    return this.create({ flags }, context);
  }

  /** Turns a loading message into an answer; it stays as private or public as it was deferred (`discord-facts.md` 1.3). */
  fill(id: string, body: unknown, files: readonly UploadedFile[]): ApiResult {
    const message = this.#kept.get(id);
    if (message === undefined) return discordError(10008);
    const { editedAt: _, ...filled } = editMessage(message, body, this.#now(), files);
    const flags = filled.flags & ~messageFlags.loading & ~messageFlags.ephemeral;
    const answer = { ...filled, flags: flags | (message.flags & messageFlags.ephemeral) };
    this.#kept.set(id, answer);
    return { status: 200, body: messageToApi(answer) };
  }

  edit(id: string, body: unknown, files: readonly UploadedFile[]): ApiResult {
    const direct = this.#directly.get(id);
    if (direct !== undefined) return this.#directMessages.edit(direct.channelId, id, body, files);
    const message = this.#kept.get(id);
    if (message === undefined) return discordError(10008);
    const edited = editMessage(message, body, this.#now(), files);
    const flags = (edited.flags & ~messageFlags.ephemeral) | (message.flags & messageFlags.ephemeral);
    this.#kept.set(id, { ...edited, flags });
    return { status: 200, body: messageToApi({ ...edited, flags }) };
  }

  get(id: string): ApiResult {
    const direct = this.#directly.get(id);
    if (direct !== undefined) return this.#directMessages.get(direct.channelId, id);
    const message = this.#kept.get(id);
    return message === undefined ? discordError(10008) : { status: 200, body: messageToApi(message) };
  }

  remove(id: string): ApiResult {
    const direct = this.#directly.get(id);
    if (direct !== undefined) return this.#directMessages.remove(direct.channelId, id);
    return this.#kept.delete(id) ? { status: 204 } : discordError(10008);
  }

  /** As the API shows it; undefined when there is none or it was deleted. */
  api(id: string): JsonObject | undefined {
    const { status, body } = this.get(id);
    return status === 200 && isJsonObject(body) ? body : undefined;
  }

  /** As a person sees it; undefined when there is none, it was deleted, or it is still loading. */
  seen(id: string): SandboxMessage | undefined {
    const direct = this.#directly.get(id);
    if (direct !== undefined) {
      return this.#directMessages.messages(direct.personId).find((message) => message.id === id);
    }
    const message = this.#kept.get(id);
    if (message === undefined || (message.flags & messageFlags.loading) !== 0) return undefined;
    return toSandboxMessage(message);
  }
}

const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
