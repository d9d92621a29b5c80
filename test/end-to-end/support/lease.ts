import { Redis } from "ioredis";
import type { BotProcess } from "../../../src/sandbox/bot-process.ts";
import type { SandboxDiscord, SandboxInteraction } from "../../../src/sandbox/discord/api.ts";
import type { TestSandbox } from "../../support/sandbox.ts";

/** Short, so that a test need not wait for long; long against what a busy machine makes a process wait. */
export const lease = {
  INSTANCE_MODE: "lease",
  LEASE_DURATION_MS: "5000",
  LEASE_RENEW_DEADLINE_MS: "4000",
  LEASE_RETRY_MS: "400",
};

export const leads = (bot: BotProcess) => bot.logged(({ message }) => message === "ready: interactions reach the bot");
export const standsBy = (bot: BotProcess) =>
  bot.logged(({ message }) => message === "standing by: another process leads");

export interface Health {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export async function ask(bot: BotProcess, path: "readyz" | "health"): Promise<Health> {
  const response = await fetch(`${await bot.operationsUrl()}/${path}`);
  const body: Health["body"] = JSON.parse(await response.text());
  return { status: response.status, body };
}

/** The bots of one test, of which one leads. */
export class LeaseTest {
  readonly sandbox: TestSandbox;
  readonly #bots: BotProcess[] = [];

  constructor(sandbox: TestSandbox) {
    this.sandbox = sandbox;
  }

  get discord(): SandboxDiscord {
    return this.sandbox.discord;
  }

  start(env: Readonly<Record<string, string>> = {}): BotProcess {
    const bot = this.sandbox.startBot({ env: { ...lease, LOG_LEVEL: "debug", ...env } });
    this.#bots.push(bot);
    return bot;
  }

  async startLeader(env?: Readonly<Record<string, string>>): Promise<BotProcess> {
    const bot = this.start(env);
    await leads(bot);
    return bot;
  }

  async startStandby(env?: Readonly<Record<string, string>>): Promise<BotProcess> {
    const bot = this.start(env);
    await standsBy(bot);
    return bot;
  }

  async startPair(): Promise<readonly [leader: BotProcess, standby: BotProcess]> {
    return [await this.startLeader(), await this.startStandby()];
  }

  use(name: string, options: Readonly<Record<string, string | number>> = {}, subcommand?: string): SandboxInteraction {
    const personId = this.discord.addPerson().id;
    return this.discord.interact({
      ...{ kind: "command", name, options, personId },
      ...(subcommand === undefined ? {} : { subcommand }),
    });
  }

  /** Everybody ends, whatever state they are in. */
  async end(): Promise<void> {
    for (const bot of this.#bots) bot.kill("SIGKILL");
    await Promise.all(this.#bots.splice(0).map(({ exited }) => exited));
    this.sandbox.backend.clearFaults();
    this.discord.clearFaults();
    // So many killed at once look like a bot that cannot start, and the next one would wait before it connects.
    const redis = new Redis(this.sandbox.redis.url);
    await redis.flushall();
    redis.disconnect();
  }
}
