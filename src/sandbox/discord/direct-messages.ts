import type { SandboxMessage, SandboxPerson } from "./api.ts";
import type { ApiResult } from "./api-result.ts";
import { discordError, invalidFormBody } from "./errors.ts";
import { objectOr } from "./json.ts";
import { listMessages, type MessagePage } from "./message-page.ts";
import {
  type ApiUser,
  createMessage,
  editMessage,
  type JsonObject,
  messageToApi,
  type StoredMessage,
  toSandboxMessage,
  type UploadedFile,
} from "./messages.ts";
import { NonceMemory } from "./nonce-memory.ts";
import type { SnowflakeSource } from "./snowflake.ts";
import { validateBody } from "./validation.ts";

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
  /** By id, oldest first. */
  readonly messages: Map<string, StoredMessage>;
}

/** The people of the sandbox and their direct messages with the bot (`discord-facts.md` 4). */
export class DirectMessages {
  readonly #options: DirectMessagesOptions;
  readonly #people = new Map<string, SandboxPerson>();
  readonly #channels = new Map<string, Channel>();
  readonly #channelOf = new Map<string, Channel>();
  readonly #listeners = new Set<DirectMessageListener>();
  readonly #nonces: NonceMemory;

  constructor(options: DirectMessagesOptions) {
    this.#options = options;
    this.#nonces = new NonceMemory(options.now);
  }

  addPerson(person: SandboxPerson): void {
    this.#people.set(person.id, person);
  }

  /** @throws RangeError when nobody has the id. */
  setDms(personId: string, dms: SandboxPerson["dms"]): void {
    this.#people.set(personId, { ...this.#personOrThrow(personId), dms });
  }

  person(personId: string): SandboxPerson | undefined {
    return this.#people.get(personId);
  }

