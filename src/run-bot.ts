import { readFileSync } from "node:fs";
import dotenv from "dotenv";
import { type App, startApp } from "./app.ts";
import { systemClock } from "./clock.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { GatewayClosedError, TokenRefusedError, WrongApplicationError } from "./discord/gateway.ts";
import { InstanceLockedError } from "./instance/instance-locked-error.ts";
import { openLogFile } from "./log-file.ts";
import { createLogger } from "./logging.ts";
import { OperationsServerError } from "./operations/server.ts";
import { answersLivez, createSupervisor } from "./operations/supervisor.ts";

/** What a supervisor is told: 75 and 78 mean that starting again does not help (`sysexits.h`). */
const exitCodes = { asked: 0, failed: 1, locked: 75, badConfiguration: 78 } as const;

/** Longer than any pause of a bot that is only busy, and short against any watchdog, ms. */
const livezTimeoutMs = 5000;

const ready = {
  leader: "ready: interactions reach the bot",
  standby: "ready: stands by, to lead when nobody else does",
} as const;

const { version }: { version: string } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/**
 * The whole life of the process: reads the configuration, runs the bot, and ends the process with the exit code that tells a
 * supervisor what to do.
 */
export async function runBot(): Promise<void> {
  dotenv.config({ quiet: true });

  const config = readConfigOrExit();
  const logFile =
    config.log.folder === undefined
      ? undefined
      : openLogFile({
          folder: config.log.folder,
          now: () => Date.now(),
          onTrouble: (reason) =>
            logger.warn("the log file cannot be written: what happens is told on the standard output only", { reason }),
        });
  const logger = createLogger({
    ...config.log,
    secrets: config.secrets,
    ...(logFile === undefined ? {} : { copy: logFile.stream }),
  });
  const supervisor = createSupervisor({
    env: process.env,
    pid: process.pid,
    clock: systemClock,
    onTrouble: (reason) => logger.warn("systemd cannot be told how the bot is", { reason }),
  });
  const stopping = new AbortController();
  let app: App | undefined;
  let ending = false;

  /** Stops what runs and ends the process; the first call decides the exit code. */
  async function end(code: number): Promise<void> {
    if (ending) return;
    ending = true;
    stopping.abort();
    supervisor.stopping();
    await app?.stop(code === exitCodes.asked ? "asked" : "failed");
    logger.info("stopped", { exitCode: code });
    await logFile?.close();
    process.exit(code);
  }

  function fail(message: string, error: unknown): void {
    logger.error(message, { error });
    void end(exitCodeOf(error));
  }

  // SIGHUP: the terminal it was started from is closed.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      logger.info("asked to stop", { signal });
      void end(exitCodes.asked);
    });
  }
  process.on("uncaughtException", (error) => fail("uncaught exception", error));
  process.on("unhandledRejection", (error) => fail("unhandled rejection", error));

  logger.info("starting", { version, pid: process.pid, node: process.version });
  try {
    app = await startApp({
      config,
      logger,
      version,
      stopping: stopping.signal,
      onFatal: (error) => fail("the bot cannot go on", error),
      onTakenOver: () => {
        logger.info(ready.leader);
        supervisor.takenOver();
      },
    });
    const { operationsUrl } = app;
    if (!stopping.signal.aborted) {
      logger.info(ready[app.role]);
      // pm2 waits for this (wait_ready in ecosystem.config.js).
      process.send?.("ready");
      supervisor.ready(() => answersLivez(operationsUrl, livezTimeoutMs), app.role);
    }
  } catch (error) {
    if (isExplained(error)) logger.error(error.message);
    else logger.error("the bot could not start", { error });
    await end(exitCodeOf(error));
  }
}

function readConfigOrExit(): Config {
  try {
    return readConfig(process.env, { terminal: process.stdout.isTTY });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\nSee .env.example for all variables.\n`);
    process.exit(exitCodes.badConfiguration);
  }
}

/** Errors whose message tells the operator what to do; a stack would only hide it. */
function isExplained(error: unknown): error is Error {
  return [
    InstanceLockedError,
    OperationsServerError,
    TokenRefusedError,
    WrongApplicationError,
    GatewayClosedError,
  ].some((type) => error instanceof type);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof InstanceLockedError) return exitCodes.locked;
  if (error instanceof TokenRefusedError || error instanceof WrongApplicationError) return exitCodes.badConfiguration;
  if (error instanceof GatewayClosedError && error.badConfiguration) return exitCodes.badConfiguration;
  return exitCodes.failed;
}
