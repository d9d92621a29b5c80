import type { Signal } from "./signal.ts";

export const timeframes = ["15min", "30min", "1h", "4h", "1d"] as const;
export type Timeframe = (typeof timeframes)[number];

export const periods = ["intraday", "swing", "position", "longterm"] as const;
export type Period = (typeof periods)[number];

export const signalTypes = ["all", "buy", "sell", "strong"] as const;
export type SignalType = (typeof signalTypes)[number];

export const tradingStyles = ["trend", "counter-trend", "mixed"] as const;
export type TradingStyle = (typeof tradingStyles)[number];

/** `period` wins over `timeframe`; neither means 1h. */
export interface SignalQuery {
  /** `EUR/USD`. */
  readonly pair: string;
  readonly timeframe?: Timeframe | undefined;
  readonly period?: Period | undefined;
}

export interface SignalAnswer {
  readonly signal: Signal;
  /** When the backend said it, on this machine's clock. */
  readonly saidAt: Date;
  /** Why it is no newer: it is being asked for, or asking failed like this; absent when it is new. */
  readonly outdated?: "refreshing" | BackendErrorKind | undefined;
}

export interface Account {
  readonly discordId: string;
  readonly discordUsername: string;
}

export interface NewPosition {
  readonly pair: string;
  readonly action: "buy" | "sell";
  readonly entryPrice: number;
  readonly size: number;
  readonly stopLoss?: number | undefined;
  readonly takeProfit?: number | undefined;
  readonly notes?: string | undefined;
}

/** An open trade of one person. Absent values were never given, or the backend does not keep them. */
export interface Position {
  /** UUID v4. */
  readonly id: string;
  readonly pair: string;
  readonly action: "buy" | "sell";
  readonly entryPrice: number;
  readonly stopLoss?: number | undefined;
  readonly takeProfit?: number | undefined;
  /** Kept by the bot, because the backend throws it away (`backend-contract.md` 2.5); absent when it could not be read. */
  readonly size?: number | undefined;
  readonly notes?: string | undefined;
  readonly openedAt?: Date | undefined;
}

export interface Preferences {
  /** 1 to 10. */
  readonly riskLevel?: number | undefined;
  readonly tradingStyle?: TradingStyle | undefined;
  /** 0 to 1. */
  readonly minConfidence?: number | undefined;
  readonly strongSignalsOnly?: boolean | undefined;
}

export interface Subscription {
  readonly pair: string;
  readonly signalType: SignalType;
  readonly subscribedAt?: Date | undefined;
}

/** Who goes first when the backend answers only so many requests in a while, the most urgent first. */
export const priorities = ["person", "button", "refresh", "scan"] as const;
export type Priority = (typeof priorities)[number];

/** For whom the backend is asked: that decides what may be spent on it. */
export interface Asker {
  /** Aborted when nobody needs the answer any more. */
  readonly signal: AbortSignal;
  /** `person` waits for a command, `button` for a button, a form or a suggestion; nobody waits for a `refresh`. */
  readonly priority: Priority;
  /** Snowflake of the person, whose share of the backend it is; absent when it is for nobody in particular. */
  readonly personId?: string | undefined;
}

/**
 * The trading backend as the commands see it. Every call throws only {@link BackendError}; `asker.signal` aborts it.
 * Accounts are registered when first needed, by the calls that need one.
 */
export interface Backend {
  /**
   * The newest signal there is: an answer of the last minute as it is, an older one while the backend is asked again, and
   * whatever is still kept when the backend fails. With `notBefore`, an answer since then counts as new.
   */
  fetchSignal(query: SignalQuery, asker: Asker, notBefore?: Date): Promise<SignalAnswer>;
  openPosition(account: Account, position: NewPosition, asker: Asker): Promise<Position>;
  /** Open positions only, newest first, all pages. An account the backend does not know has none. */
  listOpenPositions(account: Account, asker: Asker): Promise<readonly Position[]>;
  /** The caller must have found the position among the person's own: the backend does not check (`backend-contract.md` 2.5). */
  closePosition(position: Position, exitPrice: number, asker: Asker): Promise<void>;
  readPreferences(account: Account, asker: Asker): Promise<Preferences>;
  /** Merges the given ones and returns all. */
  savePreferences(account: Account, changes: Preferences, asker: Asker): Promise<Preferences>;
  /** Repeating replaces the signal type. */
  subscribe(account: Account, pair: string, signalType: SignalType, asker: Asker): Promise<void>;
  /** One pair, or all when absent. Returns how many were removed; none is not an error. */
  unsubscribe(account: Account, pair: string | undefined, asker: Asker): Promise<number>;
  listSubscriptions(account: Account, asker: Asker): Promise<readonly Subscription[]>;
  /** The pairs worth suggesting, from the backend's own list; a built-in list when it cannot be asked. Cached for minutes. */
  listPairs(asker: Asker): Promise<readonly string[]>;
  /** The state as last seen in a call's outcome, asking the health route at most once in 30 s (`backend-contract.md` 1.3). */
  probe(asker: Asker): Promise<BackendState>;
}

export interface BackendState {
  readonly kind: "up" | "down" | "busy";
  /** Duration of the call the state was learned from, ms. */
  readonly latencyMs: number;
  readonly ageMs: number;
}

/** Which failure, as the person is told it. */
export type BackendErrorKind =
  | "busy"
  | "down"
  | "slow"
  | "refused"
  | "unknownPair"
  | "notFound"
  | "conflict"
  | "badAnswer"
  | "ourFault"
  | "aborted";

/** Carries nothing of the request or of a 5xx text: both leak (`backend-contract.md` 1.2, `discord-facts.md` 9). */
export class BackendError extends Error {
  override readonly name = "BackendError";
  readonly code = "BACKEND_FAILED";
  readonly kind: BackendErrorKind;
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;
  /** From `Retry-After`, ms; only with `busy`. */
  readonly retryAfterMs: number | undefined;
  /** For the log: which members of a `badAnswer` were wrong and how, as `path: code`. Never their values. */
  readonly issues: readonly string[] | undefined;
  /** Why nothing was sent at all; absent when something was. */
  readonly spared: Spared | undefined;

  constructor(kind: BackendErrorKind, operation: string, details: BackendErrorDetails = {}) {
    const { status, spared } = details;
    const why = spared === undefined ? "" : ` (not sent: ${spared})`;
    super(`backend ${operation}: ${kind}${status === undefined ? why : ` (HTTP ${status})`}`);
    this.kind = kind;
    this.status = status;
    this.retryAfterMs = details.retryAfterMs;
    this.issues = details.issues;
    this.spared = spared;
  }

  /** Whether the same may work a little later. */
  get retryHelps(): boolean {
    return this.kind === "busy" || this.kind === "down" || this.kind === "slow";
  }
}

/** What kept a request from being sent: an open circuit, too many waiting already, or the budget. */
export type Spared = "circuit" | "bulkhead" | "budget";

interface BackendErrorDetails {
  readonly status?: number;
  readonly retryAfterMs?: number;
  readonly issues?: readonly string[];
  readonly spared?: Spared;
}
