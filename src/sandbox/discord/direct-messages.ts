import type { SandboxMessage, SandboxPerson } from "./api.ts";
import type { ApiResult } from "./api-result.ts";
import { discordError } from "./errors.ts";
import {
  type ApiUser,
  createMessage,
  editMessage,
  messageToApi,
  type StoredMessage,
  toSandboxMessage,
  type UploadedFile,
} from "./messages.ts";
import type { SnowflakeSource } from "./snowflake.ts";

export interface DirectMessagesOptions {
  readonly snowflakes: SnowflakeSource;
  /** The sandbox Discord's clock, ms since the Unix epoch. */
  readonly now: () => number;
  /** The author of every message here. */
  readonly bot: ApiUser;
}

export type DirectMessageListener = (personId: string, message: SandboxMessage) => void;

interface Channel {
  readonly id: string;
  readonly personId: string;
  readonly messages: Map<string, StoredMessage>;
}

/** The people of the sandbox and their direct messages with the bot. */
export class DirectMessages {
  readonly #options: DirectMessagesOptions;
  readonly #people = new Map<string, SandboxPerson>();
  readonly #channels = new Map<string, Channel>();
  readonly #channelOf = new Map<string, Channel>();
  readonly #listeners = new Set<DirectMessageListener>();

  constructor(options: DirectMessagesOptions) {
    this.#options = options;
  }

  addPerson(person: SandboxPerson): void {
    this.#people.set(person.id, person);
  }

  setDms(personId: string, dms: SandboxPerson["dms"]): void {
    const person = this.#people.get(personId);
    if (person === undefined) throw new RangeError(`Nobody in the sandbox has the id ${personId}.`);
    this.#people.set(personId, { ...person, dms });
  }

  person(personId: string): SandboxPerson | undefined {
    return this.#people.get(personId);
  }

  /** POST /users/@me/channels: always the same channel for one person. */
  openChannel(recipientId: string): ApiResult {
    const person = this.#people.get(recipientId);
    if (person === undefined) return discordError(10013);
    return { status: 200, body: { id: this.channelIdOf(recipientId), type: 1 } };
  }

  /** The person's channel with the bot, opened if it was not. */
  channelIdOf(personId: string): string {
    const existing = this.#channelOf.get(personId);
    if (existing !== undefined) return existing.id;
    const channel: Channel = { id: this.#options.snowflakes.next(), personId, messages: new Map() };
    this.#channels.set(channel.id, channel);
    this.#channelOf.set(personId, channel);
    return channel.id;
  }

  /** GET /channels/:id. */
  getChannel(channelId: string): ApiResult {
    return this.#channels.has(channelId) ? { status: 200, body: { id: channelId, type: 1 } } : discordError(10003);
  }

  /** POST /channels/:id/messages. */
  send(channelId: string, body: unknown, files: readonly UploadedFile[] = []): ApiResult {
    const channel = this.#channels.get(channelId);
    if (channel === undefined) return discordError(10003);
    if (this.#people.get(channel.personId)?.dms !== "open") return discordError(50007);
    const message = createMessage(body, {
      id: this.#options.snowflakes.next(),
      channelId,
      author: this.#options.bot,
      createdAt: this.#options.now(),
      files,
    });
    channel.messages.set(message.id, message);
    for (const listener of [...this.#listeners]) listener(channel.personId, toSandboxMessage(message));
    return { status: 200, body: messageToApi(message) };
  }

  /** PATCH /channels/:id/messages/:id. */
  edit(channelId: string, messageId: string, body: unknown, files: readonly UploadedFile[] = []): ApiResult {
    const channel = this.#channels.get(channelId);
    const message = channel?.messages.get(messageId);
    if (channel === undefined) return discordError(10003);
    if (message === undefined) return discordError(10008);
    const edited = editMessage(message, body, this.#options.now(), files);
    channel.messages.set(messageId, edited);
    return { status: 200, body: messageToApi(edited) };
  }

  /** GET /channels/:id/messages/:id. */
  get(channelId: string, messageId: string): ApiResult {
    const channel = this.#channels.get(channelId);
    const message = channel?.messages.get(messageId);
    if (channel === undefined) return discordError(10003);
    return message === undefined ? discordError(10008) : { status: 200, body: messageToApi(message) };
  }

  /** DELETE /channels/:id/messages/:id. */
  remove(channelId: string, messageId: string): ApiResult {
    const channel = this.#channels.get(channelId);
    if (channel === undefined) return discordError(10003);
    return channel.messages.delete(messageId) ? { status: 204 } : discordError(10008);
  }

  /** What the person has received, oldest first. */
  messages(personId: string): readonly SandboxMessage[] {
    return [...(this.#channelOf.get(personId)?.messages.values() ?? [])].map(toSandboxMessage);
  }

  /** Calls `listener` for every new message; the returned function ends that. */
  onMessage(listener: DirectMessageListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
