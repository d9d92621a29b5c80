import { commandDefinitions } from "../../src/commands/index.ts";
import { deploy } from "../../src/discord/registration.ts";
import { createManagementRest } from "../../src/interactions/rest.ts";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";

export type TestSandbox = Sandbox<OwnRedis>;

/** A sandbox with a Redis of its own and the commands deployed, for one test file. */
export async function startTestSandbox(): Promise<TestSandbox> {
  const sandbox = await startSandbox({ redis: await startRedis({ ignoreEnvironment: true, appendOnly: false }) });
  const { discord } = sandbox;
  const rest = createManagementRest({ apiUrl: discord.apiUrl, sampleDate: () => {} }, discord.botToken);
  await deploy(rest, { applicationId: discord.applicationId, guildId: discord.guildId }, commandDefinitions);
  return sandbox;
}

/** The same with the real bot running in it, ready. */
export async function startTestBot(
  env: Readonly<Record<string, string>> = {},
): Promise<{ sandbox: TestSandbox; bot: BotProcess }> {
  const sandbox = await startTestSandbox();
  const bot = sandbox.startBot({ env });
  try {
    await bot.ready();
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
  return { sandbox, bot };
}
