import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** One line of the bot's log, as it writes it with `LOG_FORMAT=json`. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly message: string };

export interface BotExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The real bot in a process of its own, started as an operator would: `node dist/main.js` with an environment. */
export interface BotProcess {
  readonly pid: number;
  /** Resolves when the bot says it is ready, as it says it to pm2; rejects with its output when it ends before. */
  ready(): Promise<void>;
  /** Everything it wrote so far, line by line. */
  readonly output: readonly string[];
  /** Resolves with the first log line, written already or to come, for which `predicate` holds. */
  logged(predicate: (line: LogLine) => boolean): Promise<LogLine>;
  /** Closes its standard output, as when the program at the other end of a pipe is gone. */
  closeOutput(): void;
  /** Address of the operations server, from the log. */
  operationsUrl(): Promise<string>;
  /** A message over the channel a supervisor has; only programs made for a benchmark listen to it. */
  send(message: Readonly<Record<string, unknown>>): void;
  kill(signal: NodeJS.Signals): void;
  /** Asks it to stop and waits for the end. */
  stop(): Promise<BotExit>;
  readonly exited: Promise<BotExit>;
}

export interface BotProcessOptions {
  /** `dist/main.js`. */
  readonly entry: string;
  /** Added to PATH and what else a bare environment has; nothing else is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
}

/** A module that stops the bot, as an operator would, when the process that started it is gone without stopping it. */
const endWithParent = "data:text/javascript,process.once('disconnect',()=>process.kill(process.pid,'SIGTERM'))";

export function startBotProcess({ entry, env, onLine }: BotProcessOptions): BotProcess {
  // An empty folder, so that the operator's own .env is not read, and nothing of a killed bot stays.
  const folder = mkdtempSync(join(tmpdir(), "signalguard-bot-"));
  const child = spawn(process.execPath, ["--import", endWithParent, entry], {
    cwd: folder,
    env: { ...inherited(), XDG_RUNTIME_DIR: folder, ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const output: string[] = [];
  const watchers = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      output.push(line);
      onLine?.(line);
      for (const watch of watchers) watch(line);
    });
  }
  const exited = once(child, "close").then(([code, signal]): BotExit => {
    rmSync(folder, { recursive: true, force: true });
    return { code, signal };
  });
  const endedInstead = async (what: string): Promise<never> => {
    const { code, signal } = await exited;
    throw new Error(`the bot ended (${signal ?? `exit code ${code}`}) before ${what}:\n${output.join("\n")}`);
  };
  const ready = new Promise<void>((resolve) => {
    child.on("message", (message) => {
      if (message === "ready") resolve();
    });
  });

  const logged = (predicate: (line: LogLine) => boolean): Promise<LogLine> => {
    let watch: (line: string) => void = () => {};
    const found = new Promise<LogLine>((resolve) => {
      watch = (text) => {
        const line = parseLine(text);
        if (line !== undefined && predicate(line)) resolve(line);
      };
      for (const line of output) watch(line);
      watchers.add(watch);
    });
    return Promise.race([found, endedInstead("logging what was waited for")]).finally(() => watchers.delete(watch));
  };

  return {
    pid: child.pid ?? -1,
    ready: () => Promise.race([ready, endedInstead("being ready")]),
    output,
    logged,
    closeOutput: () => void child.stdout?.destroy(),
    async operationsUrl() {
      const line = await logged(({ message }) => message === "operations server listening");
      return String(line.url);
    },
    send: (message) => void child.send(message),
    kill: (signal) => void child.kill(signal),
    stop() {
      child.kill("SIGTERM");
      return exited;
    },
    exited,
  };
}

/** What a program needs to run at all; tokens and addresses of a real installation stay out. */
function inherited(): Record<string, string> {
  const names = ["PATH", "HOME", "TMPDIR", "SystemRoot", "LANG"];
  return Object.fromEntries(
    names.flatMap((name) => [[name, process.env[name]]]).filter(([, value]) => value !== undefined),
  );
}

function parseLine(text: string): LogLine | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const line: unknown = JSON.parse(text);
    return isLogLine(line) ? line : undefined;
  } catch {
    return undefined;
  }
}

const isLogLine = (value: unknown): value is LogLine =>
  typeof value === "object" &&
  value !== null &&
  "level" in value &&
  typeof value.level === "string" &&
  "message" in value &&
  typeof value.message === "string";
