import winston from "winston";

/** What every part that logs is given. `fields` may hold anything, errors included: only safe text gets out. */
export interface Logger {
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export const logLevels = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Shortest value that is taken out wherever it stands; shorter ones would tear ordinary words apart. */
const shortestSecret = 6;
const hidden = "[hidden]";
const maxDepth = 5;

/**
 * Tokens are credentials wherever they turn up (`discord-facts.md` 9): in the URLs of callbacks and webhooks, as text
 * beginning with the base64 of "interaction:", and as three-part bot tokens.
 */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/(\/interactions\/[^/\s]+\/)[^/\s"']+/g, `$1${hidden}`],
  [/(\/webhooks\/[^/\s]+\/)[^/?\s"']+/g, `$1${hidden}`],
  [/aW50ZXJhY3Rpb2[\w-]*/g, hidden],
  [/\b[\w-]{20,30}\.[\w-]{6,7}\.[\w-]{27,}/g, hidden],
  [/\b(Bot|Bearer)\s+[\w.~+/=-]{8,}/g, `$1 ${hidden}`],
  [/(\b\w+:\/\/[^\s:/@]*:)[^\s@/]+@/g, `$1${hidden}@`],
];

/** Takes secrets out of a text: the given values, and everything shaped like a token. */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const values = secrets.filter((secret) => secret.length >= shortestSecret);
  return (text) => {
    const known = values.reduce((rest, secret) => rest.replaceAll(secret, hidden), text);
    return patterns.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), known);
  };
}

/**
 * A copy that is safe to print. Of an error only its name, message, code, kind, status and stack are taken: library
 * errors carry URLs, headers and bodies (`discord-facts.md` 9).
 */
export function toPrintable(value: unknown, redact: (text: string) => string, depth = 0): unknown {
  if (typeof value === "string") return redact(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  if (typeof value !== "object" || value === null) return value;
  if (depth >= maxDepth) return "[deeper]";
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Error) return printableError(value, redact);
  if (Array.isArray(value)) return value.map((item) => toPrintable(item, redact, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [redact(key), toPrintable(item, redact, depth + 1)]),
  );
}

function printableError(error: Error, redact: (text: string) => string): Record<string, unknown> {
  const details = Object.entries(error).filter(
    ([key, item]) => ["code", "kind", "status"].includes(key) && ["string", "number"].includes(typeof item),
  );
  return {
    name: error.name,
    message: redact(error.message),
    ...Object.fromEntries(details.map(([key, item]) => [key, typeof item === "string" ? redact(item) : item])),
    ...(error.stack === undefined ? {} : { stack: redact(error.stack) }),
  };
}

export interface LoggingOptions {
  readonly level: LogLevel;
  /** `json`: a line of JSON each, for machines. `text`: for a person at a terminal. */
  readonly format: "json" | "text";
  /** Values that must never be printed. */
  readonly secrets: readonly string[];
  /** Where the lines go; the process's standard output when absent. */
  readonly stream?: NodeJS.WritableStream;
  /** Where they go as well, for instance a file. */
  readonly copy?: NodeJS.WritableStream;
}

export function createLogger(options: LoggingOptions): Logger {
  const redact = createRedactor(options.secrets);
  const line = winston.format.printf(({ level, message, timestamp, fields }) => {
    const printable = toPrintable(fields ?? {}, redact);
    const text = redact(String(message));
    if (options.format === "json") {
      return JSON.stringify({ time: timestamp, level, message: text, ...(isRecord(printable) ? printable : {}) });
    }
    return `${timestamp} ${level.toUpperCase().padEnd(5)} ${text}${readable(printable)}`;
  });
  const stream = options.stream ?? process.stdout;
  // Whoever read the log may be gone, for instance at the end of a pipe. The bot goes on; an error thrown for it would be
  // logged, fail again, and so on for ever.
  stream.on("error", () => {});
  const logger = winston.createLogger({
    level: options.level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: winston.format.combine(winston.format.timestamp(), line),
    transports: [stream, ...(options.copy === undefined ? [] : [options.copy])].map(
      (target) => new winston.transports.Stream({ stream: target }),
    ),
  });
  const write =
    (level: LogLevel) =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void => {
      // What is not written costs nothing: debug lines accompany every interaction.
      if (logLevels.indexOf(level) <= logLevels.indexOf(options.level)) logger.log({ level, message, fields });
    };
  return { error: write("error"), warn: write("warn"), info: write("info"), debug: write("debug") };
}

function readable(printable: unknown): string {
  if (!isRecord(printable)) return "";
  return Object.entries(printable)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      if (isRecord(value) && typeof value.stack === "string") return `\n  ${value.stack.replaceAll("\n", "\n  ")}`;
      return ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`;
    })
    .join("");
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
