import { execFile } from "node:child_process";
import { accessSync, constants, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

export interface RedisProgramOptions {
  /** Where PATH is read from; the process's own by default. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Told what is being installed, one line at a time. */
  readonly log?: ((line: string) => void) | undefined;
  /** Held by whoever is installing; by default one file for all processes of this user. */
  readonly lockFile?: string | undefined;
}

/** No server program, and no way to install one. The message says what to type. */
export class RedisMissingError extends Error {
  override readonly name = "RedisMissingError";
  readonly code = "REDIS_MISSING";

  constructor(reason: string) {
    super(
      `No Redis: neither redis-server nor valkey-server is in PATH, and ${reason}. Do one of these and try again:\n` +
        "  Debian, Ubuntu:  sudo apt-get update && sudo apt-get install -y redis-server\n" +
        "  macOS:           brew install redis\n" +
        "  anywhere else:   REDIS_URL=redis://HOST:PORT (a Redis that may be written to)",
    );
  }
}

/**
 * The path of redis-server or valkey-server, installed with the system's package manager when there is none.
 * Processes that call this at the same time install once: the others wait and find it in PATH.
 *
 * @throws {RedisMissingError} when it is neither there nor can be installed.
 */
export async function ensureRedisProgram(options: RedisProgramOptions = {}): Promise<string> {
  const env = options.env ?? process.env;
  const present = findRedisProgram(env);
  if (present !== undefined) return present;
  const release = await takeLock(options.lockFile ?? defaultLockFile);
  try {
    return findRedisProgram(env) ?? (await install(env, options.log ?? (() => {})));
  } finally {
    release();
  }
}

const defaultLockFile = join(tmpdir(), `signalguard-redis-install-${userInfo().uid}.lock`);

/** The path of the server program in PATH, Redis before Valkey. */
export function findRedisProgram(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return findProgram("redis-server", env) ?? findProgram("valkey-server", env);
}

async function install(env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<string> {
  const manager = await findPackageManager(env);
  if (typeof manager === "string") throw new RedisMissingError(manager);
  const startMs = performance.now();
  let failure = "";
  for (const { command, needed } of manager) {
    log(`no Redis in PATH: ${command.join(" ")}`);
    const problem = await run(command, env);
    if (problem === undefined) {
      const program = findRedisProgram(env);
      if (program !== undefined) {
        log(`installed ${program} in ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
        return program;
      }
    } else if (needed) {
      failure = problem;
    }
  }
  throw new RedisMissingError(`installing it failed${failure === "" ? "" : ` (${failure})`}`);
}

interface InstallStep {
  readonly command: readonly string[];
  /** False for a step whose failure does not matter when the next one works. */
  readonly needed: boolean;
}

/** The steps to take, or the reason why there are none. */
async function findPackageManager(env: NodeJS.ProcessEnv): Promise<readonly InstallStep[] | string> {
  const apt = findProgram("apt-get", env);
  if (apt !== undefined) {
    const isRoot = process.getuid?.() === 0;
    const sudo = isRoot ? undefined : findProgram("sudo", env);
    if (isRoot || (sudo !== undefined && (await run([sudo, "-n", "true"], env)) === undefined)) {
      return aptSteps(sudo === undefined ? [apt] : [sudo, "-n", apt]);
    }
    return "installing it takes root or sudo without a password";
  }
  const brew = findProgram("brew", env);
  if (brew !== undefined) return [{ command: [brew, "install", "redis"], needed: true }];
  return "there is no apt-get or brew to install it with";
}

function aptSteps(apt: readonly string[]): readonly InstallStep[] {
  // Somebody else's apt or dpkg (a machine's unattended upgrades) is waited for, not fought with.
  const patient = ["-o", "DPkg::Lock::Timeout=120"];
  const install = [...patient, "install", "-y", "-qq", "--no-install-recommends"];
  return [
    { command: [...apt, ...patient, "update", "-qq"], needed: false },
    { command: [...apt, ...install, "redis-server"], needed: true },
    { command: [...apt, ...install, "valkey-server"], needed: false },
  ];
}

const installTimeoutMs = 300_000;

/** Runs a command to its end; what went wrong, in a line, when it did. */
async function run(command: readonly string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const [program = "", ...args] = command;
  try {
    await promisify(execFile)(program, args, {
      // RUNLEVEL=1 keeps Debian from starting a system-wide Redis on 6379 that nobody asked for.
      env: { ...env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
      timeout: installTimeoutMs,
    });
    return undefined;
  } catch (error) {
    const text = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
    return text.trim().split("\n").at(-1) || "it ended without saying why";
  }
}

function findProgram(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Waits until no living process holds the file, then holds it. */
async function takeLock(file: string): Promise<() => void> {
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    if (!holderLives(file)) rmSync(file, { force: true });
    else await wait(200);
  }
}

function holderLives(file: string): boolean {
  let pid: number;
  try {
    pid = Number(readFileSync(file, "utf8"));
  } catch {
    return false;
  }
  // Between creating and writing the file it is empty: its holder lives.
  if (pid === 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