  /** POST /users/@me/channels: always the same channel for one person, open or closed to messages. */
  openChannel(recipientId: string): ApiResult {
    if (!this.#people.has(recipientId)) return discordError(10013);
    return this.getChannel(this.channelIdOf(recipientId));
  }

  /**
   * The person's channel with the bot, opened if it was not.
   * @throws RangeError when nobody has the id.
   */
  channelIdOf(personId: string): string {
    const existing = this.#channelOf.get(personId);
    if (existing !== undefined) return existing.id;
    const { id } = this.#personOrThrow(personId);
    const channel: Channel = { id: this.#options.snowflakes.next(), personId: id, messages: new Map() };
    this.#channels.set(channel.id, channel);
    this.#channelOf.set(personId, channel);
    return channel.id;
  }

  /** GET /channels/:id. */
  getChannel(channelId: string): ApiResult {
    const channel = this.#channels.get(channelId);
    return channel === undefined ? discordError(10003) : { status: 200, body: this.#channelToApi(channel) };
  }

  /** POST /channels/:id/messages. A repeated enforced nonce returns the earlier message and sends nothing. */
  send(channelId: string, body: unknown, files: readonly UploadedFile[] = []): ApiResult {
    const channel = this.#channels.get(channelId);
    if (channel === undefined) return discordError(10003);
    const violations = validateBody("channelMessage", body, { hasFiles: files.length > 0 });
    if (violations.length > 0) return { ...invalidFormBody(violations), violations };
    if (this.#people.get(channel.personId)?.dms !== "open") return discordError(50007);
    const { nonce, enforce_nonce } = objectOr(body);
    const earlier = enforce_nonce === true ? this.#nonces.recall(nonce) : undefined;
    if (earlier !== undefined) return this.get(earlier.channelId, earlier.messageId);
    return { status: 200, body: messageToApi(this.#deliver(channel, body, files)) };
  }

  /** PATCH /channels/:id/messages/:id. */
  edit(channelId: string, messageId: string, body: unknown, files: readonly UploadedFile[] = []): ApiResult {
    const channel = this.#channels.get(channelId);
    if (channel === undefined) return discordError(10003);
    const message = channel.messages.get(messageId);
    if (message === undefined) return discordError(10008);
    if (this.#isOthers(message)) return discordError(50005);
    const violations = validateBody("channelMessageEdit", body, { messageFlags: message.flags });
    if (violations.length > 0) return { ...invalidFormBody(violations), violations };
    const edited = editMessage(message, body, this.#options.now(), files);
    channel.messages.set(messageId, edited);
    return { status: 200, body: messageToApi(edited) };
  }

  /** GET /channels/:id/messages/:id. */
  get(channelId: string, messageId: string): ApiResult {
    const channel = this.#channels.get(channelId);
    if (channel === undefined) return discordError(10003);
    const message = channel.messages.get(messageId);
    return message === undefined ? discordError(10008) : { status: 200, body: messageToApi(message) };
  }

  /** GET /channels/:id/messages: what both have written, newest first. */
  list(channelId: string, page: MessagePage): ApiResult {
    const channel = this.#channels.get(channelId);
    return channel === undefined ? discordError(10003) : listMessages([...channel.messages.values()], page);
  }

  /** DELETE /channels/:id/messages/:id. */
  remove(channelId: string, messageId: string): ApiResult {
    const channel = this.#channels.get(channelId);
    if (channel === undefined) return discordError(10003);
    // In a direct message channel nobody may delete what the other one wrote.
    if (this.#isOthers(channel.messages.get(messageId))) return discordError(50003);
    return channel.messages.delete(messageId) ? { status: 204 } : discordError(10008);
  }

  /**
   * The person writes to the bot.
   * @throws RangeError when nobody has the id.
   */
  write(personId: string, content: string): SandboxMessage {
    const { username, displayName } = this.#personOrThrow(personId);
    const channelId = this.channelIdOf(personId);
    const author = { id: personId, username, discriminator: "0", global_name: displayName, avatar: null };
    const context = { id: this.#options.snowflakes.next(), channelId, author, createdAt: this.#options.now() };
    const message = createMessage({ content }, context);
    this.#channels.get(channelId)?.messages.set(message.id, message);
    return toSandboxMessage(message);
  }

  /** What the person has received and was not deleted, oldest first. */
  messages(personId: string): readonly SandboxMessage[] {
    const all = [...(this.#channelOf.get(personId)?.messages.values() ?? [])];
    return all.filter((message) => !this.#isOthers(message)).map(toSandboxMessage);
  }

  /** Calls `listener` for every new message; the returned function ends that. */
  onMessage(listener: DirectMessageListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #isOthers(message: StoredMessage | undefined): boolean {
    return message !== undefined && message.author.id !== this.#options.bot.id;
  }

  #deliver(channel: Channel, body: unknown, files: readonly UploadedFile[]): StoredMessage {
    const message = createMessage(body, {
      id: this.#options.snowflakes.next(),
      channelId: channel.id,
      author: this.#options.bot,
      createdAt: this.#options.now(),
      files,
    });
    channel.messages.set(message.id, message);
    this.#nonces.remember(message);
    for (const listener of [...this.#listeners]) listener(channel.personId, toSandboxMessage(message));
    return message;
  }

  #channelToApi(channel: Channel): JsonObject {
    const { username, displayName } = this.#personOrThrow(channel.personId);
    return {
      id: channel.id,
      type: dmChannel,
      flags: 0,
      last_message_id: [...channel.messages.keys()].at(-1) ?? null,
      recipients: [
        { id: channel.personId, username, discriminator: "0", global_name: displayName, avatar: null, public_flags: 0 },
      ],
    };
  }

  #personOrThrow(personId: string): SandboxPerson {
    const person = this.#people.get(personId);
    if (person === undefined) throw new RangeError(`Nobody in the sandbox has the id ${personId}.`);
    return person;
  }
}

const dmChannel = 1;
