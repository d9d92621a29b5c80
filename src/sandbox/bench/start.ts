import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { delay, systemClock } from "../../clock.ts";
import { startRedis } from "../redis.ts";
import { type Sandbox, startSandbox } from "../sandbox.ts";
import { type Comparison, compare, type Pair } from "./comparison.ts";

/** A bot that has just started still frees what it needed for it, and loads what it puts off, ms. */
const settleMs = 3000;

/** What is promised of ours against a bare login. */
const atMost = 1.3;

const login = fileURLToPath(new URL("./bots/login.js", import.meta.url));

interface Measured {
  readonly readyMs: number;
  readonly residentMb: number;
  /** What it asked the gateway for. */
  readonly intents: number | undefined;
}

/**
 * From starting the process until interactions reach it, and what it holds of the memory afterwards: our whole bot, with
 * Redis, the backend and the operations server, against a program that does nothing but log in. In turns, in the same run.
 */
export async function compareStarts(rounds: number): Promise<readonly Comparison[]> {
  const one = await measureInTurns(1, rounds);
  const many = await measureInTurns(2000, rounds);
  const against = "bare login";
  return [
    compare("start to ready", { against, pairs: one.map(({ readyMs }) => readyMs), atMost }),
    compare("resident memory, 1 guild", {
      against,
      pairs: one.map(({ residentMb }) => residentMb),
      unit: "MB",
      atMost,
    }),
    compare("start to ready, 2,000 guilds", { against, pairs: many.map(({ readyMs }) => readyMs) }),
    compare("resident memory, 2,000 guilds", {
      against,
      pairs: many.map(({ residentMb }) => residentMb),
      unit: "MB",
      atMost,
    }),
  ];
}

async function measureInTurns(
  guilds: number,
  rounds: number,
): Promise<readonly { readonly readyMs: Pair; readonly residentMb: Pair }[]> {
  const redis = await startRedis({ ignoreEnvironment: true, appendOnly: false });
  const sandbox = await startSandbox({ redis, discord: { guilds } });
  try {
    // The first of each reads its files from the disk, the others from memory.
    await measure(sandbox, login);
    await measure(sandbox);
    const measured = [];
    for (let round = 0; round < rounds; round += 1) {
      const other = await measure(sandbox, login);
      const ours = await measure(sandbox);
      if (ours.intents !== other.intents) throw new Error("the two bots ask the gateway for different things");
      measured.push({
        readyMs: { ours: ours.readyMs, other: other.readyMs },
        residentMb: { ours: ours.residentMb, other: other.residentMb },
      });
    }
    return measured;
  } finally {
    await sandbox.stop();
  }
}

async function measure(sandbox: Sandbox, entry?: string): Promise<Measured> {
  const startMs = systemClock.monotonic();
  // Both begin a session: ours would go on with that of the round before otherwise, and be spared the guilds.
  const bot = sandbox.startBot(entry === undefined ? { env: { SESSION_RESUME: "off" } } : { entry });
  await bot.ready();
  const readyMs = systemClock.monotonic() - startMs;
  await delay(systemClock, settleMs);
  const residentMb = await residentMbOf(bot.pid);
  const intents = sandbox.discord.sessions.find(({ connected }) => connected)?.intents;
  bot.kill("SIGTERM");
  await bot.exited;
  return { readyMs, residentMb, intents };
}

async function residentMbOf(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
  return Number(stdout.trim()) / 1024;
}
