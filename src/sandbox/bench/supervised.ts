import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { BotProcess } from "../bot-process.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Environment } from "./competitors.ts";

/** A bot that somebody keeps running. */
export interface SupervisedBot {
  /** Resolves when the bot is to be had again, as whoever restarts it is told. */
  restart(): Promise<void>;
  end(): Promise<void>;
}

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const run = promisify(execFile);

/**
 * The bot under the real pm2, with `ecosystem.config.js` as it is shipped, in a pm2 of its own.
 *
 * @param unset variables of the bot that the sandbox does not set, so that no `.env` of the repository does
 */
export async function superviseByPm2(
  sandbox: Sandbox,
  env: Environment,
  unset: readonly string[],
): Promise<SupervisedBot> {
  const home = mkdtempSync(join(tmpdir(), "signalguard-pm2-"));
  const pm2 = (...words: readonly string[]) =>
    run(join(repository, "node_modules/.bin/pm2"), words, {
      cwd: repository,
      env: {
        ...process.env,
        ...Object.fromEntries(unset.map((name) => [name, ""])),
        ...sandbox.environment,
        ...env,
        PM2_HOME: home,
        PM2_DISABLE_VERSION_CHECK: "true",
      },
    });
  const end = async () => {
    await pm2("kill");
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await pm2("start", "ecosystem.config.js");
  } catch (error) {
    await end();
    throw error;
  }
  return { restart: async () => void (await pm2("restart", "signalguard")), end };
}

/** Two processes with one environment: when the leader is asked to stop, the other one goes on, and a new one waits. */
export async function superviseLeaderAndStandby(sandbox: Sandbox, env: Environment): Promise<SupervisedBot> {
  /** Resolves when it leads or stands by. */
  const start = async (): Promise<BotProcess> => {
    const bot = sandbox.startBot({ env });
    await bot.ready();
    return bot;
  };
  /** A standby has said before that it is ready. */
  const leads = (bot: BotProcess) => bot.logged(({ message }) => message === "ready: interactions reach the bot");
  let leader = await start();
  await leads(leader);
  let standby = await start();
  return {
    async restart() {
      await Promise.all([leader.stop(), leads(standby)]);
      leader = standby;
      standby = await start();
    },
    end: async () => void (await Promise.all([leader.stop(), standby.stop()])),
  };
}
