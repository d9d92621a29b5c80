import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { BackendRequestRecord, SandboxBackend } from "../../../src/sandbox/backend/api.ts";
import type { BotProcess, LogLine } from "../../../src/sandbox/bot-process.ts";
import type { SandboxDiscord, SandboxPerson } from "../../../src/sandbox/discord/api.ts";
import type { OwnRedis } from "../../../src/sandbox/redis.ts";
import { startTestBot, type TestSandbox, type TestSandboxOptions } from "../../support/sandbox.ts";
import { fetchMetrics, type Metrics } from "./metrics.ts";
import { TestPerson } from "./person.ts";

/** For tests in which the backend is to be asked for every signal. */
export const noKeptSignals = { SIGNAL_FRESH_MS: "0", SIGNAL_STALE_MS: "0", SIGNAL_KEEP_MS: "0" };

/** The real bot of one test file, with all it needs around it. Nothing in it may be read before the tests run. */
export interface TestWorld {
  readonly sandbox: TestSandbox;
  readonly discord: SandboxDiscord;
  readonly backend: SandboxBackend;
  readonly redis: OwnRedis;
  readonly bot: BotProcess;
  /** Somebody the bot has never met. */
  newPerson(person?: Partial<Omit<SandboxPerson, "id">>): TestPerson;
  /** The requests that reached the backend while `act` ran. */
  backendRequestsDuring(act: () => Promise<unknown>): Promise<readonly BackendRequestRecord[]>;
  /** The next line with this message that is not written yet. */
  nextLogged(message: string, fields?: Readonly<Record<string, unknown>>): Promise<LogLine>;
  metrics(): Promise<Metrics>;
}

/**
 * Starts the real bot before the tests of a file and stops it after them. After each test the faults are off again, and
 * what must never happen, whatever the test was about, has not happened.
 */
export function useBot(env: Readonly<Record<string, string>> = {}, options: TestSandboxOptions = {}): TestWorld {
  let started: Awaited<ReturnType<typeof startTestBot>> | undefined;
  const running = () => {
    if (started === undefined) throw new Error("The bot is there only while the tests run.");
    return started;
  };
  const world: TestWorld = {
    get sandbox() {
      return running().sandbox;
    },
    get discord() {
      return running().sandbox.discord;
    },
    get backend() {
      return running().sandbox.backend;
    },
    get redis() {
      return running().sandbox.redis;
    },
    get bot() {
      return running().bot;
    },
    newPerson: (person) => new TestPerson(world.discord, person),
    async backendRequestsDuring(act) {
      const before = world.backend.requests.length;
      await act();
      return world.backend.requests.slice(before);
    },
    nextLogged: (message, fields = {}) => nextLogged(world.bot, message, fields),
    metrics: async () => fetchMetrics(await world.bot.operationsUrl()),
  };

  beforeAll(async () => {
    started = await startTestBot(env, options);
  });
  afterEach(() => {
    const { discord, backend, bot } = world;
    discord.clearFaults();
    backend.clearFaults();
    expect(discord.violations, "bodies that Discord refuses").toEqual([]);
    const shown = discord
      .reports()
      .flatMap(({ visible, personId }) => [...visible, ...discord.directMessages(personId)]);
    expect(
      shown.filter(({ pings }) => pings.length > 0),
      "messages that ping somebody",
    ).toEqual([]);
    const log = bot.output.join("\n");
    for (const secret of [discord.botToken, backend.apiKey, backend.subscriptionsApiKey]) {
      expect(log.includes(secret), "a secret in the log").toBe(false);
    }
  });
  afterAll(() => started?.sandbox.stop());
  return world;
}

function nextLogged(bot: BotProcess, message: string, fields: Readonly<Record<string, unknown>>): Promise<LogLine> {
  const wanted = (line: LogLine): boolean =>
    line.message === message && Object.entries(fields).every(([name, value]) => line[name] === value);
  // What is written already is offered first, in order.
  let written = bot.output.filter((line) => line.startsWith("{")).length;
  return bot.logged((line) => {
    written -= 1;
    return written < 0 && wanted(line);
  });
}
