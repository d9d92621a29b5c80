import { Command, InvalidArgumentError } from "commander";
import dotenv from "dotenv";
import { Redis } from "ioredis";
import { ConfigError, readQueueConfig } from "../src/config.ts";
import { tokenFingerprint } from "../src/instance/token-fingerprint.ts";
import {
  type DeadLetter,
  listDeadLetters,
  type Redriven,
  redrive,
  redriveAll,
  showDeadLetter,
} from "../src/notifications/dead-letters.ts";
import { readStats } from "../src/notifications/delivery-stats.ts";
import { type Halted, type NotificationQueue, openQueue } from "../src/notifications/queue.ts";
import { redisReason } from "../src/notifications/subscriber.ts";

/** Redis answers at once, or a person should hear why not, ms. */
const connectTimeoutMs = 3000;
const answerTimeoutMs = 5000;

const notRedriven: Readonly<Record<Exclude<Redriven, "redriven">, string>> = {
  unknown: "there is no notification of this id",
  noDeadLetter: "is no dead letter: it is waiting, on its way or delivered",
};

const why: Readonly<Record<Halted["reason"], string>> = {
  quarantined: "Discord has put the bot into quarantine (code 20026)",
  unauthorized: "Discord did not accept the bot's token",
  paused: "somebody paused the queue",
};

dotenv.config({ quiet: true });

const program = new Command("deliveries").description(
  "Notifications on their way to people: what became of them, and what could not be delivered (dead letters).",
);

const whole = (text: string): number => {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("expected a whole number from 1");
  return Number(text);
};

program
  .command("list")
  .description("dead letters, newest first")
  .option("--page <number>", "counted from 1", whole, 1)
  .option("--limit <number>", "how many on a page", whole, 20)
  .option("--json", "for programs")
  .action((options: { page: number; limit: number; json?: boolean }) =>
    run(async (queue) => {
      const { total, letters } = await listDeadLetters(queue, options);
      if (options.json)
        return printJson({ total, page: options.page, limit: options.limit, letters: letters.map(plain) });
      for (const letter of letters) print(lineOf(letter));
      const pages = Math.max(1, Math.ceil(total / options.limit));
      print(total === 0 ? "No dead letters." : `${total} dead letters, page ${options.page} of ${pages}.`);
    }),
  );

program
  .command("show <id>")
  .description("one dead letter, with all that was published")
  .option("--json", "for programs")
  .action((id: string, { json }: { json?: boolean }) =>
    run(async (queue) => {
      const letter = await showDeadLetter(queue, id);
      if (letter === undefined) throw new Refusal(`${id}: there is no dead letter of this id.`);
      const { payload, receivedAtMs, ...rest } = letter;
      const fields = { ...plain(rest), receivedAt: timeOf(receivedAtMs), payload };
      if (json) return printJson(fields);
      for (const [name, value] of Object.entries(fields)) {
        if (value !== null && value !== undefined) print(`${name.padEnd(12)}${value}`);
      }
    }),
  );

program
  .command("redrive [ids...]")
  .description("try dead letters again from the beginning")
  .option("--all", "every one there is now")
  .option("--json", "for programs")
  .action((ids: readonly string[], { all, json }: { all?: boolean; json?: boolean }) =>
    run(async (queue) => {
      if ((ids.length === 0) === (all !== true)) throw new Refusal("Name the ids to redrive, or say --all.");
      const failures: Record<string, string> = {};
      let redriven = 0;
      if (all) redriven = await redriveAll(queue);
      for (const id of ids) {
        const outcome = await redrive(queue, id);
        if (outcome === "redriven") redriven += 1;
        else failures[id] = notRedriven[outcome];
      }
      const stopped = await queue.halted();
      if (json) printJson({ redriven, failures, halted: stopped?.reason ?? null });
      else {
        print(`Redriven: ${redriven}.`);
        if (stopped !== undefined)
          print(`Nothing is sent at the moment: ${why[stopped.reason]}. See: npm run deliveries -- resume`);
      }
      const problems = Object.entries(failures).map(([id, problem]) => `${id}: ${problem}.`);
      if (problems.length > 0) throw new Refusal(problems.join("\n"));
    }),
  );

