import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { ensureRedisProgram } from "./redis-program.ts";

export interface RedisServer {
  /** `redis://127.0.0.1:PORT`, or the value of `REDIS_URL`. */
  readonly url: string;
  /** Whether it was started here; a Redis of somebody else is never stopped. */
  readonly own: boolean;
  /** Ends an own server and removes its folder. */
  stop(): Promise<void>;
}

/** A server started here, with what a test of outages needs. Port and data stay the same until `stop`. */
export interface OwnRedis extends RedisServer {
  readonly own: true;
  readonly port: number;
  /** Ends the server and keeps its data: `term` lets it write everything first, `kill` is a crash. */
  halt(how?: "term" | "kill"): Promise<void>;
  /** Starts it again after `halt`, with the data it had. */
  start(): Promise<void>;
  /** Freezes the server: connections stay open and nothing is answered. */
  pause(): void;
  resume(): void;
}

export interface StartRedisOptions {
  readonly log?: (line: string) => void;
  /** Where `REDIS_URL` and PATH are read from; the process's own by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Start an own server even when `REDIS_URL` is set: tests never touch a Redis they did not start. */
  readonly ignoreEnvironment?: boolean;
  /** Keep data on disk, so that it survives `halt` and `start`. Default true. */
  readonly appendOnly?: boolean;
}

/**
 * A Redis to use: the one of `REDIS_URL` if set, else an own private server on a free port of 127.0.0.1, which never
 * outlives this process. The server program is installed when there is none.
 *
 * @throws {RedisMissingError} when there is no Redis and none can be installed; the message says what to type.
 */
export function startRedis(options: StartRedisOptions & { readonly ignoreEnvironment: true }): Promise<OwnRedis>;
export function startRedis(options?: StartRedisOptions): Promise<RedisServer>;
export async function startRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  const env = options.env ?? process.env;
  const url = env.REDIS_URL;
  if (options.ignoreEnvironment !== true && url !== undefined && url !== "") {
    return { url, own: false, stop: async () => {} };
  }
  const program = await ensureRedisProgram({ env, log: options.log });
  return startOwnRedis(program, options.appendOnly ?? true);
}

/** A port found free can be taken by somebody else before the server has it. */
const portAttempts = 5;

async function startOwnRedis(program: string, appendOnly: boolean): Promise<OwnRedis> {
  const folder = mkdtempSync(join(tmpdir(), "signalguard-redis-"));
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    try {
      return ownRedis(program, { folder, port, appendOnly }, await launch(program, { folder, port, appendOnly }));
    } catch (error) {
      if (attempt < portAttempts) continue;
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

interface ServerSettings {
  readonly folder: string;
  readonly port: number;
  readonly appendOnly: boolean;
}

function ownRedis(program: string, settings: ServerSettings, first: RunningServer): OwnRedis {
  let running: RunningServer | undefined = first;
  const halt = async (how: "term" | "kill" = "term") => {
    const ending = running;
    running = undefined;
    await ending?.end(how === "kill" ? "SIGKILL" : "SIGTERM");
  };
  return {
    url: urlOf(settings.port),
    own: true,
    port: settings.port,
    halt,
    async start() {
      running ??= await launch(program, settings);
    },
    pause: () => running?.send("SIGSTOP"),
    resume: () => running?.send("SIGCONT"),
    async stop() {
      await halt();
      rmSync(settings.folder, { recursive: true, force: true });
    },
  };
}

interface RunningServer {
  send(signal: NodeJS.Signals): void;
  end(signal: NodeJS.Signals): Promise<void>;
}

/**
 * Runs the server ("$@", after its folder) and ends it, with its folder, when the pipe on stdin closes: the kernel closes
 * that pipe however our process ends, `kill -9` included. Prints the server's pid.
 */
const guardian = `
folder=$1; shift
exec 3<&0
"$@" >"$folder/server.log" 2>&1 3<&- &
server=$!
( while read -r _; do :; done <&3; trap "" TERM; kill -9 $server; rm -rf "$folder" ) >/dev/null 2>&1 &
watch=$!
echo $server
wait $server
kill $watch
`;

const startTimeoutMs = 15_000;
const endTimeoutMs = 5_000;

async function launch(program: string, settings: ServerSettings): Promise<RunningServer> {
  const args = [
    ...["--port", String(settings.port), "--bind", "127.0.0.1", "--dir", settings.folder, "--daemonize", "no"],
    ...["--appendonly", settings.appendOnly ? "yes" : "no", "--save", ""],
  ];
  // A session of its own: Ctrl-C in a terminal goes to the whole foreground group, and Redis must outlive our draining.
  const child = spawn("/bin/sh", ["-c", guardian, "sh", settings.folder, program, ...args], {
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  });
  child.unref();
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const pid = await readPid(child);
  const send = (signal: NodeJS.Signals) => {
    if (child.exitCode === null) signalIfThere(pid, signal);
  };
  const end = async (signal: NodeJS.Signals) => {
    send(signal);
    // A paused server takes its signals when it goes on.
    send("SIGCONT");
    const forced = AbortSignal.timeout(endTimeoutMs);
    forced.addEventListener("abort", () => send("SIGKILL"), { once: true });
    child.ref();
    await exited;
  };
  const ready = await Promise.race([waitUntilReady(settings.port, pid), exited.then(() => false)]);
  if (!ready) {
    await end("SIGKILL");
    throw new Error(`${program} did not start on port ${settings.port} of 127.0.0.1`);
  }
  return { send, end };
}

/** The server ends a moment before its guardian has noticed. */
function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

async function readPid(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error("the guardian of Redis has no output");
  const [line] = await once(child.stdout, "data");
  child.stdout.destroy();
  return Number(String(line).trim());
}

/** True when the server with this pid answers; whoever else may have taken the port in between is not mistaken for it. */
async function waitUntilReady(port: number, pid: number): Promise<boolean> {
  const deadlineMs = performance.now() + startTimeoutMs;
  const client = new Redis(urlOf(port), {
    lazyConnect: true,
    retryStrategy: () => (performance.now() < deadlineMs ? 20 : null),
    maxRetriesPerRequest: null,
  });
  client.on("error", () => {});
  try {
    const info = await client.info("server");
    return new RegExp(`^process_id:${pid}\\r?$`, "m").test(info);
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}

const urlOf = (port: number) => `redis://127.0.0.1:${port}`;

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("127.0.0.1 gave no port");
  return address.port;
}
