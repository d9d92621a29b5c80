import type { BackendRequestRecord, SandboxBackendOptions } from "../backend/api.ts";
import type { BotProcess } from "../bot-process.ts";
import type { InteractionFaults, SandboxInteraction } from "../discord/api.ts";
import { type OwnRedis, startRedis } from "../redis.ts";
import { type Sandbox, startSandbox } from "../sandbox.ts";
import { type AskedCommand, Asking } from "./asking.ts";
import { type Competitor, type Environment, startCompetitor } from "./competitors.ts";
import { type SearchedLog, searchForSecrets } from "./leaks.ts";
import { openSlowLink } from "./slow-link.ts";
import type { Observation } from "./tally.ts";

export interface StageOptions {
  readonly competitor: Competitor;
  /** What people use. Default `signal`. */
  readonly command?: AskedCommand;
  /** Default 1. */
  readonly processes?: number;
  readonly env?: Environment;
  /** Discord's clock minus the machine's, ms. Default 0. */
  readonly clockOffsetMs?: number;
  /** Of the way to Discord's API, with handshakes as on a network; absent: the loopback itself. */
  readonly roundTripMs?: number;
}

/** One bot, in as many processes as asked for, in a sandbox that nobody used before. */
export interface Stage {
  readonly competitor: Competitor;
  readonly sandbox: Sandbox;
  /** One person after the other uses the command, each for something of their own, `everyMs` apart (0: all at once). */
  ask(count: number, everyMs: number, faults?: (nth: number) => InteractionFaults): Promise<void>;
  readonly asked: readonly SandboxInteraction[];
  /** Connections the bot has made to Discord's API until now; counted only with a round trip. */
  readonly connections: number;
  /** Ends every process of the bot; resolves when they are gone. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** Starts as many processes as at first; resolves when interactions reach them. */
  start(): Promise<void>;
  /** Has the bot send a direct message to each of `count` people: published for ours, at a word for the others. */
  sendDirectMessages(count: number): Promise<void>;
  directMessagesDelivered(): number;
  observations(): readonly Observation[];
  /** Looks for tokens and keys in every line that any process of the bot has written. */
  searchLog(): SearchedLog;
  /** Grows with everything that happens to the interactions, also behind the bot. */
  activity(): number;
  close(): Promise<void>;
}

/** Sets everything up and starts the bot; its processes are gone after `close`. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const { competitor, command = "signal", processes = 1, roundTripMs } = options;
  const sandbox = await startBenchmarkSandbox(options);
  const { discord, backend } = sandbox;
  const asking = new Asking(sandbox, command);
  const cutOff = new Set<object>();
  let running: readonly BotProcess[] = [];
  const started: BotProcess[] = [];
  const link =
    roundTripMs === undefined
      ? undefined
      : await openSlowLink({ targetPort: Number(new URL(discord.apiUrl).port), roundTripMs });
  const linkEnv: Environment = link === undefined ? {} : { DISCORD_API_URL: `http://127.0.0.1:${link.port}/api` };

  const stage: Stage = {
    competitor,
    sandbox,
    ask: (count, everyMs, faults) => asking.ask(count, everyMs, faults),
    get asked() {
      return asking.asked;
    },
    get connections() {
      return link?.connections ?? 0;
    },
    async end(signal) {
      for (const bot of running) bot.kill(signal);
      await Promise.all(running.map((bot) => bot.exited));
      for (const request of backend.requests) if (request.status === undefined) cutOff.add(request);
    },
    async start() {
      running = Array.from({ length: processes }, () =>
        startCompetitor(sandbox, competitor, { ...options.env, ...linkEnv }),
      );
      started.push(...running);
      await Promise.all(running.map((bot) => bot.ready()));
    },
    async sendDirectMessages(count) {
      const people = Array.from({ length: count }, () => discord.addPerson().id);
      if (competitor !== "ours") return running[0]?.send({ directMessagesTo: people });
      for (const discordUserId of people) {
        const signal = { signal: "buy", confidence: 0.89, signalStrength: "strong" };
        await backend.publish(JSON.stringify({ discordUserId, signal, pair: "EUR/USD", timeframe: "1h" }));
      }
    },
    directMessagesDelivered: () =>
      discord.requests.filter(({ route, status }) => route === "/channels/:id/messages" && status === 200).length,
    observations: () => asking.observations((request) => !cutOff.has(request) && wasAnswered(request)),
    searchLog: () =>
      searchForSecrets(
        started.map(({ output }) => output),
        {
          "the bot token": discord.botToken,
          "the backend's key": backend.apiKey,
          "the backend's key for subscriptions": backend.subscriptionsApiKey,
        },
      ),
    activity() {
      const ofInteraction = (interaction: SandboxInteraction) => {
        const { deliveries, attempts } = interaction.report();
        return deliveries.length + attempts.length + attempts.filter(({ status }) => status !== undefined).length;
      };
      const atDiscord = asking.asked.reduce((sum, one) => sum + ofInteraction(one), 0);
      return atDiscord + backend.requests.length + backend.requests.filter(({ status }) => status !== undefined).length;
    },
    async close() {
      await stage.end("SIGKILL");
      link?.close();
      await sandbox.stop();
    },
  };
  try {
    await stage.start();
  } catch (error) {
    await stage.close();
    throw error;
  }
  return stage;
}

/**
 * A sandbox without the limits that all three bots would run into before the case began: the backend's 100 requests in a
 * quarter of an hour, and the opening of DM channels, as for a bot whose people have all written to it before.
 */
export async function startBenchmarkSandbox({
  clockOffsetMs = 0,
  appendOnly = false,
  rateLimit = "off",
}: {
  readonly clockOffsetMs?: number | undefined;
  /** Whether Redis keeps its data when it is halted. */
  readonly appendOnly?: boolean;
  /** The backend's, for what is about it. */
  readonly rateLimit?: SandboxBackendOptions["rateLimit"];
}): Promise<Sandbox<OwnRedis>> {
  const redis = await startRedis({ ignoreEnvironment: true, appendOnly });
  const rateLimits = { openDms: { count: 1000, windowMs: 1000 } };
  return startSandbox({ redis, discord: { rateLimits, clockOffsetMs }, backend: { rateLimit } });
}

/** What failed may be repeated where that changes nothing, and is one run with its repetitions. */
const wasAnswered = ({ status }: BackendRequestRecord): boolean => status !== undefined && status < 400;