program
  .command("stats")
  .description("what became of the notifications accepted in the last days")
  .option("--json", "for programs")
  .action(({ json }: { json?: boolean }) =>
    run(async (queue) => {
      const { accepted, open, ends, deadLetters, halted } = await readStats(queue);
      const openCount = open.waiting + open.delayed + open.active;
      if (json) return printJson({ accepted, open: openCount, ends, deadLetters, halted: halted?.reason ?? null });
      print(`accepted ${accepted}`);
      print(`  open ${openCount} (waiting ${open.waiting}, delayed ${open.delayed}, active ${open.active})`);
      for (const [end, count] of Object.entries(ends)) print(`  ${end} ${count}`);
      const dead = Object.entries(deadLetters).sort(([, a], [, b]) => b - a);
      print(`  dead letters ${dead.reduce((sum, [, count]) => sum + count, 0)}`);
      for (const [reason, count] of dead) print(`    ${reason} ${count}`);
      print(halted === undefined ? "Deliveries are running." : `Stopped ${sinceWhen(halted)}: ${why[halted.reason]}.`);
    }),
  );

program
  .command("resume")
  .description("send again after deliveries were stopped for all")
  .option("--json", "for programs")
  .action(({ json }: { json?: boolean }) =>
    run(async (queue) => {
      const halted = await queue.resume();
      if (json) return printJson({ halted: halted?.reason ?? null, since: timeOf(halted?.atMs) });
      if (halted === undefined) return print("Deliveries were not stopped.");
      print(`Deliveries go on. They were stopped ${sinceWhen(halted)}: ${why[halted.reason]}.`);
    }),
  );

/** What was asked for cannot be done; a sentence for the person. */
class Refusal extends Error {}

async function run(action: (queue: NotificationQueue) => Promise<void>): Promise<void> {
  let redis: Redis | undefined;
  let trouble: unknown;
  try {
    const { token, redis: address } = readQueueConfig(process.env);
    redis = new Redis(address.url, {
      db: address.db,
      lazyConnect: true,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      connectTimeout: connectTimeoutMs,
      commandTimeout: answerTimeoutMs,
      connectionName: "signalguard-deliveries",
    });
    redis.on("error", (error: unknown) => {
      trouble = error;
    });
    await connect(redis);
    await action(openQueue({ redis, fingerprint: tokenFingerprint(token) }));
  } catch (error) {
    process.stderr.write(`${explain(error, trouble)}\n`);
    process.exitCode = error instanceof ConfigError ? 78 : 1;
  } finally {
    redis?.disconnect();
  }
}

/** One that accepts connections and then says nothing counts as one that does not answer. */
async function connect(redis: Redis): Promise<void> {
  const giveUp = setTimeout(() => redis.disconnect(), connectTimeoutMs);
  try {
    await redis.connect();
  } finally {
    clearTimeout(giveUp);
  }
}

function explain(error: unknown, trouble: unknown): string {
  if (error instanceof ConfigError || error instanceof Refusal) return error.message;
  return `Redis cannot be used (${redisReason(trouble ?? error)}): check REDIS_URL and REDIS_DB, and that it is running.`;
}

function plain({ atMs, ...letter }: DeadLetter) {
  return { ...letter, at: timeOf(atMs) };
}

const lineOf = ({ id, atMs, personId, pair, reason }: DeadLetter): string =>
  [id, timeOf(atMs) ?? "-", personId ?? "-", pair ?? "-", reason].join("  ");

const timeOf = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

const sinceWhen = ({ atMs }: Halted): string => (atMs === undefined ? "at a time unknown" : `since ${timeOf(atMs)}`);

function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** What was published may hold anything, orders to the terminal included. What is written instead means the same in JSON. */
function print(line: string): void {
  const harmless = line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join(""),
  );
  process.stdout.write(`${harmless}\n`);
}

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, "0")}`;

await program.parseAsync();
