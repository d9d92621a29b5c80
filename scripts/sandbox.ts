import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { commandDefinitions } from "../src/commands/index.ts";
import { createManagementRest } from "../src/discord/management-rest.ts";
import { deploy } from "../src/discord/registration.ts";
import type { BotExit } from "../src/sandbox/bot-process.ts";
import { type Sandbox, startSandboxWithRedis } from "../src/sandbox/sandbox.ts";
import { createTour } from "../src/sandbox/tour.ts";

/** A Discord, a backend and a Redis on this machine with the real bot between them: shown, and then left running. */
const { tour: tourOnly } = new Command("sandbox")
  .description("Try the bot on this machine, without Discord.")
  .option("--tour", "show it and stop; exit code 1 if anything failed")
  .parse()
  .opts<{ tour?: boolean }>();

/** What takes longer on an idle machine does not come any more, ms. */
const stepLimitMs = 10_000;
/** The same for what may have to install Redis first, ms. */
const installLimitMs = 10 * 60_000;
const botLimitMs = 30_000;

/** As a shell says that a program was interrupted. */
const interruptedCode = 130;

class Interrupted extends Error {}

process.exitCode = await main();

async function main(): Promise<number> {
  const startedAt = performance.now();
  const interruption = untilInterrupted();
  let failures = 0;
  const report = async <T>(
    title: string,
    run: () => Promise<T>,
    describe: (result: T) => string,
    limitMs: number,
  ): Promise<T | undefined> => {
    const at = performance.now();
    try {
      const result = await Promise.race([run(), expired(limitMs)]);
      print(`  ok   ${seconds(performance.now() - at)}  ${title}: ${describe(result)}`);
      return result;
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      failures += 1;
      print(
        `  FAIL ${seconds(performance.now() - at)}  ${title}: ${error instanceof Error ? error.message : String(error)}`,
      );
      return undefined;
    }
  };
  const step = <T>(title: string, run: () => Promise<T>, describe: (result: T) => string, limitMs = stepLimitMs) =>
    report(title, () => Promise.race([run(), interruption]), describe, limitMs);

  const sandbox = await step(
    "Redis, Discord and backend",
    () => startSandboxWithRedis((line) => print(`       ${line}`)),
    ({ redis, discord, backend }) => `${withoutPassword(redis.url)}, ${discord.apiUrl}, ${backend.url}`,
    installLimitMs,
    // What was begun ends with this process.
  ).catch(() => process.exit(interruptedCode));
  if (sandbox === undefined) return 1;
  try {
    await step(
      "commands deployed",
      () => deployTo(sandbox),
      (count) => `${count} commands`,
    );
    const bot = sandbox.startBot();
    await step(
      "the bot (node dist/main.js)",
      () => bot.ready(),
      () => `ready, process ${bot.pid}`,
      botLimitMs,
    );
    if (failures > 0) return 1;
    for (const { title, run } of createTour(sandbox)) await step(title, run, (line) => line);
    await step(
      "readiness",
      () => readiness(bot.operationsUrl()),
      (line) => line,
    );
    if (tourOnly !== true) {
      print(`\n${failures === 0 ? "Everything works." : `${failures} steps failed.`} It stays up; Ctrl+C ends it.`);
      await explain(sandbox, await bot.operationsUrl());
      await Promise.race([interruption.catch(() => {}), bot.exited]);
    }
    await report(
      "the bot stops when asked",
      () => stopBot(bot.stop()),
      () => "exit code 0",
      botLimitMs,
    );
    const duration = tourOnly === true ? ` in ${seconds(performance.now() - startedAt).trim()}` : "";
    print(`\n${failures === 0 ? "All steps passed" : `${failures} steps FAILED`}${duration}.`);
    return failures === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    print("\nInterrupted.");
    return interruptedCode;
  } finally {
    await sandbox.stop();
  }
}

async function deployTo({ discord }: Sandbox): Promise<number> {
  const rest = createManagementRest({ apiUrl: discord.apiUrl, sampleDate: () => {} }, discord.botToken);
  await deploy(rest, { applicationId: discord.applicationId, guildId: discord.guildId }, commandDefinitions);
  return commandDefinitions.length;
}

async function readiness(operations: Promise<string>): Promise<string> {
  const response = await fetch(`${await operations}/readyz`);
  const text = await response.text();
  if (!response.ok || !text.includes('"status":"ready"')) throw new Error(`HTTP ${response.status}: ${text}`);
  return text;
}

async function expired(limitMs: number): Promise<never> {
  await sleep(limitMs, undefined, { ref: false });
  throw new Error(`nothing came of it within ${limitMs / 1000} s`);
}

async function stopBot(exit: Promise<BotExit>): Promise<void> {
  const { code, signal } = await exit;
  if (code !== 0) throw new Error(`it ended with ${signal ?? `exit code ${code}`}`);
}

async function explain({ discord, backend, redis }: Sandbox, operations: string): Promise<void> {
  const person = discord.addPerson({ username: "you", displayName: "You" });
  const use = JSON.stringify({
    input: { kind: "command", name: "signal", options: { pair: "EUR/USD" }, personId: person.id },
  });
  print(`
Use a command as a person, and see what they saw:
  curl -s ${discord.controlUrl}/interactions -H 'content-type: application/json' -d '${use}'
  curl -s ${discord.controlUrl}/interactions/latest
What the bot says of itself:
  curl -s ${operations}/health
  curl -s ${operations}/metrics
Publish a signal to that person, and read their direct messages:
  redis-cli -u ${redis.own ? redis.url : '"$REDIS_URL"'} publish trading-signals '{"discordUserId":"${person.id}","signal":{"signal":"buy"},"pair":"EUR/USD"}'
  curl -s ${discord.controlUrl}/people/${person.id}/messages
Break the backend, use the command again, and mend it:
  curl -s ${backend.url}/sandbox/faults -H 'content-type: application/json' -d '{"kind":"503"}'
  curl -s -X DELETE ${backend.url}/sandbox/faults
`);
}

/** Rejects when the person or the system wants an end. */
function untilInterrupted(): Promise<never> {
  const interruption = new Promise<never>((_resolve, reject) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => reject(new Interrupted()));
  });
  interruption.catch(() => {});
  return interruption;
}

function withoutPassword(url: string): string {
  return url.replace(/:[^:@/]*@/, ":…@");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2).padStart(6)} s`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
