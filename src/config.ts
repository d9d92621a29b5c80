import { z } from "zod";
import { type PrecomputeChoice, parsePrecomputeChoice } from "./backend/precompute-choice.ts";
import { type LeaseSettings, retryJitter } from "./instance/lease-store.ts";
import { logLevels } from "./logging.ts";

const trimmed = z.string().trim();
const snowflake = trimmed.regex(
  /^\d{17,20}$/,
  "expected a Discord id of 17 to 20 digits, for example 123456789012345678",
);
const secret = (what: string) => trimmed.min(1, `expected ${what}`);
const whole = (what: string, min: number, max: number) => {
  const expected = `expected ${what} from ${min} to ${max}`;
  return z.coerce.number(expected).int(expected).min(min, expected).max(max, expected);
};
const decimal = (what: string, min: number, max: number) => {
  const expected = `expected ${what} from ${min} to ${max}`;
  return z.coerce.number(expected).min(min, expected).max(max, expected);
};
const milliseconds = (min: number, max: number) => whole("a whole number of milliseconds", min, max);

const usesPerMinute = whole("a whole number of uses", 0, 10_000);

const dayMs = 24 * 60 * 60_000;

const url = (protocols: readonly string[], example: string) =>
  trimmed.refine(
    (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
    `expected an address like ${example}`,
  );

const origin = url(["http:", "https:"], "http://localhost:3000")
  .refine(
    (text) => !URL.canParse(text) || ["", "/"].includes(new URL(text).pathname),
    "expected the origin only, without a path",
  )
  .transform((text) => new URL(text).origin);

const instanceModes = ["lock", "lease", "off"] as const;

/**
 * The environment, with units, defaults and their reasons. Names are what an operator writes; what the code uses is
 * {@link Config}. An empty value counts as absent.
 */
const environment = z.object({
  /** From the Developer Portal, "Bot". */
  DISCORD_BOT_TOKEN: secret("the bot's token from the Discord Developer Portal"),
  DISCORD_CLIENT_ID: snowflake,
  /** Commands are registered to this guild, where they appear at once; absent: globally. */
  DISCORD_GUILD_ID: snowflake.optional(),
  DISCORD_API_URL: url(["http:", "https:"], "https://discord.com/api")
    .transform((text) => text.replace(/\/+$/, ""))
    .default("https://discord.com/api"),

  BACKEND_API_URL: origin.default("http://localhost:3000"),
  BACKEND_API_KEY: secret("the backend's key for the bot"),
  /** The backend compares another variable of its own for /subscriptions (`backend-contract.md` 1.1). */
  BACKEND_SUBSCRIPTIONS_API_KEY: trimmed.min(1).optional(),
  /** The slowest useful answer was seen after 22 s; a person who waited half a minute wants a sentence instead. */
  BACKEND_TIMEOUT_MS: milliseconds(100, 120_000).default(30_000),
  /** Candles are of 15 minutes and more, so that a signal says the same for a minute. */
  SIGNAL_FRESH_MS: milliseconds(0, 3_600_000).default(60_000),
  /** Nobody is made to wait for a newer one where the last is not older than this. */
  SIGNAL_STALE_MS: milliseconds(0, 3_600_000).default(300_000),
  /** While the backend fails, a signal this old is shown with its age; an older one would mislead. 0 keeps none at all. */
  SIGNAL_KEEP_MS: milliseconds(0, 86_400_000).default(3_600_000),
  /** Refreshed before anybody asks, with what requests are to spare: which signals, and of learned ones how many. */
  PRECOMPUTE_SIGNALS: trimmed
    .transform((text, context) => {
      const choice = parsePrecomputeChoice(text);
      if (choice.kind !== "wrong") return choice;
      for (const message of choice.problems) context.addIssue({ code: "custom", message });
      return z.NEVER;
    })
    .default({ kind: "learned" }),
  /** More than these could not be kept new within 100 requests in 15 minutes. */
  PRECOMPUTE_MOST: whole("a whole number of signals", 1, 100).default(6),
  /** The backend answers 100 requests in 15 minutes for all people together: who has had a quarter of them goes last. */
  BACKEND_PERSON_SHARE: decimal("a fraction", 0.01, 1).default(0.25),

  /** Of a signal that the backend computes as a job: then it is asked once more, and after as long again given up. */
  SIGNAL_JOB_TIMEOUT_MS: milliseconds(1_000, 3_600_000).default(300_000),
  /** Signs what is posted to /hooks/signal-ready; absent: there is no such path. */
  SIGNAL_WEBHOOK_SECRET: trimmed.min(16, "expected at least 16 characters").optional(),

  REDIS_URL: url(["redis:", "rediss:"], "redis://localhost:6379").default("redis://localhost:6379"),
  /** The backend publishes from database 2. */
  REDIS_DB: whole("the number of a database", 0, 1023).default(2),

  LOG_LEVEL: z.enum(logLevels, `expected one of ${logLevels.join(", ")}`).default("info"),
  /** Absent: `text` at a terminal, `json` elsewhere. */
  LOG_FORMAT: z.enum(["text", "json"], "expected text or json").optional(),

  /** Folder of log files, besides the standard output; absent: none are written. */
  LOG_DIR: trimmed.min(1).optional(),

  HTTP_HOST: trimmed.min(1).default("127.0.0.1"),
  /** 0 takes a free one. */
  HTTP_PORT: whole("a port", 0, 65_535).default(3001),

  INSTANCE_MODE: z.enum(instanceModes, "expected lock, lease or off").default("lock"),
  /** How long a lease lasts that is not renewed: after a crash, somebody else leads so much later at most. */
  LEASE_DURATION_MS: milliseconds(1000, 300_000).default(15_000),
  /** How long the leader goes on without a renewal; the rest is for what two clocks differ, and for what is on its way. */
  LEASE_RENEW_DEADLINE_MS: milliseconds(500, 300_000).default(10_000),
  /** Between two renewals: several may fail before the deadline. These three are the defaults of Kubernetes' client-go. */
  LEASE_RETRY_MS: milliseconds(50, 60_000).default(2000),

  /** Whether a process goes on with the gateway session of the one before; only where `INSTANCE_MODE` allows just one. */
  SESSION_RESUME: z.enum(["on", "off"], "expected on or off").default("on"),
  /**
   * Of the 1000 identifies a day, those left to people: with the last one Discord resets the token (`discord-facts.md` 3.2).
   * Fifty are a day of starting the bot by hand while whatever spent the others is looked for.
   */
  IDENTIFY_RESERVE: whole("a whole number of identifies", 0, 1000).default(50),

  /** Discord stops at 3000 ms; a request sent after 2500 would hardly arrive (`discord-facts.md` 1.1). */
  INTERACTION_MAX_AGE_MS: milliseconds(500, 3000).default(2500),
  /** The library's 15 s would outlive the 3 s deadline five times over (`discord-facts.md` 0). */
  INTERACTION_CALLBACK_TIMEOUT_MS: milliseconds(250, 3000).default(2500),

  /**
   * Whether a second thread holds the connection to Discord and acknowledges when the first one stalls. It costs each
   * interaction a hop between threads.
   */
  STALL_GUARD: z.enum(["on", "off"], "expected on or off").default("off"),

  /** An answer that comes too late for its interaction goes by direct message, once a minute per person at most. */
  LATE_ANSWERS: z.enum(["on", "off"], "expected on or off").default("on"),

  /** For each person; 0 is without a limit. One in three seconds is more than anybody reads the answers of. */
  COMMANDS_PER_MINUTE: usesPerMinute.default(20),
  /** Selects and forms too. A message has five buttons, and a form is two uses: opened, and sent in. */
  BUTTONS_PER_MINUTE: usesPerMinute.default(40),
  /** Each keystroke in an option is one. A fast typist makes seven a second, though not for half a minute on end. */
  SUGGESTIONS_PER_MINUTE: usesPerMinute.default(200),

  /** One direct message per person in this time; what comes sooner waits. */
  NOTIFICATION_INTERVAL_MS: milliseconds(0, 86_400_000).default(60_000),
  /** A newer signal of the same pair and timeframe changes a message not older than this; 0 always sends another. */
  NOTIFICATION_EDIT_WITHIN_MS: milliseconds(0, 86_400_000).default(600_000),
  /** Of the 50 a second that Discord allows the bot, the part for deliveries. */
  DELIVERY_REQUESTS_PER_SECOND: whole("a whole number of requests", 1, 50).default(25),
  /**
   * Direct message channels opened for people who did nothing just now. Discord flagged young bots after 20 to 40 in a short
   * time (`discord-facts.md` 4.1): one in ten seconds keeps even a first signal to hundreds far from that, and each person's
   * channel is opened once ever, mostly when they subscribe, which does not wait for this.
   */
  DM_OPENS_PER_SECOND: decimal("a number", 0.001, 50).default(0.1),
  /** Where changes of signals are announced; absent: nowhere. */
  DISCORD_SIGNAL_CHANNEL_ID: snowflake.optional(),
  /** How long it is remembered what was sent to whom. */
  DELIVERY_HISTORY_DAYS: whole("a whole number of days", 1, 365).default(30),

  /** For what is in flight to be answered at a stop. A stop takes up to three times as long, and pm2 kills after 20 s. */
  DRAIN_TIMEOUT_MS: milliseconds(0, 6000).default(5000),
});

/** Every variable the bot reads. */
export const environmentVariables: readonly string[] = Object.keys(environment.shape);

type Environment = z.infer<typeof environment>;

export interface Config {
  readonly discord: {
    readonly token: string;
    readonly applicationId: string;
    readonly guildId: string | undefined;
    readonly apiUrl: string;
  };
  readonly backend: {
    readonly url: string;
    readonly apiKey: string;
    readonly subscriptionsApiKey: string | undefined;
    readonly timeoutMs: number;
    readonly signalFreshMs: number;
    readonly signalStaleMs: number;
    readonly signalKeepMs: number;
    readonly precompute: PrecomputeChoice;
    /** From 0 to 1. */
    readonly personShare: number;
    readonly jobTimeoutMs: number;
  };
  readonly redis: { readonly url: string; readonly db: number };
  readonly log: {
    readonly level: Environment["LOG_LEVEL"];
    readonly format: "text" | "json";
    /** Absent: no files are written. */
    readonly folder: string | undefined;
  };
  readonly http: { readonly host: string; readonly port: number };
  /** Absent: results of jobs are not taken by HTTP. */
  readonly signalHookSecret: string | undefined;
  readonly sessions: { readonly resume: boolean; readonly identifyReserve: number };
  readonly instanceMode: (typeof instanceModes)[number];
  readonly lease: LeaseSettings;
  readonly interactions: { readonly maxAgeMs: number; readonly callbackTimeoutMs: number };
  readonly stallGuard: boolean;
  readonly lateAnswers: boolean;
  /** Of one person; 0 is without a limit. */
  readonly allowance: {
    readonly commandsPerMinute: number;
    readonly buttonsPerMinute: number;
    readonly suggestionsPerMinute: number;
  };
  readonly notifications: {
    readonly intervalMs: number;
    readonly editWithinMs: number;
    readonly requestsPerSecond: number;
    /** May be a fraction. */
    readonly opensPerSecond: number;
    readonly changeChannelId: string | undefined;
    readonly historyMs: number;
  };
  readonly drainTimeoutMs: number;
  /** Values that must never be printed. */
  readonly secrets: readonly string[];
}

/** Every problem of the environment at once; each line names a variable and what is expected, never its value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "BAD_CONFIG";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
    );
    this.problems = problems;
  }
}

/**
 * @param options.terminal whether a person reads the output
 * @throws ConfigError
 */
export function readConfig(env: NodeJS.ProcessEnv, options: { readonly terminal: boolean }): Config {
  const e = parse(environment, env, leaseProblems);
  return {
    discord: discordConfig(e),
    backend: {
      ...backendAccess(e),
      timeoutMs: e.BACKEND_TIMEOUT_MS,
      signalFreshMs: e.SIGNAL_FRESH_MS,
      signalStaleMs: e.SIGNAL_STALE_MS,
      signalKeepMs: e.SIGNAL_KEEP_MS,
      precompute: precomputeChoice(e),
      personShare: e.BACKEND_PERSON_SHARE,
      jobTimeoutMs: e.SIGNAL_JOB_TIMEOUT_MS,
    },
    redis: { url: e.REDIS_URL, db: e.REDIS_DB },
    log: {
      level: e.LOG_LEVEL,
      format: e.LOG_FORMAT ?? (options.terminal ? "text" : "json"),
      folder: e.LOG_DIR,
    },
    http: { host: e.HTTP_HOST, port: e.HTTP_PORT },
    signalHookSecret: e.SIGNAL_WEBHOOK_SECRET,
    sessions: { resume: e.SESSION_RESUME === "on", identifyReserve: e.IDENTIFY_RESERVE },
    instanceMode: e.INSTANCE_MODE,
    lease: leaseConfig(e),
    interactions: { maxAgeMs: e.INTERACTION_MAX_AGE_MS, callbackTimeoutMs: e.INTERACTION_CALLBACK_TIMEOUT_MS },
    stallGuard: e.STALL_GUARD === "on",
    lateAnswers: e.LATE_ANSWERS === "on",
    allowance: {
      commandsPerMinute: e.COMMANDS_PER_MINUTE,
      buttonsPerMinute: e.BUTTONS_PER_MINUTE,
      suggestionsPerMinute: e.SUGGESTIONS_PER_MINUTE,
    },
    notifications: {
      intervalMs: e.NOTIFICATION_INTERVAL_MS,
      editWithinMs: e.NOTIFICATION_EDIT_WITHIN_MS,
      requestsPerSecond: e.DELIVERY_REQUESTS_PER_SECOND,
      opensPerSecond: e.DM_OPENS_PER_SECOND,
      changeChannelId: e.DISCORD_SIGNAL_CHANNEL_ID,
      historyMs: e.DELIVERY_HISTORY_DAYS * dayMs,
    },
    drainTimeoutMs: e.DRAIN_TIMEOUT_MS,
    secrets: [
      withoutScheme(e.DISCORD_BOT_TOKEN),
      e.BACKEND_API_KEY,
      ...[e.BACKEND_SUBSCRIPTIONS_API_KEY, e.SIGNAL_WEBHOOK_SECRET].filter((value) => value !== undefined),
      ...[new URL(e.REDIS_URL).password].flatMap((password) => [password, decodeURIComponent(password)]),
    ],
  };
}

function precomputeChoice({ PRECOMPUTE_SIGNALS: chosen, ...e }: Environment): PrecomputeChoice {
  // What is not kept cannot be kept new.
  if (chosen.kind === "off" || e.SIGNAL_FRESH_MS === 0 || e.SIGNAL_KEEP_MS === 0) return { kind: "off" };
  return chosen.kind === "learned" ? { kind: "learned", most: e.PRECOMPUTE_MOST } : chosen;
}

const discordEnvironment = environment.pick({
  DISCORD_BOT_TOKEN: true,
  DISCORD_CLIENT_ID: true,
  DISCORD_GUILD_ID: true,
  DISCORD_API_URL: true,
});

/**
 * Only what registering commands needs.
 *
 * @throws ConfigError
 */
export const readDiscordConfig = (env: NodeJS.ProcessEnv): Config["discord"] =>
  discordConfig(parse(discordEnvironment, env));

const backendEnvironment = environment.pick({
  BACKEND_API_URL: true,
  BACKEND_API_KEY: true,
  BACKEND_SUBSCRIPTIONS_API_KEY: true,
});

/** Where the backend is, and what it asks for. */
export type BackendAccess = Pick<Config["backend"], "url" | "apiKey" | "subscriptionsApiKey">;

/** @throws ConfigError */
export const readBackendAccess = (env: NodeJS.ProcessEnv): BackendAccess =>
  backendAccess(parse(backendEnvironment, env));

const queueEnvironment = environment.pick({ DISCORD_BOT_TOKEN: true, REDIS_URL: true, REDIS_DB: true });

/**
 * Only what looking into the queue of notifications needs.
 *
 * @throws ConfigError
 */
export function readQueueConfig(env: NodeJS.ProcessEnv): Pick<Config, "redis"> & { readonly token: string } {
  const e = parse(queueEnvironment, env);
  return { token: withoutScheme(e.DISCORD_BOT_TOKEN), redis: { url: e.REDIS_URL, db: e.REDIS_DB } };
}

const controlEnvironment = environment.pick({
  DISCORD_BOT_TOKEN: true,
  REDIS_URL: true,
  REDIS_DB: true,
  HTTP_HOST: true,
  HTTP_PORT: true,
  INSTANCE_MODE: true,
  LOG_DIR: true,
  IDENTIFY_RESERVE: true,
  DRAIN_TIMEOUT_MS: true,
});

/** What finding, starting and stopping a bot of another process needs. */
export interface ControlConfig extends Pick<Config, "redis" | "http" | "instanceMode" | "drainTimeoutMs"> {
  readonly token: string;
  readonly logFolder: string | undefined;
  readonly identifyReserve: number;
}

/** @throws ConfigError */
export function readControlConfig(env: NodeJS.ProcessEnv): ControlConfig {
  const e = parse(controlEnvironment, env);
  return {
    token: withoutScheme(e.DISCORD_BOT_TOKEN),
    redis: { url: e.REDIS_URL, db: e.REDIS_DB },
    http: { host: e.HTTP_HOST, port: e.HTTP_PORT },
    instanceMode: e.INSTANCE_MODE,
    logFolder: e.LOG_DIR,
    identifyReserve: e.IDENTIFY_RESERVE,
    drainTimeoutMs: e.DRAIN_TIMEOUT_MS,
  };
}

/** As it is copied out of somebody's request headers. */
const withoutScheme = (token: string): string => token.replace(/^Bot\s+/i, "");

const discordConfig = (e: z.infer<typeof discordEnvironment>): Config["discord"] => ({
  token: withoutScheme(e.DISCORD_BOT_TOKEN),
  applicationId: e.DISCORD_CLIENT_ID,
  guildId: e.DISCORD_GUILD_ID,
  apiUrl: e.DISCORD_API_URL,
});

const backendAccess = (e: z.infer<typeof backendEnvironment>): BackendAccess => ({
  url: e.BACKEND_API_URL,
  apiKey: e.BACKEND_API_KEY,
  subscriptionsApiKey: e.BACKEND_SUBSCRIPTIONS_API_KEY,
});

const leaseEnvironment = environment.pick({
  LEASE_DURATION_MS: true,
  LEASE_RENEW_DEADLINE_MS: true,
  LEASE_RETRY_MS: true,
});

const leaseConfig = (e: z.infer<typeof leaseEnvironment>): LeaseSettings => ({
  durationMs: e.LEASE_DURATION_MS,
  renewDeadlineMs: e.LEASE_RENEW_DEADLINE_MS,
  retryMs: e.LEASE_RETRY_MS,
});

/** What is wrong with values that are each right; nothing where one of them is not. */
function leaseProblems(given: NodeJS.ProcessEnv): readonly string[] {
  const { data } = leaseEnvironment.safeParse(given);
  return data === undefined ? [] : problemsOfLease(leaseConfig(data));
}

/** After client-go. */
function problemsOfLease({ durationMs, renewDeadlineMs, retryMs }: LeaseSettings): readonly string[] {
  const problems: string[] = [];
  if (renewDeadlineMs >= durationMs) {
    problems.push("LEASE_RENEW_DEADLINE_MS: expected less than LEASE_DURATION_MS, or two processes might lead at once");
  }
  if (renewDeadlineMs <= retryMs * retryJitter) {
    problems.push(`LEASE_RETRY_MS: expected less than LEASE_RENEW_DEADLINE_MS divided by ${retryJitter}`);
  }
  return problems;
}

function parse<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  env: NodeJS.ProcessEnv,
  furtherProblems: (given: NodeJS.ProcessEnv) => readonly string[] = () => [],
): z.infer<z.ZodObject<Shape>> {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ""),
  );
  const parsed = schema.safeParse(given);
  const further = furtherProblems(given);
  if (parsed.success && further.length === 0) return parsed.data;
  const issues = parsed.error?.issues ?? [];
  const problems = issues.map((issue) => {
    const name = String(issue.path[0]);
    return `${name}: ${name in given ? issue.message : `is missing: ${expectation(name)}`}`;
  });
  throw new ConfigError([...problems, ...further]);
}

/** Of a required variable, what would be right, in the schema's own words. */
function expectation(name: string): string {
  const field = Object.entries(environment.shape).find(([key]) => key === name)?.[1];
  return field?.safeParse("").error?.issues[0]?.message ?? "a value";
}
