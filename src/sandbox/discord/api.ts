import type { Clock } from "../../clock.ts";
import type { RateLimitOptions } from "./rate-limits.ts";

/**
 * The sandbox Discord, as tests, benchmarks and the sandbox script drive it. One HTTP server and gateway on one port of
 * 127.0.0.1, for unmodified discord.js. Times in reports are ms since the interaction's creation on the sandbox's clock.
 */
export interface SandboxDiscord {
  /** `http://127.0.0.1:PORT/api`, the value of `DISCORD_API_URL`. */
  readonly apiUrl: string;
  /** `http://127.0.0.1:PORT/sandbox`, the control interface: the same verbs over HTTP. */
  readonly controlUrl: string;
  readonly botToken: string;
  readonly applicationId: string;
  readonly guildId: string;
  /** The guild's one channel. */
  readonly channelId: string;
  addPerson(person?: Partial<Omit<SandboxPerson, "id">> & { readonly id?: string }): SandboxPerson;
  /** Opens or closes a person's direct messages (50007 while closed). */
  setDms(personId: string, dms: "open" | "closed"): void;
  /** Somebody uses a command, a button, a select, a modal or types in an autocomplete option. */
  interact(input: InteractionInput, faults?: InteractionFaults): SandboxInteraction;
  report(interactionId: string): InteractionReport;
  reports(): readonly InteractionReport[];
  /** Direct messages a person has received, oldest first. */
  directMessages(personId: string): readonly SandboxMessage[];
  /** What everybody sees in the guild's channel, oldest first. */
  channelMessages(): readonly SandboxMessage[];
  /** The next direct message the person receives after this call, or the first of those received already beyond `after`. */
  nextDirectMessage(personId: string, after?: number): Promise<SandboxMessage>;
  /** Faults for requests by route until removed or used up. */
  addRouteFault(fault: RouteFault): () => void;
  clearFaults(): void;
  /** Closes or cuts every gateway connection (or those of one session). Missed events are replayed after RESUME. */
  dropGateway(options?: DropGatewayOptions): void;
  /** Asks every connected client for a heartbeat out of turn (op 1). */
  requestHeartbeat(): void;
  /** Resolves when at least `count` sessions are ready to receive events. */
  gatewayReady(count?: number): Promise<void>;
  readonly sessions: readonly GatewaySessionInfo[];
  /** IDENTIFYs left of those Discord allows in a day. */
  readonly identifiesRemaining: number;
  /** Moves the sandbox's clock against the machine's: what Discord would call now is `clock.now() + offset`. */
  setClockOffset(offsetMs: number): void;
  /** Every registered command, global or of the guild, as stored. */
  commands(guildId?: string): readonly Record<string, unknown>[];
  /** Every request received on the API, newest last: route template, status, code. Never a token. */
  readonly requests: readonly RequestRecord[];
  /** Bodies Discord would have refused (400/50035), with the reasons. */
  readonly violations: readonly Violation[];
  close(): Promise<void>;
}

export interface SandboxDiscordOptions {
  readonly clock?: Clock;
  /** 0 takes a free one, the default. */
  readonly port?: number;
  /** Accepted by IDENTIFY and HTTP. Random, shaped like a real one, when absent. */
  readonly botToken?: string;
  readonly heartbeatIntervalMs?: number;
  /** IDENTIFYs left today of the 1000 a day (`discord-facts.md` 3.2), the default; one too many resets the token. */
  readonly identifiesRemaining?: number;
  /** Recommended by /gateway/bot; fewer are refused with 4011. Default 1. */
  readonly shards?: number;
  /** Bits of the privileged intents the application was granted; others of them are refused with 4014. Default none. */
  readonly privilegedIntents?: number;
  /**
   * How many the bot is in. All are in READY, and in a GUILD_CREATE each for who asks for the Guilds intent; things happen
   * in the first alone. Default 1.
   */
  readonly guilds?: number;
  /** Those not given stay as they are by default. */
  readonly rateLimits?: RateLimitOptions;
  /** As `setClockOffset`, but from before the first id is made. Default 0. */
  readonly clockOffsetMs?: number;
}

export interface DropGatewayOptions {
  /** Only this session; absent: every one. */
  readonly sessionId?: string;
  /** The close code; absent: the connection is cut, as by a network failure. */
  readonly code?: number;
  /** Whether the session can be resumed; default true. */
  readonly resumable?: boolean;
  /** Asks the client to reconnect (op 7) or calls its session invalid (op 9) instead of closing. */
  readonly request?: "reconnect" | "invalidSession";
}

export interface SandboxPerson {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly locale: string;
  readonly dms: "open" | "closed";
}

export type OptionInput = string | number | boolean;

interface InteractionPlace {
  readonly personId: string;
  /** In the sandbox's guild (default) or in the person's DM with the bot. */
  readonly place?: "guild" | "dm";
}

export type InteractionInput = InteractionPlace &
  (
    | {
        readonly kind: "command";
        readonly name: string;
        readonly subcommandGroup?: string;
        readonly subcommand?: string;
        readonly options?: Readonly<Record<string, OptionInput>>;
      }
    | {
        readonly kind: "autocomplete";
        readonly name: string;
        readonly subcommandGroup?: string;
        readonly subcommand?: string;
        readonly options?: Readonly<Record<string, OptionInput>>;
        readonly focused: { readonly name: string; readonly value: string };
      }
    | { readonly kind: "button"; readonly customId: string; readonly messageId: string }
    | {
        readonly kind: "select";
        readonly customId: string;
        readonly messageId: string;
        readonly values: readonly string[];
      }
    | {
        readonly kind: "modal";
        readonly customId: string;
        readonly fields: Readonly<Record<string, string>>;
        /** The message whose component opened it, if one did. */
        readonly messageId?: string;
      }
  );

