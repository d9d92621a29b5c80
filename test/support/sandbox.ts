import type { RESTPostAPIChatInputApplicationCommandsJSONBody } from "discord-api-types/v10";
import { commandDefinitions } from "../../src/commands/index.ts";
import { createManagementRest } from "../../src/discord/management-rest.ts";
import { deploy } from "../../src/discord/registration.ts";
import type { SandboxBackendOptions } from "../../src/sandbox/backend/api.ts";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";

export type TestSandbox = Sandbox<OwnRedis>;

export interface TestSandboxOptions {
  /** What is registered with Discord; the bot's own definitions when absent. */
  readonly definitions?: readonly RESTPostAPIChatInputApplicationCommandsJSONBody[];
  /** Where commands are registered; those of a guild are not offered in direct messages. Absent: in the guild. */
  readonly registration?: "guild" | "global";
  /** Off when absent: a test file is no afternoon of one server. */
  readonly backendRateLimit?: SandboxBackendOptions["rateLimit"];
}

/** Each test has people of its own, whom the bot writes to for the first time. */
const newPeopleAtOnce = { count: 1000, windowMs: 10_000 };

/** A sandbox with a Redis of its own and the commands deployed, for one test file. */
export async function startTestSandbox(options: TestSandboxOptions = {}): Promise<TestSandbox> {
  const { definitions = commandDefinitions, registration = "guild", backendRateLimit = "off" } = options;
  const sandbox = await startSandbox({
    redis: await startRedis({ ignoreEnvironment: true, appendOnly: false }),
    backend: { rateLimit: backendRateLimit },
    discord: { rateLimits: { openDms: newPeopleAtOnce } },
  });
  const { discord } = sandbox;
  const rest = createManagementRest({ apiUrl: discord.apiUrl, sampleDate: () => {} }, discord.botToken);
  const guildId = registration === "guild" ? discord.guildId : undefined;
  await deploy(rest, { applicationId: discord.applicationId, guildId }, definitions);
  return sandbox;
}

/** The same with the real bot running in it, ready. */
export async function startTestBot(
  env: Readonly<Record<string, string>> = {},
  options: TestSandboxOptions = {},
): Promise<{ sandbox: TestSandbox; bot: BotProcess }> {
  const sandbox = await startTestSandbox(options);
  // Requests that nobody asked for would be found by tests that count them.
  const bot = sandbox.startBot({ env: { PRECOMPUTE_SIGNALS: "off", ...env } });
  try {
    await bot.ready();
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
  return { sandbox, bot };
}
