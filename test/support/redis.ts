import { ensureRedisProgram } from "../../src/sandbox/redis-program.ts";

/** The Redis program is there before any test starts a server of its own: installed once, not by every worker. */
export default async function installRedis(): Promise<void> {
  await ensureRedisProgram({ log: (line) => process.stdout.write(`${line}\n`) });
}
