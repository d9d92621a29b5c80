import type { Clock } from "../../clock.ts";

/**
 * The sandbox backend, as tests, benchmarks and the sandbox script drive it: the part of the trading backend that the bot
 * meets, with its quirks (`backend-contract.md`), on one port of 127.0.0.1.
 */
export interface SandboxBackend {
  /** `http://127.0.0.1:PORT`, the value of `BACKEND_URL`. */
  readonly url: string;
  /** Right for `/trading/signal` and `/discord/*`. */
  readonly apiKey: string;
  /** Right for `/subscriptions/*`. */
  readonly subscriptionsApiKey: string;
  /** What the next signals for a pair say; members not given stay computed. A pair without candles gets some. */
  setSignal(pair: string, says: SignalOverrides): void;
  /** The returned function removes it. */
  addFault(fault: BackendFault): () => void;
  clearFaults(): void;
  /** Signals are computed as jobs from now on, or answered at once again. The contract with a backend that has jobs. */
  setSignalJobs(mode: SignalJobsMode | "off"): void;
  /** The jobs begun, newest last. */
  readonly jobs: readonly JobRecord[];
  /** Sends what came of a job now, whatever was set before, and as often as it is called. */
  deliverJob(jobId: string, how: Omit<SignalJobsMode, "afterMs" | "answerAfterMs">): Promise<void>;
  /** Every request on `/api`, newest last: never a key. */
  readonly requests: readonly BackendRequestRecord[];
  /** Publishes raw text on `trading-signals`, as another service might. Returns the number of subscribers that got it. */
  publish(message: string): Promise<number>;
  /** Ends every connection at once, hanging ones included. */
  close(): Promise<void>;
}

export interface SandboxBackendOptions {
  readonly clock?: Clock;
  /** 0 takes a free one, the default. */
  readonly port?: number;
  /** Where `trading-signals` is published. Without it `/notifications/send` hangs, as it does while Redis is down. */
  readonly redisUrl?: string;
  /** One random key for both when absent. */
  readonly apiKeys?: { readonly discordBot: string; readonly subscriptions: string };
  /** Default 100 requests in 15 min, as shipped (`backend-contract.md` 1.3); off is without limits and their headers. */
  readonly rateLimit?: { readonly max: number; readonly windowMs: number } | "off";
  /** Resolves when a write has reached the database and come back; a few milliseconds of real time when absent. */
  readonly databaseTrip?: () => Promise<void>;
  /** Production hides codes and the texts of 500s (`backend-contract.md` 1.2); the default. */
  readonly mode?: BackendMode;
}

export type BackendMode = "production" | "development";

/** Any member of a signal, with any value: the vocabulary and the types are not to be relied on. */
export type SignalOverrides = Readonly<Record<string, unknown>>;

/** A signal request is answered 202 with a job's id, and its result goes out by another way. */
export interface SignalJobsMode {
  /** Published on `signal-ready`, posted to the `hook`, or not at all. */
  readonly by: "channel" | "hook" | "never";
  /** Where to, and what it is signed with. */
  readonly hook?: { readonly url: string; readonly secret: string } | undefined;
  /** From the request to the result; 1000 when absent. */
  readonly afterMs?: number | undefined;
  /** From the request to its answer; more than `afterMs`, and the result comes first. At once when absent. */
  readonly answerAfterMs?: number | undefined;
  /** The job fails with this. */
  readonly error?: string | undefined;
}

export interface JobRecord {
  readonly jobId: string;
  readonly pair: string;
  readonly timeframe: string;
}

export const backendFaultKinds = [
  "latency",
  "hang",
  "429",
  "500",
  "503",
  "reset",
  "malformed",
  /** Headers and half a body come, the rest never does. */
  "stall",
] as const;

export interface BackendFault {
  /** `/discord/trades` or `POST /discord/trades`: the beginning of the path after `/api/v1`; every route when absent. */
  readonly route?: string | undefined;
  readonly kind: (typeof backendFaultKinds)[number];
  /** How long `latency` lasts, and the `Retry-After` of `429`. */
  readonly ms?: number | undefined;
  /** Requests hit before it is used up; until removed when absent. */
  readonly times?: number | undefined;
}

export interface BackendRequestRecord {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Undefined until answered, and for ever when the answer never came. */
  readonly status: number | undefined;
}