/** What goes wrong with one HTTP request. Delays come first, then the outcome. */
export interface RequestFault {
  /** Before the request is looked at. It is on its way: a client that gives up does not take it back. */
  readonly delayRequestMs?: number;
  /** After it was processed, before the response leaves. */
  readonly delayResponseMs?: number;
  readonly outcome?:
    | { readonly kind: "reset" | "close" | "hang"; readonly processed: boolean }
    | { readonly kind: "status"; readonly status: number; readonly processed: boolean }
    | { readonly kind: "error"; readonly status: number; readonly code: number; readonly processed: boolean }
    | { readonly kind: "rateLimit"; readonly retryAfterMs: number; readonly scope: "user" | "global" | "shared" };
}

export interface InteractionFaults {
  /** Between creation (the snowflake) and the dispatch on the gateway. */
  readonly deliverAfterMs?: number;
  /** The same event dispatched again this long after the first dispatch. */
  readonly duplicateAfterMs?: number;
  /** Every callback answered 404/10062 without effect until this long after creation. */
  readonly unknownForMs?: number;
  /** A second acknowledgement is answered 404/10062 instead of 400/40060 (`discord-facts.md` 1.4). */
  readonly secondAckUnknown?: boolean;
  /** Deliver to the n-th session only (0 is the oldest); absent: to every session. */
  readonly onlySession?: number;
  /** The gateway is dropped instead of delivering; the event is replayed after RESUME. */
  readonly dropGatewayFirst?: boolean;
  /** For the first, second, … callback request of this interaction; `undefined` entries and later requests have none. */
  readonly callbacks?: readonly (RequestFault | undefined)[];
  /** The same for PATCH of @original and of follow-ups. */
  readonly edits?: readonly (RequestFault | undefined)[];
  /** The same for POST of follow-ups. */
  readonly followUps?: readonly (RequestFault | undefined)[];
}

export interface RouteFault {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The template, for example `/channels/:id/messages`. */
  readonly route: string;
  readonly fault: RequestFault;
  /** How many requests it applies to; absent: every one until cleared. */
  readonly times?: number;
}

export interface SandboxInteraction {
  readonly id: string;
  /** Resolves when the person sees the answer; rejects with the report in the message when they never will. */
  answered(): Promise<InteractionReport>;
  /** Resolves when nothing more can change what the person saw: answered, failed (3 s) or thinking for ever (15 min). */
  settled(): Promise<InteractionReport>;
  /** Resolves as soon as `predicate` holds for the report. */
  until(predicate: (report: InteractionReport) => boolean): Promise<InteractionReport>;
  report(): InteractionReport;
}

/**
 * What the person saw.
 * waiting: nothing yet, and the 3 s are not over; thinking: deferred, not answered; answered: a message, an update, a
 * modal or choices; failed: "the application did not respond"; acknowledged: a silent component defer, or a deferred
 * reply that was deleted without an answer.
 */
export type PersonSaw = "waiting" | "thinking" | "answered" | "failed" | "acknowledged";

export interface InteractionReport {
  readonly id: string;
  readonly kind: InteractionInput["kind"];
  readonly name: string;
  readonly personId: string;
  readonly saw: PersonSaw;
  /** When the token is over while the person still sees "thinking…". */
  readonly thinkingForEver: boolean;
  readonly createdAt: number;
  readonly deliveries: readonly { readonly atMs: number; readonly sessionId: string; readonly replayed: boolean }[];
  /** Every request about this interaction, in order of arrival. */
  readonly attempts: readonly {
    readonly request: "callback" | "edit" | "get" | "followUp" | "delete";
    /** Of a callback (`discord-facts.md` 1.2). */
    readonly callbackType?: number;
    readonly atMs: number;
    /** As sent; absent when the response was lost. */
    readonly status?: number;
    /** Discord's error code, if one was sent or would have been. */
    readonly code?: number;
    /** Whether it took effect: looked at by Discord and not refused. */
    readonly processed: boolean;
  }[];
  readonly acknowledgedAtMs?: number;
  readonly answeredAtMs?: number;
  /**
   * How often an answer became visible anew, deleted ones included: in a message of its own, or as the update of the
   * component's message, a modal or choices. 1 is right; later edits of the same message do not count.
   */
  readonly answersShown: number;
  /** What is visible to the person now. */
  readonly visible: readonly SandboxMessage[];
  /** Choices shown by an autocomplete. */
  readonly choices?: readonly { readonly name: string; readonly value: string | number }[];
  /** The modal shown. */
  readonly modal?: Readonly<Record<string, unknown>>;
}

export interface SandboxMessage {
  readonly id: string;
  readonly channelId: string;
  readonly content: string;
  readonly embeds: readonly Readonly<Record<string, unknown>>[];
  readonly components: readonly Readonly<Record<string, unknown>>[];
  readonly ephemeral: boolean;
  readonly nonce?: string;
  /** On the sandbox's clock, ms since the epoch. */
  readonly createdAt: number;
  readonly editedAt?: number;
  /** Ids of people it would ping, by `allowed_mentions`. */
  readonly pings: readonly string[];
}

export interface GatewaySessionInfo {
  readonly id: string;
  readonly connected: boolean;
  readonly intents: number;
  readonly shard: readonly [number, number];
}

export interface RequestRecord {
  readonly at: number;
  readonly method: string;
  readonly route: string;
  readonly status?: number;
  readonly code?: number;
}

export interface Violation {
  readonly method: string;
  readonly route: string;
  readonly reasons: readonly string[];
}
