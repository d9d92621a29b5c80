import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import dotenv from "dotenv";
import { systemClock } from "../src/clock.ts";
import { ConfigError, type ControlConfig, readControlConfig } from "../src/config.ts";
import { tokenFingerprint } from "../src/instance/token-fingerprint.ts";
import { currentLogFile } from "../src/log-file.ts";
import { describeStatus, partInLease, whoRuns } from "../src/supervision/describe-status.ts";
import { startInstance } from "../src/supervision/start.ts";
import { readStatus, statusExitCodes } from "../src/supervision/status.ts";
import { stopInstance } from "../src/supervision/stop.ts";

/** As the bot itself ends (`src/main.ts`). */
const exitCodes = { done: 0, failed: 1, running: 75, badConfiguration: 78 } as const;

const root = fileURLToPath(new URL("..", import.meta.url));
const entry = join(root, "dist/main.js");

/** The bot's parts stop one after the other, and three of them may take the whole time for draining; ms besides. */
const stopSlackMs = 3000;

dotenv.config({ quiet: true });

const program = new Command("bot").description("Start, stop and ask the bot of this machine, without pm2 or systemd.");

program
  .command("start")
  .description("in the background; waits until it is ready. Ends with 75 when it runs already")
  .option("--wait <seconds>", "for it to be ready", seconds, 60)
  .action(({ wait }: { wait: number }) => run((config) => start(config, wait)));

program
  .command("stop")
  .description("lets it answer what is in flight, and kills it when it does not end")
  .action(() => run(stop));

program
  .command("restart")
  .description("stop and start")
  .option("--wait <seconds>", "for it to be ready", seconds, 60)
  .action(({ wait }: { wait: number }) =>
    run(async (config) => {
      if (refusesMode(config)) return exitCodes.badConfiguration;
      const stopped = await stop(config);
      return stopped === exitCodes.done ? start(config, wait) : stopped;
    }),
  );

program
  .command("status")
  .description("ends with 0 ready or standing by, 2 degraded, 1 not ready or not known to be, 3 when nothing runs")
  .option("--json", "for programs")
  .action(({ json }: { json?: boolean }) =>
    run(async (config) => {
      const status = await statusOf(config);
      print(json ? JSON.stringify(status) : describeStatus(status, Date.now()));
      return statusExitCodes[status.state];
    }),
  );

program
  .command("logs")
  .description("the log as it is written, from one file to the next")
  .option("--lines <number>", "from before", whole, 20)
  .option("--no-follow", "only those, and end")
  .action(({ lines, follow }: { lines: number; follow: boolean }) =>
    run(async (config) => {
      const file = join(logFolderOf(config), currentLogFile);
      if (!existsSync(file)) {
        fail(`There is no ${file}: the bot was not started with npm run bot -- start, or LOG_DIR is another.`);
        return exitCodes.failed;
      }
      return showEnd(file, lines, follow);
    }),
  );

await program.parseAsync();

async function run(action: (config: ControlConfig) => Promise<number>): Promise<void> {
  try {
    process.exitCode = await action(readControlConfig(process.env));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    fail(error.message);
    process.exitCode = exitCodes.badConfiguration;
  }
}

async function start(config: ControlConfig, waitSeconds: number): Promise<number> {
  if (refusesMode(config)) return exitCodes.badConfiguration;
  const found = await statusOf(config, false);
  if (found.state !== "stopped") {
    fail(`The bot runs already: ${whoRuns(found, Date.now())}. npm run bot -- restart?`);
    return exitCodes.running;
  }
  if (!existsSync(entry)) {
    fail("There is no built bot: npm run build");
    return exitCodes.failed;
  }
  const logFolder = logFolderOf(config);
  const started = await startInstance({ entry, env: process.env, logFolder, waitMs: waitSeconds * 1000 });
  switch (started.kind) {
    case "ready": {
      const part = partInLease(await statusOf(config));
      const after = `after ${(started.tookMs / 1000).toFixed(1)} s${part === undefined ? "" : `; it ${part}`}`;
      print(`Ready: process ${started.pid}, ${after}. Its log: npm run bot -- logs`);
      return exitCodes.done;
    }
    case "starting":
      fail(`Process ${started.pid} is not ready after ${waitSeconds} s, and goes on trying. Last it said:`);
      for (const line of started.said) fail(`  ${line}`);
      return exitCodes.failed;
    case "ended":
      fail(`It ended with exit code ${started.exitCode}:`);
      for (const line of started.said) fail(`  ${line}`);
      return started.exitCode === 0 ? exitCodes.failed : started.exitCode;
    case "noLog":
      fail(`Its log cannot be written to ${logFolder} (${started.why}); LOG_DIR sets another folder.`);
      return exitCodes.failed;
  }
}

async function stop(config: ControlConfig): Promise<number> {
  const stopped = await stopInstance({
    fingerprint: tokenFingerprint(config.token),
    clock: systemClock,
    patienceMs: 3 * config.drainTimeoutMs + stopSlackMs,
    onAsked: (pid) => print(`Process ${pid} was asked to stop, and answers what is in flight.`),
  });
  switch (stopped.kind) {
    case "none": {
      const status = await statusOf(config);
      if (status.state === "stopped") {
        print("Nothing runs.");
        return exitCodes.done;
      }
      fail(
        `Process ${status.pid} answers at port ${config.http.port}, and holds no lock of this machine: if it is this bot, ` +
          "whatever started it has to stop it.",
      );
      return exitCodes.failed;
    }
    case "stopped":
      print(`Stopped after ${(stopped.tookMs / 1000).toFixed(1)} s.`);
      return exitCodes.done;
    case "forced":
      print(
        `It did not end, and was killed after ${(stopped.tookMs / 1000).toFixed(1)} s. The next start answers what it left.`,
      );
      return exitCodes.done;
    case "failed":
      fail(`It could not be stopped: ${stopped.why}.`);
      return exitCodes.failed;
  }
}

/** Says so, if it does. */
function refusesMode({ instanceMode }: ControlConfig): boolean {
  if (instanceMode !== "off") return false;
  fail(
    "With INSTANCE_MODE=off several processes of this machine may run, and no lock tells which of them to stop: " +
      "start and stop each with pm2 or systemd; npm run check:instances shows who runs.",
  );
  return true;
}

function statusOf({ token, http, instanceMode }: ControlConfig, lockless = instanceMode !== "lock") {
  return readStatus({ fingerprint: tokenFingerprint(token), http, lockless, now: Date.now });
}

/** Where the log is when the operator says nothing: started in the background, the bot has no output that anybody sees. */
function logFolderOf({ logFolder }: ControlConfig): string {
  return logFolder ?? join(root, "logs");
}

/** `tail -F` goes on with the next file when a new one is begun. */
function showEnd(file: string, lines: number, follow: boolean): Promise<number> {
  const tail = spawn("tail", ["-n", String(lines), ...(follow ? ["-F"] : []), file], {
    stdio: ["ignore", "inherit", "ignore"],
  });
  // Ctrl+C ends both; this process waits for its end, and takes its own.
  process.once("SIGINT", () => tail.kill());
  process.once("SIGTERM", () => tail.kill());
  return new Promise((resolve) => {
    tail.once("error", () => {
      fail(`The program tail is missing; the log is ${file}`);
      resolve(exitCodes.failed);
    });
    tail.once("exit", (code) => resolve(code ?? exitCodes.done));
  });
}

function seconds(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("expected a number of seconds above 0");
}

function whole(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("expected a whole number");
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(text: string): void {
  process.stderr.write(`${text}\n`);
}
