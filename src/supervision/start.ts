import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { currentLogFile } from "../log-file.ts";

export type Started =
  | { readonly kind: "ready"; readonly pid: number; readonly tookMs: number }
  /** It lives and has not said that it is ready: it goes on, and its last line says what it waits for. */
  | { readonly kind: "starting"; readonly pid: number; readonly said: readonly string[] }
  | { readonly kind: "ended"; readonly exitCode: number; readonly said: readonly string[] }
  /** There is no place for its log; `why` is the system's code. */
  | { readonly kind: "noLog"; readonly why: string };

export interface StartOptions {
  /** `dist/main.js`. */
  readonly entry: string;
  /** Its environment, for `LOG_DIR` the folder below. */
  readonly env: NodeJS.ProcessEnv;
  /** Where it writes its log: its standard output goes nowhere. */
  readonly logFolder: string;
  readonly waitMs: number;
}

/** What Node itself says when the process dies, and what is said before there is a log. */
const errorFile = "stderr.log";

/** Starts the bot in the background and waits until it is ready, or has ended, or the time is over. */
export async function startInstance({ entry, env, logFolder, waitMs }: StartOptions): Promise<Started> {
  const startMs = performance.now();
  let errors: number;
  let logStart: number;
  try {
    mkdirSync(logFolder, { recursive: true });
    errors = openSync(join(logFolder, errorFile), "w", 0o640);
    logStart = sizeOf(join(logFolder, currentLogFile));
  } catch (error) {
    return { kind: "noLog", why: error instanceof Error && "code" in error ? String(error.code) : String(error) };
  }
  const child = spawn(process.execPath, [entry], {
    env: { ...env, LOG_DIR: logFolder },
    stdio: ["ignore", "ignore", errors, "ipc"],
    // A session of its own: closing the terminal does not end it.
    detached: true,
  });
  closeSync(errors);
  const pid = child.pid ?? -1;
  const over = new AbortController();
  try {
    const outcome = await Promise.race([
      saysReady(child),
      once(child, "exit").then(([code]): number => (typeof code === "number" ? code : 1)),
      sleep(waitMs, "late" as const, { signal: over.signal }),
    ]);
    if (outcome === "ready") return { kind: "ready", pid, tookMs: performance.now() - startMs };
    const said = whatItSaid(logFolder, logStart, outcome === "late");
    return outcome === "late" ? { kind: "starting", pid, said } : { kind: "ended", exitCode: outcome, said };
  } finally {
    over.abort();
    if (child.connected) child.disconnect();
    child.unref();
  }
}

const saysReady = (child: ChildProcess): Promise<"ready"> =>
  new Promise((resolve) => {
    child.on("message", (message) => {
      if (message === "ready") resolve("ready");
    });
  });

/** Of one that ended, its errors; of one that goes on, its last line. */
function whatItSaid(folder: string, logStart: number, goesOn: boolean): readonly string[] {
  const log = readIfThere(join(folder, currentLogFile));
  // Smaller than before: a new file was begun meanwhile.
  const lines = linesOf(log.subarray(log.length < logStart ? 0 : logStart).toString("utf8")).map(readLine);
  if (goesOn) return lines.slice(-1).map(({ text }) => text);
  const errors = lines.filter(({ level }) => level === "error").map(({ text }) => text);
  return [...linesOf(readIfThere(join(folder, errorFile)).toString("utf8")), ...errors];
}

const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line.trim() !== "");

function readLine(line: string): { readonly level: string; readonly text: string } {
  try {
    const { level, message, reason } = JSON.parse(line);
    return { level: String(level), text: reason === undefined ? String(message) : `${message}: ${reason}` };
  } catch {
    return { level: / ERROR /.test(line) ? "error" : "", text: line };
  }
}

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
