import { delay, systemClock } from "../../clock.ts";
import type { BotProcess } from "../bot-process.ts";
import type { InteractionFaults, SandboxInteraction } from "../discord/api.ts";
import { type OwnRedis, startRedis } from "../redis.ts";
import { type Sandbox, startSandbox } from "../sandbox.ts";
import { type Competitor, type Environment, startCompetitor } from "./competitors.ts";
import { type SearchedLog, searchForSecrets } from "./leaks.ts";
import { openSlowLink } from "./slow-link.ts";
import type { Observation } from "./tally.ts";

export interface StageOptions {
  readonly competitor: Competitor;
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
  /** One person after the other uses `/signal`, each with a pair of their own, `everyMs` apart (0: all at once). */
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
  const { competitor, processes = 1, roundTripMs } = options;
  const sandbox = await startBenchmarkSandbox(options);
  const { discord, backend } = sandbox;
  const asked: { readonly interaction: SandboxInteraction; readonly pair: string }[] = [];
  const cutOff = new Set<object>();
  let running: readonly BotProcess[] = [];
  const started: BotProcess[] = [];
  const link =
    roundTripMs === undefined
      ? undefined
      : await openSlowLink({ targetPort: Number(new URL(discord.apiUrl).port), roundTripMs });
  const linkEnv: Environment = link === undefined ? {} : { DISCORD_API_URL: `http://127.0.0.1:${link.port}/api` };

  const askOnce = (faults: InteractionFaults) => {
    const pair = pairOf(asked.length);
    backend.setSignal(pair, { signal: "buy" });
    const person = discord.addPerson();
    const options = { pair, timeframe: "1h" };
    const interaction = discord.interact({ kind: "command", name: "signal", personId: person.id, options }, faults);
    asked.push({ interaction, pair });
  };

  const stage: Stage = {
    competitor,
    sandbox,
    async ask(count, everyMs, faults = () => ({})) {
      const startMs = systemClock.monotonic();
      for (let nth = 0; nth < count; nth += 1) {
        const waitMs = startMs + nth * everyMs - systemClock.monotonic();
        if (waitMs > 0) await delay(systemClock, waitMs);
        askOnce(faults(nth));
      }
    },
    get asked() {
      return asked.map(({ interaction }) => interaction);
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
    observations() {
      const runs = new Map<string, number>();
      for (const request of backend.requests) {
        const { pair } = request.query;
        if (request.path.endsWith(signalPath) && pair !== undefined && !cutOff.has(request)) {
          runs.set(pair, (runs.get(pair) ?? 0) + 1);
        }
      }
      return asked.map(({ interaction, pair }) => ({ report: interaction.report(), runs: runs.get(pair) ?? 0 }));
    },
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
      const ofInteraction = ({ interaction }: { readonly interaction: SandboxInteraction }) => {
        const { deliveries, attempts } = interaction.report();
        return deliveries.length + attempts.length + attempts.filter(({ status }) => status !== undefined).length;
      };
      const atDiscord = asked.reduce((sum, one) => sum + ofInteraction(one), 0);
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

/** Where every competitor asks the backend for a signal. */
export const signalPath = "/trading/signal";

/**
 * A sandbox without the limits that all three bots would run into before the case began: the backend's 100 requests in a
 * quarter of an hour, and the opening of DM channels, as for a bot whose people have all written to it before.
 */
export async function startBenchmarkSandbox({
  clockOffsetMs = 0,
  appendOnly = false,
}: {
  readonly clockOffsetMs?: number | undefined;
  /** Whether Redis keeps its data when it is halted. */
  readonly appendOnly?: boolean;
}): Promise<Sandbox<OwnRedis>> {
  const redis = await startRedis({ ignoreEnvironment: true, appendOnly });
  const rateLimits = { openDms: { count: 1000, windowMs: 1000 } };
  return startSandbox({ redis, discord: { rateLimits, clockOffsetMs }, backend: { rateLimit: "off" } });
}

/** AAA/XTS, AAB/XTS, …: currencies that do not exist, so that nothing but this interaction asks for them. */
function pairOf(nth: number): string {
  const letter = (power: number) => String.fromCharCode(65 + (Math.floor(nth / 26 ** power) % 26));
  return `${letter(2)}${letter(1)}${letter(0)}/XTS`;
}
