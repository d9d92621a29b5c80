import { Writable } from "node:stream";
import { createStream } from "rotating-file-stream";

/** What is written now; older ones are `bot-DATE-NUMBER.log` beside it. The name never changes, so that it can be followed. */
export const currentLogFile = "bot.log";

/** Of the finished ones, as many days as nothing unusual happens in. */
const keptFiles = 7;
/** A day at `info` is far below it; a storm of errors must not fill the disk, bytes. */
const largestFile = "50M";
/** What waits for a disk that does not answer, bytes; what comes then is left out. */
const maxWaitingBytes = 8_000_000;
/** A full or missing disk is tried again, ms. */
const retryAfterMs = 60_000;
/** At the end, for what is still to be written, ms. */
const closeTimeoutMs = 1000;

export interface LogFileOptions {
  readonly folder: string;
  /** Wall-clock time, ms since the epoch. */
  readonly now: () => number;
  /** Called when nothing can be written any more, once until it can again; the reason is a system's code or sentence. */
  readonly onTrouble: (reason: string) => void;
  /** Opens the file; the rotating one by default. */
  readonly open?: (folder: string) => Writable;
}

export interface LogFile {
  /** Takes every line at once and never fails: the bot does not depend on its log. */
  readonly stream: Writable;
  /** Resolves when all is written, or cannot be. */
  close(): Promise<void>;
}

/** The log in files: a new one each day and at {@link largestFile}, of which {@link keptFiles} stay. */
export function openLogFile({ folder, now, onTrouble, open = openRotating }: LogFileOptions): LogFile {
  let file: Writable | undefined;
  let failedAtMs = Number.NEGATIVE_INFINITY;
  let failing = false;
  let missing = 0;

  const fail = (failed: Writable, error: Error): void => {
    if (file !== failed) return;
    file = undefined;
    failedAtMs = now();
    if (!failing) onTrouble(reasonOf(error));
    failing = true;
  };
  const reopen = (): Writable | undefined => {
    if (now() - failedAtMs < retryAfterMs) return undefined;
    const opened = open(folder);
    opened.on("error", (error) => fail(opened, error));
    file = opened;
    return opened;
  };
  const write = (chunk: Buffer): void => {
    const target = file ?? reopen();
    if (target === undefined || target.writableLength > maxWaitingBytes) {
      missing += 1;
      return;
    }
    const left = missing;
    missing = 0;
    const line = left > 0 ? `(${left} lines are missing here: the file could not be written)\n` : "";
    target.write(line + chunk.toString("utf8"), (error) => {
      if (error) missing += left + 1;
      else if (file === target) failing = false;
    });
  };

  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      write(chunk);
      done();
    },
  });
  return {
    stream,
    close: () =>
      new Promise((resolve) => {
        const closing = file;
        if (closing === undefined) return resolve();
        const timer = setTimeout(resolve, closeTimeoutMs);
        closing.once("close", () => {
          clearTimeout(timer);
          resolve();
        });
        closing.end();
      }),
  };
}

function openRotating(folder: string): Writable {
  const name = (time: number | Date | null, index?: number): string =>
    time === null ? currentLogFile : `bot-${dayOf(new Date(time))}-${index ?? 1}.log`;
  return createStream(name, {
    path: folder,
    interval: "1d",
    // The bot may not have been running at midnight.
    initialRotation: true,
    intervalBoundary: true,
    size: largestFile,
    maxFiles: keptFiles,
    // People's ids are in it.
    mode: 0o640,
    history: "bot-files.txt",
  });
}

/** In the machine's own time zone, as the rotation is. */
const dayOf = (time: Date): string =>
  [time.getFullYear(), time.getMonth() + 1, time.getDate()].map((part) => String(part).padStart(2, "0")).join("-");

const reasonOf = (error: Error): string =>
  "code" in error && typeof error.code === "string" ? error.code : error.message;
