import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import dotenv from "dotenv";
import { systemClock } from "../src/clock.ts";
import { ConfigError, type ControlConfig, readControlConfig } from "../src/config.ts";
import { askInstance } from "../src/instance/ask-instance.ts";
import { runningTime } from "../src/instance/running-time.ts";
import { tokenFingerprint } from "../src/instance/token-fingerprint.ts";
import { currentLogFile } from "../src/log-file.ts";
import { startInstance } from "../src/supervision/start.ts";
import { type InstanceStatus, readStatus, statusExitCodes } from "../src/supervision/status.ts";
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
      const status = await readStatus({
        fingerprint: tokenFingerprint(config.token),
        http: config.http,
        lockless: config.instanceMode !== "lock",
        now: Date.now,
      });
      print(json ? JSON.stringify(status) : describe(status));
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
  if (config.instanceMode !== "lock") {
    const mode = config.instanceMode;
    fail(
      `With INSTANCE_MODE=${mode} several processes of this machine may run, and no lock tells which of them to stop: ` +
        "start and stop each with pm2 or systemd; npm run check:instances shows who runs.",
    );
    return exitCodes.badConfiguration;
  }
  const found = await askInstance(tokenFingerprint(config.token));
  if (found.kind === "running") {
    const time = found.holder && runningTime(found.holder, Date.now());
    const who = found.holder === undefined ? "a process that does not say which" : `process ${found.holder.pid}`;
    fail(`The bot runs already: ${who}${time === undefined ? "" : `, running for ${time}`}. npm run bot -- restart?`);
    return exitCodes.running;
  }
  if (!existsSync(entry)) {
    fail("There is no built bot: npm run build");
    return exitCodes.failed;
  }
  const logFolder = logFolderOf(config);
  const started = await startInstance({ entry, env: process.env, logFolder, waitMs: waitSeconds * 1000 });
  switch (started.kind) {
    case "ready":
      print(
        `Ready: process ${started.pid}, after ${(started.tookMs / 1000).toFixed(1)} s. Its log: npm run bot -- logs`,
      );
      return exitCodes.done;
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
    case "none":
      print("Nothing runs.");
      return exitCodes.done;
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

function describe(status: InstanceStatus): string {
  if (status.state === "stopped") return "stopped: no process with this token holds the lock of this machine";
  const { state, pid, version, startedAt, reasons } = status;
  const time = startedAt === undefined ? undefined : runningTime({ startedAt }, Date.now());
  const parts = [pid && `process ${pid}`, version && `version ${version}`, time && `running for ${time}`];
  return [`${state}: ${parts.filter(Boolean).join(", ")}`, ...reasons.map((reason) => `  ${reason}`)].join("\n");
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
