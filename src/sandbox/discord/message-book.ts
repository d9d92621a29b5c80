import type { SandboxMessage } from "./api.ts";
import type { ApiResult } from "./api-result.ts";
import type { DirectMessages } from "./direct-messages.ts";
import { discordError } from "./errors.ts";
import { listMessages, type MessagePage } from "./message-page.ts";
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

/** A message that appeared, changed or went; `message` is the API object, for a deleted one as it last was. */
export interface MessageChange {
  readonly kind: "created" | "updated" | "deleted";
  readonly message: JsonObject;
}

/**
 * Every message by its id: those of interactions and of the guild's channel, kept here, and the direct messages, kept by
 * `DirectMessages`. A component works on any of them.
 */
export class MessageBook {
  readonly #directMessages: DirectMessages;
  readonly #now: () => number;
  readonly #kept = new Map<string, StoredMessage>();
  readonly #directly = new Map<string, { readonly personId: string; readonly channelId: string }>();
  readonly #listeners = new Set<(change: MessageChange) => void>();

  constructor(directMessages: DirectMessages, now: () => number) {
    this.#directMessages = directMessages;
    this.#now = now;
    directMessages.onMessage((personId, message) => {
      this.#directly.set(message.id, { personId, channelId: message.channelId });
      this.#announce("created", this.api(message.id));
    });
  }

  /** Calls `listener` after every change; the returned function ends that. */
  onChange(listener: (change: MessageChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  create(body: unknown, context: Omit<MessageContext, "createdAt">): StoredMessage {
    const message = createMessage(body, { ...context, createdAt: this.#now() });
    this.#kept.set(message.id, message);
    this.#announce("created", messageToApi(message));
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
    return this.#replace({ ...filled, flags: flags | (message.flags & messageFlags.ephemeral) });
  }

  /** What a message is does not change by an edit: private stays private. */
  edit(id: string, body: unknown, files: readonly UploadedFile[]): ApiResult {
    const direct = this.#directly.get(id);
    if (direct !== undefined) {
      const result = this.#directMessages.edit(direct.channelId, id, body, files);
      if (result.status === 200) this.#announce("updated", this.api(id));
      return result;
    }
    const message = this.#kept.get(id);
    if (message === undefined) return discordError(10008);
    const edited = editMessage(message, body, this.#now(), files);
    const flags = (edited.flags & ~messageFlags.ephemeral) | (message.flags & messageFlags.ephemeral);
    return this.#replace({ ...edited, flags });
  }

  get(id: string): ApiResult {
    const direct = this.#directly.get(id);
    if (direct !== undefined) return this.#directMessages.get(direct.channelId, id);
    const message = this.#kept.get(id);
    return message === undefined ? discordError(10008) : { status: 200, body: messageToApi(message) };
  }

  /** GET /channels/:id/messages of the guild's channel. What only one person sees is in no channel's history. */
  list(channelId: string, page: MessagePage): ApiResult {
    const isThere = ({ flags, ...message }: StoredMessage) =>
      message.channelId === channelId && (flags & messageFlags.ephemeral) === 0;
    return listMessages([...this.#kept.values()].filter(isThere), page);
  }

  remove(id: string): ApiResult {
    const last = this.api(id);
    const direct = this.#directly.get(id);
    if (direct === undefined && !this.#kept.delete(id)) return discordError(10008);
    const result = direct === undefined ? noContent : this.#directMessages.remove(direct.channelId, id);
    this.#announce("deleted", last);
    return result;
  }

  /** As the API shows it; undefined when there is none or it was deleted. */
  api(id: string): JsonObject | undefined {
    const { status, body } = this.get(id);
    return status === 200 && isJsonObject(body) ? body : undefined;
  }

  /** The flags of a message as it stands, 0 when there is none. */
  flags(id: string | undefined): number {
    const flags = id === undefined ? undefined : this.api(id)?.flags;
    return typeof flags === "number" ? flags : 0;
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

  #replace(message: StoredMessage): ApiResult {
    this.#kept.set(message.id, message);
    const body = messageToApi(message);
    this.#announce("updated", body);
    return { status: 200, body };
  }

  #announce(kind: MessageChange["kind"], message: JsonObject | undefined): void {
    if (message === undefined) return;
    for (const listener of [...this.#listeners]) listener({ kind, message });
  }
}

const noContent: ApiResult = { status: 204 };

const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
